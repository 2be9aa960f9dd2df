"""The data set that a description tells of, made anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias, get_args

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Attribute, Color, Dataset, Label, Subtask, SubtaskKind, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media, Video
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.storage.description import FRAMES, VERSION
from mattebox.label.storage.told import Told
from mattebox.label.table import Table

__all__ = ["Tables", "restored"]

Tables: TypeAlias = Callable[[int, int], Table]
"""The table of a subtask, by the positions of its task and of itself."""

SIDE = 1_000_000
"""Pixels of the longest side that a frame may have."""


def restored(record: Any, tables: Tables, path: Path, report: Report, progress: Progress | None = None) -> Dataset:
    """The data set that was described.

    Args:
        record: its description.
        tables: gives its rows.
        path: of the file, for messages; paths of media are told from its folder.
        report: is told of media that are not there.
        progress: told how many tasks are whole.

    Raises:
        BadAnnotations: it is no description, a damaged one, or one of a later version.
    """
    if not isinstance(record, dict) or not isinstance(record.get("mattebox"), int):
        raise BadAnnotations(f"{path}: not a data set that Mattebox wrote: it has no description")
    if record["mattebox"] > VERSION:
        raise BadAnnotations(
            f"{path}: written by a later Mattebox (version {record['mattebox']} of the description, and this one reads "
            f"{VERSION}): install a newer one"
        )
    told = Told(record)
    try:
        tasks = []
        described = told.at("tasks").each()
        for number, each in enumerate(described):
            check_cancelled()
            tasks.append(_task(each, number, tables, path.parent))
            if progress is not None:
                progress(number + 1, len(described))
        name, guide, extra = told.at("name").text(), told.at("guide").text(), told.at("extra").record()
        dataset = Dataset(name, tuple(tasks), _labels(told.at("labels")), guide, extra)
    except ValueError as error:
        raise BadAnnotations(f"{path}: its description is damaged: {error}; save the data set again") from error
    for task in dataset.tasks:
        _tell_missing(task, report)
    return dataset


def _task(told: Told, number: int, tables: Tables, folder: Path) -> Task:
    subtasks = (_subtask(each, tables(number, inner)) for inner, each in enumerate(told.at("subtasks").each()))
    return Task(
        told.at("name").text(),
        None if told.at("media").value is None else _media(told.at("media"), folder),
        _frames(told.at("frames")),
        tuple(subtasks),
        _labels(told.at("labels")),
        told.at("subset").text(),
        told.at("source").text(),
        told.at("guide").text(),
        told.at("extra").record(),
    )


def _frames(told: Told) -> FrameMap:
    size, start, step, deleted = _some(told, 4)
    frames = (each.whole(0, FRAMES) for each in deleted.each())
    return FrameMap(size.whole(0, FRAMES), start.whole(0, FRAMES), step.whole(1, FRAMES), frozenset(frames))


def _subtask(told: Told, table: Table) -> Subtask:
    spans = []
    for each in told.at("frames").each():
        first, last = (bound.whole(0, FRAMES) for bound in _some(each, 2))
        spans.append(np.arange(first, last + 1))
    kind = told.at("kind")
    if kind.value not in get_args(SubtaskKind):
        raise ValueError(f"{kind.place}: there is no such kind of subtask")
    frames = np.concatenate([np.empty(0, np.int64), *spans])
    return Subtask(told.at("name").text(), frames, table, kind.value, told.at("extra").record())


def _labels(told: Told) -> tuple[Label, ...]:
    return tuple(map(_label, told.each()))


def _label(told: Told) -> Label:
    return Label(
        told.at("name").text(),
        None if told.at("color").value is None else _color(told.at("color")),
        told.at("type").text(),
        tuple(map(_attribute, told.at("attributes").each())),
        _labels(told.at("sublabels")),
        told.at("svg").text(),
        told.at("extra").record(),
    )


def _color(told: Told) -> Color:
    red, green, blue = (each.whole(0, 255) for each in _some(told, 3))
    return red, green, blue


def _attribute(told: Told) -> Attribute:
    return Attribute(
        told.at("name").text(),
        told.at("mutable").truth(),
        told.at("input_type").text(),
        told.at("default").text(),
        tuple(each.text() for each in told.at("values").each()),
        told.at("extra").record(),
    )


def _media(told: Told, folder: Path) -> Media:
    files = [_blob(each, folder) for each in told.at("files").each()]
    if told.at("kind").value == "video":
        if not files:
            raise ValueError(f"{told.place}: a video without a file")
        count = told.at("count")
        return Video(files[0], _size(told.at("size")), None if count.value is None else count.whole(0, FRAMES))
    related = {}
    for frame, each in told.at("related").items():
        if not frame.isdecimal():
            raise ValueError(f"{each.place}: no number of a frame")
        related[int(frame)] = [_blob(place, folder) for place in each.each()]
    names = [each.text() for each in told.at("names").each()]
    sizes = [_size(each) for each in told.at("sizes").each()]
    return Images(files, names, sizes, related, told.at("name").text())


def _size(told: Told) -> tuple[int, int] | None:
    if told.value is None:
        return None
    height, width = (each.whole(0, SIDE) for each in _some(told, 2))
    return (height, width) if height and width else None


def _blob(told: Told, folder: Path) -> Blob:
    place = [each.text() for each in told.each()]
    if not 1 <= len(place) <= 2:
        raise ValueError(f"{told.place}: not a path, and perhaps a name in an archive")
    return Blob(Path(os.path.normpath(folder / place[0])), *place[1:])


def _some(told: Told, count: int) -> list[Told]:
    """The values of a list that has so many."""
    values = told.each()
    if len(values) != count:
        raise ValueError(f"{told.place}: {len(values)} values, where {count} are expected")
    return values


def _tell_missing(task: Task, report: Report) -> None:
    media = task.media
    if media is None:
        return
    # Of a list of pictures, those that the task leaves out may never have been there.
    frames = task.frames.true(task.frames.kept()).tolist() if isinstance(media, Images) else range(len(media.files))
    files = [media.files[frame] for frame in frames if frame < len(media.files)]
    if missing := list(_absent(files)):
        message = f"{len(missing)} of {len(files)} files of its media are not there; the first is {missing[0]}"
        report.problem("picture-missing", message, task=task.name, count=len(missing))


def _absent(files: Sequence[Blob]) -> Iterator[Blob]:
    """Files that are not there; of an archive, only whether it is."""
    archives = {blob.path: _is_file(blob.path) for blob in files if blob.member}
    return (blob for blob in files if not (archives[blob.path] if blob.member else _is_file(blob.path)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # longer than a path can be, or with a sign that none can have
        return False
