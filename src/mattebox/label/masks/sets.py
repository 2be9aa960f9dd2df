"""Set operations and shape operations on masks, hard and soft.

A hard mask is bool, (H, W). A soft mask is float32 in [0, 1], and the operations are those of fuzzy sets: union is the
greater value, intersection the lesser, and what is hard stays hard. (Zadeh, Fuzzy Sets, 1965.)

What lies beyond the picture is not known and changes nothing: an object that the picture's edge cuts is not eroded
from there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.geometry import Box

__all__ = [
    "AnyMask",
    "Piece",
    "Radius",
    "area",
    "box",
    "closed",
    "difference",
    "dilate",
    "edges",
    "erode",
    "fill_holes",
    "intersection",
    "invert",
    "opened",
    "parts",
    "pixels",
    "symmetric_difference",
    "union",
]

AnyMask: TypeAlias = NDArray[Any]
"""(H, W), bool or float32 in [0, 1]."""
Radius: TypeAlias = int | float
"""Of a circle: whole numbers are pixels, others a share of the object's size, which is the root of its area."""

_SMALL = 100
"""Squared radius up to which looking at every pixel of a circle is quicker than a distance transform."""


class Piece(NamedTuple):
    """A part of a picture-sized mask.

    Attributes:
        top: row of the mask where the crop begins.
        left: column of the mask where the crop begins.
        crop: (h, w), the part's values, 0 beside it.
    """

    top: int
    left: int
    crop: AnyMask


def union(*masks: AnyMask) -> AnyMask:
    """What is in any of the masks: the greatest value.

    Raises:
        BadParameter: there are none, or their shapes differ.

    Example:
        >>> union(np.array([[True, False]]), np.array([[False, False]])).tolist()
        [[True, False]]
    """
    return _folded(np.maximum, masks)


def intersection(*masks: AnyMask) -> AnyMask:
    """What is in all of the masks: the least value.

    Raises:
        BadParameter: there are none, or their shapes differ.
    """
    return _folded(np.minimum, masks)


def invert(mask: AnyMask) -> AnyMask:
    """What is not in the mask."""
    return ~mask if mask.dtype == bool else 1 - mask


def difference(mask: AnyMask, other: AnyMask) -> AnyMask:
    """What is in the first mask and not in the other.

    Raises:
        BadParameter: their shapes differ.
    """
    return intersection(mask, invert(other))


def symmetric_difference(mask: AnyMask, other: AnyMask) -> AnyMask:
    """What is in one of the masks and not in both.

    Raises:
        BadParameter: their shapes differ.
    """
    return union(difference(mask, other), difference(other, mask))


def area(mask: AnyMask) -> float:
    """How many pixels are in the mask; of a soft one, the sum of its values."""
    return float(np.count_nonzero(mask) if mask.dtype == bool else np.sum(mask, dtype=np.float64))


def box(mask: AnyMask) -> Box | None:
    """The smallest box that holds everything over 0: (top, left, bottom, right), the last two exclusive.

    Returns:
        None for an empty mask.

    Example:
        >>> box(np.array([[False, False, False], [False, True, True]]))
        (1, 1, 2, 3)
    """
    if not mask.size:
        return None
    left, top, width, height = cv2.boundingRect(_support(mask))
    return (top, left, top + height, left + width) if width else None


def pixels(radius: Radius, mask: AnyMask) -> float:
    """A radius in pixels.

    Args:
        radius: as the user gives it.
        mask: of the object whose size it may be a share of.

    Raises:
        BadParameter: it is negative or not a number.

    Example:
        >>> pixels(3, np.ones((10, 10), bool)), pixels(0.2, np.ones((10, 10), bool))
        (3.0, 2.0)
    """
    if not 0 <= radius < math.inf:
        raise BadParameter(f"radius {radius}: give whole pixels, or a share of the object's size such as 0.02")
    return float(radius) if isinstance(radius, int) else radius * math.sqrt(area(mask))


def dilate(mask: AnyMask, radius: Radius) -> AnyMask:
    """Grow a mask by a circle; of a soft one, every pixel gets the greatest value in the circle around it.

    Args:
        mask: (H, W).
        radius: of the circle; see `Radius`.

    Raises:
        BadParameter: the radius is negative.

    Example:
        >>> dilate(np.array([[False, False, True, False]]), 1).tolist()
        [[False, True, True, True]]
    """
    return _dilated(mask, pixels(radius, mask))


def erode(mask: AnyMask, radius: Radius) -> AnyMask:
    """Shrink a mask by a circle; of a soft one, every pixel gets the least value in the circle around it.

    Raises:
        BadParameter: the radius is negative.
    """
    return _eroded(mask, pixels(radius, mask))


def opened(mask: AnyMask, radius: Radius) -> AnyMask:
    """Take away what is too thin for a circle to fit into: erode, then dilate.

    Raises:
        BadParameter: the radius is negative.
    """
    reach = pixels(radius, mask)
    return _dilated(_eroded(mask, reach), reach)


def closed(mask: AnyMask, radius: Radius) -> AnyMask:
    """Fill the gaps that are too thin for a circle to fit into: dilate, then erode.

    Raises:
        BadParameter: the radius is negative.
    """
    reach = pixels(radius, mask)
    return _eroded(_dilated(mask, reach), reach)


def edges(mask: AnyMask, width: int = 1) -> AnyMask:
    """What lies in the mask within some pixels of its outline; where the picture's edge cuts it there is none.

    Raises:
        BadParameter: the width is negative.
    """
    return difference(mask, erode(mask, width))


def parts(mask: AnyMask, connectivity: int = 8) -> list[Piece]:
    """The connected parts of what is over 0, the largest first.

    Args:
        mask: (H, W).
        connectivity: 8 when pixels that touch at a corner are connected, 4 when they are not.

    Example:
        >>> [(piece.top, piece.left, piece.crop.shape) for piece in parts(np.array([[True, False, True, True]]))]
        [(0, 2, (1, 2)), (0, 0, (1, 1))]
    """
    if not mask.size:
        return []
    count, labels, found, _ = cv2.connectedComponentsWithStats(_support(mask), connectivity=connectivity)
    pieces = []
    for part in 1 + np.argsort(-found[1:count, cv2.CC_STAT_AREA], kind="stable"):
        left, top, width, height = found[part, :4].tolist()
        inside = np.s_[top : top + height, left : left + width]
        pieces.append(Piece(top, left, mask[inside] * (labels[inside] == part)))
    return pieces


def fill_holes(mask: AnyMask) -> AnyMask:
    """Put into the mask what it encloses; a soft mask is 1 there."""
    around = cv2.copyMakeBorder(1 - _support(mask), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(around, connectivity=4)
    enclosed = (labels > 0) & (labels != labels[0, 0])
    return union(mask, enclosed[1:-1, 1:-1])


def _folded(function: Callable[[AnyMask, AnyMask], AnyMask], masks: tuple[AnyMask, ...]) -> AnyMask:
    shapes = {mask.shape for mask in masks}
    if len(shapes) != 1:
        raise BadParameter(f"masks of the shapes {sorted(shapes)}: they must be there, and have one (height, width)")
    return reduce(function, masks)


def _support(mask: AnyMask) -> NDArray[np.uint8]:
    return np.ascontiguousarray(mask > 0).view(np.uint8)


def _circle(squared: int) -> NDArray[np.uint8]:
    """The offsets whose squared length is at most that."""
    steps = np.arange(-math.isqrt(squared), math.isqrt(squared) + 1)
    return (steps**2 + steps[:, None] ** 2 <= squared).astype(np.uint8)


def _eroded(mask: AnyMask, reach: float) -> AnyMask:
    return invert(_dilated(invert(mask), reach))


def _dilated(mask: AnyMask, reach: float) -> AnyMask:
    """Look at every offset of a circle; for a hard mask and a large circle, at the distance to the mask instead."""
    squared = math.floor(reach * reach + 1e-9)
    if squared < 1 or not mask.any():
        return mask.copy()
    if mask.dtype != bool:
        return cv2.dilate(mask, _circle(squared))
    if squared <= _SMALL:
        return cv2.dilate(mask.view(np.uint8), _circle(squared)).view(bool)
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance <= np.float32(math.sqrt(squared + 0.5))
