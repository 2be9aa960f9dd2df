"""A canvas four times finer than the picture: opaque strokes and fills on it average to exact partial coverage."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from mattebox.train.procedural.noise import to_rgb, uneven_light
from mattebox.types import Alpha, Rgb

SCALE = 4
"""Canvas pixels along a picture's pixel: the thinnest stroke is a quarter of a pixel wide."""

SHIFT = 4
"""Bits of sub-pixel position that OpenCV is given."""


class Canvas:
    """Opaque paint on nothing, one coat over another.

    Points are (x, y) with the picture from -1 to 1 and y downwards; widths are in the same unit.

    Args:
        size: side of the picture in pixels.
    """

    def __init__(self, size: int) -> None:
        self.side = size * SCALE
        self.pixels = np.zeros((self.side, self.side, 4), np.uint8)

    def fill(self, outlines: Sequence[np.ndarray] | np.ndarray, colour: np.ndarray) -> None:
        """Fill closed outlines (points, 2); where two overlap there is a hole."""
        cv2.fillPoly(self.pixels, self._fixed(outlines), self._paint(colour), cv2.LINE_8, SHIFT)

    def fill_each(self, outlines: Sequence[np.ndarray] | np.ndarray, colour: np.ndarray) -> None:
        """Fill every outline (points, 2), convex or nearly, over those before it."""
        for outline in self._fixed(outlines):
            cv2.fillConvexPoly(self.pixels, outline, self._paint(colour), cv2.LINE_8, SHIFT)

    def erase(self, outlines: Sequence[np.ndarray] | np.ndarray) -> None:
        """Cut a hole."""
        cv2.fillPoly(self.pixels, self._fixed(outlines), (0, 0, 0, 0), cv2.LINE_8, SHIFT)

    def stroke(
        self, curves: Sequence[np.ndarray] | np.ndarray, colour: np.ndarray, width: float, *, closed: bool = False
    ) -> None:
        """Draw curves (points, 2) with a round pen, at least a quarter of a pixel wide."""
        thickness = max(1, round(width * self.side / 2))
        cv2.polylines(self.pixels, self._fixed(curves), closed, self._paint(colour), thickness, cv2.LINE_8, SHIFT)

    def taper(self, curves: np.ndarray, colour: np.ndarray, width: float, steps: int = 3) -> None:
        """Draw curves (count, points, 2) that thin out in `steps` from `width` at their first point."""
        cuts = np.linspace(0, curves.shape[1] - 1, steps + 1).round().astype(int)
        for index, (start, stop) in enumerate(pairwise(cuts)):
            self.stroke(curves[:, start : stop + 1], colour, width * (1 - index / steps))

    def finish(self, rng: np.random.Generator) -> tuple[Rgb, Alpha]:
        """The picture's straight colours under uneven light, spread over the bare parts too, and its exact alpha."""
        size = self.side // SCALE
        small = cv2.resize(self.pixels, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
        alpha = small[..., 3] / 255
        return to_rgb(spread(small[..., :3], alpha) * uneven_light(size, rng)), alpha

    def _fixed(self, curves: Sequence[np.ndarray] | np.ndarray) -> list[np.ndarray]:
        unit = self.side / 2 * 2**SHIFT
        middle = unit - 2 ** (SHIFT - 1)
        if isinstance(curves, np.ndarray):
            return list(np.round(curves * unit + middle).astype(np.int32))
        return [np.round(curve * unit + middle).astype(np.int32) for curve in curves]

    @staticmethod
    def _paint(colour: np.ndarray) -> tuple[float, float, float, float]:
        red, green, blue = (float(value) for value in colour)
        return red, green, blue, 255.0


def spread(colours: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Straight colours everywhere from premultiplied `colours` (H, W, 3) and their `weight` (H, W) in 0 to 1.

    Where there is no weight, the colour of the surroundings is taken, averaged over ever larger blocks (the push-pull
    scheme of Gortler et al., "The Lumigraph", 1996).
    """
    trust = 0.004
    if min(weight.shape) <= 2:
        return np.broadcast_to(colours.sum((0, 1)) / max(float(weight.sum()), 1e-6), colours.shape)
    half = (weight.shape[1] // 2, weight.shape[0] // 2)
    coarse = spread(*(cv2.resize(a, half, interpolation=cv2.INTER_AREA) for a in (colours, weight)))
    coarse = cv2.resize(np.ascontiguousarray(coarse, np.float32), weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (colours + trust * coarse) / (weight + trust)[..., None]
