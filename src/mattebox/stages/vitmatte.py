"""What ViTMatte (Yao et al. 2024) is shown of a tile, and what it says: opacity.

The network comes as two graphs. The transformer looks at the whole tile, since every place attends to every other. The
decoder sees no further than 48 pixels, so it looks only at parts that hold something unknown, each with such a rim: its
answers there are those to the whole tile, and its memory, most of what the network takes, stays that of a part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.engines.base import Engine, Tensor
from mattebox.stages.matte import Look, Seen
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN, normalised, planes
from mattebox.tiles import Window, box_of, grown, tiles
from mattebox.types import Alpha, Rgb, Trimap
from mattebox.zoo.card import Card

__all__ = ["Halves", "prepare", "vitmatte_look"]

PATCH = 16
"""Pixels on each side of what the transformer takes for one place."""
RIM = 3
"""Places around a part that its answers depend on: the decoder sees 46 pixels far."""
PART = 32
"""Places on each side of a part, at most. Larger ones take more memory and no less time, rims included."""


class Halves(NamedTuple):
    """The two graphs of ViTMatte.

    Attributes:
        encode: what `prepare` gives, (N, 4, H, W), to features (N, C, H / 16, W / 16).
        decode: features (N, C, h, w) and the same picture in patches (N, 4 * 256, h, w), whose pixels lie one after the
            other in the channels, to opacity (N, 1, 16 h, 16 w).
    """

    encode: Engine
    decode: Engine


def prepare(
    rgb: Rgb,
    trimap: Trimap,
    mean: Sequence[float] = IMAGENET_MEAN,
    deviation: Sequence[float] = IMAGENET_DEVIATION,
    *,
    multiple: int = 32,
    unknown: float = 0.5,
) -> Tensor:
    """Make of a picture and its trimap what ViTMatte takes.

    Normalised as its authors trained it, unless told otherwise. The image processor that `transformers` has for the
    same weights takes 0.5 for mean and deviation, and 128 / 255 for unknown: give these for its very numbers.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        mean: of red, green and blue in [0, 1], taken away.
        deviation: of the same, divided by.
        multiple: both sides are made multiples of it by zeros at the bottom and the right.
        unknown: stands for unknown, where 0 is background and 1 subject.

    Returns:
        (1, 4, H or a little more, W or a little more): the normalised picture and the trimap.
    """
    height, width = trimap.shape
    taken = np.zeros((1, 4, height + -height % multiple, width + -width % multiple), np.float32)
    taken[:, :3, :height, :width] = normalised(planes(rgb), mean, deviation)
    taken[:, 3, :height, :width] = np.select([trimap == 0, trimap == 255], [0, 1], unknown)
    return taken


def vitmatte_look(halves: Halves, card: Card) -> Look:
    """How ViTMatte looks at a tile.

    Args:
        halves: the two graphs of a loaded ViTMatte.
        card: says how pictures are normalised and what the sides must be multiples of.
    """

    def look(rgb: Rgb, trimap: Trimap, tile: Window) -> Seen:
        known = trimap[tile]
        pixels = prepare(rgb[tile], known, card.mean, card.deviation, multiple=card.multiple)
        (features,) = halves.encode.run(pixels)
        alpha = decoded(pixels, features, (known != 0) & (known != 255), halves.decode)
        return Seen(alpha[: known.shape[0], : known.shape[1]])

    return look


def decoded(pixels: Tensor, features: Tensor, unknown: NDArray[np.bool_], engine: Engine) -> Alpha:
    """Ask the decoder wherever something is unknown.

    Args:
        pixels: what the transformer saw, (1, 4, H, W).
        features: what it said, (1, C, H / 16, W / 16).
        unknown: (H, W), or a little less.
        engine: the decoder.

    Returns:
        Opacity (H, W) in [0, 1]; 0 where the decoder was not asked.
    """
    alpha = np.zeros(pixels.shape[2:], np.float32)
    for part in parts(unknown, features.shape[2:]):
        seen = grown(part, RIM, features.shape[2:])
        shown = pixels[(..., *in_pixels(seen))]
        (answer,) = engine.run(np.ascontiguousarray(features[(..., *seen)]), in_patches(shown))
        top, left = (PATCH * (inner.start - outer.start) for inner, outer in zip(part, seen, strict=True))
        target = alpha[in_pixels(part)]
        target[:] = answer[0, 0, top : top + target.shape[0], left : left + target.shape[1]]
    return alpha


def parts(unknown: NDArray[np.bool_], size: tuple[int, ...]) -> Iterator[Window]:
    """Places, in a map of (height, width), that hold what is unknown (H, W): rectangles of limited size around it."""
    height, width = size
    places = np.zeros((height, PATCH, width, PATCH), bool)
    places.reshape(height * PATCH, width * PATCH)[: unknown.shape[0], : unknown.shape[1]] = unknown
    held = np.asarray(places.any((1, 3)))
    for rows, columns in tiles(held, Window(slice(0, height), slice(0, width)), PART, 0):
        box = box_of(np.ascontiguousarray(held[rows, columns]))
        yield Window(*(moved(span, by.start) for span, by in zip(box, (rows, columns), strict=True)))


def moved(span: slice, by: int) -> slice:
    """A span further along."""
    return slice(span.start + by, span.stop + by)


def in_pixels(places: Window) -> Window:
    """The pixels of some places."""
    return Window(*(slice(PATCH * span.start, PATCH * span.stop) for span in places))


def in_patches(pixels: Tensor) -> Tensor:
    """Put the pixels of each patch of (1, C, 16 h, 16 w) one after the other: (1, 256 C, h, w)."""
    _, channels, height, width = pixels.shape
    cut = pixels.reshape(channels, height // PATCH, PATCH, width // PATCH, PATCH)
    return np.ascontiguousarray(cut.transpose(0, 2, 4, 1, 3)).reshape(1, -1, height // PATCH, width // PATCH)
