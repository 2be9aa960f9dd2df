"""KNN matting: pixels of like colour, wherever they are, have like opacity.

Chen, Li and Tang, "KNN Matting", PAMI 2013, in the form that PyMatting has made the usual one: neighbours are the
nearest in red, green, blue and two weighted coordinates, twenty with places weighted strongly and ten weakly; every
neighbour counts the same; and the weights around a pixel sum to one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.spatial import KDTree

from mattebox.errors import BadParameter
from mattebox.solvers.band import Problem, check_positive, solve_band
from mattebox.solvers.conjugate import conjugate_gradients
from mattebox.solvers.equations import margin
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["solve"]

PIXEL_BYTES = 2000
"""Memory for an unknown pixel and the known ones beside it, measured."""
TOLERANCE = 1e-7
"""Of the steps that are left; dividing by the diagonal, unlike a coarse grid, tells little of the error."""
MARGIN = 32
"""Known pixels around the band among which neighbours are looked for."""


def solve(
    rgb: Rgb,
    trimap: Trimap,
    *,
    neighbours: Sequence[int] = (20, 10),
    place_weights: Sequence[float] = (2.0, 0.1),
    confidence: float = 100.0,
) -> Alpha:
    """Find the opacity of a picture by KNN matting.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        neighbours: how many are looked for, for each weight of places; a pixel is its own first neighbour.
        place_weights: how much places count beside colours in [0, 1]; the whole picture is 1 high and 1 wide.
        confidence: weight of the known pixels.

    Returns:
        (H, W) in [0, 1], exactly 0 and 1 where the trimap knows. Neighbours are looked for among the unknown pixels and
        the known ones up to 32 pixels away; approximate above a million unknown pixels.

    Raises:
        BadParameter: the sizes differ, the trimap knows no subject or no background, or an option makes no sense.
        EngineFailed: the equations could not be solved.
    """
    check_positive(confidence=confidence, neighbours=min(neighbours, default=0))
    if len(neighbours) != len(place_weights):
        raise BadParameter(f"{len(neighbours)} numbers of neighbours for {len(place_weights)} weights: give as many")

    def method(problem: Problem) -> NDArray[np.float64]:
        region = margin(problem.unknown, MARGIN)
        links = sum(
            (
                neighbour_links(problem, region, count, weight)
                for count, weight in zip(neighbours, place_weights, strict=True)
            ),
            start=csr_array((np.count_nonzero(region),) * 2),
        )
        links = csr_array(links + links.T)
        sought, total = problem.unknown[region], links.sum(1)
        softness = np.where(sought, 0, confidence * total)
        # Everything is multiplied by the total of each pixel, which makes the published equations symmetric.
        matrix = csr_array(diags_array(total + softness) - links)
        guess = problem.alpha[region].astype(np.float64)
        diagonal = matrix.diagonal()
        return conjugate_gradients(matrix.dot, softness * guess, guess, lambda rest: rest / diagonal, TOLERANCE)[sought]

    return solve_band(rgb, trimap, method, reach=MARGIN, smallest=1, pixel_bytes=PIXEL_BYTES)


def neighbour_links(problem: Problem, region: NDArray[np.bool_], count: int, weight: float) -> csr_array:
    """Links of each pixel of a region with those nearest to it in colour and place, (n, n) of 0 and 1."""
    rows, columns = np.nonzero(region)
    height, width = (max(1, side - 1) for side in problem.size)
    places = np.stack([columns / width, rows / height], axis=1)
    features = np.hstack([problem.rgb[region] / 255, weight * places])
    count = min(count, len(features))
    _, nearest = KDTree(features).query(features, np.arange(1, count + 1))
    ones = np.ones(nearest.size)
    return coo_array((ones, (np.repeat(np.arange(len(features)), count), nearest.ravel()))).tocsr()
