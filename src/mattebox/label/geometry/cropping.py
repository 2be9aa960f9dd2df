"""What remains of rows in a part of their picture."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.geometry import Box
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.extra import needed_for
from mattebox.label.geometry.coordinates import Floats, cells_of, element_owners, fours, points_of, reshaped, settled
from mattebox.label.geometry.measures import areas, boxes
from mattebox.label.geometry.moves import shift
from mattebox.label.geometry.rasters import cut_masks
from mattebox.label.geometry.regions import outlines_of, regions
from mattebox.label.table import Table

with needed_for("geometry of annotations"):
    import shapely

__all__ = ["clip_to_picture", "crop"]

Cut: TypeAlias = "tuple[Table, Array, Array]"
"""A table whose rows are cut, and how much they were before and after."""


def crop(table: Table, box: Box, *, keep: float = 0.5) -> Table:
    """Cut rows as their picture is cut; their coordinates then count from the corner of the box.

    What lies inside stays as it is. Of what the border cuts, upright rectangles are cut short, and masks lose pixels;
    other shapes with an area become polygons, in several rings where they fall apart; a polyline falls into a row for
    each part, the longest of which remains the object it was; points outside are left out. Elements of skeletons that
    are outside are marked so, and go with their skeleton only. Tags stay.

    Args:
        table: rows on one picture or on several of one size.
        box: (top, left, bottom, right) in pixels; it may reach beyond the picture.
        keep: share of a row's area, length or number of points that must remain, 0 to 1; a row of which nothing
            remains is never kept.

    Raises:
        BadParameter: the box is empty, or the share is none.
    """
    top, left, bottom, right = box
    if not (top < bottom and left < right):
        raise BadParameter(f"the box {tuple(box)} is empty: give top, left, bottom and right in this order")
    if not 0 <= keep <= 1:
        raise BadParameter(f"keep={keep!r}: must be from 0 to 1")
    window = np.array([left, top, right, bottom], np.float64)
    found = boxes(table)
    inside = ((found[:, :2] >= window[:2]) & (found[:, 2:] <= window[2:])).all(axis=1) | table.is_shape("tag")
    seen = inside | ((found[:, 2:] > window[:2]) & (found[:, :2] < window[2:])).all(axis=1)
    of_skeletons = table.is_shape("skeleton") | (element_owners(table) >= 0)
    cut = np.flatnonzero(seen & ~inside & ~of_skeletons)
    table, remaining = _cut(table, cut, window)
    share = inside.astype(np.float64)
    share[cut] = remaining
    table, share = _seen_skeletons(table, seen, share)
    table = _into_parts(table.take((share > 0) & (share >= keep)))
    return shift(table, -left, -top)


def clip_to_picture(table: Table, size: tuple[int, int]) -> Table:
    """Cut off whatever reaches beyond a picture of (height, width), and leave out what lies beyond it."""
    return crop(table, (0, 0, *size), keep=0)


def _cut(table: Table, rows: Array, window: Floats) -> tuple[Table, Floats]:
    """Cut rows at the border of a window (left, top, right, bottom); tell what share of each remains.

    Polylines come back with a ring for each of their parts.
    """
    share = np.zeros(len(table))
    upright = table.is_shape("rectangle") & (table.rotation == 0)
    kinds = (
        (upright, _cut_rectangles),
        (table.is_shape("mask"), _cut_masks),
        (table.is_shape("polyline"), _cut_lines),
        (table.is_shape("points"), _cut_points),
        (table.is_shape("polygon", "ellipse", "cuboid", "rectangle") & ~upright, _cut_areas),
    )
    for kind, cut in kinds:
        chosen = rows[kind[rows]]
        if chosen.size:
            table, before, after = cut(table, chosen, window)
            share[chosen] = np.divide(after, before, out=np.zeros(len(chosen)), where=before > 0)
    return table, share[rows]


def _cut_rectangles(table: Table, rows: Array, window: Floats) -> Cut:
    sides = fours(table, rows)
    short = np.clip(sides, np.tile(window[:2], 2), np.tile(window[2:], 2))
    after = table.replace(points=put(table.points, rows, cells_of(short)))
    return after, areas(table.take(rows)), areas(after.take(rows))


def _cut_masks(table: Table, rows: Array, window: Floats) -> Cut:
    left, top, right, bottom = np.rint(window).astype(int).tolist()
    after = cut_masks(table, rows, (top, left, bottom, right))
    return after, areas(table.take(rows)), areas(after.take(rows))


def _cut_areas(table: Table, rows: Array, window: Floats) -> Cut:
    whole = regions(table.take(rows))
    parts = shapely.intersection(whole, shapely.box(*window))
    return reshaped(table, rows, "polygon", *outlines_of(parts)), shapely.area(whole), shapely.area(parts)


def _cut_lines(table: Table, rows: Array, window: Floats) -> Cut:
    """Lines keep the parts that have a length, the longest first."""
    points, offsets = points_of(table.points.take(rows))
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    whole = shapely.linestrings(settled(points), indices=owner)
    parts, part_row = shapely.get_parts(shapely.clip_by_rect(whole, *window), return_index=True)
    extent = shapely.length(parts)
    order = np.lexsort((-extent, part_row))
    order = order[extent[order] > 0]
    parts, part_row = parts[order], part_row[order]
    ends, part = shapely.get_coordinates(parts, return_index=True)
    counts = np.bincount(part, minlength=len(parts))
    cells = Ragged.of_lengths(ends.reshape(-1), 2 * np.bincount(part_row[part], minlength=len(rows)))
    rings = Ragged.of_lengths(counts.astype(np.int32), np.bincount(part_row, minlength=len(rows)))
    after = np.bincount(part_row, extent[order], minlength=len(rows))
    return reshaped(table, rows, "polyline", cells, rings), shapely.length(whole), after


def _cut_points(table: Table, rows: Array, window: Floats) -> Cut:
    points, offsets = points_of(table.points.take(rows))
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    inside = ((points >= window[:2]) & (points <= window[2:])).all(axis=1)
    after = np.bincount(owner[inside], minlength=len(rows))
    cells = Ragged.of_lengths(points[inside].reshape(-1), 2 * after)
    return table.replace(points=put(table.points, rows, cells)), np.diff(offsets), after


def _seen_skeletons(table: Table, seen: NDArray[np.bool_], share: Floats) -> tuple[Table, Floats]:
    """Of a skeleton so much remains as of its elements was seen and still is; its elements go where it goes."""
    owner = element_owners(table)
    elements = np.flatnonzero(owner >= 0)
    shown = elements[~table.outside[elements]]
    before = np.bincount(owner[shown], minlength=len(table))
    after = np.bincount(owner[shown], seen[shown], minlength=len(table))
    skeletons = np.flatnonzero(table.is_shape("skeleton"))
    share = share.copy()
    share[skeletons] = after[skeletons] / np.maximum(before[skeletons], 1)
    share[elements] = share[owner[elements]]
    outside = table.outside.copy()
    outside[elements] |= ~seen[elements]
    return table.replace(outside=outside), share


def _into_parts(table: Table) -> Table:
    """Make rows of the parts of polylines: the first keeps its object and track, the others become loose objects."""
    lines = np.flatnonzero(table.is_shape("polyline") & (table.rings.lengths > 0))
    if not lines.size:
        return table
    parts = np.ones(len(table), np.int64)
    parts[lines] = table.rings.lengths[lines]
    source = np.repeat(np.arange(len(table)), parts)
    later = np.flatnonzero(source[1:] == source[:-1]) + 1
    taken = table.take(source)
    objects, tracked = taken.object.copy(), taken.tracked.copy()
    free = max(table.object.max(initial=-1), table.parent.max(initial=-1)) + 1
    objects[later], tracked[later] = free + np.arange(len(later)), False
    cells = Ragged.of_lengths(table.points.take(lines).values, 2 * table.rings.take(lines).values)
    pieces = np.flatnonzero(np.isin(source, lines))
    return reshaped(taken.replace(object=objects, tracked=tracked), pieces, "polyline", cells)
