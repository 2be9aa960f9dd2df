"""How large rows are, and where."""

from __future__ import annotations

import numpy as np

from mattebox.label.columns import Ragged
from mattebox.label.extra import needed_for
from mattebox.label.geometry.coordinates import (
    Floats,
    corners_of,
    element_owners,
    ellipse_radii,
    extents,
    fours,
    points_of,
    rings_of,
    turning,
)
from mattebox.label.geometry.regions import regions
from mattebox.label.masks.rle import areas_of_runs
from mattebox.label.table import Table

with needed_for("geometry of annotations"):
    import shapely
    from scipy.special import ellipe

__all__ = ["areas", "boxes", "centres", "lengths"]


def boxes(table: Table) -> Floats:
    """The upright box around every row, rotation taken into account.

    Returns:
        (N, 4), left, top, right, bottom in pixels. A mask reaches to the far edges of its last pixels. The box of a
        skeleton is that of those of its elements that are not outside; it is NaN without any, and for tags.

    Raises:
        BadParameter: a row has not as many points as its shape needs.

    Example:
        >>> from mattebox.label.row import Row
        >>> round_one = Row(label="a", frame=0, shape="ellipse", points=(10, 10, 14, 8), rotation=90)
        >>> boxes(Table.from_rows([round_one])).tolist()
        [[8.0, 6.0, 12.0, 14.0]]
    """
    found = extents(table.points)
    found[table.is_shape("mask"), 2:] += 1
    turned = np.flatnonzero(table.is_shape("rectangle") & (table.rotation != 0))
    corners = corners_of(table, turned)
    found[turned] = np.hstack((corners.min(axis=1), corners.max(axis=1)))
    ellipses = np.flatnonzero(table.is_shape("ellipse"))
    numbers = fours(table, ellipses)
    cosine, sine = turning(table.rotation[ellipses])
    turn = np.stack((np.stack((cosine, sine), axis=1), np.stack((sine, cosine), axis=1)), axis=1)
    reach = np.linalg.norm(turn * ellipse_radii(numbers)[:, None], axis=2)
    found[ellipses] = np.hstack((numbers[:, :2] - reach, numbers[:, :2] + reach))
    return _with_skeletons(table, found)


def areas(table: Table) -> Floats:
    """(N,), the area of every row in square pixels, never negative; 0 for tags, points, polylines and skeletons.

    Of a polygon it is what an odd number of its rings encloses, also where they cross; of an ellipse it is that of the
    curve, of a cuboid that of the hull of its corners.
    """
    found = np.zeros(len(table))
    outlined = np.flatnonzero(table.is_shape("polygon", "cuboid"))
    found[outlined] = shapely.area(regions(table.take(outlined)))
    rectangles = np.flatnonzero(table.is_shape("rectangle"))
    sides = fours(table, rectangles)
    found[rectangles] = np.abs(np.prod(sides[:, 2:] - sides[:, :2], axis=1))
    ellipses = np.flatnonzero(table.is_shape("ellipse"))
    found[ellipses] = np.pi * np.prod(ellipse_radii(fours(table, ellipses)), axis=1)
    masks = np.flatnonzero(table.is_shape("mask"))
    found[masks] = areas_of_runs(table.runs.take(masks))
    return found


def lengths(table: Table) -> Floats:
    """(N,), how long polylines are, and the outlines of rectangles, ellipses and polygons, in pixels; else 0.

    The circumference of an ellipse is its complete elliptic integral, not one of the usual approximations.
    """
    found = np.zeros(len(table))
    rectangles = np.flatnonzero(table.is_shape("rectangle"))
    sides = fours(table, rectangles)
    found[rectangles] = 2 * np.abs(sides[:, 2:] - sides[:, :2]).sum(axis=1)
    ellipses = np.flatnonzero(table.is_shape("ellipse"))
    radii = np.sort(ellipse_radii(fours(table, ellipses)), axis=1)
    flatness = 1 - np.square(radii[:, 0] / np.maximum(radii[:, 1], np.finfo(float).tiny))
    found[ellipses] = 4 * radii[:, 1] * ellipe(flatness)
    for shape in ("polygon", "polyline"):
        rows = np.flatnonzero(table.is_shape(shape))
        found[rows] = _along(table.points.take(rows), rings_of(table, rows), closed=shape == "polygon")
    return found


def centres(table: Table) -> Floats:
    """(N, 2), x and y of the middle of the box around every row; rectangles and ellipses turn about it."""
    found = boxes(table)
    return (found[:, :2] + found[:, 2:]) / 2


def _along(cells: Ragged, rings: Ragged, *, closed: bool) -> Floats:
    """(n,), the length of lines, or of rings that end where they began."""
    points, _ = points_of(cells)
    ends = np.cumsum(rings.values, dtype=np.int64)
    following = np.arange(1, len(points) + 1)
    starts = ends - rings.values
    last = rings.values > 0
    following[ends[last] - 1] = starts[last] if closed else ends[last] - 1
    steps = np.linalg.norm(points[following] - points, axis=1)
    owner = np.repeat(np.arange(len(cells)), cells.lengths // 2)
    return np.bincount(owner, steps, minlength=len(cells)).astype(np.float64)


def _with_skeletons(table: Table, found: Floats) -> Floats:
    """Boxes, with those of skeletons taken from their elements on the same frame."""
    owner = element_owners(table)
    elements = np.flatnonzero((owner >= 0) & ~table.outside & np.isfinite(found).all(axis=1))
    around = np.tile([np.inf, np.inf, -np.inf, -np.inf], (len(table), 1))
    np.minimum.at(around[:, :2], owner[elements], found[elements, :2])
    np.maximum.at(around[:, 2:], owner[elements], found[elements, 2:])
    held = np.flatnonzero(around[:, 0] <= around[:, 2])
    found[held] = around[held]
    return found
