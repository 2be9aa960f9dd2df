"""The table of a whole task as CVAT's XML can hold it."""

from __future__ import annotations

import numpy as np

from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.ringless import without_rings
from mattebox.label.dataset import Subtask, Task
from mattebox.label.interpolation import interpolate
from mattebox.label.interpolation.soundness import sound_tracks
from mattebox.label.keyframes import close_tracks, reduce_keyframes
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["frame_table", "track_table"]

OWN = ("annotation", "scene")
"""Kinds of subtasks that the XML of a task is about."""


def frame_table(task: Task, place: Place) -> Table:
    """A row for every shape on every frame, by frame; elements follow their skeleton.

    Args:
        task: whose jobs or scenes become one.
        place: of the task, to tell what cannot be written.
    """
    deleted = task.frames.deleted
    table = Table.concat([_interpolated(_writable(part, place), part, deleted) for part in _parts(task, place)])
    return _ordered(without_rings(table, place), task, place, by_frame=True)


def track_table(task: Task, place: Place, *, reduce: bool, tolerance: float) -> Table:
    """Tracks as keys, each one's rows by frame, and whatever is not tracked; elements follow their skeleton.

    Args:
        task: whose jobs or scenes become one.
        place: of the task, to tell what cannot be written.
        reduce: leave out keys that interpolation brings back.
        tolerance: in pixels.
    """
    deleted, last = task.frames.deleted, task.frames.size - 1
    parts = _parts(task, place)
    tables = [_untracked_masks(_writable(part, place), part, deleted, place) for part in parts]
    if not (len(parts) == 1 and len(parts[0].frames) == task.frames.size):
        # A track ends with its job or scene, which it no longer does where these are joined.
        tables = [_interpolated(table, part, deleted) for table, part in zip(tables, parts, strict=True)]
    table = Table.concat(tables)
    if reduce:
        keys = np.count_nonzero(table.tracked & table.keyframe)
        table = reduce_keyframes(table, tolerance=tolerance, last_frame=last, deleted=deleted)
        if (fewer := keys - np.count_nonzero(table.tracked)) > 0:
            message = f"keys that interpolation brings back within {tolerance:g} pixels are left out"
            place.note("keys-reduced", message, count=int(fewer))
    else:
        table = close_tracks(table, last_frame=last, deleted=deleted)
    return _ordered(without_rings(table, place), task, place, by_frame=False)


def _parts(task: Task, place: Place) -> list[Subtask]:
    """The jobs or scenes that become one; what is lost of the others, and that they are joined, is told."""
    others = [part for part in task.subtasks if part.kind not in OWN]
    if others:
        rows = sum(len(part.table) for part in others)
        message = f"{len(others)} ground-truth and consensus jobs, which XML has no place for, with {rows:,} rows"
        place.drop("other-jobs", message, count=max(rows, 1))
    own = [part for part in task.subtasks if part.kind in OWN]
    if len(own) > 1:
        place.note("jobs-joined", "XML does not say which job or scene a row is of: they become one", count=len(own))
    return own


def _writable(part: Subtask, place: Place) -> Table:
    """The rows of a part that can be written at all."""
    names = place.names
    table = sound_tracks(part.table, place.report, names["dataset"], names["task"], part.name)
    finite = np.isfinite(table.rotation)
    finite[np.repeat(np.arange(len(table)), table.points.lengths)[~np.isfinite(table.points.values)]] = False
    for row in np.flatnonzero(~finite):
        place.drop("bad-points", "coordinates or a rotation that are no numbers", frame=int(table.frame[row]))
    return table.take(finite)


def _interpolated(table: Table, part: Subtask, deleted: frozenset[int]) -> Table:
    last = int(part.frames.max()) if len(part.frames) else None
    whole = interpolate(table, last_frame=last, deleted=deleted)
    return whole.take(~whole.tracked | np.isin(whole.frame, part.frames))


def _untracked_masks(table: Table, part: Subtask, deleted: frozenset[int], place: Place) -> Table:
    """The table with an object of its own for each mask of a track, as CVAT has no tracks of masks."""
    masks = table.tracked & (table.is_shape("mask") | (table.rings.lengths > 1))
    if not masks.any():
        return table
    mine = table.tracked & np.isin(table.object, table.object[masks])
    message = "CVAT has no tracks of masks, nor of polygons with holes or several parts: each frame has its own"
    place.note("mask-tracks", message, count=len(np.unique(table.object[mine])))
    loose, others = _interpolated(table.take(mine), part, deleted), table.take(~mine)
    yes = np.ones(len(loose), np.bool_)
    alone = loose.replace(tracked=~yes, keyframe=yes, object=np.arange(len(loose)))
    return Table.concat([others, alone]).replace(group=np.concatenate((others.group, loose.group)))


def _ordered(table: Table, task: Task, place: Place, *, by_frame: bool) -> Table:
    """The rows on the task's frames; what is beyond them, and is not the end of a track, is told."""
    beyond = (table.frame < 0) | (table.frame >= task.frames.size)
    for row in np.flatnonzero(beyond & ~table.outside).tolist():
        message = (
            f"a {SHAPES[table.shape[row]]} of {table.label[row]!r} is beyond the task's {task.frames.size:,} frames"
        )
        place.drop("no-frame", message, frame=int(table.frame[row]))
    if deleted := int((np.isin(table.frame, list(task.frames.deleted)) & ~table.outside).sum()):
        place.note("deleted-frame", "rows on frames that were deleted are left out with them", count=deleted)
    table = table.take(np.isin(table.frame, task.frames.kept()))
    element = table.parent >= 0
    root = np.where(element, table.parent, table.object)
    return table.take(np.lexsort((element, root, table.frame) if by_frame else (element, table.frame, root)))
