"""Checks of frames: whether rows are on frames that their task and their job have."""

from __future__ import annotations

import numpy as np

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.soundness import Finding

__all__ = ["FRAME_CHECKS"]


def find_outside_task(scope: Scope) -> Finding:
    """Rows on frames that the task does not have."""
    frame, size = scope.table.frame, scope.task.frames.size
    return Finding.of((frame < 0) | (frame >= size), f"the task '{scope.task.name}' has {size} frames")


def find_outside_job(scope: Scope) -> Finding:
    """Rows on frames of the task that are not of their job or scene."""
    frame = scope.table.frame
    elsewhere = ~np.isin(frame, scope.subtask.frames) & (frame >= 0) & (frame < scope.task.frames.size)
    frames = scope.subtask.frames
    own = f"frames {frames.min()} to {frames.max()}" if frames.size else "no frames"
    return Finding.of(elsewhere, f"'{scope.subtask.name}' has {own}, and this one is not among them")


def find_on_deleted(scope: Scope) -> Finding:
    """Rows on frames that were deleted."""
    return Finding.of(np.isin(scope.table.frame, scope.deleted), "the frame was deleted: nothing uses this row")


FRAME_CHECKS = (
    RowCheck("outside-task", "rows on frames that the task does not have", "problem", "dropped", find_outside_task),
    RowCheck("outside-job", "rows on frames that are not of their job", "note", "", find_outside_job),
    RowCheck("deleted-frame", "rows on deleted frames", "note", "", find_on_deleted),
)
