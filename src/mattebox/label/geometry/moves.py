"""Rows that are shifted, scaled, turned and mirrored, as their picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.geometry.coordinates import (
    Floats,
    cells_of,
    corners_of,
    ellipse_radii,
    fours,
    points_of,
    reshaped,
    turning,
)
from mattebox.label.geometry.rasters import moved_masks
from mattebox.label.table import Table

__all__ = ["flip", "moved", "resize", "rot90", "rotate", "scale", "shift"]

# Sides that are this close to a right angle are those of a rectangle: the error of a few float64 operations.
_SQUARE = 1e-9


def shift(table: Table, x: float, y: float) -> Table:
    """Move all rows by so many pixels to the right and down."""
    return moved(table, np.eye(2), np.array([x, y], np.float64))


def scale(table: Table, x: float, y: float | None = None) -> Table:
    """Scale all rows about the corner of the picture.

    Args:
        table: a rectangle that is rotated becomes a polygon when x and y differ.
        x: factor across.
        y: factor down; that of x unless given.

    Raises:
        BadParameter: a factor is not positive.
    """
    down = x if y is None else y
    if not (x > 0 and down > 0):
        raise BadParameter(f"factors {x!r} and {down!r}: both must be positive")
    return moved(table, np.diag([x, down]).astype(np.float64), np.zeros(2))


def resize(table: Table, size: tuple[int, int], other: tuple[int, int]) -> Table:
    """Scale all rows as their picture is resized.

    Args:
        table: rows on a picture of this size.
        size: (height, width) of the picture.
        other: (height, width) that it gets.
    """
    return scale(table, other[1] / size[1], other[0] / size[0])


def rotate(table: Table, degrees: float, about: tuple[float, float]) -> Table:
    """Turn all rows clockwise as seen.

    Args:
        table: its rectangles and ellipses change their rotation.
        degrees: how far.
        about: (x, y) of the point that stays.
    """
    cosine, sine = (float(value) for value in turning(degrees))
    matrix, middle = np.array([[cosine, -sine], [sine, cosine]]), np.array(about, np.float64)
    return moved(table, matrix, middle - matrix @ middle)


def flip(table: Table, size: tuple[int, int], *, upside_down: bool = False) -> Table:
    """Mirror all rows left to right, or upside down, as their picture of (height, width) is.

    Labels that say left or right are not exchanged, and corners of cuboids and elements of skeletons keep their order.
    """
    if upside_down:
        return moved(table, np.diag([1.0, -1.0]), np.array([0.0, size[0]]))
    return moved(table, np.diag([-1.0, 1.0]), np.array([size[1], 0.0]))


def rot90(table: Table, size: tuple[int, int], turns: int = 1) -> Table:
    """Turn all rows counterclockwise by quarters, as `numpy.rot90` turns their picture of (height, width)."""
    height, width = size
    matrices = np.array([[[1, 0], [0, 1]], [[0, 1], [-1, 0]], [[-1, 0], [0, -1]], [[0, -1], [1, 0]]], np.float64)
    offsets = np.array([[0, 0], [0, width], [width, height], [height, 0]], np.float64)
    return moved(table, matrices[turns % 4], offsets[turns % 4])


def moved(table: Table, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> Table:
    """Map every point p of all rows to `matrix @ p + offset`.

    Rectangles that are sheared become polygons; ellipses stay ellipses. A mask has afterwards the pixels whose centres
    come from inside it, which is exact where pixels fall on pixels.

    Args:
        table: any rows.
        matrix: (2, 2), not singular.
        offset: (2,).
    """
    free = np.flatnonzero(~table.is_shape("rectangle", "ellipse", "mask"))
    cells = table.points.take(free)
    points, _ = points_of(cells)
    mapped = points @ matrix.T + offset
    table = table.replace(points=put(table.points, free, Ragged(mapped.reshape(-1), cells.offsets)))
    table = _moved_rectangles(table, np.flatnonzero(table.is_shape("rectangle")), matrix, offset)
    table = _moved_ellipses(table, np.flatnonzero(table.is_shape("ellipse")), matrix, offset)
    return moved_masks(table, matrix, offset)


def _moved_rectangles(table: Table, rows: Array, matrix: Floats, offset: Floats) -> Table:
    """Rectangles stay rectangles where their sides stay square to each other, and become polygons elsewhere."""
    plain = _keeps_numbers(table.rotation[rows], matrix)
    ends = fours(table, rows[plain]).reshape(-1, 2, 2) @ matrix.T + offset
    table = _renumbered(table, rows[plain], np.hstack((ends.min(axis=1), ends.max(axis=1))))
    rows = rows[~plain]
    corners = corners_of(table, rows) @ matrix.T + offset
    sides = np.stack((corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0]), axis=2)
    square = _is_square(sides)
    middle, half = corners.mean(axis=1)[square], np.linalg.norm(sides[square], axis=1) / 2
    table = _renumbered(table, rows[square], np.hstack((middle - half, middle + half)), sides[square][:, :, 0])
    return reshaped(table, rows[~square], "polygon", cells_of(corners[~square]))


def _moved_ellipses(table: Table, rows: Array, matrix: Floats, offset: Floats) -> Table:
    """Ellipses stay ellipses: their axes where they stay square, else the singular vectors of what they are made by."""
    numbers = fours(table, rows)
    centres, radii = numbers[:, :2] @ matrix.T + offset, ellipse_radii(numbers)
    plain = _keeps_numbers(table.rotation[rows], matrix)
    table = _renumbered(table, rows[plain], _ellipse(centres[plain], radii[plain] @ np.abs(matrix).T))
    rows, centres, radii = rows[~plain], centres[~plain], radii[~plain]
    cosine, sine = turning(table.rotation[rows])
    turn = np.stack((np.stack((cosine, -sine), axis=1), np.stack((sine, cosine), axis=1)), axis=1)
    axes = matrix @ turn * radii[:, None]
    skewed = ~_is_square(axes)
    directions, stretches, _ = np.linalg.svd(axes[skewed])
    axes[skewed] = directions * stretches[:, None]
    return _renumbered(table, rows, _ellipse(centres, np.linalg.norm(axes, axis=1)), axes[:, :, 0])


def _renumbered(table: Table, rows: Array, numbers: Floats, along: Floats | None = None) -> Table:
    """Put other numbers (n, 4) into rectangles or ellipses, and the direction (n, 2) of their first side."""
    table = table.replace(points=put(table.points, rows, cells_of(numbers)))
    if along is None:
        return table
    rotation = table.rotation.copy()
    rotation[rows] = np.mod(np.degrees(np.arctan2(along[:, 1], along[:, 0])), 360)
    return table.replace(rotation=rotation)


def _ellipse(centres: Floats, radii: Floats) -> Floats:
    """Ellipses as a table keeps them: centre, right end's x, top end's y."""
    return np.column_stack((centres, centres[:, 0] + radii[:, 0], centres[:, 1] - radii[:, 1]))


def _is_square(sides: Floats) -> NDArray[np.bool_]:
    """(n,), whether the two columns of (n, 2, 2) are square to each other."""
    return np.abs(sides.prod(axis=2).sum(axis=1)) <= _SQUARE * np.linalg.norm(sides, axis=1).prod(axis=1)


def _keeps_numbers(rotation: Floats, matrix: Floats) -> NDArray[np.bool_]:
    """(n,), whether the map of the numbers is that of the shape, with the same rotation."""
    keeps_axes = np.count_nonzero(matrix) == 2 and np.count_nonzero(matrix.any(axis=0)) == 2
    keeps_angles = matrix[0, 0] == matrix[1, 1] > 0 and not np.any(matrix[[0, 1], [1, 0]])
    return np.where(rotation == 0, keeps_axes, keeps_angles)
