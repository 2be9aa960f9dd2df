"""Ask a network which pixels belong to the subject."""

from __future__ import annotations

import cv2
import numpy as np

from mattebox.engines.base import Engine, Tensor
from mattebox.geometry import resized
from mattebox.types import Mask, Rgb
from mattebox.zoo.card import Card


def network_input(rgb: Rgb, card: Card) -> Tensor:
    """Resize a picture to the network's size and normalise it: (H, W, 3) uint8 to (1, 3, h, w) float32."""
    height, width = card.input_size
    while rgb.shape[0] >= 4 * height and rgb.shape[1] >= 4 * width:
        rgb = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_LINEAR)
    small = resized(rgb, card.input_size)
    scaled = (small / np.float32(255) - np.array(card.mean, np.float32)) / np.array(card.deviation, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def segment(rgb: Rgb, engine: Engine, card: Card) -> tuple[Mask, float]:
    """Find the subject.

    Args:
        rgb: the picture, (H, W, 3).
        engine: a loaded network that answers, in [0, 1], with a mask (N, 1, h, w) and, if it can, a subject score (N,);
            without one, the largest value of the mask stands for it.
        card: its card.

    Returns:
        The mask at the network's own size (h, w), and the score in [0, 1] that there is a subject.
    """
    mask, *scores = engine.run(network_input(rgb, card))
    return mask[0, 0], float(scores[0][0]) if scores else float(mask.max())
