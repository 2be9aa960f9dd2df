"""Closed-form matting: opacity is an affine function of colour in every window of 3 x 3 pixels.

Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008. Where the colours of subject
and background each lie on a line in a window, an affine function of colour gives its opacity exactly. The sum over all
windows of what is left is a quadratic form in the opacities; known pixels are put in as they are, and the minimum over
the unknown ones is found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.solvers.band import Problem, check_positive, solve_band
from mattebox.solvers.equations import affine_features, link, region_of
from mattebox.solvers.twogrid import TwoGrid
from mattebox.solvers.windows import Colours, offsets_of, whitened, window_links
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["solve"]

PIXEL_BYTES = 1400
"""Memory for an unknown pixel, measured."""


def solve(rgb: Rgb, trimap: Trimap, *, epsilon: float = 1e-7, radius: int = 1) -> Alpha:
    """Find the opacity of a picture by closed-form matting.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        epsilon: keeps opacity from following noise; more makes it smoother.
        radius: of the windows, in pixels.

    Returns:
        (H, W) in [0, 1], exactly 0 and 1 where the trimap knows. The minimum is met to about 1e-4 in the mean; above a
        million unknown pixels the picture is solved in tiles and the answer is approximate, which is logged.

    Raises:
        BadParameter: the sizes differ, the trimap knows no subject or no background, or an option is not above 0.
        EngineFailed: the equations could not be solved.

    Example:
        >>> ramp = np.repeat(np.arange(0, 250, 25, np.uint8)[None], 10, axis=0)
        >>> trimap = np.full((10, 10), 128, np.uint8)
        >>> trimap[:, 0], trimap[:, -1] = 0, 255
        >>> solve(np.dstack([ramp] * 3), trimap)[5, ::3].round(2).tolist()
        [0.0, 0.33000001311302185, 0.6700000166893005, 1.0]
    """
    check_positive(epsilon=epsilon, radius=radius)

    def factors(colours: Colours) -> tuple[Colours, Colours]:
        even = np.full((1, *colours.shape[1:]), 1 / (2 * radius + 1))
        white = whitened(colours - colours.mean(1, keepdims=True), epsilon)
        features = np.concatenate([white, even])
        return features, features

    def method(problem: Problem) -> NDArray[np.float64]:
        region = region_of(problem.unknown)
        rows, columns = np.divmod(region.pixels, region.shape[1])
        links = window_links(problem, region, factors, radius)
        matrix, right = link(problem.alpha, region, links, offsets_of(2 * radius, region.shape[1]))
        del links
        equations = TwoGrid(matrix, rows, columns, affine_features(problem.rgb, region), region.shape)
        return equations.solve(right, problem.alpha[problem.unknown].astype(np.float64))

    return solve_band(rgb, trimap, method, reach=2 * radius, smallest=2 * radius + 1, pixel_bytes=PIXEL_BYTES)
