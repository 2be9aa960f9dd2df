"""From pictures to what networks take: planes first, normalised, sides that can be halved three times."""

from __future__ import annotations

import numpy as np

from mattebox.engines.base import Tensor
from mattebox.types import Rgb

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, from 0 to 1."""


def planes(rgb: Rgb) -> Tensor:
    """Turn (H, W, 3) bytes into (1, 3, H, W) in [0, 1]."""
    return np.divide(rgb.transpose(2, 0, 1)[None], np.float32(255), order="C")


def normalised(colours: Tensor) -> Tensor:
    """Take ImageNet's mean from (N, 3, H, W) in [0, 1] and divide by its deviation."""
    mean, deviation = (np.array(values, np.float32)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    return (colours - mean) / deviation


def continued(maps: Tensor) -> Tensor:
    """Pad (N, C, H, W) at the bottom and the right to multiples of 8, by going on with the last pixels.

    Anything else, zeros or background, is an edge that is not in the picture.
    """
    height, width = maps.shape[2:]
    return np.pad(maps, ((0, 0), (0, 0), (0, -height % 8), (0, -width % 8)), mode="edge")
