"""Tracks as a row on every frame."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.columns import Coded, Ragged
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.interpolation.positions import positions
from mattebox.label.interpolation.soundness import sound_tracks, unsound_tracks
from mattebox.label.interpolation.spread import Spread, carried, interpolated, key_rows, roots, spread
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table, record_key

__all__ = ["interpolate", "interpolate_dataset"]


def interpolate(
    table: Table, *, last_frame: int | None, deleted: Collection[int] = frozenset(), keep_outside: bool = False
) -> Table:
    """Give tracks a row on every frame, exactly as CVAT's server does when it exports.

    A row between two keys has its points and rotation from both (`positions`) and everything else from the key before
    it. A track is in the picture until it has a key that is outside; without one its last key holds to the end.

    Elements of skeletons are interpolated each on its own keys, and are there where their skeleton is. One that is
    outside stays, so flagged, as in a skeleton that is not tracked; a skeleton whose elements are all outside is not in
    the picture.

    Args:
        table: tracks as keys, and whatever is not tracked. Tracks that already have rows which are no keys stay as
            they are, and so does what is not tracked.
        last_frame: the subtask's last one, inclusive; None ends every track with its last key.
        deleted: frames of the task that nobody is to use: their keys do not count, and tracks have no rows there.
        keep_outside: keep rows, flagged outside, where a track is not in the picture.

    Returns:
        the rows by frame, z-order and object; `keyframe` says which were keys. So that every track can be told from one
        that is still to be interpolated, one that has rows at its keys only and ends before the subtask has its last
        row without that flag.

    Raises:
        BadAnnotations: a track changes its shape, or cannot be interpolated; `interpolate_dataset` reports it instead.
    """
    for trouble in unsound_tracks(table):
        raise BadAnnotations(trouble.message)
    order = key_rows(table, deleted)
    keys = table.take(order)
    rest = np.flatnonzero(~table.tracked | interpolated(table))
    # Of an element that is outside there are rows where its skeleton is in the picture, which is seen further below.
    rows = spread(keys, last_frame, keep=None if keep_outside else ~keys.outside | (keys.parent >= 0))
    rows = rows.take(~np.isin(rows.frame, np.fromiter(deleted, np.int64, len(deleted))))
    rows = rows.take(_shown(keys, rows, keep_outside=keep_outside))
    points, rotation = positions(keys, rows.left, rows.right, rows.offset)
    whole = table.take(np.concatenate((order[rows.left], rest)))
    frame_attributes = [carried(keys).take(rows.left), table.frame_attributes.take(rest)]
    return whole.replace(
        frame=np.concatenate((rows.frame, table.frame[rest])),
        keyframe=np.concatenate((_flagged(keys, rows, keep_outside=keep_outside), table.keyframe[rest])),
        points=Ragged.concat((points, table.points.take(rest))),
        rotation=np.concatenate((rotation, table.rotation[rest])),
        frame_attributes=Coded.concat(frame_attributes, record_key),
    ).sorted()


def interpolate_dataset(
    dataset: Dataset, report: Report, *, keep_outside: bool = False, progress: Progress | None = None
) -> Dataset:
    """Give the tracks of every subtask a row on each of its frames; see `interpolate`.

    Args:
        dataset: what to interpolate.
        report: takes the tracks that cannot be interpolated, which are left out, and keys that do not count.
        keep_outside: keep rows, flagged outside, where a track is not in the picture.
        progress: told of subtasks.

    Raises:
        Cancelled: the work was given up.
    """
    total, done = sum(1 for _ in dataset.walk()), 0

    def grown(_: Dataset, task: Task, subtask: Subtask) -> Table:
        nonlocal done
        check_cancelled()
        table = sound_tracks(subtask.table, report, dataset.name, task.name, subtask.name)
        last = int(subtask.frames.max()) if len(subtask.frames) else None
        table = interpolate(table, last_frame=last, deleted=task.frames.deleted, keep_outside=keep_outside)
        done += 1
        if progress:
            progress(done, total)
        # A ground-truth job has some frames of its task only; what leads from one to the next is not its own.
        return table.take(~table.tracked | np.isin(table.frame, subtask.frames))

    return dataset.map_tables(grown)


def _flagged(keys: Table, rows: Spread, *, keep_outside: bool) -> NDArray[np.bool_]:
    """Which rows are keys.

    A track that has a row at its keys only, and was outside at one of them, would be held there when it is interpolated
    again. So the last of its rows is none.
    """
    is_key = rows.frame == keys.frame[rows.left]
    root = roots(keys)
    of_row = root[rows.left]
    ambiguous = np.isin(of_row, root[keys.outside]) & ~np.isin(of_row, of_row[~is_key])
    last = np.append(of_row[1:] != of_row[:-1], True)[: len(of_row)]
    return is_key if keep_outside else is_key & ~(ambiguous & last)


def _shown(keys: Table, rows: Spread, *, keep_outside: bool) -> NDArray[np.bool_]:
    """Which rows stay: elements where their skeletons are, skeletons where one of their elements is to be seen."""
    item, parent, outside = keys.object[rows.left], keys.parent[rows.left], keys.outside[rows.left]
    element = (parent >= 0) & np.isin(parent, item)
    orphan = (parent >= 0) & ~element
    width = int(rows.frame.max(initial=0)) + 1
    place, above = item * width + rows.frame, parent * width + rows.frame
    stays = np.ones(len(item), np.bool_) if keep_outside else ~(orphan & outside)
    if not keep_outside:
        unseen = np.isin(place, above[element]) & ~np.isin(place, above[element & ~outside])
        stays &= ~unseen
    return stays & (~element | np.isin(above, place[stays & ~element]))
