"""Large-kernel matting: the equations of closed-form matting with windows of 21 x 21 pixels, never written out.

He, Sun and Tang, "Fast Matting Using Large Kernel Matting Laplacian Matrices", CVPR 2010: sums over windows of any size
take the same time, so the equations are applied to an opacity by box filters. Large windows carry what is known across
a band in few steps; each step looks at the whole rectangle around the band.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.solvers.band import Problem, check_positive, solve_band
from mattebox.solvers.conjugate import conjugate_gradients
from mattebox.tiles import Window, box_of
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["solve"]

PIXEL_BYTES = 400
"""Memory for a pixel of the rectangle around the band, measured."""
TOLERANCE = 1e-6
"""Of the steps that are left; dividing by the diagonal, unlike a coarse grid, tells little of the error."""

Planes: TypeAlias = NDArray[np.float64]
"""(h, w), (h, w, 3) or (h, w, 3, 3)."""


def solve(rgb: Rgb, trimap: Trimap, *, epsilon: float = 1e-7, radius: int = 10, confidence: float = 100.0) -> Alpha:
    """Find the opacity of a picture by large-kernel matting.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        epsilon: keeps opacity from following noise; more makes it smoother.
        radius: of the windows, in pixels.
        confidence: weight of the known pixels.

    Returns:
        (H, W) in [0, 1], exactly 0 and 1 where the trimap knows; approximate where the rectangle around the band has
        more than a million pixels.

    Raises:
        BadParameter: the sizes differ, the trimap knows no subject or no background, or an option is not above 0.
        EngineFailed: the equations could not be solved.
    """
    check_positive(epsilon=epsilon, radius=radius, confidence=confidence)

    def method(problem: Problem) -> NDArray[np.float64]:
        windows = LargeWindows(problem.rgb / 255.0, epsilon, radius)
        softness = np.where(problem.unknown, 0, confidence)
        diagonal = windows.diagonal() + softness
        guess = problem.alpha.astype(np.float64)
        alpha = conjugate_gradients(
            lambda alpha: windows(alpha) + softness * alpha,
            softness * guess,
            guess,
            lambda rest: rest / diagonal,
            TOLERANCE,
        )
        return alpha[problem.unknown]

    return solve_band(
        rgb,
        trimap,
        method,
        reach=4 * radius,
        smallest=2 * radius + 1,
        pixel_bytes=PIXEL_BYTES,
        count=lambda unknown: area(box_of(unknown)),
    )


class LargeWindows:
    """The equations that say how opacity follows the colours in every window; applied to an opacity (h, w).

    In each window an affine function of colour is fitted to the opacity. A pixel's value is what the fits of all
    windows that hold it miss of its opacity.

    Args:
        colours: (h, w, 3) in [0, 1], at least a window high and wide.
        epsilon: ridge of the fits.
        radius: of the windows.
    """

    def __init__(self, colours: Planes, epsilon: float, radius: int) -> None:
        self._colours, self._radius, self._area = colours, radius, (2 * radius + 1) ** 2
        self._mean = self._sums(colours) / self._area
        height, width = self._mean.shape[:2]
        squares = np.einsum("hwc,hwd->hwcd", colours, colours).reshape(*colours.shape[:2], 9)
        covariance = (self._sums(squares) / self._area).reshape(height, width, 3, 3)
        covariance -= np.einsum("hwc,hwd->hwcd", self._mean, self._mean)
        self._inverse = np.linalg.inv(covariance + epsilon / self._area * np.eye(3)) / self._area
        self._holding = self._spread(np.ones((height, width)))

    def __call__(self, alpha: Planes) -> Planes:
        total = self._sums(alpha)
        covariance = self._sums(alpha[..., None] * self._colours) - self._mean * total[..., None]
        slopes = np.einsum("hwcd,hwd->hwc", self._inverse, covariance)
        offsets = total / self._area - dot(self._mean, slopes)
        return self._holding * alpha - dot(self._colours, self._spread(slopes)) - self._spread(offsets)

    def diagonal(self) -> Planes:
        """What each pixel's own opacity counts in its value, (h, w)."""
        height, width = self._mean.shape[:2]
        towards = np.einsum("hwcd,hwd->hwc", self._inverse, self._mean)
        fixed = self._spread(1 / self._area + dot(self._mean, towards))
        squares = self._spread(self._inverse.reshape(height, width, 9)).reshape(*self._colours.shape, 3)
        return (
            self._holding
            - fixed
            + 2 * dot(self._colours, self._spread(towards))
            - np.einsum("hwc,hwcd,hwd->hw", self._colours, squares, self._colours)
        )

    def _sums(self, planes: Planes) -> Planes:
        """Sum over every window inside the picture: (h - 2 radius, w - 2 radius, ...)."""
        return self._box(planes)[self._radius : -self._radius, self._radius : -self._radius]

    def _spread(self, planes: Planes) -> Planes:
        """Sum over the windows that hold a pixel, from what every window has: (h, w, ...)."""
        whole = np.zeros((*self._colours.shape[:2], *planes.shape[2:]))
        whole[self._radius : -self._radius, self._radius : -self._radius] = planes
        return self._box(whole)

    def _box(self, planes: Planes) -> Planes:
        window = (2 * self._radius + 1,) * 2
        return cv2.boxFilter(planes, cv2.CV_64F, window, normalize=False, borderType=cv2.BORDER_CONSTANT)


def dot(one: Planes, other: Planes) -> Planes:
    """Scalar products of the vectors of two arrays, (h, w)."""
    return np.einsum("hwc,hwc->hw", one, other)


def area(box: Window) -> int:
    """Pixels of a box."""
    rows, columns = box
    return (rows.stop - rows.start) * (columns.stop - columns.start)
