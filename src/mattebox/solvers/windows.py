"""Equations that say how opacity follows the colours in every small square window of a picture.

Closed-form and learning-based matting both ask that the opacity of a window be a linear function of its colours, and
punish what is left by a symmetric block per window: I - L R, with a few columns L and rows R that come from its
colours. The blocks of all windows that touch a variable are added up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.solvers.band import Problem
from mattebox.solvers.equations import Region

__all__ = ["Colours", "Factors", "offsets_of", "whitened", "window_links"]

Colours: TypeAlias = NDArray[np.float64]
"""(features, pixels of a window, windows)."""

Factors: TypeAlias = Callable[[Colours], tuple[Colours, Colours]]
"""From the colours of windows, (3, pixels, windows) in [0, 1], to L and R, (features, pixels, windows) each."""

CHUNK = 1 << 14
"""Windows at once; what is computed for them stays in the processor's cache."""


def offsets_of(radius: int, width: int) -> NDArray[np.intp]:
    """Distances of the pixels of a square around one, row by row, in a flattened picture of a width."""
    reach = np.arange(-radius, radius + 1)
    return (reach[:, None] * width + reach).ravel()


def window_links(problem: Problem, region: Region, factors: Factors, radius: int) -> NDArray[np.float64]:
    """Add up the blocks of all windows of a picture that touch the region.

    Returns:
        (m, n) links of the region's n pixels with the (4 radius + 1)^2 pixels around each, as `link` takes them.
    """
    width = region.shape[1]
    span, count = 4 * radius + 1, region.pixels.size
    colours = problem.rgb.reshape(-1, 3)
    inside = offsets_of(radius, width)
    reach = np.arange(-radius, radius + 1)
    places = (reach[:, None] * span + reach).ravel()
    middle = span * span // 2
    # One more column takes what belongs to pixels that are no variables.
    links = np.zeros((span * span, count + 1))
    centres = centres_of(region, radius)
    for first in range(0, centres.size, CHUNK):
        check_cancelled()
        pixels = centres[first : first + CHUNK] + inside[:, None]
        numbers = region.numbers[pixels]
        left, right = factors(np.ascontiguousarray(colours[pixels].transpose(2, 0, 1)) / 255.0)
        for one, own in enumerate(numbers):
            links[middle][own] += 1
            for two, other in enumerate(numbers[one:], one):
                block = np.einsum("ck,ck->k", left[:, one], right[:, two])
                place = places[two] - places[one]
                links[middle + place][own] -= block
                if place:
                    links[middle - place][other] -= block
    return links[:, :count]


def centres_of(region: Region, radius: int) -> NDArray[np.intp]:
    """The middle pixels of the windows that lie in the picture and touch the region."""
    height, width = region.shape
    mask = (region.numbers < region.pixels.size).reshape(height, width).view(np.uint8)
    touching = cv2.dilate(mask, np.ones((2 * radius + 1,) * 2, np.uint8))
    whole = np.zeros_like(touching)
    lines, columns = slice(radius, height - radius), slice(radius, width - radius)
    whole[lines, columns] = touching[lines, columns]
    return np.flatnonzero(whole)


def whitened(features: Colours, ridge: float) -> Colours:
    """Make the features of each window orthonormal but for a ridge: W with W^T W = X (X^T X + ridge)^-1 X^T.

    Args:
        features: X, (features, pixels, windows).
        ridge: above 0.
    """
    white = features.copy()
    triangle: dict[tuple[int, int], NDArray[np.float64]] = {}
    for one in range(len(features)):
        # Cholesky's factor of X^T X + ridge, row by row, and its inverse applied to the features.
        for two in range(one + 1):
            product = np.einsum("pk,pk->k", features[one], features[two])
            for earlier in range(two):
                product -= triangle[one, earlier] * triangle[two, earlier]
            triangle[one, two] = np.sqrt(product + ridge) if one == two else product / triangle[two, two]
        for earlier in range(one):
            white[one] -= triangle[one, earlier] * white[earlier]
        white[one] /= triangle[one, one]
    return white
