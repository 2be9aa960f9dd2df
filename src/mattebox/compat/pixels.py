"""How CarveKit puts pictures together: Pillow images in and out, with the original's rounding and its grey.

`mattebox.compose` is what our own pipeline uses.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from PIL import Image, ImageOps

GREY = (130, 130, 130, 0)
"""The background of every cut-out: it is mixed into half-transparent pixels and shows as a halo on other grounds."""

STRIP = 64
"""Rows that are mixed at once: the floating point copies of a whole picture would take ten times its size."""

Colour: TypeAlias = tuple[int, int, int, int]


def composite(foreground: Image.Image, background: Image.Image, alpha: Image.Image) -> Image.Image:
    """Mix two pictures of one size by an alpha.

    Colours are cut off to whole numbers, not rounded, and the result's own opacity is the alpha: what was opaque in the
    background is no longer. The opacity of the two pictures is ignored.

    Args:
        foreground: any mode.
        background: any mode, of the same size.
        alpha: the share of the foreground; turned to mode L.

    Returns:
        Mode RGBA.
    """
    opacity = np.asarray(alpha.convert("L"))
    above, below = (np.asarray(layer.convert("RGB")) for layer in (foreground, background))
    result = np.dstack([above, opacity])
    for top in range(0, len(result), STRIP):
        rows = slice(top, top + STRIP)
        share = (opacity[rows] / np.float32(255))[..., None]
        result[rows, :, :3] = (share * above[rows] + (np.float32(1) - share) * below[rows]).astype(np.uint8)
    return Image.fromarray(result)


def apply_mask(image: Image.Image, mask: Image.Image) -> Image.Image:
    """Make the background transparent: the picture mixed with grey by its mask, and the mask as opacity."""
    return composite(image, Image.new("RGBA", image.size, GREY), mask)


def extract_alpha_channel(image: Image.Image) -> Image.Image:
    """Show the last channel as an opaque grey RGBA picture; its values come out squared, 128 as 64."""
    alpha = np.asarray(image.getchannel(image.getbands()[-1])).astype(np.uint16)
    squared = Image.fromarray(((alpha * alpha + 127) // 255).astype(np.uint8))
    return Image.merge("RGBA", [squared, squared, squared, Image.new("L", image.size, 255)])


def transparency_paste(background: Image.Image, foreground: Image.Image, box: tuple[int, int] = (0, 0)) -> Image.Image:
    """Lay one RGBA picture over another at (left, top).

    The upper one is weighted by its opacity twice, so half-transparent parts come out darker and fainter.
    """
    layer = Image.new("RGBA", background.size)
    layer.paste(foreground, box, foreground)
    return Image.alpha_composite(background, layer)


def add_margin(image: Image.Image, top: int, right: int, bottom: int, left: int, colour: Colour) -> Image.Image:
    """Widen the canvas by so many pixels on each side, filled with a colour of the picture's mode."""
    return ImageOps.expand(image, (left, top, right, bottom), colour)
