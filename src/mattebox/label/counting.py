"""What counts in a data set: which frames, and which rows on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.table import Table

__all__ = [
    "LabelCounts",
    "all_labels",
    "count_labels",
    "counted_frames",
    "counted_rows",
    "counted_subtasks",
    "label_codes",
    "label_totals",
    "used_labels",
]

COUNTED = frozenset({"annotation", "scene"})
"""Kinds of subtasks whose rows count; ground truth and replicas show frames that another job has."""


class LabelCounts(NamedTuple):
    """How much of what the tasks of a data set hold.

    Attributes:
        labels: names, in the order of the data set, then those that only rows have.
        frames: int64 (T,), frames of each task.
        rows: int64 (T, L), rows of each label in each task.
    """

    labels: tuple[str, ...]
    frames: NDArray[np.int64]
    rows: NDArray[np.int64]


def counted_subtasks(task: Task) -> list[Subtask]:
    """The jobs or scenes of a task whose rows count."""
    return [subtask for subtask in task.subtasks if subtask.kind in COUNTED]


def counted_frames(task: Task) -> NDArray[np.int64]:
    """Frames of a task that a job or scene covers and that were not deleted, in order."""
    own = [subtask.frames for subtask in counted_subtasks(task)]
    return np.intersect1d(np.concatenate(own), task.frames.kept()) if own else np.empty(0, np.int64)


def counted_rows(task: Task, subtask: Subtask) -> NDArray[np.bool_]:
    """(N,), which rows of a subtask count: not outside, not on a deleted frame, no element of a skeleton.

    A frame that several subtasks have, as jobs of CVAT that overlap, counts where the first of them has rows on it, as
    it does in training sets.
    """
    table = subtask.table
    deleted = np.isin(table.frame, np.fromiter(task.frames.deleted, np.int64, len(task.frames.deleted)))
    counted = ~table.outside & (table.parent < 0) & ~deleted
    for earlier in takewhile(lambda each: each is not subtask, counted_subtasks(task)):
        if _meet(earlier.frames, subtask.frames):
            counted &= ~np.isin(table.frame, earlier.table.frame[~earlier.table.outside])
    return counted


def _meet(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    """Whether two ranges of frames, each in order, can have any in common."""
    return bool(len(one) and len(other) and one[0] <= other[-1] and other[0] <= one[-1])


def label_totals(task: Task, labels: Sequence[str]) -> NDArray[np.int64]:
    """(L,), how many rows of a task are seen of each of some labels."""
    position = {name: index for index, name in enumerate(labels)}
    totals = np.zeros(len(labels), np.int64)
    for subtask in counted_subtasks(task):
        codes = label_codes(subtask.table, position)[counted_rows(task, subtask)]
        totals += np.bincount(codes[codes >= 0], minlength=len(labels))
    return totals


def all_labels(datasets: Sequence[Dataset]) -> tuple[str, ...]:
    """Names of labels: those that data sets and tasks tell of in their order, then those that only rows have."""
    told = (label.name for dataset in datasets for label in dataset.labels)
    by_tasks = (label.name for dataset in datasets for task in dataset.tasks for label in task.labels)
    used = (name for dataset in datasets for task in dataset.tasks for name in used_labels(task))
    return tuple(dict.fromkeys((*told, *by_tasks, *used)))


def used_labels(task: Task) -> Iterator[str]:
    """Names of the labels of a task's rows, some perhaps twice."""
    for subtask in counted_subtasks(task):
        column = subtask.table.label
        yield from (column.values[code] for code in np.unique(column.codes[counted_rows(task, subtask)]))


def label_codes(table: Table, position: dict[str, int]) -> NDArray[np.int64]:
    """(N,), position of the label of every row of a table; -1 for those that have none."""
    codes = np.array([position.get(name, -1) for name in table.label.values], np.int64)
    return codes[table.label.codes] if len(table) else np.empty(0, np.int64)


def count_labels(dataset: Dataset) -> LabelCounts:
    """Count the frames and the rows of every task, by label."""
    labels = all_labels([dataset])
    rows = [label_totals(task, labels) for task in dataset.tasks]
    frames = np.array([len(counted_frames(task)) for task in dataset.tasks], np.int64)
    return LabelCounts(labels, frames, np.array(rows, np.int64).reshape(len(frames), len(labels)))
