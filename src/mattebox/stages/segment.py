"""Ask a network which pixels belong to the subject."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter
from mattebox.geometry import resized
from mattebox.types import Mask, Rgb
from mattebox.zoo.card import Card

SURE_OF_KIND = 0.5
"""Least probability of a kind that is told."""


def network_size(card: Card, size: int | None) -> tuple[int, int]:
    """Height and width of what a network sees: those of its card, or a side in pixels that was asked for.

    Raises:
        BadParameter: the network cannot work at that size.
    """
    if size is None or card.input_size == (size, size):
        return card.input_size
    if card.fixed:
        height, width = card.input_size
        raise BadParameter(f"segment_size={size}: model '{card.name}' works at {height} x {width} pixels only")
    if size % card.multiple:
        raise BadParameter(f"segment_size={size}: model '{card.name}' works at multiples of {card.multiple} pixels")
    return size, size


def network_input(rgb: Rgb, card: Card, size: int | None = None) -> Tensor:
    """Resize a picture to the network's size and normalise it: (H, W, 3) uint8 to (1, 3, h, w) float32.

    Args:
        rgb: the picture.
        card: of the network.
        size: side in pixels, where it is not to be that of the card.

    Raises:
        BadParameter: the network cannot work at that size.
    """
    height, width = network_size(card, size)
    while rgb.shape[0] >= 4 * height and rgb.shape[1] >= 4 * width:
        rgb = cv2.resize(rgb, (rgb.shape[1] // 2, rgb.shape[0] // 2), interpolation=cv2.INTER_LINEAR)
    small = resized(rgb, (height, width))
    white = np.float32(max(int(rgb.max()), 1) if card.scale == "max" else 255)
    scaled = (small / white - np.array(card.mean, np.float32)) / np.array(card.deviation, np.float32)
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


def segment(rgb: Rgb, engine: Engine, card: Card, size: int | None = None) -> Finding:
    """Find the subject.

    Args:
        rgb: the picture, (H, W, 3).
        engine: a loaded network that gives the card's answers, in [0, 1]: a `mask` (N, 1, h, w) and, if it can, a
            `subject` score (N,) and the probabilities of the card's `kinds` (N, K); without a score, the largest value
            of the mask stands for it.
        card: its card; one that says `mirrored` has the network look at the picture and at its mirror image, and takes
            the mean of the two answers.
        size: side in pixels of what the network sees, where it is not to be that of the card.

    Raises:
        BadParameter: the network cannot work at that size.
    """
    batch = network_input(rgb, card, size)
    if card.mirrored:
        batch = np.concatenate((batch, batch[..., ::-1]))
    answers = dict(zip(card.answers, engine.run(batch), strict=False))
    masks = answers["mask"]
    mask = masks[0, 0]
    if card.mirrored:
        mask = (mask + masks[1, 0, :, ::-1]) / 2
    score = float(answers["subject"].mean()) if "subject" in answers else float(mask.max())
    kinds = answers["kind"].mean(0) if "kind" in answers else ()
    sure = dict(zip(card.kinds, kinds, strict=False))
    kind = max(sure, key=sure.__getitem__, default=None)
    return Finding(mask, score, kind if kind is not None and sure[kind] >= SURE_OF_KIND else None)
