"""Rows as polygons."""

from __future__ import annotations

import numpy as np

from mattebox.label.columns import Array, Ragged
from mattebox.label.extra import needed_for
from mattebox.label.geometry.coordinates import (
    Floats,
    cells_of,
    corners_of,
    ellipse_radii,
    fours,
    points_of,
    reshaped,
    settled,
    turning,
)
from mattebox.label.geometry.rasters import pieces_of
from mattebox.label.masks.vectorize import joined, outline
from mattebox.label.table import Table

with needed_for("geometry of annotations"):
    import shapely

__all__ = ["ELLIPSE_CORNERS", "ellipse_outlines", "to_polygons"]

ELLIPSE_CORNERS = 64
"""Corners of the polygon that stands for an ellipse; 0.16 % of its area lie outside."""


def to_polygons(table: Table, corners: int = ELLIPSE_CORNERS) -> Table:
    """Make polygons of all rows that have an area.

    Rectangles become their four corners, turned as they are; ellipses have all corners on the curve; cuboids become
    the hull of their corners, masks the outline along the edges of their pixels. Tags, points, polylines and skeletons
    stay as they are. The rows keep their order.

    Args:
        table: any rows.
        corners: of the polygon that stands for an ellipse, at least 3.
    """
    rectangles = np.flatnonzero(table.is_shape("rectangle"))
    table = reshaped(table, rectangles, "polygon", cells_of(corners_of(table, rectangles)))
    ellipses = np.flatnonzero(table.is_shape("ellipse"))
    table = reshaped(table, ellipses, "polygon", cells_of(ellipse_outlines(table, ellipses, corners)))
    cuboids = np.flatnonzero(table.is_shape("cuboid"))
    table = reshaped(table, cuboids, "polygon", _hulls(table, cuboids))
    masks = np.flatnonzero(table.is_shape("mask"))
    return reshaped(table, masks, "polygon", *_mask_outlines(table, masks))


def ellipse_outlines(table: Table, rows: Array, corners: int) -> Floats:
    """(n, corners, 2), points on ellipses at equal steps of the angle, from the right end on, clockwise as seen."""
    ellipses = fours(table, rows)
    radii = ellipse_radii(ellipses)[:, None]
    steps = np.stack(turning(np.arange(corners) * 360 / corners), axis=1)
    (x, y), (cosine, sine) = np.moveaxis(steps * radii, 2, 0), turning(table.rotation[rows][:, None])
    return np.stack((cosine * x - sine * y, sine * x + cosine * y), axis=2) + ellipses[:, None, :2]


def _hulls(table: Table, rows: Array) -> Ragged:
    """The hulls of cuboids; of corners on one line the whole line."""
    points, offsets = points_of(table.points.take(rows))
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    hulls = shapely.convex_hull(shapely.multipoints(settled(points), indices=owner))
    corners, hull = shapely.get_coordinates(hulls, return_index=True)
    open_ended = np.diff(hull, append=-1) == 0  # the last point of a ring is its first once more
    lengths = 2 * np.bincount(hull[open_ended], minlength=len(rows))
    return Ragged.of_lengths(corners[open_ended].reshape(-1), lengths)


def _mask_outlines(table: Table, rows: Array) -> tuple[Ragged, Ragged]:
    """The points and rings of masks' outlines along the edges of their pixels."""
    points, rings = [], []
    for piece in pieces_of(table, rows):
        coordinates, lengths = joined(outline(piece.crop, top=piece.top, left=piece.left))
        points.append(coordinates.tolist())
        rings.append(lengths.tolist())
    return Ragged.from_lists(points), Ragged.from_lists(rings, np.int32)
