"""From shapes to masks: a pixel is in a shape when its centre is, and what an odd number of rings encloses is inside.

x goes right and y down, and the first pixel covers 0 to 1, so its centre is at 0.5. Of two polygons that share an edge,
every pixel is in one and only one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.geometry import Box
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.vectorize import Ring

__all__ = ["ellipse", "fill", "fill_soft", "filled", "rectangle"]


def fill(rings: Sequence[Ring], size: tuple[int, int], *, top: int = 0, left: int = 0) -> NDArray[np.bool_]:
    """The pixels whose centres an odd number of rings encloses.

    Args:
        rings: (n, 2) each, x, y of their corners.
        size: (height, width) of the mask.
        top: row of the picture where the mask begins.
        left: column of the picture where the mask begins.

    Returns:
        (H, W) bool.

    Raises:
        BadParameter: a corner is not finite.

    Example:
        >>> fill([np.array([[0.4, 0], [2.6, 0], [2.6, 1], [0.4, 1]])], (1, 4)).tolist()
        [[True, True, True, False]]
    """
    height, width = size
    toggles = np.zeros((height, width + 1), np.uint8)
    rows, x = _crossings(rings, top, height)
    columns = np.clip(np.ceil(x - 0.5) - left, 0, width).astype(np.int64)
    np.bitwise_xor.at(toggles.reshape(-1), rows * (width + 1) + columns, 1)
    return np.bitwise_xor.accumulate(toggles, axis=1)[:, :width].astype(bool)


def fill_soft(
    rings: Sequence[Ring], size: tuple[int, int], *, samples: int = 4, top: int = 0, left: int = 0
) -> NDArray[np.float32]:
    """The share of each pixel that the rings enclose, by so many samples a side.

    Returns:
        (H, W) float32 in [0, 1], in steps of 1 / samples².

    Raises:
        BadParameter: a corner is not finite, or there is no sample.
    """
    if samples < 1:
        raise BadParameter(f"samples {samples}: give at least 1 a side")
    height, width = size
    finer = [ring * samples for ring in rings]
    fine = fill(finer, (height * samples, width * samples), top=top * samples, left=left * samples)
    return fine.reshape(height, samples, width, samples).mean(axis=(1, 3), dtype=np.float32)


def filled(rings: Sequence[Ring], size: tuple[int, int]) -> Piece:
    """What `fill` gives, only within the box around the rings.

    Args:
        rings: (n, 2) each, x, y of their corners.
        size: (height, width) of the picture.

    Raises:
        BadParameter: a corner is not finite.
    """
    corners = _finite(np.concatenate(rings) if rings else np.empty((0, 2)))
    if not len(corners):
        return Piece(0, 0, np.zeros((0, 0), bool))
    top, left, bottom, right = _box_of((*corners.min(axis=0), *corners.max(axis=0)), size)
    return Piece(top, left, fill(rings, (bottom - top, right - left), top=top, left=left))


def rectangle(left: float, top: float, right: float, bottom: float, rotation: float = 0.0) -> Ring:
    """The corners of a rectangle that is turned about its centre.

    Args:
        left: before it is turned.
        top: before it is turned.
        right: before it is turned.
        bottom: before it is turned.
        rotation: degrees, clockwise as seen.

    Example:
        >>> rectangle(0, 0, 2, 4, 90).round(3).tolist()
        [[3.0, 1.0], [3.0, 3.0], [-1.0, 3.0], [-1.0, 1.0]]
    """
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    if not rotation:
        return corners
    centre = corners.mean(axis=0)
    cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    return (corners - centre) @ np.array([[cosine, sine], [-sine, cosine]]) + centre


def ellipse(
    centre_x: float, centre_y: float, radius_x: float, radius_y: float, size: tuple[int, int], rotation: float = 0.0
) -> Piece:
    """The pixels whose centres lie in an ellipse.

    Args:
        centre_x: of the ellipse.
        centre_y: of the ellipse.
        radius_x: half its width before it is turned.
        radius_y: half its height before it is turned.
        size: (height, width) of the picture.
        rotation: degrees about its centre, clockwise as seen.

    Raises:
        BadParameter: a number is not finite.
    """
    _finite(np.array([centre_x, centre_y, radius_x, radius_y, rotation]))
    cosine, sine = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    across, down = math.hypot(radius_x * cosine, radius_y * sine), math.hypot(radius_x * sine, radius_y * cosine)
    top, left, bottom, right = _box_of((centre_x - across, centre_y - down, centre_x + across, centre_y + down), size)
    if not radius_x or not radius_y:
        return Piece(top, left, np.zeros((bottom - top, right - left), bool))
    y, x = np.ogrid[top:bottom, left:right]
    x, y = x + (0.5 - centre_x), y + (0.5 - centre_y)
    along, beside = (x * cosine + y * sine) / radius_x, (y * cosine - x * sine) / radius_y
    return Piece(top, left, along * along + beside * beside <= 1)


def _crossings(rings: Sequence[Ring], top: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the middle of each row of pixels crosses the rings: rows counted from the mask's first, and x."""
    starts = _finite(np.concatenate(rings) if rings else np.empty((0, 2)))
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]) if rings else starts
    # Edges are walked downwards, so that an edge of two polygons is crossed at the same x for both.
    upper, lower = np.where(starts[:, 1:] <= ends[:, 1:], (starts, ends), (ends, starts))
    first = np.clip(np.ceil(upper[:, 1] - 0.5) - top, 0, height).astype(np.int64)
    last = np.clip(np.ceil(lower[:, 1] - 0.5) - top, 0, height).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(len(counts)), counts)
    rows = np.arange(len(edge)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    upper, lower = upper[edge], lower[edge]
    share = (rows + (top + 0.5) - upper[:, 1]) / (lower[:, 1] - upper[:, 1])
    return rows, upper[:, 0] + share * (lower[:, 0] - upper[:, 0])


def _finite(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(numbers).all():
        raise BadParameter("a coordinate is not a finite number")
    return numbers


def _box_of(bounds: Sequence[float], size: tuple[int, int]) -> Box:
    """Whole pixels around left, top, right and bottom, as far as the picture goes; perhaps none."""
    (left, top, right, bottom), (height, width) = bounds, size
    rows = np.clip([math.floor(top), math.ceil(bottom)], 0, height).tolist()
    columns = np.clip([math.floor(left), math.ceil(right)], 0, width).tolist()
    return rows[0], columns[0], rows[1], columns[1]
