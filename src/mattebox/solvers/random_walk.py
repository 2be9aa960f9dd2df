"""Random-walk matting: opacity is the chance that a walk that prefers steps between like colours ends on the subject.

Grady, Schiwietz, Aharon and Westermann, "Random Walks for Interactive Alpha-Matting", VIIP 2005: the weight of a step
to one of the eight neighbours is exp(-900 |difference of colours|^2), and the weights around a pixel sum to one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.solvers.band import Problem, check_positive, solve_band
from mattebox.solvers.equations import direct_solver, link, margin, region_of
from mattebox.solvers.windows import offsets_of
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["solve"]

PIXEL_BYTES = 3000
"""Memory for an unknown pixel and the known ones beside it, measured."""
MARGIN = 4
"""Known pixels around the band that are held only softly, as published; further away that is the same as hard."""


def solve(
    rgb: Rgb,
    trimap: Trimap,
    *,
    sharpness: float = 900.0,
    regularisation: float = 1e-8,
    confidence: float = 100.0,
) -> Alpha:
    """Find the opacity of a picture by random walks.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        sharpness: how much less likely steps between unlike colours are; colours are in [0, 1].
        regularisation: chance that a walk ends on the background wherever it is.
        confidence: weight of the known pixels.

    Returns:
        (H, W) in [0, 1], exactly 0 and 1 where the trimap knows; approximate above a million unknown pixels.

    Raises:
        BadParameter: the sizes differ, the trimap knows no subject or no background, or an option is not above 0.
        EngineFailed: the equations could not be solved.
    """
    check_positive(sharpness=sharpness, regularisation=regularisation, confidence=confidence)

    def method(problem: Problem) -> NDArray[np.float64]:
        region = region_of(margin(problem.unknown, MARGIN))
        rows, columns = np.divmod(region.pixels, region.shape[1])
        sought = problem.unknown.ravel()[region.pixels]
        weights = step_weights(problem.rgb, rows, columns, sharpness)
        total = weights.sum(0)
        links = -weights
        links[4] += (1 + regularisation) * total
        # Everything is multiplied by the total of each pixel, which makes the published equations symmetric.
        softness = np.where(sought, 0, confidence * total)
        matrix, right = link(problem.alpha, region, links, offsets_of(1, region.shape[1]), softness)
        # Weights differ by many orders of magnitude, so that steps towards the solution hardly get anywhere.
        return direct_solver(matrix)(right)[sought]

    return solve_band(rgb, trimap, method, reach=MARGIN + 1, smallest=1, pixel_bytes=PIXEL_BYTES)


def step_weights(rgb: Rgb, rows: NDArray[np.intp], columns: NDArray[np.intp], sharpness: float) -> NDArray[np.float64]:
    """Weights of the steps from each of n pixels to the 3 x 3 around it, (9, n).

    A step out of the picture leads to the pixel of its border that is nearest, as in PyMatting.
    """
    height, width = rgb.shape[:2]
    here = rgb[rows, columns] / 255
    weights = np.zeros((9, rows.size))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row, column = np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)
            distance = np.square(rgb[row, column] / 255 - here).sum(1)
            place = 3 * (row - rows) + column - columns + 4
            weights[place, np.arange(rows.size)] += np.exp(-sharpness * distance)
    return weights
