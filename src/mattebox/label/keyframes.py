"""Tracks with fewer keys: those that interpolation brings back are taken out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.columns import Coded
from mattebox.label.interpolation.reach import reach_of
from mattebox.label.interpolation.soundness import unsound_tracks
from mattebox.label.interpolation.spread import carried, interpolated, key_rows
from mattebox.label.table import Table

__all__ = ["close_tracks", "reduce_keyframes"]

Indices: TypeAlias = NDArray[np.int64]


def reduce_keyframes(
    table: Table, *, tolerance: float = 0.5, last_frame: int | None = None, deleted: Collection[int] = frozenset()
) -> Table:
    """Keep the keys of tracks that `interpolate` needs to bring back every frame.

    From each key on, the next one is put as far away as it can be. A key stays wherever anything but points and
    rotation changes; scores and `extra` do not count.

    Every row of a track that was interpolated may become a key. Where such a track is missing from a frame it gets a
    key that is outside, so that it is missing after the next interpolation too.

    Args:
        table: tracks as keys or with all of their rows, and whatever is not tracked, which stays as it is.
        tolerance: pixels by which any coordinate on any frame may come to differ, and corners be turned away.
        last_frame: the subtask's last one, after which an interpolated track need not be ended; None ends each.
        deleted: frames of the task that nobody is to use: keys there go, and a track may be missing there.

    Returns:
        the rows by frame, z-order and object; all rows of tracks are keys.

    Raises:
        BadAnnotations: a track changes its shape, or cannot be interpolated.
        Cancelled: the work was given up.
    """
    for trouble in unsound_tracks(table):
        raise BadAnnotations(trouble.message)
    table = close_tracks(table, last_frame=last_frame, deleted=deleted)
    rows = np.concatenate((key_rows(table, deleted), np.flatnonzero(interpolated(table))))
    rows = rows[np.lexsort((table.frame[rows], table.object[rows]))]
    kept = rows[_needed(table.take(rows), tolerance)]
    reduced = table.take(np.concatenate((kept, np.flatnonzero(~table.tracked))))
    return reduced.replace(keyframe=reduced.keyframe | reduced.tracked).sorted()


def close_tracks(table: Table, *, last_frame: int | None, deleted: Collection[int] = frozenset()) -> Table:
    """End tracks that were interpolated where they are missing, by a key that is outside.

    Without one, a track that is not in the picture any more would be held there when it is interpolated next.

    Args:
        table: as `reduce_keyframes` takes it.
        last_frame: the subtask's last one, after which nothing need be ended; None ends each track.
        deleted: frames of the task that nobody is to use, which a track may be missing from.

    Returns:
        the rows, and after them those keys.
    """
    rows = np.flatnonzero(interpolated(table))
    rows = rows[np.lexsort((table.frame[rows], table.object[rows]))]
    frame, gone = table.frame[rows].astype(np.int64), np.fromiter(deleted, np.int64, len(deleted))
    after = frame + 1
    while (skipped := np.isin(after, gone)).any():
        after += skipped
    goes_on = np.append((np.diff(table.object[rows]) == 0) & (frame[1:] <= after[:-1]), False)[: len(rows)]
    ends = ~goes_on & ~table.outside[rows]
    if last_frame is not None:
        ends &= after <= last_frame
    closing = rows[ends]
    flagged = np.repeat([False, True], (len(table), len(closing)))
    closed = table.take(np.concatenate((np.arange(len(table)), closing)))
    return closed.replace(
        frame=np.concatenate((table.frame, after[ends])),
        outside=closed.outside | flagged,
        keyframe=closed.keyframe | flagged,
    )


def _needed(keys: Table, tolerance: float) -> Indices:
    """Positions of the keys that stay.

    Args:
        keys: in order of track and frame.
        tolerance: in pixels.
    """
    changes = _changes(keys)
    bounds = np.flatnonzero(np.append(np.append(True, np.diff(keys.object) != 0)[: len(keys)], True)).tolist()
    kept: list[int] = []
    for begin, end in pairwise(bounds):
        check_cancelled()
        track = np.arange(begin, end)
        kept += (begin + key for key in _needed_of_track(keys.take(track), np.flatnonzero(changes[track]), tolerance))
    return np.array(kept, np.int64)


def _needed_of_track(keys: Table, changes: Indices, tolerance: float) -> Iterator[int]:
    """Positions of the keys of one track that stay.

    Args:
        keys: by frame.
        changes: of which of them anything but points and rotation is another than of the one before.
        tolerance: in pixels.
    """
    reach, key = reach_of(keys, tolerance), 0
    while True:
        yield key
        later = changes[np.searchsorted(changes, key, side="right") :]
        if not len(later) and (keys.outside[key] or reach.holds(key)):
            return
        last = int(later[0]) if len(later) else len(keys) - 1
        key = last if keys.outside[key] else reach.furthest(key, last)


def _changes(keys: Table) -> NDArray[np.bool_]:
    """(N,), where a key differs from the one before in anything that is not interpolated, or begins a track."""
    columns: list[NDArray[Any]] = [
        keys.object,
        keys.shape,
        keys.parent,
        keys.occluded,
        keys.outside,
        keys.z_order,
        keys.group,
    ]
    columns += [keys.label.codes, keys.source.codes, keys.attributes.codes, carried(keys).codes]
    for cells in (keys.rings, keys.runs):
        columns.append(Coded.from_values(map(tuple, cells.lists())).codes)
    differs = np.zeros(len(keys), np.bool_)
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    differs[:1] = True
    return differs
