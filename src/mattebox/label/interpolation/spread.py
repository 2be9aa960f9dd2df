"""From the keys of tracks to a row on every frame: which rows there are, before anything moves."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Coded
from mattebox.label.table import Record, Table, record_key

__all__ = ["Spread", "carried", "interpolated", "key_rows", "roots", "spread"]

Indices = NDArray[np.int64]


class Spread(NamedTuple):
    """Rows that keys give rise to, each key's side by side; (R,) each.

    Attributes:
        left: position of the key that a row is on, or comes after.
        right: position of the track's next key; of the same where there is none.
        frame: which frame a row is on.
        offset: how far a row is on its way, 0 on the key to below 1; 0 after the last key.
    """

    left: Indices
    right: Indices
    frame: Indices
    offset: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_]) -> Spread:
        """The rows where a mask is true."""
        return Spread(self.left[which], self.right[which], self.frame[which], self.offset[which])


def interpolated(table: Table) -> NDArray[np.bool_]:
    """(N,), which rows belong to tracks that were interpolated already: they have rows which are no keys.

    A skeleton and its elements were if one of them was.
    """
    root = roots(table)
    return table.tracked & np.isin(root, root[table.tracked & ~table.keyframe])


def roots(table: Table) -> Indices:
    """(N,), number of the object that each row is of; of an element that of its skeleton."""
    return np.where(table.parent >= 0, table.parent, table.object)


def key_rows(table: Table, deleted: Collection[int] = ()) -> Indices:
    """Positions of the keys to go by, in order of track and frame.

    Keys on deleted frames do not count. Of two of a track on the same frame the first counts. Tracks that have rows
    which are no keys were interpolated already and are left alone.

    Args:
        table: may hold anything else too.
        deleted: frames that nobody is to use.
    """
    gone = np.fromiter(deleted, np.int64, len(deleted))
    keys = np.flatnonzero(table.tracked & ~interpolated(table) & ~np.isin(table.frame, gone))
    keys = keys[np.lexsort((table.frame[keys], table.object[keys]))]
    again = (np.diff(table.object[keys]) == 0) & (np.diff(table.frame[keys]) == 0)
    return keys[np.append(True, ~again)] if len(keys) else keys


def spread(keys: Table, last_frame: int | None, *, keep: NDArray[np.bool_] | None = None) -> Spread:
    """The rows from each key up to the next one of its track, and from the last one to the end.

    Args:
        keys: in order of track and frame.
        last_frame: the end; None ends every track with its last key. Keys beyond it say where a track is heading.
        keep: (N,), which keys give rise to rows; all unless given.
    """
    frame = keys.frame.astype(np.int64)
    index = np.arange(len(keys))
    final = np.append(np.diff(keys.object) != 0, True)[: len(keys)]
    following = np.where(final, index, index + 1)
    stop = np.where(final, frame + 1 if last_frame is None else last_frame + 1, frame[following])
    rows = np.maximum((stop if last_frame is None else np.minimum(stop, last_frame + 1)) - frame, 0)
    if keep is not None:
        rows = np.where(keep, rows, 0)
    left = np.repeat(index, rows)
    step = np.arange(len(left)) - np.repeat(np.cumsum(rows) - rows, rows)
    way = np.where(final, 1, frame[following] - frame)[left]
    return Spread(left, following[left], frame[left] + step, np.where(final[left], 0.0, step / way))


def carried(keys: Table) -> Coded[Record]:
    """Per-frame attributes of keys, those that a key does not tell taken from the key before.

    Args:
        keys: in order of track and frame.
    """
    told = keys.frame_attributes
    if len({frozenset(told.values[code]) for code in np.unique(told.codes)}) < 2:
        return told
    before: Record = {}
    whole: list[Record] = []
    for fresh, code in zip(np.append(True, np.diff(keys.object) != 0), told.codes, strict=True):
        before = dict(told.values[code]) if fresh else {**before, **told.values[code]}
        whole.append(before)
    return Coded.from_values(whole, record_key)
