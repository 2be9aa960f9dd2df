"""From masks to polygons: the outlines of a mask, exact or simplified.

x goes right and y down, and the first pixel covers 0 to 1. Exact outlines run along the edges of pixels, so they bring
the very mask back when `rasterize.fill` fills them, be it a single pixel or a line of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mattebox.errors import BadParameter
from mattebox.label.masks.sets import AnyMask, parts

__all__ = ["Ring", "joined", "outline", "polygons", "separate", "simplified"]

Ring: TypeAlias = NDArray[np.float64]
"""(n, 2): x, y of the corners of a closed line; the last one is joined to the first."""


def outline(mask: AnyMask, epsilon: float = 0.0, *, top: int = 0, left: int = 0) -> list[Ring]:
    """The rings around what is over one half: with them all, what an odd number encloses is in the mask.

    Rings run clockwise as seen, start at their topmost corner, and do not cross; pixels that only share a corner are
    apart.

    Args:
        mask: (H, W), bool or float.
        epsilon: how many pixels the rings may be off the exact outline to have fewer corners (Douglas and Peucker,
            1973); 0 keeps it exact. A ring that would collapse stays exact, so nothing small is lost.
        top: row of the picture where the mask begins.
        left: column of the picture where the mask begins.

    Raises:
        BadParameter: epsilon is negative.

    Example:
        >>> [ring.tolist() for ring in outline(np.array([[False, True]]))]
        [[[1.0, 0.0], [2.0, 0.0], [2.0, 1.0], [1.0, 1.0]]]
    """
    x, y, below = _corners(mask > 0.5)
    corners = np.stack([x + left, y + top], axis=1).astype(np.float64)
    rings = [corners[indices] for indices in _traced(below)]
    return [simplified(ring, epsilon) for ring in rings]


def polygons(mask: AnyMask, epsilon: float = 0.0, *, top: int = 0, left: int = 0) -> list[list[Ring]]:
    """The outlines of each part of a mask apart, the largest part first: its outer ring, then its holes.

    Args:
        mask: (H, W), bool or float.
        epsilon: see `outline`.
        top: row of the picture where the mask begins.
        left: column of the picture where the mask begins.

    Raises:
        BadParameter: epsilon is negative.
    """
    return [
        outline(piece.crop, epsilon, top=top + piece.top, left=left + piece.left)
        for piece in parts(mask > 0.5, connectivity=4)
    ]


def simplified(ring: Ring, epsilon: float) -> Ring:
    """A ring with fewer corners that stays within `epsilon` pixels, or the ring itself when nothing would be left.

    Raises:
        BadParameter: epsilon is negative.
    """
    if not epsilon >= 0:
        raise BadParameter(f"epsilon {epsilon}: give how many pixels an outline may be off, 0 or more")
    if epsilon == 0:
        return ring
    origin = ring[0]  # near the origin, single precision is exact to a fraction of a pixel however large the picture
    fewer = cv2.approxPolyDP((ring - origin).astype(np.float32), epsilon, closed=True)[:, 0].astype(np.float64)
    return fewer + origin if len(fewer) > 2 and cv2.contourArea(fewer.astype(np.float32)) > 0 else ring


def joined(rings: Sequence[Ring]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Rings as a row keeps them: x, y, x, y, ..., and how many corners each has; nothing where there is but one."""
    points = np.concatenate([ring.ravel() for ring in rings]) if rings else np.empty(0)
    lengths = [len(ring) for ring in rings] if len(rings) > 1 else []
    return points, np.array(lengths, np.int32)


def separate(points: ArrayLike, lengths: Sequence[int] | NDArray[np.int32] = ()) -> list[Ring]:
    """The rings of a row.

    Args:
        points: x, y, x, y, ...
        lengths: how many corners each ring has; nothing for a single ring.

    Raises:
        BadParameter: a coordinate is left over, or the lengths do not add up to the corners.

    Example:
        >>> [len(ring) for ring in separate(range(14), (3, 4))]
        [3, 4]
    """
    flat = np.asarray(points, np.float64).ravel()
    counts = np.asarray(lengths, np.int64)
    if flat.size % 2 or (counts.size and (counts.min() < 0 or counts.sum() * 2 != flat.size)):
        raise BadParameter(f"{flat.size} coordinates for rings of {counts.tolist() or 'all'} corners")
    corners = flat.reshape(-1, 2)
    return np.split(corners, np.cumsum(counts)[:-1]) if counts.size else [corners]


def _corners(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where outlines turn, row by row, and for each corner the one at the other end of its upright edge.

    Along a row, corners are the ends of level edges in turn, so the other end of the level edge at corner i is i ^ 1.
    Where two pixels touch at a corner, there are two: first the left edge's, then the right edge's.
    """
    padded = np.pad(mask, 1)
    above_left, above_right, below_left, below_right = (
        padded[:-1, :-1],
        padded[:-1, 1:],
        padded[1:, :-1],
        padded[1:, 1:],
    )
    crossing = (above_left == below_right) & (above_right == below_left) & (above_left != above_right)
    turning = above_left ^ above_right ^ below_left ^ below_right
    y, x = np.nonzero(turning | crossing)
    twice = crossing[y, x]
    copies = np.where(twice, 2, 1)
    second = np.zeros(int(copies.sum()), bool)
    second[np.cumsum(copies)[twice] - 1] = True
    y, x = np.repeat(y, copies), np.repeat(x, copies)
    # The upper edge goes with the left one around a pixel above left, with the right one around a pixel above right.
    order = np.lexsort((second ^ (np.repeat(twice, copies) & above_right[y, x]), y, x))
    other = np.empty_like(order)
    other[order[::2]], other[order[1::2]] = order[1::2], order[::2]
    return x, y, other


def _traced(other: NDArray[np.int64]) -> Iterator[list[int]]:
    """Corners of each ring in turn, given the ends of the upright edges."""
    upright = other.tolist()
    seen = bytearray(len(upright))
    for first in range(0, len(upright), 2):
        if seen[first]:
            continue
        ring: list[int] = []
        corner = first
        while not seen[corner]:
            seen[corner] = seen[corner ^ 1] = True
            ring += (corner, corner ^ 1)
            corner = upright[corner ^ 1]
        yield ring
