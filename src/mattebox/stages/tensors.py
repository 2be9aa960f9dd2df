"""From pictures to what networks take: planes first, normalised, sides that can be halved three times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mattebox.engines.base import Tensor
from mattebox.types import Rgb

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, from 0 to 1."""


def planes(rgb: Rgb) -> Tensor:
    """Turn (H, W, 3) bytes into (1, 3, H, W) in [0, 1]."""
    return np.divide(rgb.transpose(2, 0, 1)[None], np.float32(255), order="C")


def normalised(
    colours: Tensor, mean: Sequence[float] = IMAGENET_MEAN, deviation: Sequence[float] = IMAGENET_DEVIATION
) -> Tensor:
    """Take a mean, ImageNet's unless given, from (N, 3, H, W) in [0, 1] and divide by the deviation."""
    centre, spread = (np.array(values, np.float32)[:, None, None] for values in (mean, deviation))
    return (colours - centre) / spread


def continued(maps: Tensor, multiple: int = 8, least: int = 0) -> Tensor:
    """Pad (N, C, H, W) at the bottom and the right, by going on with the last pixels.

    Anything else, zeros or background, is an edge that is not in the picture.

    Args:
        maps: to be padded.
        multiple: both sides become multiples of it.
        least: both sides become this long at least; itself such a multiple.
    """
    down, along = (max(-side % multiple, least - side) for side in maps.shape[2:])
    return np.pad(maps, ((0, 0), (0, 0), (0, down), (0, along)), mode="edge")
