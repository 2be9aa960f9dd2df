"""Made-up annotations of a given size: a CVAT backup of a task on a video, and CVAT's XML for images."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import cv2
import numpy as np

HEIGHT, WIDTH = 1080, 1920
FRAMES = 500
KEYS = 50
LABELS = ("person", "car", "bicycle", "dog", "sign")


def make_backup(folder: Path, rows: int) -> Path:
    """A backup whose annotations have so many shapes: half are keys of tracks of boxes, half are loose shapes."""
    path = folder / f"backup-{rows}.zip"
    if not path.exists():
        random = np.random.default_rng(rows)
        tracks = [track(random) for _ in range(rows // 2 // KEYS)]
        shapes = [loose(random, index) for index in range(rows - len(tracks) * KEYS)]
        parts = {
            "task.json": task(),
            "annotations.json": [{"version": 0, "tags": [], "shapes": shapes, "tracks": tracks}],
        }
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, json.dumps(part))
            archive.writestr("data/manifest.jsonl", "\n".join(map(json.dumps, manifest())))
            archive.write(video(folder), "data/road.avi")
    return path


def task() -> dict[str, Any]:
    """What the archive says of the task."""
    labels = [{"name": name, "color": "#123456", "attributes": [], "type": "any", "sublabels": []} for name in LABELS]
    data = {"chunk_size": 36, "image_quality": 70, "start_frame": 0, "stop_frame": FRAMES - 1, "deleted_frames": []}
    job = {"start_frame": 0, "stop_frame": FRAMES - 1, "status": "annotation", "type": "annotation"}
    said = {"name": "road", "bug_tracker": "", "status": "annotation", "subset": "", "version": "1.0"}
    return {**said, "labels": labels, "data": data, "jobs": [job]}


def manifest() -> Iterator[dict[str, Any]]:
    """What the archive says of the video."""
    yield from ({"version": "1.1"}, {"type": "video"})
    yield {"properties": {"name": "road.avi", "resolution": [WIDTH, HEIGHT], "length": FRAMES}}


def video(folder: Path) -> Path:
    """A grey video of the right length; its pixels are never asked for."""
    path = folder / "road.avi"
    if not path.exists():
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (WIDTH, HEIGHT))
        grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        for _ in range(FRAMES):
            writer.write(grey)
        writer.release()
    return path


def box(random: np.random.Generator) -> list[float]:
    """Left, top, right and bottom within the picture, with two decimals as CVAT has them."""
    width, height = random.uniform(20, 300, 2)
    left, top = random.uniform(0, WIDTH - width), random.uniform(0, HEIGHT - height)
    return [round(side, 2) for side in (left, top, left + width, top + height)]


def shape_of(kind: str, frame: int, points: list[float]) -> dict[str, Any]:
    """What shapes and keys of tracks have in common."""
    flags = {"occluded": False, "outside": False, "z_order": 0, "rotation": 0.0, "attributes": []}
    return {"type": kind, "frame": frame, "points": points, **flags}


def track(random: np.random.Generator) -> dict[str, Any]:
    """A box on some frames, gone after the last of them."""
    frames = np.sort(random.choice(FRAMES, KEYS, replace=False)).tolist()
    keys = [shape_of("rectangle", frame, box(random)) for frame in frames]
    keys[-1]["outside"] = True
    label = LABELS[random.integers(len(LABELS))]
    return {
        "label": label,
        "frame": frames[0],
        "group": 0,
        "source": "manual",
        "attributes": [],
        "shapes": keys,
        "elements": [],
    }


def loose(random: np.random.Generator, index: int) -> dict[str, Any]:
    """A box, or the outline of a blob."""
    frame, label = int(random.integers(FRAMES)), LABELS[random.integers(len(LABELS))]
    kind = "rectangle" if index % 2 else "polygon"
    points = box(random) if index % 2 else blob(random)
    return {**shape_of(kind, frame, points), "label": label, "group": 0, "source": "manual", "elements": []}


def blob(random: np.random.Generator) -> list[float]:
    """A round outline of twelve corners within the picture."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius = random.uniform(10, 100)
    x, y = random.uniform(radius, WIDTH - radius), random.uniform(radius, HEIGHT - radius)
    corners = np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1)
    return [float(number) for number in corners.round(2).reshape(-1)]


def make_xml(folder: Path, rows: int) -> Path:
    """CVAT's XML for images with so many boxes and outlines, and grey pictures beside it."""
    path = folder / f"xml-{rows}" / "annotations.xml"
    if not path.exists():
        make_pictures(path.parent / "images")
        random = np.random.default_rng(rows)
        with path.open("w", encoding="utf-8") as file:
            file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n')
            file.write(f"<meta><task><name>road</name><size>{FRAMES}</size><mode>annotation</mode><labels>")
            file.writelines(f"<label><name>{name}</name><attributes></attributes></label>" for name in LABELS)
            file.write("</labels></task></meta>\n")
            for number, count in enumerate(np.bincount(np.arange(rows) % FRAMES, minlength=FRAMES)):
                head = f'<image id="{number}" name="frame_{number:06d}.jpg" width="{WIDTH}" height="{HEIGHT}">\n'
                file.write(head + "".join(drawn(random, index) for index in range(count)) + "</image>\n")
            file.write("</annotations>\n")
    return path


def make_pictures(folder: Path) -> None:
    """Grey pictures that share one file's bytes; their pixels are never asked for."""
    folder.mkdir(parents=True)
    first = folder / "frame_000000.jpg"
    cv2.imwrite(str(first), np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    for number in range(1, FRAMES):
        (folder / f"frame_{number:06d}.jpg").hardlink_to(first)


def drawn(random: np.random.Generator, index: int) -> str:
    """One shape as CVAT writes it."""
    common = f'label={quoteattr(LABELS[random.integers(len(LABELS))])} source="manual" occluded="0" z_order="0"'
    if index % 2:
        left, top, right, bottom = box(random)
        return f'<box {common} xtl="{left}" ytl="{top}" xbr="{right}" ybr="{bottom}"></box>\n'
    numbers = blob(random)
    points = ";".join(f"{x},{y}" for x, y in zip(numbers[::2], numbers[1::2], strict=True))
    return f'<polygon {common} points="{points}"></polygon>\n'
