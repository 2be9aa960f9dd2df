"""Filters over the masks of a whole data set, whose tracks stay tracks."""

from __future__ import annotations

import numpy as np

from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.keyframes import reduce_keyframes
from mattebox.label.masks.applying import Changed, Sizes, apply_filters
from mattebox.label.masks.filters.base import MaskFilter
from mattebox.label.masks.tables import AREAS, Becomes, Place
from mattebox.label.merging import stacked
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["filter_dataset"]


def filter_dataset(
    dataset: Dataset,
    filters: MaskFilter,
    report: Report,
    *,
    becomes: Becomes = "same",
    epsilon: float = 1.0,
    keyframes: bool = True,
    progress: Progress | None = None,
) -> Dataset:
    """Filter the masks of every frame of a data set; see `apply_filters`.

    Tracks are interpolated, so that the filters see every frame as it looks.

    Args:
        dataset: to filter.
        filters: one filter, or a `Chain`.
        report: told of everything that is dropped, and of media whose size nobody tells.
        becomes: what rows become that are changed.
        epsilon: how many pixels a polygon may be off its mask to have fewer corners.
        keyframes: give tracks back as keys: those that no filter changed with the very keys that they had, the others
            with as few as bring them back within half a pixel. Otherwise with a row on every frame.
        progress: told of subtasks.

    Raises:
        BadParameter: a filter does not suit the pictures, or epsilon is negative.
        MissingExtra: a package of the extra `label` is not installed.
        Cancelled: the work was given up.
    """
    grown = interpolate_dataset(dataset, report, keep_outside=keyframes)
    given = (subtask.table for _, subtask in dataset.walk())
    total, done = sum(1 for _ in dataset.walk()), 0

    def filtered(_: Dataset, task: Task, subtask: Subtask) -> Table:
        nonlocal done
        before = next(given)
        tracks = bool(before.tracked.any())
        table = subtask.table if tracks else before
        place = Place(dataset.name, task.name, subtask.name, numbered=not tracks)
        size = _sizes(task, table, report, place)
        changed = apply_filters(table, size, filters, report, becomes=becomes, epsilon=epsilon, place=place)
        done += 1
        if progress:
            progress(done, total)
        return _with_keys(before, subtask, changed, task) if keyframes and tracks else changed.table

    return grown.map_tables(filtered)


def _sizes(task: Task, table: Table, report: Report, place: Place) -> Sizes:
    """What tells the size of a frame; without media, how far the annotations reach."""
    media, frames = task.media, task.frames
    if media is not None:
        return lambda frame: media.size_of(int(frames.true(frame)))
    values = table.points.take(table.is_shape(*AREAS)).values
    far = np.clip(np.nan_to_num(values), 1, 65_535).max(initial=1)
    side = int(np.ceil(far)) + 1
    said = f"no pictures tell their size; it is taken as {side} x {side} pixels"
    report.note("no-media", said, dataset=place.dataset, task=place.task, subtask=place.subtask)
    return side, side


def _with_keys(before: Table, grown: Subtask, changed: Changed, task: Task) -> Table:
    """Tracks as keys again: those before where nothing changed, as few as can be elsewhere."""
    table = changed.table
    ours = table.tracked & np.isin(table.object, changed.objects)
    seen = np.isin(table.object, table.object[ours & ~table.outside])
    last = int(grown.frames.max()) if len(grown.frames) else None
    reduced = reduce_keyframes(table.take(ours & seen), last_frame=last, deleted=task.frames.deleted)
    still_there = before.tracked & np.isin(before.object, grown.table.object)
    kept = before.take(still_there & ~np.isin(before.object, changed.objects))
    return stacked((kept, reduced, table.take(~table.tracked))).sorted()
