"""Small media and data sets that training sets are made of in tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media, Video, open_media
from mattebox.label.row import Row
from mattebox.label.table import Table

SIZE = (48, 64)
RED, BLUE, GREEN = (220, 20, 30), (20, 30, 220), (20, 200, 40)
LABELS = (Label("cat", (255, 0, 0)), Label("dog", (0, 0, 255)))


def still(
    color: Sequence[int] = GREEN, size: tuple[int, int] = SIZE, form: str = "JPEG", orientation: int = 1
) -> bytes:
    """A picture of one colour with a white top left quarter, as a file; EXIF may say that it is to be turned."""
    pixels = np.full((*size, 3), color, np.uint8)
    pixels[: size[0] // 2, : size[1] // 2] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, exif=exif, **({"quality": 95} if form == "JPEG" else {}))
    return buffer.getvalue()


def stills(folder: Path, count: int = 3, size: tuple[int, int] = SIZE) -> Images:
    """A folder of pictures, each of another shade."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(still((20 + 40 * number, 90, 160), size))
    media = open_media(folder)
    assert isinstance(media, Images)
    return media


def video(path: Path, colors: Sequence[Sequence[int]], size: tuple[int, int] = SIZE) -> Video:
    """A video without loss whose frames have one colour each."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 10.0, size[::-1])
    for color in colors:
        writer.write(np.full((*size, 3), color[::-1], np.uint8))
    writer.release()
    return Video(Blob(path))


def box(label: str, frame: int, left: float, top: float, right: float, bottom: float, **more: Any) -> Row:
    """A rectangle."""
    return Row(label=label, frame=frame, shape="rectangle", points=(left, top, right, bottom), **more)


def polygon(label: str, frame: int, *points: float, **more: Any) -> Row:
    """A polygon."""
    return Row(label=label, frame=frame, shape="polygon", points=points, **more)


def task(
    media: Media | None, rows: Sequence[Row], name: str = "park", frames: FrameMap | None = None, **more: Any
) -> Task:
    """A task of one job."""
    frames = frames or FrameMap(len(media) if media else 1)
    job = Subtask("job 0", np.arange(frames.size), Table.from_rows(rows))
    return Task(name, media, frames, (job,), **more)


def dataset(*tasks: Task, labels: Sequence[Label] = LABELS) -> Dataset:
    """A data set of cats and dogs."""
    return Dataset("pets", tasks, tuple(labels))
