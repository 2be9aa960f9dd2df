"""What tests put in place of CarveKit's networks, and pictures that it sees something in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from mattebox.engines.base import Tensor
from mattebox.zoo.card import Card

SCENES = {"digital": (200, 0, 0), "hard": (0, 200, 0), "soft": (0, 0, 200)}
"""Colours of the scenes that stand-ins tell apart."""
KINDS = {"person": 0, "bicycle": 1, "car": 2, "cat": 15}
"""Places of some of the kinds of object that they know."""


class Call(NamedTuple):
    """What a stand-in was asked."""

    model: str
    graph: str
    shape: tuple[int, ...]


class StandIn:
    """In place of any of CarveKit's networks; it keeps a list of what it was asked."""

    def __init__(self, card: Card, graph: str, device: str, calls: list[Call]) -> None:
        self.card, self.graph, self.device, self.calls = card, graph, device, calls

    def run(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        self.calls.append(Call(self.card.name, self.graph, inputs[0].shape))
        answer: Callable[..., tuple[Tensor, ...]] = getattr(self, self.card.task)
        return answer(*inputs)

    def segment(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The left half is the subject, and beside it half as much."""
        mask = np.zeros_like(picture[:, :1])
        mask[..., : picture.shape[3] // 2] = 1
        mask[..., picture.shape[3] // 2 : picture.shape[3] * 5 // 8] = 0.5
        return (np.concatenate([0.7 - mask, mask], 1) if self.graph == "scores" else mask,)

    def refine(self, _: Tensor, mask: Tensor, *__: Tensor) -> tuple[Tensor, ...]:
        """What was known before."""
        return ((mask + 1) / 2,) * (2 if self.graph == "coarse" else 1)

    def matte(self, _: Tensor, known: Tensor, *__: Tensor) -> tuple[Tensor, ...]:
        """Half opaque where nothing is known."""
        return (np.repeat(known[:, 1:] + (1 - known.sum(1, keepdims=True)) / 2, 7, 1),)

    def classify(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The scene by its colour."""
        return (picture.mean((2, 3)),)

    def detect(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The kind of object whose place the grey in the corner tells, in the middle of the picture."""
        confidences = np.zeros((len(picture), 1, 80), np.float32)
        for row, grey in zip(confidences, picture[:, :, -5, -5], strict=True):
            if np.ptp(grey) == 0 and grey[0] < 0.5:
                row[0, round(float(grey[0]) * 255)] = 0.9
        return np.full((len(picture), 1, 1, 4), [0.25, 0.25, 0.75, 0.75], np.float32), confidences


def sight(scene: str, kind: str | None = None, size: tuple[int, int] = (80, 60)) -> Image.Image:
    """A picture of (width, height) in which stand-ins see a scene and an object."""
    picture = Image.new("RGB", size, SCENES[scene])
    if kind is not None:
        picture.paste((KINDS[kind],) * 3, (size[0] * 3 // 4, size[1] * 3 // 4, *size))
    return picture
