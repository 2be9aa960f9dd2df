"""Which frames of a task are there to measure annotators, and which of them are honeypots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Task

__all__ = ["honeypots"]


def honeypots(task: Task) -> NDArray[np.int64]:
    """Frames of annotation jobs that repeat a picture of the ground truth without saying so.

    CVAT puts them there to see how good annotators are. A data set that has them and the ground truth has those
    pictures twice.

    Args:
        task: as it was read from a backup.

    Returns:
        Frames of the task, in order.
    """
    if task.media is None or not (task.extra.get("data") or {}).get("validation_layout"):
        return np.empty(0, np.int64)
    truth = [part.frames for part in task.subtasks if part.kind == "ground_truth"]
    pool = np.unique(np.concatenate([np.empty(0, np.int64), *truth]))
    in_range = task.frames.true(np.arange(task.frames.size))
    names = np.array([task.media.name_of(frame) if frame < len(task.media) else "" for frame in in_range.tolist()])
    repeated = np.isin(names, names[pool[pool < task.frames.size]]) & (names != "")
    return np.setdiff1d(np.flatnonzero(repeated), pool)
