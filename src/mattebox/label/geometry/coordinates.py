"""The points of many rows at once."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mattebox.errors import BadParameter
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.row import Shape
from mattebox.label.table import Table, shape_codes

__all__ = [
    "Floats",
    "cells_of",
    "corners_of",
    "element_owners",
    "ellipse_radii",
    "extents",
    "fours",
    "numbers_of",
    "points_of",
    "reshaped",
    "rings_of",
    "settled",
    "turning",
]

Floats: TypeAlias = NDArray[np.float64]
"""Of any number of dimensions."""

NOTHING = 1e-100
"""Below it a coordinate in pixels is zero."""


def points_of(cells: Ragged) -> tuple[Floats, NDArray[np.int64]]:
    """The points of all rows, one row after the other.

    Args:
        cells: x, y, x, y, ... of every row.

    Returns:
        Points (P, 2) as x and y, and offsets (N + 1,) of every row's first point.

    Raises:
        BadParameter: a row has an odd number of coordinates.
    """
    if odd := np.flatnonzero(cells.lengths % 2).tolist():
        raise BadParameter(f"row {odd[0]} has {cells.lengths[odd[0]]} coordinates, which are not points: check first")
    values = np.asarray(cells.values[cells.offsets[0] : cells.offsets[-1]], np.float64)
    return values.reshape(-1, 2), (cells.offsets - cells.offsets[0]) // 2


def settled(points: Floats) -> Floats:
    """Points that GEOS can work on: it loops forever on some numbers that are next to zero (5e-324), which become 0."""
    return np.where(np.abs(points) < NOTHING, 0, points)


def cells_of(points: Floats) -> Ragged:
    """Coordinates (n, ...), as many for each row, as a column."""
    return Ragged.of_lengths(points.reshape(-1), np.full(len(points), math.prod(points.shape[1:])))


def numbers_of(table: Table, rows: Array, count: int) -> Floats:
    """(n, count), the numbers of rows of shapes that have a fixed number of them.

    Raises:
        BadParameter: one has more or fewer.
    """
    cells = table.points.take(rows)
    if (wrong := np.flatnonzero(cells.lengths != count)).size:
        row = np.asarray(rows)[wrong[0]]
        raise BadParameter(f"row {row} has {cells.lengths[wrong[0]]} coordinates in place of {count}: check first")
    return np.asarray(cells.values, np.float64).reshape(-1, count)


def fours(table: Table, rows: Array) -> Floats:
    """(n, 4), the numbers of rectangles, ellipses and masks.

    Raises:
        BadParameter: one has more or fewer.
    """
    return numbers_of(table, rows, 4)


def extents(cells: Ragged) -> Floats:
    """(N, 4), left, top, right and bottom of the points of every row; NaN for a row without points."""
    points, offsets = points_of(cells)
    found = np.full((len(cells), 4), np.nan)
    filled = np.flatnonzero(np.diff(offsets))
    if filled.size:
        starts = offsets[filled]
        found[filled, :2] = np.minimum.reduceat(points, starts)
        found[filled, 2:] = np.maximum.reduceat(points, starts)
    return found


def turning(degrees: ArrayLike) -> tuple[Floats, Floats]:
    """Cosine and sine of angles in degrees, exact for quarter turns.

    Example:
        >>> [value.tolist() for value in turning([90, 180])]
        [[0.0, -1.0], [1.0, 0.0]]
    """
    angle = np.mod(np.asarray(degrees, np.float64), 360)
    quarters = np.mod(np.rint(angle / 90), 4).astype(np.int64)
    exact = angle % 90 == 0
    cosine = np.where(exact, np.array([1.0, 0.0, -1.0, 0.0])[quarters], np.cos(np.radians(angle)))
    sine = np.where(exact, np.array([0.0, 1.0, 0.0, -1.0])[quarters], np.sin(np.radians(angle)))
    return cosine, sine


def corners_of(table: Table, rows: Array) -> Floats:
    """(n, 4, 2), the corners of rectangles, rotated: top left, top right, bottom right, bottom left before that."""
    sides = fours(table, rows)
    corners = sides[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    angles = table.rotation[rows]
    if not angles.any():
        return corners
    middle = (sides[:, None, :2] + sides[:, None, 2:]) / 2
    (x, y), (cosine, sine) = np.moveaxis(corners - middle, 2, 0), turning(angles[:, None])
    turned = np.stack((cosine * x - sine * y, sine * x + cosine * y), axis=2) + middle
    return np.where(angles[:, None, None] == 0, corners, turned)


def ellipse_radii(ellipses: Floats) -> Floats:
    """(n, 2), half the width and half the height of ellipses, of their numbers (n, 4)."""
    return np.abs(ellipses[:, :2] - ellipses[:, 2:])


def rings_of(table: Table, rows: Array) -> Ragged:
    """How many points each ring of polygons or polylines has, also where they have one ring only.

    Raises:
        BadParameter: the rings of a row are not all of its points.
    """
    points, rings = table.points.take(rows), table.rings.take(rows)
    whole = np.flatnonzero((rings.lengths == 0) & (points.lengths > 0))
    rings = put(rings, whole, Ragged.of_lengths(points.lengths[whole] // 2, np.ones_like(whole)))
    together = np.concatenate(([0], np.cumsum(rings.values, dtype=np.int64)))[rings.offsets]
    if (wrong := np.flatnonzero(np.diff(together) * 2 != points.lengths)).size:
        row = np.asarray(rows)[wrong[0]]
        raise BadParameter(f"row {row}: its rings have more or fewer points than it has: check first")
    return rings


def reshaped(table: Table, rows: Array, shape: Shape, points: Ragged, rings: Ragged | None = None) -> Table:
    """A table with another shape in some rows, which is not rotated and has no runs.

    Args:
        table: what is changed.
        rows: positions, each once.
        shape: what the rows become.
        points: of these rows.
        rings: of these rows; None for one ring each.
    """
    shapes, rotation = table.shape.copy(), table.rotation.copy()
    shapes[rows], rotation[rows] = shape_codes(shape), 0
    none = Ragged.empty(len(rows), np.int32)
    return table.replace(
        shape=shapes,
        rotation=rotation,
        points=put(table.points, rows, points),
        rings=put(table.rings, rows, none if rings is None else rings),
        runs=put(table.runs, rows, none),
    )


def element_owners(table: Table) -> NDArray[np.int64]:
    """(N,), for every element of a skeleton the row of that skeleton on the same frame; else -1."""
    owners = np.full(len(table), -1)
    skeletons, elements = np.flatnonzero(table.is_shape("skeleton")), np.flatnonzero(table.parent >= 0)
    if not skeletons.size or not elements.size:
        return owners
    whole = np.stack((table.frame[skeletons], table.object[skeletons]), axis=1)
    parts = np.stack((table.frame[elements], table.parent[elements]), axis=1)
    found, key = np.unique(np.concatenate((whole, parts)), axis=0, return_inverse=True)
    row = np.full(len(found), -1)
    row[key[: len(whole)]] = skeletons
    owners[elements] = row[key[len(whole) :]]
    return owners
