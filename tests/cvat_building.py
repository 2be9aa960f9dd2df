"""CVAT backups built field by field, from CVAT's public format: for every test that needs an archive."""

import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

Document = dict[str, Any]

RED, GREEN, BLUE = "#ff0000", "#00ff00", "#0000ff"


def picture(color: Sequence[int] = (200, 30, 60), size: tuple[int, int] = (24, 32), form: str = "PNG") -> bytes:
    """A picture of one colour, size (height, width)."""
    buffer = io.BytesIO()
    Image.new("RGB", size[::-1], tuple(color)).save(buffer, form)
    return buffer.getvalue()


def frame_color(number: int) -> tuple[int, int, int]:
    """The colour of a frame, far enough from its neighbours' to outlive a lossy codec."""
    return (40 + 150 * (number % 2), 40 + 37 * number % 170, 220 - 29 * number % 180)


def write_video(path: Path, count: int, size: tuple[int, int] = (48, 64)) -> Path:
    """A VP8 video whose frames have the colours of `frame_color`."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"VP80"), 10, size[::-1])
    assert writer.isOpened()
    for number in range(count):
        writer.write(np.full((*size, 3), frame_color(number)[::-1], np.uint8))
    writer.release()
    return path


def attribute(name: str, *, mutable: bool = False, kind: str = "text", default: str = "", values: Sequence[str] = ()):
    """How a label's attribute is written in task.json."""
    return {
        "name": name,
        "mutable": mutable,
        "input_type": kind,
        "default_value": default,
        "values": list(values) or [default],
    }


def label(name: str, color: str = RED, kind: str = "any", attributes: Sequence[Document] = (), **more: Any) -> Document:
    """How a label is written in task.json; `sublabels` and `svg` are for skeletons."""
    return {"name": name, "color": color, "attributes": list(attributes), "type": kind, "sublabels": [], **more}


def skeleton_label(name: str, points: Sequence[str], color: str = BLUE) -> Document:
    """A skeleton whose elements are points, drawn in a row."""
    circles = "".join(
        f'<circle r="1.5" cx="{10 + 20 * index}" cy="50" data-type="element node" data-element-id="{index + 1}" '
        f'data-node-id="{index + 1}" data-label-name="{point}"></circle>'
        for index, point in enumerate(points)
    )
    return label(name, color, "skeleton", sublabels=[label(point, color, "points") for point in points], svg=circles)


def values(**pairs: str) -> list[Document]:
    """Values of attributes, as annotations have them."""
    return [{"name": name, "value": value} for name, value in pairs.items()]


def tag(name: str, frame: int, **more: Any) -> Document:
    """A tag of a frame."""
    return {"frame": frame, "group": 0, "source": "manual", "attributes": [], "label": name, **more}


def shape(name: str, frame: int, kind: str, points: Sequence[float], **more: Any) -> Document:
    """A loose shape; `elements` are for skeletons."""
    return {
        "type": kind,
        "occluded": False,
        "outside": False,
        "z_order": 0,
        "rotation": 0.0,
        "points": list(points),
        "frame": frame,
        "group": 0,
        "source": "manual",
        "attributes": [],
        "elements": [],
        "score": 1.0,
        "label": name,
        **more,
    }


def element(name: str, frame: int, kind: str, points: Sequence[float], **more: Any) -> Document:
    """A shape that belongs to a skeleton."""
    return without_elements(shape(name, frame, kind, points, **more))


def without_elements(document: Document) -> Document:
    """What belongs to a skeleton has no elements of its own."""
    return {name: value for name, value in document.items() if name != "elements"}


def mask_shape(name: str, frame: int, box: Sequence[int], runs: Sequence[int], **more: Any) -> Document:
    """A mask: run lengths over its box (left, top, right, bottom, inclusive), then the box."""
    return shape(name, frame, "mask", [*runs, *box], **more)


def key(frame: int, kind: str, points: Sequence[float], **more: Any) -> Document:
    """A key frame of a track."""
    return {
        "type": kind,
        "occluded": False,
        "outside": False,
        "z_order": 0,
        "rotation": 0.0,
        "points": list(points),
        "frame": frame,
        "attributes": [],
        **more,
    }


def track(name: str, keys: Sequence[Document], **more: Any) -> Document:
    """A track; `elements` are tracks of its own for each point of a skeleton."""
    return {
        "frame": keys[0]["frame"] if keys else 0,
        "group": 0,
        "source": "manual",
        "attributes": [],
        "shapes": list(keys),
        "elements": [],
        "label": name,
        **more,
    }


def element_track(name: str, keys: Sequence[Document], **more: Any) -> Document:
    """A track that belongs to a skeleton's."""
    return without_elements(track(name, keys, **more))


def annotations(
    shapes: Sequence[Document] = (), tracks: Sequence[Document] = (), tags: Sequence[Document] = ()
) -> Document:
    """What annotations.json has for one job."""
    return {"version": 0, "tags": list(tags), "shapes": list(shapes), "tracks": list(tracks)}


def job(start: int, stop: int, kind: str = "annotation", **more: Any) -> Document:
    """A job of a task, from one frame of the task to another, inclusive; `frames` are for ground truth."""
    return {"start_frame": start, "stop_frame": stop, "status": "annotation", "type": kind, **more}


@dataclass
class TaskParts:
    """What goes into the folder of a task, to be changed before it is written."""

    document: Document
    annotations: list[Document]
    files: dict[str, bytes] = field(default_factory=dict)

    def members(self, folder: str = "") -> dict[str, bytes]:
        """The files of the archive, by name."""
        written = {"task.json": encoded(self.document), "annotations.json": encoded(self.annotations), **self.files}
        return {folder + name: data for name, data in written.items()}


def encoded(document: Any) -> bytes:
    """JSON as CVAT writes it: not a number is a bare NaN."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def task_document(labels: Sequence[Document], jobs: Sequence[Document], data: Document, **more: Any) -> Document:
    """task.json of a current CVAT."""
    return {
        "name": "park",
        "bug_tracker": "",
        "status": "annotation",
        "subset": "",
        "labels": list(labels),
        "version": "1.0",
        "data": data,
        "jobs": list(jobs),
        **more,
    }


def data_document(start: int, stop: int, step: int, deleted: Sequence[int], **more: Any) -> Document:
    """The part of task.json that is about the media; frames of the media, except for the deleted ones."""
    filtered = {"frame_filter": f"step={step}"} if step > 1 else {}
    return {
        "chunk_size": 72,
        "image_quality": 70,
        "start_frame": start,
        "stop_frame": stop,
        **filtered,
        "storage_method": "cache",
        "storage": "local",
        "sorting_method": "lexicographical",
        "chunk_type": "imageset",
        "deleted_frames": list(deleted),
        **more,
    }


def manifest(lines: Sequence[Document]) -> bytes:
    """manifest.jsonl of these lines."""
    return b"".join(encoded(line) + b"\n" for line in lines)


def image_line(name: str, size: tuple[int, int], **more: Any) -> Document:
    """What a manifest says of a picture, size (height, width)."""
    stem, dot, extension = name.rpartition(".")
    return {"name": stem, "extension": dot + extension, "width": size[1], "height": size[0], **more}


def images_task(
    names: Sequence[str] = ("a.png", "b.png", "c.png", "d.png"),
    labels: Sequence[Document] | None = None,
    jobs: Sequence[Document] | None = None,
    annotated: Sequence[Document] | None = None,
    *,
    size: tuple[int, int] = (24, 32),
    start: int = 0,
    step: int = 1,
    deleted: Sequence[int] = (),
    data: Mapping[str, Any] | None = None,
    **more: Any,
) -> TaskParts:
    """A task of pictures, one job over all unless told."""
    used = range(start, len(names), step)
    jobs = [job(0, len(used) - 1)] if jobs is None else jobs
    lines: list[Document] = [{"version": "1.1"}, {"type": "images"}]
    lines += [image_line(name, size) if index in used else {} for index, name in enumerate(names)]
    files = {f"data/{names[index]}": picture(frame_color(index), size) for index in used}
    document = task_document(
        [label("cat"), label("dog", GREEN)] if labels is None else labels,
        jobs,
        data_document(start, len(names) - 1, step, deleted, **(data or {})),
        **more,
    )
    annotated = [annotations() for _ in jobs] if annotated is None else list(annotated)
    return TaskParts(document, annotated, {"data/manifest.jsonl": manifest(lines), **files})


def video_task(
    folder: Path,
    count: int = 10,
    labels: Sequence[Document] | None = None,
    jobs: Sequence[Document] | None = None,
    annotated: Sequence[Document] | None = None,
    *,
    size: tuple[int, int] = (48, 64),
    start: int = 0,
    step: int = 1,
    deleted: Sequence[int] = (),
    length: int | None = None,
    **more: Any,
) -> TaskParts:
    """A task of a video, one job over all unless told; `length` is what the manifest says in place of the truth."""
    stop = count - 1
    frames = math.ceil((stop + 1 - start) / step)
    jobs = [job(0, frames - 1)] if jobs is None else jobs
    video = write_video(folder / "clip.webm", count, size).read_bytes()
    properties = {"name": "clip.webm", "resolution": [size[1], size[0]], "length": length or count}
    lines = [{"version": "1.1"}, {"type": "video"}, {"properties": properties}]
    lines.append({"number": 0, "pts": 0, "checksum": "17bb40d76887b56fe8213c6fded3d540"})
    document = task_document(
        [label("cat"), label("dog", GREEN)] if labels is None else labels,
        jobs,
        data_document(start, stop, step, deleted, chunk_type="imageset"),
        **{"name": "clip", **more},
    )
    annotated = [annotations() for _ in jobs] if annotated is None else list(annotated)
    return TaskParts(document, annotated, {"data/clip.webm": video, "data/manifest.jsonl": manifest(lines)})


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_task(path: Path, parts: TaskParts | None = None) -> Path:
    """A task archive."""
    return write_zip(path, (parts or rich_task()).members())


def write_project(
    path: Path,
    tasks: Sequence[TaskParts],
    labels: Sequence[Document] | None = None,
    *,
    files: Mapping[str, bytes] | None = None,
    **more: Any,
) -> Path:
    """A project archive; its tasks have the project's labels."""
    labels = tasks[0].document["labels"] if labels is None else list(labels)
    document = {"name": "zoo", "bug_tracker": "", "status": "annotation", "labels": labels, "version": "1.0", **more}
    members = {"project.json": encoded(document), **(files or {})}
    for index, parts in enumerate(tasks):
        members |= parts.members(f"task_{index}/")
    return write_zip(path, members)


RICH_LABELS = [
    label(
        "cat",
        attributes=[
            attribute("breed", kind="select", default="none", values=["none", "manx"]),
            attribute("pose", mutable=True, kind="radio", default="sits", values=["sits", "runs"]),
            attribute("age", kind="number", default="1", values=["0", "30", "1"]),
        ],
    ),
    label("dog", GREEN, "rectangle"),
    skeleton_label("person", ["head", "hand", "foot"]),
    label("blur", "#808080", "tag"),
]
"""Labels of every kind: with fixed and mutable attributes, of one shape only, a skeleton, a tag."""


def rich_annotations() -> list[Document]:
    """Annotations of two jobs, frames 0 to 2 and 2 to 4, and of a ground-truth job: every kind that there is."""
    cat = values(breed="manx", pose="runs", age="3")
    person = shape(
        "person",
        1,
        "skeleton",
        [],
        elements=[
            element("head", 1, "points", [5.5, 6.25], score=1.0),
            element("hand", 1, "points", [8.0, 9.0], occluded=True),
            element("foot", 1, "points", [1.0, 2.0], outside=True),
        ],
    )
    loose = [
        shape("cat", 0, "rectangle", [1.5, 2.25, 20.0, 12.0], rotation=30.5, attributes=cat, z_order=2, group=7),
        shape("cat", 0, "ellipse", [10.0, 10.0, 15.0, 6.0], rotation=350.0, source="auto", score=0.5),
        shape("dog", 1, "polygon", [1, 1, 10, 1, 10, 10], occluded=True, group=7),
        shape("dog", 1, "polyline", [0.5, 0.5, 4.0, 8.0], z_order=-1),
        shape("dog", 2, "points", [3.0, 3.0, 4.0, 4.0]),
        shape("cat", 2, "cuboid", [float(number) for number in range(16)]),
        mask_shape("cat", 1, (2, 3, 5, 6), [1, 2, 2, 2, 3, 4, 2]),
        person,
    ]
    walking = [
        key(0, "rectangle", [1.0, 1.0, 5.0, 5.0], attributes=values(pose="sits")),
        key(2, "rectangle", [3.0, 1.0, 7.0, 5.0], rotation=10.0, occluded=True, attributes=values(pose="runs")),
        key(3, "rectangle", [3.0, 1.0, 7.0, 5.0], outside=True),
    ]
    waving = track(
        "person",
        [key(0, "skeleton", []), key(2, "skeleton", [], outside=True)],
        elements=[
            element_track("head", [key(0, "points", [4.0, 4.0]), key(2, "points", [6.0, 4.0])]),
            element_track("hand", [key(0, "points", [5.0, 8.0]), key(1, "points", [5.0, 9.0], outside=True)]),
            element_track("foot", []),
        ],
    )
    first = annotations(
        loose,
        [track("cat", walking, attributes=values(breed="manx", age="2"), group=3, source="semi-auto"), waving],
        [tag("blur", 0), tag("blur", 2, source="auto")],
    )
    second = annotations([shape("dog", 4, "rectangle", [0.0, 0.0, 3.0, 3.0])], [track("dog", walking[1:])])
    truth = annotations([shape("cat", 3, "rectangle", [2.0, 2.0, 9.0, 9.0], source="manual")])
    return [first, second, truth]


def rich_task(**more: Any) -> TaskParts:
    """Pictures with everything: jobs that overlap, ground truth, a deleted frame, related images, a guide."""
    names = ["morning/a.png", "morning/b.png", "noon/a.png", "noon/b.png", "дождь.png"]
    jobs = [job(0, 2, status="completed"), job(2, 4), job(0, 4, "ground_truth", frames=[1, 3])]
    parts = images_task(names, RICH_LABELS, jobs, rich_annotations(), deleted=[4], **{"subset": "Train", **more})
    related = "related_images/morning/a_png/depth.png"
    lines = [{"version": "1.1"}, {"type": "images"}, *(image_line(name, (24, 32)) for name in names)]
    lines[2] |= {"checksum": "548918ec4b56132a5cff1d4acabe9947", "meta": {"related_images": [related]}}
    parts.files["data/manifest.jsonl"] = manifest(lines)
    parts.files[f"data/{related}"] = picture((9, 9, 9))
    parts.files["annotation_guide.md"] = "# Котики\n![look](assets/look.png)\n".encode()
    parts.files["assets/look.png"] = picture((1, 2, 3))
    return parts


def rich_video_task(folder: Path, **more: Any) -> TaskParts:
    """A video of 20 frames, of which the task takes every third from the second on, with tracks and a deleted frame."""
    keys = [
        key(0, "rectangle", [1.0, 2.0, 11.0, 12.0]),
        key(4, "rectangle", [9.0, 2.0, 19.0, 12.0]),
        key(5, "rectangle", [9.0, 2.0, 19.0, 12.0], outside=True),
    ]
    polygon = [key(1, "polygon", [0, 0, 8, 0, 8, 8]), key(3, "polygon", [2, 0, 10, 0, 10, 8, 2, 8])]
    annotated = annotations([], [track("cat", keys), track("dog", polygon)], [tag("dog", 2)])
    return video_task(folder, 20, annotated=[annotated], start=1, step=3, deleted=[6], **more)
