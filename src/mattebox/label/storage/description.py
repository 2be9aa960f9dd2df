"""A data set without its rows, as a record that JSON can hold."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.media import Blob, Images, Media, Video
from mattebox.label.report import Report

__all__ = ["FRAMES", "VERSION", "Record", "described"]

Record: TypeAlias = dict[str, Any]

FRAMES = 10_000_000
"""How far a task may reach into its media: four days of video; a greater number is an error in a file."""

VERSION = 1
"""Of the description; a file of a later one is refused rather than misread."""


def described(dataset: Dataset, folder: Path, report: Report) -> Record:
    """Everything that a data set says beside its rows.

    Args:
        dataset: any.
        folder: that paths of media are told from.
        report: is told of pictures that cannot be found again.
    """
    for task in dataset.tasks:
        # A picture inside a file of annotations is not at a path, nor in an archive.
        if inside := sum(type(blob) is not Blob for blob in (task.media.files if task.media else ())):
            message = "pictures inside files of annotations are not found again; write them out, and keep that set"
            report.problem("picture-inside", message, dataset=dataset.name, task=task.name, count=inside)
    return {
        "mattebox": VERSION,
        "name": dataset.name,
        "labels": list(map(asdict, dataset.labels)),
        "guide": dataset.guide,
        "extra": dict(dataset.extra),
        "tasks": [_task(task, folder) for task in dataset.tasks],
    }


def _task(task: Task, folder: Path) -> Record:
    frames = task.frames
    return {
        "name": task.name,
        "media": None if task.media is None else _media(task.media, folder),
        "frames": [frames.size, frames.start, frames.step, sorted(frames.deleted)],
        "labels": list(map(asdict, task.labels)),
        "subset": task.subset,
        "source": task.source,
        "guide": task.guide,
        "extra": dict(task.extra),
        "subtasks": list(map(_subtask, task.subtasks)),
    }


def _subtask(subtask: Subtask) -> Record:
    return {
        "name": subtask.name,
        "frames": _spans(subtask.frames),
        "kind": subtask.kind,
        "extra": dict(subtask.extra),
    }


def _spans(frames: NDArray[np.int64]) -> list[list[int]]:
    """Runs of frames that follow each other, each as its first and last one.

    Example:
        >>> _spans(np.array([0, 1, 2, 7]))
        [[0, 2], [7, 7]]
    """
    breaks = np.flatnonzero(np.diff(frames) != 1) + 1
    return [[int(part[0]), int(part[-1])] for part in np.split(frames, breaks) if part.size]


def _media(media: Media, folder: Path) -> Record:
    record: Record = {"name": media.name, "files": [_place(blob, folder) for blob in media.files]}
    if isinstance(media, Video):
        size = list(media.known_size) if media.known_size else None
        return record | {"kind": "video", "size": size, "count": media.known_count}
    if not isinstance(media, Images):
        raise BadAnnotations(f"{media.name}: media of the kind {type(media).__name__} cannot be described")
    related = {str(frame): media.related(frame) for frame in range(len(media)) if media.related(frame)}
    return record | {
        "kind": "images",
        "names": list(media.names),
        "sizes": [list(size) if size else None for size in media.known_sizes],
        "related": {frame: [_place(blob, folder) for blob in blobs] for frame, blobs in related.items()},
    }


def _place(blob: Blob, folder: Path) -> list[str]:
    """The path of a file from a folder, with slashes, and its name in the archive if it is in one."""
    path = blob.path.absolute()
    try:
        told = os.path.relpath(path, folder.absolute())
    except ValueError:  # another drive
        told = str(path)
    return [Path(told).as_posix(), blob.member] if blob.member else [Path(told).as_posix()]
