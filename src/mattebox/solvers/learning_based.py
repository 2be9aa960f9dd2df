"""Learning-based matting: in every window, opacity is what a linear regression on the colours of the others predicts.

Zheng and Kambhamettu, "Learning Based Digital Matting", ICCV 2009, with the local linear model. With X the colours of a
window and a column of ones, ridge regression predicts F = X (X^T X + epsilon)^-1 X^T of a window's opacities, and
(I - F)^T (I - F) punishes what the prediction misses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.solvers.band import Problem, check_positive, solve_band
from mattebox.solvers.equations import affine_features, link, margin, region_of
from mattebox.solvers.twogrid import TwoGrid
from mattebox.solvers.windows import Colours, offsets_of, whitened, window_links
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["solve"]

PIXEL_BYTES = 1400
"""Memory for an unknown pixel and the known ones beside it, measured."""
MARGIN = 4
"""Known pixels around the band that are held only softly, as published; further away that is the same as hard."""


def solve(rgb: Rgb, trimap: Trimap, *, epsilon: float = 1e-7, radius: int = 1, confidence: float = 100.0) -> Alpha:
    """Find the opacity of a picture by learning-based matting.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        epsilon: of the regression; more makes opacity smoother.
        radius: of the windows, in pixels.
        confidence: weight of the known pixels.

    Returns:
        (H, W) in [0, 1], exactly 0 and 1 where the trimap knows; approximate above a million unknown pixels.

    Raises:
        BadParameter: the sizes differ, the trimap knows no subject or no background, or an option is not above 0.
        EngineFailed: the equations could not be solved.
    """
    check_positive(epsilon=epsilon, radius=radius, confidence=confidence)

    def factors(colours: Colours) -> tuple[Colours, Colours]:
        # I - (2 F - F F): the second factor has what F lacks to be a projection.
        white = whitened(np.concatenate([colours, np.ones((1, *colours.shape[1:]))]), epsilon)
        overlaps = np.einsum("cpk,dpk->cdk", white, white)
        return white, 2 * white - np.einsum("cdk,dpk->cpk", overlaps, white)

    def method(problem: Problem) -> NDArray[np.float64]:
        region = region_of(margin(problem.unknown, MARGIN))
        rows, columns = np.divmod(region.pixels, region.shape[1])
        sought = problem.unknown.ravel()[region.pixels]
        links = window_links(problem, region, factors, radius)
        softness = np.where(sought, 0, confidence)
        matrix, right = link(problem.alpha, region, links, offsets_of(2 * radius, region.shape[1]), softness)
        del links
        # Known pixels hardly move; coarse steps must leave them alone.
        features = affine_features(problem.rgb, region) * sought[:, None]
        equations = TwoGrid(matrix, rows, columns, features, region.shape)
        return equations.solve(right, problem.alpha.ravel()[region.pixels].astype(np.float64))[sought]

    reach = MARGIN + 2 * radius
    return solve_band(rgb, trimap, method, reach=reach, smallest=2 * radius + 1, pixel_bytes=PIXEL_BYTES)
