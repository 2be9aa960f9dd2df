"""From a picture and its trimap to the equations of its unknown band, and back.

A *method* is given a `Problem`, a rectangle that holds the band, and returns the opacity of the unknown pixels. All
equations of a band are solved at once, so the answer is that of the whole picture. Where a band is too large for the
memory, the picture is solved at half its size first, and then in tiles whose rims are held at that coarser answer:
close, but not the same.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, EngineFailed
from mattebox.memory import free_memory
from mattebox.tiles import Window, box_of, grown
from mattebox.types import Alpha, Rgb, Trimap

__all__ = [
    "Method",
    "Problem",
    "Window",
    "box_of",
    "check_positive",
    "count_unknown",
    "grown",
    "inside",
    "solve_band",
    "tiles",
]

log = logging.getLogger(__name__)

LARGEST = 1 << 20
"""Pixels that are solved at once; tiles of 1024 x 1024 when more are unknown."""
SHARE = 0.5
"""Share of the free memory that may be taken."""
SMALLEST_TILE = 256
"""Side that tiles have at least, with their overlaps, however little memory is free."""
OVERLAP = 48
"""Pixels beyond a tile that are solved with it and not used, so that its rim does not show."""


class Problem(NamedTuple):
    """A part of a picture with unknown pixels, surrounded by as many known ones as the method looks at.

    Attributes:
        rgb: (h, w, 3).
        alpha: (h, w) opacity in [0, 1]: given where it is known, elsewhere a first guess.
        unknown: (h, w), True where it is to be found.
        size: height and width of the whole picture, of which this is a part.
    """

    rgb: Rgb
    alpha: Alpha
    unknown: NDArray[np.bool_]
    size: tuple[int, int]


Method: TypeAlias = Callable[[Problem], NDArray[np.float64]]
"""Gives the opacity of the unknown pixels, row by row."""

Plane = TypeVar("Plane", Alpha, Rgb)


def count_unknown(unknown: NDArray[np.bool_]) -> int:
    """How many pixels are unknown: what the work of most methods grows with."""
    return int(np.count_nonzero(unknown))


def solve_band(
    rgb: Rgb,
    trimap: Trimap,
    method: Method,
    *,
    reach: int,
    smallest: int,
    pixel_bytes: int,
    count: Callable[[NDArray[np.bool_]], int] = count_unknown,
) -> Alpha:
    """Find the opacity of a picture by its trimap.

    Args:
        rgb: (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        method: solves a part of it.
        reach: pixels around the unknown ones that the method looks at.
        smallest: sides that a part must have at least; smaller pictures are continued.
        pixel_bytes: memory that the method takes for each pixel that counts.
        count: pixels that count, of (h, w) where True is unknown.

    Returns:
        (H, W), exactly 0 and 1 where the trimap knows; the trimap itself when it knows everything.

    Raises:
        BadParameter: the shapes or number types do not fit, or the trimap knows no subject or no background.
        EngineFailed: the equations could not be solved.
    """
    check(rgb, trimap)
    alpha, unknown = (trimap == 255).astype(np.float32), (trimap != 0) & (trimap != 255)
    if not unknown.any():
        return alpha
    for known, name, other in ((255, "subject", "white"), (0, "background", "black")):
        if not (trimap == known).any():
            raise BadParameter(
                f"the trimap knows no {name}: without any {other} ({known}) pixels a solver cannot tell the two apart; "
                "mark some"
            )
    height, width = trimap.shape
    lacking = (0, max(0, smallest - height), 0, max(0, smallest - width))
    if any(lacking):
        rgb, alpha = (cv2.copyMakeBorder(plane, *lacking, cv2.BORDER_REPLICATE) for plane in (rgb, alpha))
        unknown = cv2.copyMakeBorder(unknown.view(np.uint8), *lacking, cv2.BORDER_REPLICATE).view(np.bool_)
    problem = Problem(rgb, alpha, unknown, alpha.shape)
    largest = at_once(pixel_bytes)
    if (asked := count(unknown)) > largest:
        log.warning(
            "%d pixels are to be solved, which would take about %.1f GB: solving at half size first and then in tiles; "
            "the result is approximate",
            asked,
            asked * pixel_bytes / 1e9,
        )
    solved = fill(problem, method, reach, smallest, largest, count)[:height, :width]
    if not np.isfinite(solved).all():
        raise EngineFailed(
            "the equations of this trimap have no finite solution; widen the known regions of the trimap"
        )
    return np.ascontiguousarray(solved)


def fill(
    problem: Problem,
    method: Method,
    reach: int,
    smallest: int,
    largest: int,
    count: Callable[[NDArray[np.bool_]], int],
) -> Alpha:
    """Opacity (H, W) of a whole problem, by way of half its size when more than `largest` pixels count.

    Tiles are solved one after the other, so that each has those before it at its rim, and the coarser answer elsewhere.
    """
    alpha, unknown = problem.alpha.copy(), problem.unknown
    if not unknown.any() or unknown.all():  # what was known may be gone at half the size
        return alpha
    boxes, overlap = [box_of(unknown)], 0
    if count(unknown) > largest and min(alpha.shape) >= 2 * smallest:
        coarse = fill(halved(problem), method, reach, smallest, largest, count)
        guess = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_LINEAR)
        np.copyto(alpha, guess[: alpha.shape[0], : alpha.shape[1]], where=unknown)
        overlap = OVERLAP
        boxes = list(tiles(unknown, max(overlap, math.isqrt(largest) - 2 * (overlap + reach))))
    for box in boxes:
        check_cancelled()
        solved = grown(box, overlap, alpha.shape)
        around = grown(solved, reach, alpha.shape, smallest)
        sought = np.zeros_like(unknown[around])
        sought[inside(solved, around)] = unknown[solved]
        answer = problem.alpha[around].copy()
        answer[sought] = np.clip(method(Problem(problem.rgb[around], alpha[around], sought, problem.size)), 0, 1)
        used = inside(box, around)
        np.copyto(alpha[box], answer[used], where=unknown[box])
    return alpha


def halved(problem: Problem) -> Problem:
    """The same at half its size; where the four pixels of one know different things, or nothing, it is unknown."""
    height, width = problem.unknown.shape
    odd = (0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = ((width + 1) // 2, (height + 1) // 2)

    def mean(plane: Plane) -> Plane:
        return cv2.resize(cv2.copyMakeBorder(plane, *odd), size, interpolation=cv2.INTER_AREA)

    known = np.float32(1) - problem.unknown
    share, subject = mean(known), mean(known * problem.alpha)
    unknown = (share == 0) | ((subject > 0) & (subject < share))
    alpha = (subject > 0).astype(np.float32)
    return Problem(mean(problem.rgb), alpha, unknown, alpha.shape)


def tiles(unknown: NDArray[np.bool_], side: int) -> Iterator[Window]:
    """Square tiles, cut off at the picture's end, that hold unknown pixels; they do not overlap."""
    height, width = unknown.shape
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = Window(slice(top, min(top + side, height)), slice(left, min(left + side, width)))
            if unknown[tile].any():
                yield tile


def inside(box: Window, around: Window) -> Window:
    """A box as seen from the corner of another that holds it."""
    return Window(
        *(slice(own.start - outer.start, own.stop - outer.start) for own, outer in zip(box, around, strict=True))
    )


def at_once(pixel_bytes: int) -> int:
    """How many pixels may be solved at once, with so many bytes for each."""
    free = free_memory()
    return LARGEST if free is None else max(SMALLEST_TILE**2, min(LARGEST, int(SHARE * free / pixel_bytes)))


def check(rgb: Rgb, trimap: Trimap) -> None:
    """Make sure that a picture and a trimap are what they should be.

    Raises:
        BadParameter: they are not.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or trimap.ndim != 2 or not trimap.size:
        raise BadParameter(f"rgb must be (H, W, 3) and trimap (H, W), not {rgb.shape} and {trimap.shape}")
    if rgb.dtype != np.uint8 or trimap.dtype != np.uint8:
        raise BadParameter(f"rgb and trimap must be uint8, not {rgb.dtype} and {trimap.dtype}")
    if rgb.shape[:2] != trimap.shape:
        raise BadParameter(
            f"the picture is {rgb.shape[0]} x {rgb.shape[1]} pixels and the trimap {trimap.shape[0]} x "
            f"{trimap.shape[1]}: give a trimap of the picture's size"
        )


def check_positive(**options: float) -> None:
    """Make sure that options of a solver are above 0.

    Raises:
        BadParameter: one is not.
    """
    for name, value in options.items():
        if not value > 0:
            raise BadParameter(f"{name}={value}: must be above 0")
