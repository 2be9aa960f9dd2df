"""Masks of a 4K frame."""

from __future__ import annotations

import time

import numpy as np

from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.partition import partition
from mattebox.label.masks.rasterize import ellipse

SIZE = 2160, 3840
OBJECTS = 50


def partition_seconds(rounds: int) -> list[float]:
    """Seconds for a partition of the whole frame among overlapping ellipses by distance, in each of some rounds."""
    random = np.random.default_rng(0)
    height, width = SIZE
    pieces = [
        ellipse(
            random.uniform(0, width),
            random.uniform(0, height),
            random.uniform(100, 500),
            random.uniform(100, 400),
            SIZE,
            random.uniform(0, 180),
        )
        for _ in range(OBJECTS)
    ]
    masks = MaskSet.of_pieces(SIZE, pieces)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        partition(masks, "nearest", grow=float("inf"))
        seconds.append(time.perf_counter() - start)
    return seconds
