"""Where a shape is between two keys of its track."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Ragged
from mattebox.label.interpolation.curves import morph
from mattebox.label.row import SHAPES
from mattebox.label.table import Table, shape_codes

__all__ = ["CURVES", "LINEAR", "positions", "turn"]

LINEAR = shape_codes("rectangle", "ellipse", "cuboid", "skeleton")
"""Shapes whose numbers move evenly from one key to the next."""

CURVES = shape_codes("polygon", "polyline")
"""Shapes whose outlines are matched."""

POINTS, POLYGON = SHAPES.index("points"), SHAPES.index("polygon")

HALF_TURN = 1.0
"""Degrees that CVAT's server turns a shape by on the way to one that is turned by exactly 180."""

Indices = NDArray[np.int64]
Numbers = NDArray[np.float64]


def positions(keys: Table, left: Indices, right: Indices, offset: Numbers) -> tuple[Ragged, Numbers]:
    """Points and rotations on the way from one key to another.

    Rectangles, ellipses, cuboids and single points move evenly and turn by the shorter way round; outlines of polygons
    and polylines are matched (`curves`). Several points, masks, and polygons with holes or several parts stay as they
    are on the left key until the right one. A cuboid of a point cloud moves evenly too, angles included: the server's
    own rule for its angles is overruled by this one.

    Args:
        keys: has all the keys.
        left: (N,), positions in it.
        right: (N,), positions in it; the same track's, the same number of points where these move evenly.
        offset: (N,), from 0 at the left key to below 1. Rows between the same two keys lie side by side.

    Returns:
        (N,) points, and (N,) rotations in degrees.

    Source:
        `TrackManager.get_interpolated_shapes` of CVAT's server. Its page takes the shorter way for half a turn too,
        and moves on; what counts is what is exported.
    """
    shape, lengths = keys.shape[left], keys.points.lengths
    moves = offset > 0
    single = (shape == POINTS) & (lengths[left] == 2) & (lengths[right] == 2)
    linear = moves & (np.isin(shape, LINEAR) | single)
    whole = (keys.rings.lengths[left] == 0) & (keys.rings.lengths[right] == 0)
    curved = moves & np.isin(shape, CURVES) & whole
    held = ~(linear | curved)
    parts = (
        keys.points.take(left[held]),
        _evenly(keys.points, left[linear], right[linear], offset[linear]),
        _outlines(keys, left[curved], right[curved], offset[curved]),
    )
    order = np.concatenate([np.flatnonzero(part) for part in (held, linear, curved)])
    rotation = keys.rotation[left].copy()
    way = turn(rotation[linear], keys.rotation[right[linear]])
    rotation[linear] = (rotation[linear] + way * offset[linear] + 360) % 360
    return Ragged.concat(parts).take(np.argsort(order)), rotation


def turn(begin: Numbers, end: Numbers) -> Numbers:
    """Degrees from one rotation to another by the shorter way round; clockwise is positive.

    Example:
        >>> turn(np.array([350.0, 10.0, 0.0]), np.array([10.0, 350.0, 180.0])).tolist()
        [20.0, -20.0, 1.0]
    """
    way = (end - begin + 180) % 360 - 180
    return np.where(way == -180, HALF_TURN, way)


def _evenly(points: Ragged, left: Indices, right: Indices, offset: Numbers) -> Ragged:
    begin, end = points.take(left), points.take(right)
    share = np.repeat(offset, begin.lengths)
    return Ragged(begin.values + (end.values - begin.values) * share, begin.offsets)


def _outlines(keys: Table, left: Indices, right: Indices, offset: Numbers) -> Ragged:
    changes = np.flatnonzero((np.diff(left) != 0) | (np.diff(right) != 0)) + 1
    bounds = [0, *changes.tolist(), len(left)] if len(left) else [0]
    parts = []
    for begin, end in pairwise(bounds):
        one, other = int(left[begin]), int(right[begin])
        closed = bool(keys.shape[one] == POLYGON)
        outlines = keys.points[one].reshape(-1, 2), keys.points[other].reshape(-1, 2)
        parts.append(morph(*outlines, offset[begin:end], closed=closed))
    values, lengths = zip(*parts, strict=True) if parts else ((np.empty(0),), (np.empty(0, np.int64),))
    return Ragged.of_lengths(np.concatenate(values), np.concatenate(lengths))
