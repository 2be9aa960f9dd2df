"""Trimaps made of a true alpha: the one that published figures are measured in, and random ones to train with.

Both widen what is in doubt with an elliptic brush: what the brush shrinks to nothing is no longer sure to be subject,
what it reaches is no longer sure to be background. Kernels and numbers are those of PaddleSeg's Matting.
"""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.errors import BadParameter
from mattebox.types import Alpha, Trimap

__all__ = ["EVALUATION_KERNEL", "evaluation_trimap", "training_trimap", "widened"]

EVALUATION_KERNEL = 25
"""Side in pixels of the brush of published evaluations; it reaches 12 pixels each way."""
TRAINING_KERNELS = (2, 4)
TRAINING_ROUNDS = (5, 14)
"""Least and greatest, both drawn."""
OPAQUE, CLEAR = np.float32(254.5 / 255), np.float32(0.5 / 255)
"""What an 8-bit file rounds to full and to nothing."""


def evaluation_trimap(alpha: Alpha, kernel: int = EVALUATION_KERNEL) -> Trimap:
    """Make the trimap of a true alpha that stands in where a data set has none.

    Figures within the unknown band change with the kernel, so only those of the same kernel can be compared.

    Args:
        alpha: (H, W) in [0, 1].
        kernel: side of the brush in pixels.

    Raises:
        BadParameter: the kernel is less than a pixel.

    Example:
        >>> evaluation_trimap(np.float32([[0, 0, 0, 1, 1, 1]]), kernel=3)
        array([[  0,   0, 128, 128, 255, 255]], dtype=uint8)
    """
    return widened(alpha, kernel, 1)


def training_trimap(alpha: Alpha, rng: np.random.Generator) -> Trimap:
    """Make a random trimap of a true alpha: a brush of 2 to 4 pixels, 5 to 14 times.

    Args:
        alpha: (H, W) in [0, 1].
        rng: decides kernel and times; the same state gives the same trimap.
    """
    kernel, rounds = (int(rng.integers(low, high + 1)) for low, high in (TRAINING_KERNELS, TRAINING_ROUNDS))
    return widened(alpha, kernel, rounds)


def widened(alpha: Alpha, kernel: int, rounds: int) -> Trimap:
    """Make what is neither opaque nor clear unknown, and what a brush reaches from it or from the edge.

    Args:
        alpha: (H, W) in [0, 1].
        kernel: side of the elliptic brush in pixels.
        rounds: how often it is used.

    Raises:
        BadParameter: the kernel is less than a pixel.
    """
    if kernel < 1:
        raise BadParameter(f"kernel={kernel}: must be at least 1 pixel")
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (kernel, kernel))
    trimap = np.full(alpha.shape, 128, np.uint8)
    trimap[cv2.erode((alpha > OPAQUE).view(np.uint8), brush, iterations=rounds) > 0] = 255
    trimap[cv2.dilate((alpha >= CLEAR).view(np.uint8), brush, iterations=rounds) == 0] = 0
    return trimap
