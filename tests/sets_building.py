"""Data sets of stills with every shape, and the files of other programs, for tests of what is read and written."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mattebox.label.dataset import Attribute, Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

SIZE = (30, 40)
"""Height and width of the pictures."""


def put_picture(path: Path, size: tuple[int, int] = SIZE, color: tuple[int, int, int] = (200, 30, 60)) -> Path:
    """A picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1], color).save(path)
    return path


def put_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def put_json(path: Path, document: Any) -> Path:
    """A JSON file."""
    return put_text(path, json.dumps(document))


BOX = Row(label="cat", frame=0, shape="rectangle", points=(2, 3, 12, 15.5), source="file")
TURNED = Row(label="cat", frame=0, shape="rectangle", points=(10, 8, 22, 16), rotation=30, source="file")
POLYGON = Row(label="dog", frame=0, shape="polygon", points=(1, 1, 9, 1, 9, 9.5), source="file")
PARTS = Row(
    label="dog", frame=1, shape="polygon", points=(1, 1, 9, 1, 9, 9, 20, 1, 29, 1, 29, 9), rings=(3, 3), source="file"
)
HOLE = Row(
    label="dog",
    frame=1,
    shape="polygon",
    points=(0, 0, 20, 0, 20, 20, 0, 20, 5, 5, 15, 5, 15, 15, 5, 15),
    rings=(4, 4),
    source="file",
)
MASK = Row(label="dog", frame=1, shape="mask", points=(4, 5, 7, 6), runs=(1, 2, 1, 1, 2, 1), source="file")
CIRCLE = Row(label="cat", frame=1, shape="ellipse", points=(20, 15, 26, 9), source="file")
LINE = Row(label="cat", frame=1, shape="polyline", points=(1, 2, 3, 4, 9, 4), source="file")
POINT = Row(label="cat", frame=1, shape="points", points=(7, 8), source="file")
TAG = Row(label="night", frame=0, shape="tag", source="file")
PERSON = (
    Row(label="person", frame=0, shape="skeleton", object=50, source="file"),
    Row(label="nose", frame=0, shape="points", points=(5, 6), parent=50, source="file"),
    Row(label="eye", frame=0, shape="points", points=(9, 12), parent=50, occluded=True, source="file"),
)
LABELS = (
    Label("cat", (255, 0, 0), attributes=(Attribute("fluffy", input_type="checkbox"), Attribute("name"))),
    Label("dog", (0, 255, 0)),
    Label("person", (0, 0, 255), "skeleton", sublabels=(Label("nose", type="points"), Label("eye", type="points"))),
    Label("night", (9, 9, 9)),
)


def dataset_of(folder: Path, rows: Sequence[Row], *, frames: int = 2, subset: str = "train") -> Dataset:
    """A data set of one task, whose pictures are in a folder."""
    files = [Blob(put_picture(folder / "pictures" / f"p{number}.png")) for number in range(frames)]
    table = Table.from_rows(rows)
    subtask = Subtask("job", np.arange(frames), table)
    task = Task("zoo", Images(files, name="zoo"), FrameMap(frames), (subtask,), subset=subset)
    return Dataset("animals", (task,), LABELS)


def rows_of(dataset: Dataset) -> list[Row]:
    """Every row of a data set."""
    return [row for _, subtask in dataset.walk() for row in subtask.table.rows()]


def told(report: Report) -> dict[str, int]:
    """What was dropped, by code."""
    return report.counts("dropped")
