"""Ask a network which pixels belong to the subject."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from mattebox.engines.base import Engine, Tensor
from mattebox.geometry import resized
from mattebox.types import Mask, Rgb
from mattebox.zoo.card import Card

SURE_OF_KIND = 0.5
"""Least probability of a kind that is told."""


def network_input(rgb: Rgb, card: Card) -> Tensor:
    """Resize a picture to the network's size and normalise it: (H, W, 3) uint8 to (1, 3, h, w) float32."""
    height, width = card.input_size
    while rgb.shape[0] >= 4 * height and rgb.shape[1] >= 4 * width:
        rgb = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_LINEAR)
    small = resized(rgb, card.input_size)
    scaled = (small / np.float32(255) - np.array(card.mean, np.float32)) / np.array(card.deviation, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


class Finding(NamedTuple):
    """What a network found.

    Attributes:
        mask: (h, w) at the network's own size.
        score: how sure it is that there is a subject, in [0, 1].
        kind: what the subject is, one of the card's kinds; None when the network does not say or is not sure.
    """

    mask: Mask
    score: float
    kind: str | None


def segment(rgb: Rgb, engine: Engine, card: Card) -> Finding:
    """Find the subject.

    Args:
        rgb: the picture, (H, W, 3).
        engine: a loaded network that answers, in [0, 1], with a mask (N, 1, h, w) and, if it can, a subject score (N,)
            and probabilities of the card's kinds (N, K); without a score, the largest value of the mask stands for it.
        card: its card; one that says `mirrored` has the network look at the picture and at its mirror image, and takes
            the mean of the two answers.
    """
    batch = network_input(rgb, card)
    if card.mirrored:
        batch = np.concatenate((batch, batch[..., ::-1]))
    masks, *answers = engine.run(batch)
    mask = masks[0, 0]
    if card.mirrored:
        mask = (mask + masks[1, 0, :, ::-1]) / 2
    means = [answer.mean(0) for answer in answers]
    score = float(means[0]) if means else float(mask.max())
    kinds = dict(zip(card.kinds, means[1].tolist(), strict=True)) if len(means) > 1 else {}
    kind = max(kinds, key=kinds.__getitem__, default=None)
    return Finding(mask, score, kind if kind is not None and kinds[kind] >= SURE_OF_KIND else None)
