"""Subjects and backgrounds made by rule, where photos with exact alpha are scarce: hair, glass, smoke, lace, leaves.

Everything is a pure function of a size and a random generator. A subject's alpha is exact, because colours and alpha
come from the same drawing; its colours are straight and go on under alpha 0, so that resizing brings no dark rims.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mattebox.train.procedural.foliage import foliage
from mattebox.train.procedural.glass import glass
from mattebox.train.procedural.graphics import chart, logo, panel, sticker, text
from mattebox.train.procedural.grounds import procedural_ground
from mattebox.train.procedural.hair import fur, head, tuft
from mattebox.train.procedural.lace import lace
from mattebox.train.procedural.shapes import shape
from mattebox.train.procedural.smoke import smoke
from mattebox.train.procedural.solids import solid
from mattebox.train.procedural.wires import wires
from mattebox.types import Alpha, Rgb

__all__ = ["MATERIALS", "WEIGHTS", "procedural_ground", "procedural_subject"]

MATERIALS: dict[str, Callable[[int, np.random.Generator], tuple[Rgb, Alpha]]] = {
    "head": head,
    "hair": tuft,
    "fur": fur,
    "smoke": smoke,
    "glass": glass,
    "lace": lace,
    "foliage": foliage,
    "wires": wires,
    "shape": shape,
    "solid": solid,
    "text": text,
    "logo": logo,
    "sticker": sticker,
    "chart": chart,
    "panel": panel,
}
"""Makers by name: a size and a generator give straight colours (size, size, 3) and exact alpha (size, size)."""

WEIGHTS = {
    "head": 2.0,
    "hair": 1.5,
    "fur": 2.0,
    "foliage": 1.5,
    "wires": 1.5,
    "sticker": 0.5,
    "chart": 0.4,
    "panel": 0.3,
}
"""Odds of drawing a material, 1 unless named."""


def procedural_subject(size: int, rng: np.random.Generator) -> tuple[Rgb, Alpha, str]:
    """A subject of a material drawn by `WEIGHTS`, near the middle of a (size, size) square.

    Equal generators give equal subjects.

    Args:
        size: side in pixels, at least 32.
        rng: the source of chance.

    Returns:
        Straight colours (size, size, 3), exact alpha (size, size) in [0, 1], and the name of the material.

    >>> colours, alpha, name = procedural_subject(64, np.random.default_rng(0))
    >>> colours.shape, alpha.shape, name in MATERIALS
    ((64, 64, 3), (64, 64), True)
    """
    odds = np.array([WEIGHTS.get(name, 1.0) for name in MATERIALS])
    name = list(MATERIALS)[int(rng.choice(len(odds), p=odds / odds.sum()))]
    colours, alpha = MATERIALS[name](size, rng)
    return colours, alpha, name
