"""A table of tabs, one row a line, to be read by people and by programs for tables.

What is not in rows (labels, media, extras) lies in a file beside it, `NAME.tsv.json`. A table without it is read too:
tasks, labels and frames are then those that its rows name.
"""

from __future__ import annotations

import json
import os
import re
import reprlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from mattebox.encode import whole_file, write_file
from mattebox.errors import BadAnnotations, OutputFailed
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.storage.cells import record_of, row_of
from mattebox.label.storage.description import described
from mattebox.label.storage.placing import Placing
from mattebox.label.storage.restoring import restored
from mattebox.label.storage.told import Told
from mattebox.label.table import Table
from mattebox.label.text import decode_text, parse_json

__all__ = ["load_tsv", "looks_like_tsv", "save_tsv"]

_TEXTS = ("task", "subtask", "label", "shape", "source")
"""Columns that hold texts as they are; all others hold JSON, and nothing where the value is the usual one."""

_FIRST = ("task", "subtask", "frame", "true_frame", "label", "shape", "points")
COLUMNS = (*_FIRST, *(each.name for each in fields(Row) if each.name not in _FIRST))

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escaped: plain for plain, escaped in _ESCAPES.items()}


def save_tsv(dataset: Dataset, path: Path, report: Report, *, overwrite: bool = False) -> None:
    r"""Write the rows of a data set as a table, and the rest of it beside it.

    In texts a tab, a line's end and a backslash become \t, \n, \r and \\.

    Args:
        dataset: any.
        path: of the table; `NAME.tsv.json` appears beside it.
        report: is told how much was written.
        overwrite: replace files that are there.

    Raises:
        OutputFailed: a file exists, or cannot be written.
    """
    path = Path(os.path.expanduser(path))
    beside = _beside(path)
    for each in (path, beside):
        if each.exists() and not overwrite:
            raise OutputFailed(f"{each} exists already; ask to overwrite it, or give another name")
    description = json.dumps(described(dataset, path.parent, report), ensure_ascii=False)
    with whole_file(path, overwrite=overwrite) as file:
        file.write(("\ufeff" + "\t".join(COLUMNS) + "\n").encode())  # without the mark Excel takes it for ANSI
        file.writelines(line.encode() for line in _lines(dataset))
    write_file(beside, description.encode(), overwrite=overwrite)
    report.made("files", 2)
    report.made("rows", sum(len(subtask.table) for _, subtask in dataset.walk()))


def _lines(dataset: Dataset) -> Iterator[str]:
    for task, title in zip(dataset.tasks, _titles([task.name for task in dataset.tasks]), strict=True):
        titles = _titles([subtask.name for subtask in task.subtasks])
        for subtask, name in zip(task.subtasks, titles, strict=True):
            place = {"task": title, "subtask": name}
            true_frames = task.frames.true(subtask.table.frame).tolist()
            for row, true_frame in zip(subtask.table.rows(), true_frames, strict=True):
                yield _line({**place, "true_frame": true_frame, **record_of(row), "source": row.source})


def _line(record: Mapping[str, Any]) -> str:
    cells = (_cell(name, record[name]) if name in record else "" for name in COLUMNS)
    return "\t".join(cells) + "\n"


def _cell(name: str, value: Any) -> str:
    if name in _TEXTS:
        return re.sub(r"[\\\t\n\r]", lambda found: _ESCAPES[found[0]], value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _titles(names: Sequence[str]) -> list[str]:
    """Names made unique: the second of the same name gets a number.

    Example:
        >>> _titles(["job", "job"])
        ['job', 'job (2)']
    """
    titles: dict[str, None] = {}
    for name in names:
        title, number = name, 1
        while title in titles:
            number += 1
            title = f"{name} ({number})"
        titles[title] = None
    return list(titles)


def load_tsv(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read a table that `save_tsv` wrote, or one like it; rows that cannot be read are dropped and told.

    Args:
        path: of the table.
        report: is told of rows that cannot be read, and of those of no task that the description has.
        progress: told how many tasks are whole.

    Raises:
        BadAnnotations: it is missing, or no such table.
    """
    path = Path(os.path.expanduser(path))
    try:
        text = decode_text(path.read_bytes(), path)
        beside = _beside(path).read_bytes() if _beside(path).is_file() else None
    except OSError as error:
        raise BadAnnotations(f"{path}: cannot be read: {error.strerror}") from error
    header, *lines = text.split("\n")
    names = header.rstrip("\r").split("\t")
    if missing := {"frame", "label", "shape"} - set(names):
        raise BadAnnotations(f"{path}: not a table of annotations: it has no column {', '.join(sorted(missing))}")
    placing: Placing[tuple[str, str]] = Placing()
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        try:
            record = _record(names, line.rstrip("\r").split("\t"))
            place = record.pop("task", path.stem), record.pop("subtask", path.stem)
            placing.put(place, row_of(record))
        except (TypeError, ValueError, OverflowError) as error:
            report.drop("bad-row", f"line {number}: {error}", dataset=path.name)
    if beside is None:
        return _of_rows(path.stem, placing)
    description = parse_json(beside, _beside(path))
    try:
        told = Told(description).at("tasks")
        tasks = _named(told)
        subtasks = [_named(task.at("subtasks")) for task in told.each()]
    except ValueError as error:
        message = f"{_beside(path)}: not the description of a data set: {error}; remove it to read rows alone"
        raise BadAnnotations(message) from error

    def table(task: int, subtask: int) -> Table:
        return placing.table((tasks[task], subtasks[task][subtask]))

    dataset = restored(description, table, path, report, progress)
    placing.tell_left(report, path.name)
    return dataset


def _named(told: Told) -> list[str]:
    """What tasks, or subtasks, are called in the table."""
    return _titles([each.at("name").text() for each in told.each()])


def _record(names: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    if len(cells) != len(names):
        raise ValueError(f"{len(cells)} cells, where the first line has {len(names)}")
    record: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        if name in _TEXTS:
            record[name] = re.sub(r"\\[\\tnr]", lambda found: _UNESCAPES[found[0]], cell)
        elif cell and name != "true_frame":
            try:
                record[name] = json.loads(cell)
            except (json.JSONDecodeError, RecursionError) as error:
                raise ValueError(f"{name} is no JSON: {reprlib.repr(cell)}") from error
    return record


def _of_rows(name: str, placing: Placing[tuple[str, str]]) -> Dataset:
    """A data set of nothing but rows."""
    labels = tuple(map(Label, placing.labels()))
    subtasks: dict[str, list[Subtask]] = defaultdict(list)
    for task, subtask in placing.places():
        table = placing.table((task, subtask))
        subtasks[task].append(Subtask(subtask, np.unique(table.frame).astype(np.int64), table))
    tasks = (
        Task(task, None, FrameMap(1 + max(int(part.frames.max()) for part in parts)), tuple(parts))
        for task, parts in subtasks.items()
    )
    return Dataset(name, tuple(tasks), labels)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def looks_like_tsv(path: Path) -> bool:
    """Whether it is a table that `save_tsv` wrote, by its first line."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(200)
    return start.removeprefix(b"\xef\xbb\xbf").startswith("\t".join(_FIRST[:3]).encode())
