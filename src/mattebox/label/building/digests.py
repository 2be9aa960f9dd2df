"""Naming what a training set is made of, so that a run goes on only in a set of the same annotations and settings."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mattebox.label.columns import Coded, Ragged
from mattebox.label.dataset import Dataset, Task
from mattebox.label.media import Blob

__all__ = ["digest_of"]


def digest_of(dataset: Dataset, asked: Mapping[str, Any]) -> str:
    """A digest of a data set, of the files of its media as they are now, of those beside them, and of what is asked.

    Args:
        dataset: whose labels, subsets, frames and rows count, and the names, sizes and times of its media's files; not
            where those lie.
        asked: settings, as JSON can hold them.
    """
    digest = hashlib.sha256(_text([asked, [dataclasses.asdict(label) for label in dataset.labels]]))
    archives: set[str] = set()
    for task in dataset.tasks:
        digest.update(_text(_of_task(task)))
        for blob in _files(task):
            digest.update(_text([blob.member or blob.name, *_state(blob, archives)]))
        for subtask in task.subtasks:
            digest.update(_text([subtask.name, subtask.kind]) + np.asarray(subtask.frames, np.int64).tobytes())
            for _, column in subtask.table.columns():
                _add(digest, column)
    return digest.hexdigest()


def _files(task: Task) -> Iterator[Blob]:
    """The files of a task's media, and those that lie beside its frames, as alphas do."""
    if task.media is not None:
        yield from task.media.files
        for frame in task.frames.true(task.frames.kept()).tolist():
            yield from task.media.related(frame)


def _of_task(task: Task) -> list[Any]:
    frames = task.frames
    labels = [label.name for label in task.labels]
    return [task.name, task.subset, frames.size, frames.start, frames.step, sorted(frames.deleted), labels]


def _state(blob: Blob, archives: set[str]) -> list[float]:
    """Size and time of change of a file; an archive is looked at once, not for every file in it."""
    path = str(blob.path)
    if blob.member and path in archives:
        return []
    archives.add(path)
    try:
        status = blob.path.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime]


def _add(digest: Any, column: Any) -> None:
    if isinstance(column, Ragged):
        digest.update(np.ascontiguousarray(column.values))
        digest.update(np.ascontiguousarray(column.offsets))
    elif isinstance(column, Coded):
        digest.update(_text(column.values))
        digest.update(np.ascontiguousarray(column.codes))
    else:
        digest.update(np.ascontiguousarray(column))


def _text(record: Any) -> bytes:
    return json.dumps(record, sort_keys=True, default=str).encode()
