"""What networks that take a picture and its trimap, and nothing else, are shown of a tile: DIM and GCA."""

from __future__ import annotations

import numpy as np

from mattebox.engines.base import Engine
from mattebox.stages.matte import Look, Seen
from mattebox.stages.tensors import continued, normalised, planes
from mattebox.tiles import Window
from mattebox.types import Rgb, Trimap
from mattebox.zoo.card import Card

__all__ = ["trimap_look"]

LEAST = 32
"""Pixels that both sides of what such a network sees have at least: it halves them five times."""


def trimap_look(engine: Engine, card: Card) -> Look:
    """How such a network looks at a tile.

    Args:
        engine: the loaded network: normalised picture (1, 3, h, w) and trimap (1, 1, h, w) of 0, 128 and 255, to
            opacity (1, 1, h, w).
        card: says how pictures are normalised and what the sides must be multiples of.
    """

    def look(rgb: Rgb, trimap: Trimap, tile: Window) -> Seen:
        picture = normalised(planes(rgb[tile]), card.mean, card.deviation)
        inside = trimap[tile]
        known = np.select([inside == 0, inside == 255], [0, 255], 128).astype(np.float32)[None, None]
        (answer, *_) = engine.run(*(continued(each, card.multiple, LEAST) for each in (picture, known)))
        return Seen(answer[0, 0, : known.shape[2], : known.shape[3]])

    return look
