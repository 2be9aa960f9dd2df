"""Ask a network which pixels belong to the subject."""

from __future__ import annotations

import logging
import math
from typing import NamedTuple

import cv2
import numpy as np

from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter
from mattebox.geometry import resized
from mattebox.memory import free_memory
from mattebox.types import Mask, Rgb
from mattebox.zoo.architectures import ARCHITECTURES
from mattebox.zoo.card import Card

log = logging.getLogger(__name__)

SURE_OF_KIND = 0.5
"""Least probability of a kind that is told."""
LONGEST = 3
"""How many times the side that a card asks for a picture in its own proportions may be long; a banner is bent to it, as
it would fill the memory."""
SHARE = 0.8
"""Share of the free memory that a network may take for what it sees."""

_told: set[str] = set()


def network_size(
    card: Card, size: int | None, shape: tuple[int, int] | None = None, most: float = math.inf
) -> tuple[int, int]:
    """Height and width of what a network sees of a picture, by the rule of its card (`Card.fit`).

    Args:
        card: of the network.
        size: side in pixels, where it is not to be that of the card.
        shape: height and width of the picture; without, of one as large as the card says.
        most: pixels that a picture in its own proportions may have; where it has fewer for it, that is told once.

    Raises:
        BadParameter: the network cannot work at that size.
    """
    wanted = card.input_size if size is None else (size, size)
    if card.fit != "stretch":
        return fitted(card, min(wanted), shape or card.input_size, most)
    if wanted == card.input_size:
        return wanted
    if card.fixed:
        height, width = card.input_size
        raise BadParameter(f"segment_size={size}: model '{card.name}' works at {height} x {width} pixels only")
    if max(wanted) % card.multiple:
        raise BadParameter(f"segment_size={size}: model '{card.name}' works at multiples of {card.multiple} pixels")
    return wanted


def fitted(card: Card, side: int, shape: tuple[int, int], most: float = math.inf) -> tuple[int, int]:
    """Height and width of a picture in its own proportions, with its shorter or longer side as the card says.

    Each is rounded down to a multiple, which bends the picture a little, and is never less than one. Both are less than
    the card says where there may not be as many pixels.
    """
    ruling = max(shape) if card.fit == "limit-long" else min(shape)
    scale = side / ruling if card.fit == "short" or ruling > side else 1.0
    lengths = [max(1, min(round(length * scale), LONGEST * side)) for length in shape]
    smaller = min(1.0, math.sqrt(most / math.prod(lengths)))
    height, width = (max(int(length * smaller) // card.multiple, 1) * card.multiple for length in lengths)
    if smaller < 1 and card.name not in _told:
        _told.add(card.name)
        log.warning(
            "model '%s': too little memory is free for %d x %d pixels, so it sees %d x %d and finds less detail",
            card.name,
            *lengths,
            height,
            width,
        )
    return height, width


def affordable(card: Card, device: str) -> float:
    """How many pixels there is memory for; what is free on a GPU nobody knows beforehand."""
    architecture = ARCHITECTURES.get(card.architecture)
    taken = architecture.pixel_bytes * (2 if card.mirrored else 1) if architecture else 0
    free = free_memory() if taken and device == "cpu" else None
    return math.inf if free is None else SHARE * free / taken


def network_input(rgb: Rgb, card: Card, size: int | None = None, most: float = math.inf) -> Tensor:
    """Resize a picture to the network's size and normalise it: (H, W, 3) uint8 to (1, 3, h, w) float32.

    Args:
        rgb: the picture.
        card: of the network.
        size: side in pixels, where it is not to be that of the card.
        most: pixels that it may see, where it keeps the picture's proportions.

    Raises:
        BadParameter: the network cannot work at that size.
    """
    height, width = network_size(card, size, rgb.shape[:2], most)
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
    batch = network_input(rgb, card, size, affordable(card, engine.device))
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
