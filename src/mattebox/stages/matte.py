"""Find opacity, and colours where the method gives them, in the unknown band of a trimap with a network.

Only the rectangle around the band is looked at, at the picture's own resolution, in tiles if it is large. Such networks
pool, normalise or attend over what they are shown, so a tile must show enough of subject and background: with tiles of
up to 1024 none is smaller than 640. Tiles overlap by a quarter and fade into each other, so that no seam shows, and at
the middle of a seam both sides look an eighth of a tile beyond it.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter, EngineFailed
from mattebox.memory import free_memory
from mattebox.tiles import Window, box_of, fade, grown, tiles
from mattebox.types import Alpha, Rgb, Trimap

log = logging.getLogger(__name__)

__all__ = ["LARGEST", "Look", "Matter", "Seen", "matte"]

LARGEST = 1024
"""Longest side that the network sees at once."""
SHARE = 0.5
"""Share of the free memory that a tile may take; other pictures may be worked on at the same time."""
SMALLEST = 64
"""The least that it may be; tiles would be no more than their overlaps."""


class Seen(NamedTuple):
    """What a network says of a tile (h, w).

    Attributes:
        alpha: (h, w) opacity in [0, 1].
        colours: (h, w, 3) of the subject in [0, 1], where the network gives them.
    """

    alpha: Alpha
    colours: NDArray[np.float32] | None = None


Look: TypeAlias = Callable[[Rgb, Trimap, Window], Seen]
"""How a network is shown a tile of a picture (H, W, 3) and its trimap (H, W), and what it says of it."""

Matter: TypeAlias = Callable[[Rgb, Trimap], tuple[Alpha, Rgb | None]]
"""What finds the opacity (H, W) of a picture (H, W, 3) by its trimap (H, W), and, if it can, colours (H, W, 3)."""


def matte(
    rgb: Rgb, trimap: Trimap, look: Look, *, largest: int = LARGEST, pixel_bytes: int = 0
) -> tuple[Alpha, Rgb | None]:
    """Find the opacity, and the subject's own colours if the network knows them, where a trimap does not know.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        look: asks the network about a tile.
        largest: longest side that the network sees at once, at least 64; decides the memory that is taken.
        pixel_bytes: memory that the network takes for each pixel of a tile; tiles are made smaller where that would be
            more than is free, which is told.

    Returns:
        Opacity (H, W), exactly 0 and 1 where the trimap knows; and straight colours (H, W, 3), the picture's own where
        the trimap knows or the subject is opaque, or None from a network without colours. With nothing unknown the
        network is not asked.

    Raises:
        BadParameter: the sizes differ, or `largest` is too small for tiles.
        EngineFailed: the network answers with something that is no number.
    """
    if largest < SMALLEST:
        raise BadParameter(f"largest={largest}: the network must see at least {SMALLEST} pixels at once")
    if rgb.shape[:2] != trimap.shape:
        raise BadParameter(
            f"the picture is {rgb.shape[0]} x {rgb.shape[1]} pixels and the trimap {trimap.shape[0]} x "
            f"{trimap.shape[1]}: give a trimap of the picture's size"
        )
    unknown = (trimap != 0) & (trimap != 255)
    alpha, foreground = (trimap == 255).astype(np.float32), None
    box = box_of(unknown)
    largest = affordable(largest, box, pixel_bytes)
    area, overlap = grown(box, largest // 8, unknown.shape), largest // 4
    for tile in tiles(unknown, area, largest, overlap):
        seen = look(rgb, trimap, tile)
        if not np.isfinite(seen.alpha).all():
            raise EngineFailed("the matting network answers with values that are no numbers: its weights are damaged")
        share = fade(tile, area, overlap) * unknown[tile]
        alpha[tile] += share * (np.clip(seen.alpha, 0, 1) - alpha[tile])
        if seen.colours is not None:
            foreground = rgb.copy() if foreground is None else foreground
            mixed = foreground[tile] + share[..., None] * (255 * seen.colours - foreground[tile])
            foreground[tile] = np.rint(mixed).astype(np.uint8)
    if foreground is not None:
        np.copyto(foreground, rgb, where=(alpha == 1)[..., None])
    return alpha, foreground


def affordable(largest: int, box: Window, pixel_bytes: int) -> int:
    """The longest side up to `largest` whose tiles of a box fit into memory; told where it is less."""
    free = free_memory() if pixel_bytes else None
    height, width = (min(largest, span.stop - span.start + largest // 4) for span in box)
    if free is None or height * width * pixel_bytes <= SHARE * free:
        return largest
    fits = min(largest, max(SMALLEST, math.isqrt(int(SHARE * free / pixel_bytes)) // 64 * 64))
    log.warning(
        "tiles of %d x %d pixels would take %.1f GB, and %.1f GB are free; taking tiles of %d",
        height,
        width,
        height * width * pixel_bytes / 1e9,
        free / 1e9,
        fits,
    )
    return fits
