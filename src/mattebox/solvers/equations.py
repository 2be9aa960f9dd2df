"""Sparse equations on the pixels of a region, each of which is linked with pixels nearby."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from mattebox.errors import EngineFailed
from mattebox.types import Alpha, Rgb

__all__ = ["Equations", "Region", "affine_features", "direct_solver", "link", "margin", "region_of"]


class Region(NamedTuple):
    """The pixels of (h, w) whose opacity is a variable, numbered row by row.

    Attributes:
        pixels: (n,) index of each in the flattened picture.
        numbers: (h * w,) number of each pixel; n for those that are no variables.
        shape: height and width.
    """

    pixels: NDArray[np.intp]
    numbers: NDArray[np.int32]
    shape: tuple[int, ...]


class Equations(NamedTuple):
    """`matrix @ x = right`, symmetric and positive definite."""

    matrix: csr_array
    right: NDArray[np.float64]


def region_of(mask: NDArray[np.bool_]) -> Region:
    """Number the pixels of a mask (h, w)."""
    pixels = np.flatnonzero(mask)
    numbers = np.full(mask.size, pixels.size, np.int32)
    numbers[pixels] = np.arange(pixels.size, dtype=np.int32)
    return Region(pixels, numbers, mask.shape)


def link(
    given: Alpha,
    region: Region,
    links: NDArray[np.float64],
    offsets: NDArray[np.intp],
    softness: NDArray[np.float64] | None = None,
) -> Equations:
    """Turn the links of pixels with those around them into equations.

    Args:
        given: (h, w) opacity of the pixels that are no variables.
        region: the variables.
        links: (m, n) weight of the link of each variable with the pixel at each offset; 0 where there is none.
        offsets: (m,) distances in the flattened picture; their middle is the pixel itself.
        softness: (n,) how hard each variable is pulled to the opacity that is given for it.
    """
    count, middle = region.pixels.size, len(offsets) // 2
    right, known = np.zeros(count), given.ravel()
    columns = np.empty((count, len(offsets)), np.int32)
    weights = np.empty((count, len(offsets)))
    for place, offset in enumerate(offsets):
        # Offsets lead out of the picture only where the weight is 0.
        other = np.clip(region.pixels + offset, 0, known.size - 1)
        number = region.numbers[other]
        free = number < count
        right -= np.where(free, 0, links[place] * known[other])
        columns[:, place] = np.where(free, number, region.numbers[region.pixels])
        weights[:, place] = np.where(free, links[place], 0)
    if softness is not None:
        weights[:, middle] += softness
        right += softness * known[region.pixels]
    starts = np.arange(0, columns.size + 1, len(offsets), dtype=np.int32)
    matrix = csr_array((weights.ravel(), columns.ravel(), starts), shape=(count, count))
    return Equations(matrix, right)


def affine_features(rgb: Rgb, region: Region) -> NDArray[np.float32]:
    """A one and the colours in [0, 1] of each pixel of a region, (n, 4)."""
    colours = rgb.reshape(-1, 3)[region.pixels] / np.float32(255)
    return np.concatenate([np.ones((len(colours), 1), np.float32), colours], axis=1)


def margin(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """A mask (h, w) and the pixels up to `reach` rows and columns away."""
    square = np.ones((2 * reach + 1,) * 2, np.uint8)
    return cv2.dilate(mask.view(np.uint8), square).view(np.bool_)


def direct_solver(matrix: csr_array) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Factor a symmetric, positive definite matrix; what is returned solves for a right side.

    Raises:
        EngineFailed: the matrix is singular.
    """
    by_columns = csc_array(matrix)
    by_columns.sum_duplicates()
    try:
        # Small panels suit the thin fronts of a band.
        return splu(
            by_columns,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0,
            relax=1,
            panel_size=4,
            options={"SymmetricMode": True},
        ).solve
    except RuntimeError as error:
        raise EngineFailed(
            f"the equations of this trimap cannot be solved ({error}); widen its known regions"
        ) from error
