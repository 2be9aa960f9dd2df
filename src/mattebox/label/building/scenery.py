"""What a task has to offer a training set: its frames with their sizes, and what can be seen on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import MatteboxError
from mattebox.label.building.choices import Choices
from mattebox.label.building.soundness import rows_on_frames, sound_rows
from mattebox.label.dataset import Subtask, Task
from mattebox.label.media import Media, Video
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["Scenery", "gather"]


@dataclass(frozen=True, eq=False)
class Scenery:
    """The frames of a task that can become samples.

    Attributes:
        task: which.
        frames: (F,), indices in the thinned task, ascending.
        true_frames: (F,), what they are in the original media.
        sizes: (height, width) of each.
        table: the rows on them that are in the picture and have a class.
    """

    task: Task
    frames: NDArray[np.int64]
    true_frames: NDArray[np.int64]
    sizes: Sequence[tuple[int, int]]
    table: Table

    def on(self, frames: NDArray[np.int64]) -> Table:
        """The rows on some of the frames."""
        if len(frames) == len(self.frames):
            return self.table
        return self.table.take(np.isin(self.table.frame, frames))

    def name_of(self, true_frame: int) -> str:
        """What the medium calls a frame."""
        return self.task.media.name_of(true_frame) if self.task.media else ""


def gather(task: Task, classes: Mapping[str, int], choices: Choices, report: Report) -> Scenery:
    """Find the frames of a task that can become samples, and the rows that can be seen on them.

    A frame that several subtasks have, as jobs of CVAT that overlap, is taken from the first that has rows on it.

    Args:
        task: interpolated.
        classes: the labels that are taken.
        choices: what is asked; of it, the kinds of subtasks.
        report: is told what is left out.
    """
    subtasks = [subtask for subtask in task.subtasks if subtask.kind in choices.kinds]
    if left := len(task.subtasks) - len(subtasks):
        kinds = " and ".join(choices.kinds)
        report.note("other-subtask", f"only subtasks of kind {kinds} are taken", task=task.name, count=left)
    frames = np.intersect1d(_joined([subtask.frames for subtask in subtasks]), task.frames.kept())
    true_frames, sizes = task.frames.true(frames), _sizes(task, frames, report)
    known = np.array([size is not None for size in sizes], bool)
    frames, true_frames = frames[known], true_frames[known]
    table = _visible(task, subtasks, frames, classes, report)
    return Scenery(task, frames, true_frames, [size for size in sizes if size is not None], table)


def _joined(arrays: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *arrays])


def _sizes(task: Task, frames: NDArray[np.int64], report: Report) -> list[tuple[int, int] | None]:
    """The size of every frame; None for those that are not there or cannot be read."""
    media = task.media
    if media is None:
        report.drop("no-media", "the task came without its pictures; add them", task=task.name, count=len(frames))
        return [None] * len(frames)
    if isinstance(media, Video):
        count = len(frames)
        return [_size(task, media, int(frames[0]), report, count)] * count if count else []
    return [_size(task, media, frame, report) for frame in frames.tolist()]


def _size(task: Task, media: Media, frame: int, report: Report, count: int = 1) -> tuple[int, int] | None:
    try:
        return media.size_of(int(task.frames.true(frame)))
    except MatteboxError as error:
        report.drop("bad-picture", str(error), task=task.name, frame=frame, count=count)
        return None


def _visible(
    task: Task, subtasks: Sequence[Subtask], frames: NDArray[np.int64], classes: Mapping[str, int], report: Report
) -> Table:
    """The rows of all subtasks that are in the picture, on some frames, and of a label that is taken."""
    free = np.array(frames)
    tables = []
    for subtask in subtasks:
        table = sound_rows(task, subtask, report)
        table = table.take(~table.outside)
        table = table.take(rows_on_frames(task, subtask, table, report) & np.isin(table.frame, frames))
        twice = ~np.isin(table.frame, free)
        if twice.any():
            message = "another subtask has rows on the same frames; these are left out"
            report.drop("frame-twice", message, task=task.name, subtask=subtask.name, count=int(twice.sum()))
            table = table.take(~twice)
        free = np.setdiff1d(free, table.frame)
        tables.append(table)
    table = tables[0] if len(tables) == 1 else Table.concat(tables)
    known = table.label.isin(classes)
    # The elements of a skeleton go with it, and nobody need be told of each.
    lost = (table.parent >= 0) & np.isin(table.parent, table.object[~known & (table.parent < 0)])
    for label, count in Counter(table.label.take(~known & ~lost).lists()).items():
        message = f"the data set has no label '{label}'; give it one, or a table of labels that leads to one"
        report.drop("unknown-label", message, task=task.name, count=count)
    known &= ~lost
    return table if known.all() else table.take(known)
