"""Rows and data sets in a line: for tests of what is done with tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media
from mattebox.label.row import Row, Shape
from mattebox.label.table import Table

SIZE = (100, 200)


def row(shape: Shape = "rectangle", points: Sequence[float] = (10, 10, 30, 20), **more: Any) -> Row:
    """A row of a car on frame 0 unless told."""
    return Row(**{"label": "car", "frame": 0, "shape": shape, "points": tuple(points), **more})


def table(*rows: Row) -> Table:
    """A table of rows."""
    return Table.from_rows(rows)


def one(shape: Shape, points: Sequence[float], **more: Any) -> Table:
    """A table of one row."""
    return table(row(shape, points, **more))


def mask_row(bits: Sequence[str], top: int = 0, left: int = 0, **more: Any) -> Row:
    """A mask, drawn in lines of `#` and `.`."""
    flat = [letter == "#" for letter in "".join(bits)]
    runs, inside = [0], False
    for bit in flat:
        if bit != inside:
            runs.append(0)
            inside = bit
        runs[-1] += 1
    box = (left, top, left + len(bits[0]) - 1, top + len(bits) - 1)
    return row("mask", box, runs=tuple(runs), **more)


def drawn(table: Table, size: tuple[int, int]) -> np.ndarray:
    """(N, H, W), the masks of a table."""
    pictures = np.zeros((len(table), *size), bool)
    for picture, each in zip(pictures, table.rows(), strict=True):
        left, top, right, bottom = (int(value) for value in each.points)
        bits = np.repeat(np.arange(len(each.runs)) % 2 == 1, each.runs)
        picture[top : bottom + 1, left : right + 1] = bits.reshape(bottom - top + 1, right - left + 1)
    return pictures


def dataset(
    annotations: Table,
    *,
    frames: FrameMap | None = None,
    labels: Sequence[Label] = (Label("car"), Label("dog")),
    media: Media | None = None,
    own: Sequence[int] | None = None,
    size: tuple[int, int] = SIZE,
) -> Dataset:
    """A data set "zoo" of a task "park" with a job "job 0", whose pictures are not there but have a size."""
    frames = frames or FrameMap(10)
    count = int(frames.true(frames.size - 1)) + 1
    if media is None:
        media = Images([Blob(Path(f"nowhere/{index}.png")) for index in range(count)], sizes=[size] * count)
    subtask = Subtask("job 0", np.arange(frames.size) if own is None else np.array(own), annotations)
    return Dataset("zoo", (Task("park", media, frames, (subtask,)),), tuple(labels))
