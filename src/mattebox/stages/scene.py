"""Ask a classifier what kind of scene a picture shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mattebox.engines.base import Tensor
from mattebox.errors import BadParameter
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from mattebox.types import Rgb

SHORTER = 256
"""Pixels that the picture's shorter side is brought to."""
SIDE = 224
"""Side of the square that is then cut from the middle."""


def scene_input(rgb: Rgb) -> Tensor:
    """Prepare a picture (H, W, 3) for the scene classifier: its middle, (1, 3, 224, 224), ImageNet-normalised.

    To the bit as torchvision prepares pictures for ImageNet classifiers, and so CarveKit.
    """
    height, width = (int(SHORTER * side / min(rgb.shape[:2])) for side in rgb.shape[:2])
    small = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BILINEAR))
    top, left = round((height - SIDE) / 2), round((width - SIDE) / 2)
    middle = small[top : top + SIDE, left : left + SIDE] / np.float32(255)
    scaled = (middle - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_DEVIATION, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def rank(logits: NDArray[np.float32], classes: Sequence[str], top: int = 1) -> list[tuple[str, float]]:
    """Name the likeliest classes and their probabilities, the likeliest first.

    Args:
        logits: (K,), what the classifier says of one picture.
        classes: K names, in the order of the logits.
        top: how many to name, 1 to K.

    Raises:
        BadParameter: when there are not as many names as logits, or fewer than are asked for.

    Example:
        >>> rank(np.array([0, 1, 2], np.float32), ["hard", "soft", "digital"])
        [('digital', 0.6652409434318542)]
    """
    if logits.shape != (len(classes),):
        raise BadParameter(f"{len(classes)} classes do not fit logits of shape {logits.shape}; give a name for each")
    if not 1 <= top <= len(classes):
        raise BadParameter(f"top {top}: there are {len(classes)} classes; ask for 1 to {len(classes)}")
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")[:top]
    return [(classes[index], float(shares[index])) for index in order]
