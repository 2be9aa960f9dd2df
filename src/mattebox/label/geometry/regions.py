"""The areas that rows cover, as geometries of shapely."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Array, Ragged
from mattebox.label.extra import needed_for
from mattebox.label.geometry.coordinates import points_of, rings_of, settled
from mattebox.label.geometry.outlines import to_polygons
from mattebox.label.table import Table

with needed_for("geometry of annotations"):
    import shapely

__all__ = ["Geometries", "outlines_of", "regions"]

Geometries: TypeAlias = NDArray[Any]
"""(N,) geometries of shapely."""


def regions(table: Table) -> Geometries:
    """The area that every row covers: what an odd number of its rings encloses, however they cross.

    Args:
        table: ellipses are taken as polygons of 64 corners, cuboids as their hulls.

    Returns:
        (N,) valid polygons and multipolygons; empty ones for rows without an area.
    """
    table = to_polygons(table)
    found = np.full(len(table), shapely.Polygon(), dtype=object)
    rows = np.flatnonzero(table.is_shape("polygon"))
    rings = rings_of(table, rows)
    areas, usable = _ring_areas(settled(points_of(table.points.take(rows))[0]), rings.values)
    owner = np.repeat(rows, rings.lengths)
    rank = np.arange(len(owner)) - np.repeat(rings.offsets[:-1], rings.lengths)
    first = usable & (rank == 0)
    found[owner[first]] = areas[first]
    for turn in range(1, int(rank.max(initial=0)) + 1):
        these = usable & (rank == turn)
        found[owner[these]] = shapely.symmetric_difference(found[owner[these]], areas[these])
    return found


def outlines_of(geometries: Geometries) -> tuple[Ragged, Ragged]:
    """The points and rings of polygons, as a table keeps them; what has no area is left out."""
    parts, part_row = _polygons_in(geometries)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    points, point_ring = shapely.get_coordinates(rings, return_index=True)
    closing = np.diff(point_ring, append=-1) != 0  # shapely repeats the first point of a ring at its end
    points, point_ring = points[~closing], point_ring[~closing]
    counts = np.bincount(point_ring, minlength=len(rings))
    ring_row = part_row[ring_part]
    per_row = np.bincount(ring_row, minlength=len(geometries))
    several = per_row > 1
    cells = Ragged.of_lengths(counts[several[ring_row]].astype(np.int32), np.where(several, per_row, 0))
    coordinates = 2 * np.bincount(ring_row[point_ring], minlength=len(geometries))
    return Ragged.of_lengths(points.reshape(-1), coordinates), cells


def _ring_areas(points: NDArray[np.float64], counts: Array) -> tuple[Geometries, NDArray[np.bool_]]:
    """What each ring encloses, and which rings enclose something: three finite points at least."""
    starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    odd = np.concatenate(([0], np.cumsum(~np.isfinite(points).all(axis=1))))
    usable = (counts >= 3) & (np.diff(odd[starts]) == 0)
    closed = Ragged.of_lengths(np.empty(0), counts[usable] + 1)
    turn = np.arange(closed.offsets[-1]) - np.repeat(closed.offsets[:-1], closed.lengths)
    sides = np.repeat(counts[usable], closed.lengths)
    picked = np.repeat(starts[:-1][usable], closed.lengths) + turn % np.maximum(sides, 1)
    areas = np.full(len(counts), shapely.Polygon(), dtype=object)
    areas[usable] = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, points[picked], (closed.offsets, np.arange(len(closed) + 1))
    )
    for index in np.flatnonzero(~shapely.is_valid(areas)).tolist():
        areas[index] = _even_odd(points[starts[index] : starts[index + 1]])
    return areas, usable


def _even_odd(ring: NDArray[np.float64]) -> Any:
    """What a ring encloses that crosses or touches itself: the faces that an odd number of its sides shuts off."""
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.linearrings(ring))]))
    x, y = shapely.get_coordinates(shapely.point_on_surface(faces)).T[:, :, None]
    (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
    rise = np.where(y1 == y0, 1, y1 - y0)
    crossed = ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / rise)
    odd = crossed.sum(axis=1) % 2 == 1
    return shapely.union_all(faces[odd]) if odd.any() else shapely.Polygon()


def _polygons_in(geometries: Geometries) -> tuple[Geometries, NDArray[np.int64]]:
    """Every polygon, and the position of what it is a part of."""
    parts, row = shapely.get_parts(geometries, return_index=True)
    inner, part = shapely.get_parts(parts, return_index=True)  # a collection may hold multipolygons
    areal = (shapely.get_type_id(inner) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(inner)
    return inner[areal], row[part[areal]]
