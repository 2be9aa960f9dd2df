"""JSON: the description of a data set, then one row a line; as .jsonl, every line is a document of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mattebox.encode import whole_file
from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.storage.cells import record_of, row_of
from mattebox.label.storage.description import Record, described
from mattebox.label.storage.placing import Placing
from mattebox.label.storage.restoring import restored
from mattebox.label.text import as_json, decode_text, parse_json

__all__ = ["load_json", "looks_like_json", "save_json"]

_BEGINNING = b'{"mattebox":'


def save_json(dataset: Dataset, path: Path, report: Report, *, overwrite: bool = False) -> None:
    """Write a data set as JSON, without any loss; its media stay where they are.

    Args:
        dataset: any.
        path: of the file; with the suffix .jsonl the description is its first line, and every row one more.
        report: is told how much was written.
        overwrite: replace a file that is there.

    Raises:
        OutputFailed: the file exists, or cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    path = Path(os.path.expanduser(path))
    head = as_json(described(dataset, path.parent, report))
    rows = map(as_json, _records(dataset))
    count = 0
    with whole_file(path, overwrite=overwrite) as file:
        lines = path.suffix.lower() == ".jsonl"
        file.write(head if lines else head[:-1] + b',"rows":[')
        for count, row in enumerate(rows, 1):
            file.write((b"\n" if lines or count == 1 else b",\n") + row)
        file.write(b"\n" if lines else b"\n]}\n")
    report.made("files")
    report.made("rows", count)


def _records(dataset: Dataset) -> Iterator[Record]:
    for number, task in enumerate(dataset.tasks):
        for inner, subtask in enumerate(task.subtasks):
            yield from ({"task": number, "subtask": inner, **record_of(row)} for row in subtask.table.rows())


def load_json(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read a data set that `save_json` wrote; rows that cannot be read are dropped and told.

    Args:
        path: of the file.
        report: is told of rows that cannot be read, and of media that are not there any more.
        progress: told how many tasks are whole.

    Raises:
        BadAnnotations: the file is missing, damaged, or another program's.
        MissingExtra: a package of the extra `label` is needed.
    """
    path = Path(os.path.expanduser(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadAnnotations(f"{path}: cannot be read: {error.strerror}") from error
    if path.suffix.lower() == ".jsonl":
        first, *lines = decode_text(data, path).split("\n")
        head = parse_json(first.encode(), f"{path}, line 1")
        records: Iterable[tuple[str, Any]] = _lines(lines, path, report)
    else:
        head = parse_json(data, path)
        rows = head.get("rows", []) if isinstance(head, dict) else []
        if not isinstance(rows, list):
            raise BadAnnotations(f"{path}: its rows are no list; save the data set again")
        records = ((f"row {number}", record) for number, record in enumerate(rows))
    placing: Placing[tuple[int, int]] = Placing()
    for place, record in records:
        found = _row(record)
        if isinstance(found, str):
            report.drop("bad-row", f"{place}: {found}", dataset=path.name)
        else:
            placing.put(*found)
    dataset = restored(head, lambda task, subtask: placing.table((task, subtask)), path, report, progress)
    placing.tell_left(report, path.name)
    return dataset


def _row(record: Any) -> tuple[tuple[int, int], Row] | str:
    """A row, and the positions of its task and its subtask; or why it is none."""
    try:
        inside = {name: value for name, value in record.items() if name not in {"task", "subtask"}}
        return (int(record["task"]), int(record["subtask"])), row_of(inside)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        return f"{type(error).__name__} {error}" if isinstance(error, KeyError) else str(error)


def _lines(lines: list[str], path: Path, report: Report) -> Iterator[tuple[str, Any]]:
    """The rows of a file of lines; one that is no JSON, as the last one of a file that was cut short, is dropped."""
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        try:
            yield f"line {number}", parse_json(line.encode(), f"line {number}")
        except BadAnnotations as error:
            report.drop("bad-row", str(error), dataset=path.name)


def looks_like_json(path: Path) -> bool:
    """Whether it is a file that `save_json` wrote, by how it begins."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_BEGINNING)) == _BEGINNING
