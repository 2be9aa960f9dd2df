"""Rows that no sample can have, whatever is done with them: left out before anything is computed of them, and told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Subtask, Task
from mattebox.label.report import Report
from mattebox.label.row import SHAPES
from mattebox.label.soundness import flaws
from mattebox.label.table import Table

__all__ = ["rows_on_frames", "sound_rows"]


def sound_rows(task: Task, subtask: Subtask, report: Report) -> Table:
    """The rows of a subtask whose numbers can be what their shape needs; see `mattebox.label.soundness`.

    Args:
        task: that the subtask is of.
        subtask: whose rows are looked at.
        report: is told of the others, with their place.
    """
    table = subtask.table
    # Interpolation gives rows other positions than they have in their file.
    numbered = not table.tracked.any()
    sound = np.ones(len(table), bool)
    for code, found in flaws(table).items():
        for row, message in zip(found.rows.tolist(), found.messages, strict=True):
            if sound[row]:
                report.drop(
                    code,
                    f"a {SHAPES[table.shape[row]]} of '{table.label[row]}' that cannot be drawn: {message}",
                    task=task.name,
                    subtask=subtask.name,
                    frame=int(table.frame[row]),
                    row=row if numbered else None,
                )
            sound[row] = False
    return table if sound.all() else table.take(sound)


def rows_on_frames(task: Task, subtask: Subtask, table: Table, report: Report) -> NDArray[np.bool_]:
    """(N,), which rows are on a frame that their subtask has and that was not deleted.

    Args:
        task: that the subtask is of.
        subtask: that the rows are of.
        table: the rows that are not outside.
        report: is told of the others.
    """
    there = np.isin(table.frame, subtask.frames) & (table.frame >= 0) & (table.frame < task.frames.size)
    for frame, count in zip(*np.unique(table.frame[~there], return_counts=True), strict=True):
        has = "the task" if not 0 <= frame < task.frames.size else subtask.name
        message = f"{has} has no frame {frame}"
        report.drop("no-frame", message, task=task.name, subtask=subtask.name, frame=int(frame), count=int(count))
    deleted = there & np.isin(table.frame, np.fromiter(task.frames.deleted, np.int64, len(task.frames.deleted)))
    if count := int(deleted.sum()):
        message = "rows on frames that were deleted are left out with them"
        report.note("deleted-frame", message, task=task.name, subtask=subtask.name, count=count)
    return there & ~deleted
