"""Outlines from Yandex's crowd (Toloka): JSON with answers to tasks, places as shares of the picture.

An answer says its frame or its picture under `inputValues`, `input_values` or at its top, and its shapes under
`outputValues`, `output_values` or there too: polygons and rectangles of points `left` and `top` (or `x` and `y`). The
medium of answers that say frames lies beside the file under the same name: a video, or a folder of pictures. Polygons
of several contours in one list of points are divided into rings. What is no such answer is told and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mattebox.errors import BadAnnotations, BadPicture, MatteboxError
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.formats.common.flaws import MOST_FRAMES, flaw_of
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Stills
from mattebox.label.formats.common.tree import Tree, tree_of
from mattebox.label.frames import FrameMap
from mattebox.label.geometry import contours_to_rings
from mattebox.label.media import VIDEOS, Media, open_media
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row, Shape
from mattebox.label.table import Table
from mattebox.label.text import parse_json

__all__ = ["looks_like_yandex", "read_yandex"]

Record = Mapping[str, Any]

_INPUTS, _OUTPUTS = ("inputValues", "input_values"), ("outputValues", "output_values")
_SHAPES = ("polygons", "result", "path", "annotations", "selection")
"""What fields with shapes are usually called; any other list of shapes is found too."""


def looks_like_yandex(path: Path) -> bool:
    """Whether it is a JSON file with answers that hold outlines, or a folder with some."""
    try:
        tree, file = tree_of(path, ".json", ".jsonl")
        names = [file] if file else [name for name in tree.under("", ".json", ".jsonl") if "/" not in name][:3]
        return any(next(_answers(tree, name, Report()), None) is not None for name in names)
    except BadAnnotations:
        return False


def read_yandex(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read outlines from Yandex's crowd; every file becomes a task when it says frames.

    Args:
        path: of a .json or .jsonl file, or of a folder of them.
        report: told what cannot be used.
        progress: told how many answers of the file at hand are read.

    Raises:
        BadAnnotations: there is no such file, or no answers with outlines in it.
    """
    tree, file = tree_of(path, ".json", ".jsonl")
    names = [file] if file else [name for name in tree.under("", ".json", ".jsonl") if "/" not in name]
    stills = Stills(Path(file or tree.path).stem, report)
    tasks: list[Task] = []
    good = 0
    for name in names:
        try:
            answers = list(_answers(tree, name, report))
        except BadAnnotations as error:
            if file:
                raise
            report.drop("bad-file", str(error), dataset=stills.name)
            continue
        if not answers:
            report.drop("bad-file", f"{name}: no answers with outlines", dataset=stills.name)
            continue
        good += 1
        if any(_frame(answer) is not None for _, answer in answers):
            tasks.append(_task(tree, name, answers, report, progress))
        else:
            _put_stills(tree, name, answers, stills, progress)
    if not good:
        raise BadAnnotations(f"{path}: no answers with outlines")
    dataset = stills.dataset()
    known = {label.name for label in dataset.labels}
    met = dict.fromkeys(label for task in tasks for part in task.subtasks for label in part.table.label.lists())
    labels = (*dataset.labels, *(Label(label) for label in met if label not in known))
    return dataset.replace(tasks=(*dataset.tasks, *tasks), labels=labels)


def _answers(tree: Tree, name: str, report: Report) -> Iterator[tuple[str, Record]]:
    """The answers in a file, each with its place; what is none, and lines that are no JSON, are dropped and told."""
    by_line = name.lower().endswith(".jsonl")
    for place, record in _lines(tree, name, report) if by_line else _listed(tree, name):
        if isinstance(record, dict) and _is_answer(record):
            yield place, record
        else:
            message = f"{place}: no answer: it needs a frame or a picture, and a list of shapes"
            report.drop("bad-record", message, dataset=name)


def _is_answer(record: Record) -> bool:
    return _shapes(record) is not None and (_frame(record) is not None or bool(_picture(record)))


def _listed(tree: Tree, name: str) -> Iterator[tuple[str, Any]]:
    document = tree.json(name)
    for index, record in enumerate(document if isinstance(document, list) else []):
        yield f"{name}, [{index}]", record


def _lines(tree: Tree, name: str, report: Report) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(tree.text(name).split("\n"), 1):
        place = f"{name}, line {number}"
        if not line.strip():
            continue
        try:
            yield place, parse_json(line.encode(), place)
        except BadAnnotations as error:
            report.drop("bad-line", str(error), dataset=name)


def _part(record: Record, names: tuple[str, ...]) -> Record:
    """A part of an answer; the answer itself where it has none."""
    return next((record[name] for name in names if isinstance(record.get(name), dict)), record)


def _frame(record: Record) -> int | None:
    frame = _part(record, _INPUTS).get("frame")
    return frame if isinstance(frame, int) and not isinstance(frame, bool) else None


def _picture(record: Record) -> str:
    inputs = _part(record, _INPUTS)
    names = (inputs.get(name) for name in ("image", "image_url", "file", "picture", "photo"))
    found = next((name for name in names if isinstance(name, str) and name), "")
    return found.partition("?")[0]


def _shapes(record: Record) -> list[Any] | None:
    outputs = _part(record, _OUTPUTS)
    lists = [outputs[name] for name in _SHAPES if isinstance(outputs.get(name), list)]
    if not lists:
        lists = [each for each in outputs.values() if isinstance(each, list) and each and isinstance(each[0], dict)]
    return lists[0] if lists else None


def _task(tree: Tree, name: str, answers: list[tuple[str, Record]], report: Report, progress: Progress | None) -> Task:
    """A file whose answers say frames of one medium."""
    stem = PurePosixPath(name).stem
    media = _medium(tree, stem)
    if media is None:
        message = f"{name}: beside it there is neither a video nor a folder named {stem}; places need its size"
        report.drop("picture-missing", message, task=stem, count=len(answers))
    count = MOST_FRAMES if media is None else len(media)
    rows: list[Row] = []
    frames: set[int] = set()
    for place, answer in steps(answers, progress):
        frame = _frame(answer)
        if frame is None or not 0 <= frame < count:
            message = f"{place}: frame {frame}, and there are frames 0 to {count - 1}"
            report.drop("bad-record", message, task=stem)
            continue
        frames.add(frame)
        size = None if media is None else _size(media, frame, place, stem, report)
        for number, shape in enumerate(_shapes(answer) or () if size else ()):
            spot = f"{place}, shape {number}"
            try:
                label, kind, points = _shape(shape, size or (1, 1))
            except (KeyError, TypeError, ValueError) as error:
                report.drop("bad-record", f"{spot}: cannot be read: {type(error).__name__} {error}", task=stem)
                continue
            if flaw := flaw_of(kind, points, size):
                report.drop(flaw.code, f"{spot}: {flaw.cause}", task=stem, frame=frame)
                continue
            rows.append(Row(label=label, frame=frame, shape=kind, points=points, source="file"))
    length = max(frames, default=-1) + 1 if media is None else count
    # The crowd saw these frames and no other; the rest is nobody's.
    unseen = frozenset(range(length)) - frames
    table = contours_to_rings(Table.from_rows(rows), report, task=stem)
    subtask = Subtask(stem, np.array(sorted(frames), np.int64), table)
    return Task(stem, media, FrameMap(length, deleted=unseen), (subtask,))


def _medium(tree: Tree, stem: str) -> Media | None:
    if tree.path.is_file():
        return None
    for suffix in ("", *sorted(VIDEOS)):
        place = tree.path / f"{stem}{suffix}"
        if place.is_dir() if not suffix else place.is_file():
            try:
                return open_media(place)
            except BadAnnotations:
                continue
    return None


def _size(media: Media, frame: int, place: str, task: str, report: Report) -> tuple[int, int] | None:
    try:
        return media.size_of(frame)
    except MatteboxError as error:
        report.drop("bad-picture", f"{place}: {error}", task=task, frame=frame)
        return None


def _put_stills(
    tree: Tree, name: str, answers: list[tuple[str, Record]], stills: Stills, progress: Progress | None
) -> None:
    """A file whose answers say pictures."""
    for place, answer in steps(answers, progress):
        told = _picture(answer)
        where = tree.find_picture(told, ".", PurePosixPath(name).stem)
        if not where and "//" in told:
            where = tree.find_picture(PurePosixPath(told).name)
        title = where or PurePosixPath(told).name
        still = stills.add(tree.blob(title), title, missing=not where)
        shapes = _shapes(answer) or []
        try:
            size = still.measure()
        except BadPicture as error:
            stills.report.drop("picture-missing", f"{place}: {error}", task=still.task, count=len(shapes))
            continue
        for number, shape in enumerate(shapes):
            spot = f"{place}, shape {number}"
            try:
                label, kind, points = _shape(shape, size)
            except (KeyError, TypeError, ValueError) as error:
                still.drop("bad-record", f"{spot}: cannot be read: {type(error).__name__} {error}")
            else:
                still.put(spot, label, kind, points, source="file")


def _shape(shape: Any, size: tuple[int, int]) -> tuple[str, Shape, tuple[float, ...]]:
    """Label, kind and points in pixels of a shape.

    Raises:
        KeyError, TypeError, ValueError: it is none that is known.
    """
    if not isinstance(shape, dict):
        raise TypeError("no record of names and values")
    height, width = size
    kind = shape.get("shape") or shape.get("type") or "polygon"
    label = str(shape.get("label") or shape.get("annotation") or "object")
    told = shape.get("points", shape.get("data"))
    if kind == "rectangle":
        left, top, right, bottom = _rectangle(shape, told)
        return label, "rectangle", (left * width, top * height, right * width, bottom * height)
    if kind not in {"polygon", "point"}:
        raise ValueError(f"a shape of the kind {kind!r}")
    places = [_place(point) for point in (told if isinstance(told, list) else [told or shape])]
    points = tuple(value for x, y in places for value in (x * width, y * height))
    return label, "points" if kind == "point" else "polygon", points


def _rectangle(shape: Record, told: Any) -> tuple[float, float, float, float]:
    """Left, top, right, bottom as shares, of two corners, or of a corner and two sides."""
    if isinstance(told, dict):
        (left, top), (right, bottom) = _place(told["p1"]), _place(told["p2"])
    elif isinstance(told, list):
        (left, top), (right, bottom) = map(_place, told)
    else:
        left, top = _place(shape)
        right, bottom = left + float(shape["width"]), top + float(shape["height"])
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def _place(point: Record) -> tuple[float, float]:
    if "left" in point:
        return float(point["left"]), float(point["top"])
    return float(point["x"]), float(point["y"])
