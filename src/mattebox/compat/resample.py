"""PyTorch's ways of resizing maps (N, C, H, W), in NumPy: CarveKit's refinement resizes between its steps with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mattebox.engines.base import Tensor

Line: TypeAlias = NDArray[np.float32]
Values = TypeVar("Values", bound=NDArray[Any])

CUBIC = np.float32(-0.75)
"""PyTorch's parameter of cubic interpolation; Pillow's is -0.5."""


class Kernel(NamedTuple):
    """How much pixels count.

    Attributes:
        reach: pixels on either side that count.
        weight: from their distance, 0 to `reach`.
    """

    reach: int
    weight: Callable[[Line], Line]


def cubic_weight(distance: Line) -> Line:
    """Weigh pixels by their distance from 0 to 2 (Keys 1981)."""
    near = ((CUBIC + 2) * distance - (CUBIC + 3)) * distance**2 + 1
    far = (((distance - 5) * distance + 8) * distance - 4) * CUBIC
    return np.where(distance <= 1, near, far)


BILINEAR = Kernel(1, lambda distance: 1 - distance)
BICUBIC = Kernel(2, cubic_weight)


def scaled_size(maps: Tensor, factor: float) -> tuple[int, int]:
    """Height and width times a factor, rounded down, so that a side may come out a pixel short; where that is 0, 1."""
    height, width = (max(1, int(side * factor)) for side in maps.shape[2:])
    return height, width


def by_area(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize to (height, width); a new pixel is the plain mean of all that it touches, however little of them."""
    for axis, wanted in zip((2, 3), size, strict=True):
        there = maps.shape[axis]
        first = np.arange(wanted) * there // wanted
        last = -(-np.arange(1, wanted + 1) * there // wanted)
        sums = np.cumsum(maps, axis, np.float64)
        sums = np.concatenate([np.zeros_like(sums.take([0], axis)), sums], axis)
        total = sums.take(last, axis) - sums.take(first, axis)
        maps = (total / along(last - first, axis)).astype(np.float32)
    return maps


def by_factor(maps: Tensor, factor: float, kernel: Kernel) -> Tensor:
    """Resize by a factor: in steps of the factor itself, although sides are rounded down, so the far rim is cut off.

    Bilinearly, a side that comes out as long as it was stays as it is.
    """
    for axis, wanted in zip((2, 3), scaled_size(maps, factor), strict=True):
        if kernel is BILINEAR and wanted == maps.shape[axis]:
            continue
        maps = interpolated(maps, axis, centres(wanted, np.float32(1 / factor)), kernel)
    return maps


def to_size(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize bilinearly to (height, width), the pictures' outer rims laid on each other: what is usual."""
    for axis, wanted in zip((2, 3), size, strict=True):
        maps = interpolated(maps, axis, centres(wanted, np.float32(maps.shape[axis] / wanted)), BILINEAR)
    return maps


def to_size_by_corners(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize bilinearly to (height, width), the centres of the corner pixels laid on each other."""
    for axis, wanted in zip((2, 3), size, strict=True):
        step = np.float32((maps.shape[axis] - 1) / max(1, wanted - 1))
        maps = interpolated(maps, axis, np.arange(wanted, dtype=np.float32) * step, BILINEAR)
    return maps


def centres(count: int, step: np.float32) -> Line:
    """Where the centres of `count` new pixels lie among the old ones, each `step` of them wide."""
    return (np.arange(count, dtype=np.float32) + np.float32(0.5)) * step - np.float32(0.5)


def interpolated(maps: Tensor, axis: int, positions: Line, kernel: Kernel) -> Tensor:
    """Read maps at positions along an axis; beyond the rim its last pixel goes on."""
    first = np.floor(positions)
    total = np.zeros((), np.float32)
    for step in range(1 - kernel.reach, kernel.reach + 1):
        place = first + np.float32(step)
        pixels = maps.take(np.clip(place, 0, maps.shape[axis] - 1).astype(np.intp), axis)
        total = total + along(kernel.weight(np.abs(positions - place)), axis) * pixels
    return total


def along(values: Values, axis: int) -> Values:
    """Shape a line of values so that it multiplies maps along one of their last two axes."""
    return cast("Values", values[:, None]) if axis == 2 else values
