"""Loose shapes made tracks, and tracks made loose shapes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter
from mattebox.label.columns import Array
from mattebox.label.extra import needed_for
from mattebox.label.geometry import areas, boxes, regions
from mattebox.label.geometry.coordinates import Floats, element_owners
from mattebox.label.table import Table

with needed_for("linking shapes"):
    import shapely
    from scipy.optimize import linear_sum_assignment

__all__ = ["link_shapes", "unlink_tracks"]

GRID = 2.0**-20
"""Pixels to which outlines are rounded before they are intersected: of turned outlines that differ by rounding errors
only, GEOS otherwise finds now and then that they have nothing in common."""


def link_shapes(table: Table, *, iou: float = 0.6, reach: int = 20, last_frame: int | None = None) -> Table:
    """Make tracks of loose shapes that follow each other.

    Frame by frame, the shapes are given to the tracks so far, so that the sum of the overlaps is greatest (the
    Hungarian method); a track goes on with a shape of its own label and kind only. Between its rows a track is
    interpolated; after its last one it gets a row that says it is outside, because it would go on to the end otherwise.

    Args:
        table: rows of tracks, tags, skeletons and shapes without an area stay as they are.
        iou: intersection over union that a shape has at least with the last one of its track, above 0 up to 1.
        reach: how many frames before a shape the last one of its track may be.
        last_frame: of the subtask; a track that lasts until then needs no end. None ends every track.

    Returns:
        The table, with linked rows as keys of tracks, which have the fixed attributes and the group of their first row;
        a shape that has no other to go with stays loose.

    Raises:
        BadParameter: the overlap or the reach makes no sense.
        Cancelled: the work was given up.
    """
    if not 0 < iou <= 1:
        raise BadParameter(f"iou={iou!r}: must be above 0, up to 1")
    if reach < 1:
        raise BadParameter(f"reach={reach!r}: must be at least 1 frame")
    loose = np.flatnonzero(~table.tracked & (table.parent < 0) & ~table.is_shape("tag", "skeleton"))
    linkable = loose[areas(table.take(loose)) > 0]
    first = np.arange(len(table))
    for label, shape in np.unique(np.stack((table.label.codes[linkable], table.shape[linkable]), axis=1), axis=0):
        kind = linkable[(table.label.codes[linkable] == label) & (table.shape[linkable] == shape)]
        kind = kind[np.argsort(table.frame[kind], kind="stable")]
        first[kind] = kind[_chains(table.take(kind), iou, reach)]
    return _as_tracks(table, first, last_frame)


def unlink_tracks(table: Table) -> Table:
    """Make a loose shape of every row of every track.

    Args:
        table: interpolated, unless keys alone are wanted.

    Returns:
        Rows with objects of their own and without tracks. Rows that are outside are left out, elements of skeletons
        excepted, which go where their skeleton is.
    """
    owner = element_owners(table)
    kept = np.where(table.parent >= 0, owner >= 0, ~(table.tracked & table.outside))
    kept[owner >= 0] &= kept[owner[owner >= 0]]
    objects = np.arange(len(table))
    parents = np.where(owner >= 0, owner, -1)
    everywhere = np.ones(len(table), bool)
    return table.replace(object=objects, parent=parents, tracked=~everywhere, keyframe=everywhere).take(kept)


def _chains(shapes: Table, iou: float, reach: int) -> NDArray[np.int64]:
    """(n,), for shapes of one kind, by frame, the position of the first one of the track that each belongs to."""
    upright = bool((shapes.is_shape("rectangle") & (shapes.rotation == 0)).all())
    around, outlines = boxes(shapes), None if upright else regions(shapes)
    sizes = areas(shapes) if outlines is None else shapely.area(outlines)
    frame = shapes.frame.astype(np.int64)
    first = np.arange(len(shapes))
    last = np.empty(0, np.int64)  # of every track so far that can be reached, the position of its last shape
    borders = np.concatenate((np.flatnonzero(np.diff(frame, prepend=-1)), [len(shapes)]))
    for begin, end in pairwise(borders.tolist()):
        check_cancelled()
        now = np.arange(begin, end)
        last = last[frame[last] >= frame[begin] - reach]
        shares = _overlaps(around, outlines, sizes, last, now)
        shares[shares < iou] = 0
        track, shape = linear_sum_assignment(shares, maximize=True)
        linked = shares[track, shape] > 0
        track, shape = track[linked], now[shape[linked]]
        first[shape] = first[last[track]]
        last = np.concatenate((np.delete(last, track), now))
    return first


def _overlaps(around: Floats, outlines: Array | None, sizes: Floats, one: Array, other: Array) -> Floats:
    """(n, m), intersection over union of shapes, by their boxes, or by their outlines where the boxes meet."""
    left, right = around[one][:, None], around[other][None]
    sides = np.minimum(left[..., 2:], right[..., 2:]) - np.maximum(left[..., :2], right[..., :2])
    common = np.prod(np.maximum(sides, 0), axis=2)
    if outlines is not None:
        row, column = np.nonzero(common)
        met = shapely.intersection(outlines[one[row]], outlines[other[column]], grid_size=GRID)
        common[row, column] = shapely.area(met)
    return common / (sizes[one][:, None] + sizes[other][None] - common)


def _as_tracks(table: Table, first: NDArray[np.int64], last_frame: int | None) -> Table:
    """Make tracks of rows, given the first row of the track of each."""
    linked = np.isin(first, first[first != np.arange(len(first))])
    leader = np.where(linked, first, np.arange(len(first)))
    tracks = table.replace(
        object=table.object[leader],
        group=table.group[leader],
        attributes=table.attributes.take(leader),
        tracked=table.tracked | linked,
    )
    rows = np.flatnonzero(linked)
    order = rows[np.lexsort((table.frame[rows], first[rows]))]
    ends = order[np.diff(first[order], append=-1) != 0]
    if last_frame is not None:
        ends = ends[table.frame[ends] < last_frame]
    joined = tracks.take(np.concatenate((np.arange(len(tracks)), ends)))
    frame, outside = joined.frame.copy(), joined.outside.copy()
    frame[len(tracks) :] += 1
    outside[len(tracks) :] = True
    return joined.replace(frame=frame, outside=outside)
