"""The jobs of a task, as CVAT can restore them: it makes them anew from the length and the overlap of the first two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mattebox.label.cvat.backup_read import ANNOTATED, JOB, JOB_KINDS, JOB_USUAL, RANGE, UNKNOWN_TYPE
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.records import merged
from mattebox.label.dataset import Subtask, Task
from mattebox.label.table import Table

__all__ = ["job_entry", "restorable"]

OF_JOBS = {"consensus_replicas", "custom_segments", "validation_layout"}
"""What a task, or its data, says of jobs that CVAT does not cut by length."""

OWN = (ANNOTATED, RANGE, UNKNOWN_TYPE)
"""What a subtask's `extra` says for us, and no record of a job."""


def job_entry(subtask: Subtask) -> dict[str, Any]:
    """What task.json says of a job."""
    kinds = {kind: name for name, kind in JOB_KINDS.items()}
    told = subtask.extra.get(RANGE, (0, 0))
    first, last = (int(subtask.frames[0]), int(subtask.frames[-1])) if subtask.frames.size else told
    listed = RANGE in subtask.extra or last - first + 1 != len(subtask.frames)
    start, stop = subtask.extra.get(RANGE, (first, last))
    written = {
        "start_frame": min(start, first),
        "stop_frame": max(stop, last),
        "type": subtask.extra.get(UNKNOWN_TYPE, kinds.get(subtask.kind, "annotation")),
        "frames": subtask.frames.tolist() if listed else None,
    }
    extra = {name: value for name, value in subtask.extra.items() if name not in OWN}
    usual = () if listed else JOB_USUAL
    return {"status": "annotation"} | merged(written, extra, JOB, usual)


def restorable(task: Task, place: Place) -> Task:
    """A task of whose jobs CVAT makes the same ones when it restores the task.

    Scenes, and jobs that are not all of one length and overlap, become one job of the whole task. Tracks in it end
    where their scene ends. Replicas of the jobs, and what the task says of its jobs, are left out then.

    Args:
        task: to be written.
        place: of the task, to tell that its jobs were joined.
    """
    parts = [part for part in task.subtasks if part.kind in {"annotation", "scene"}]
    if parts and (_is_regular(parts, task.frames.size) or _is_as_read(parts)):
        return task
    if parts:
        place.note("jobs-joined", f"{len(parts)} scenes or jobs of unequal length are written as one job")
    for part in task.subtasks:
        if part.kind == "consensus":
            cause = f"{part.name}: a replica of a job that is joined with others; {len(part.table):,} rows"
            place.drop("replica", cause)
    table = Table.concat([_ended(part, task.frames.size) for part in parts])
    whole = Subtask("job_0", np.arange(task.frames.size), table)
    truth = (part for part in task.subtasks if part.kind == "ground_truth")
    data = {name: value for name, value in (task.extra.get("data") or {}).items() if name not in OF_JOBS}
    extra = {name: value for name, value in task.extra.items() if name not in OF_JOBS}
    return task.replace(subtasks=(whole, *truth), extra={**extra, "data": data})


def _is_as_read(parts: Sequence[Subtask]) -> bool:
    """Whether CVAT made the jobs itself, and so can make them again."""
    return all(part.kind == "annotation" and ANNOTATED in part.extra for part in parts)


def _is_regular(parts: Sequence[Subtask], size: int) -> bool:
    """Whether jobs are what CVAT cuts a task into: of one length and one overlap, only the last may be shorter."""
    if any(part.kind == "scene" or not part.frames.size for part in parts):
        return False
    ranges = [(int(part.frames[0]), int(part.frames[-1])) for part in parts]
    if any(last - first + 1 != len(part.frames) for (first, last), part in zip(ranges, parts, strict=True)):
        return False
    length = ranges[0][1] + 1
    stride = ranges[1][0] if len(ranges) > 1 else length
    expected = [(start, min(start + length, size) - 1) for start in (stride * turn for turn in range(len(parts)))]
    return ranges == expected and 0 < stride <= length and ranges[-1][1] == size - 1


def _ended(part: Subtask, size: int) -> Table:
    """The table of a part, in which every track is outside from the frame on that follows the part."""
    after = int(part.frames[-1]) + 1 if part.frames.size else size
    table = part.table
    tracked = np.flatnonzero(table.tracked)
    if after >= size or not tracked.size:
        return table
    order = tracked[np.lexsort((table.frame[tracked], table.object[tracked]))]
    last = order[np.flatnonzero(np.diff(table.object[order], append=-1))]
    ends = last[~table.outside[last]]
    ended = table.take(np.concatenate([np.arange(len(table)), ends]))
    new = np.arange(len(ended)) >= len(table)
    return ended.replace(
        frame=np.where(new, after, ended.frame), outside=ended.outside | new, keyframe=ended.keyframe | new
    )
