"""Masks laid on pictures. The devices that CarveKit's functions take are accepted; the work is done on the CPU."""

from __future__ import annotations

from PIL import Image

from mattebox.compat import pixels
from mattebox.compat.pixels import extract_alpha_channel

__all__ = ["apply_mask", "composite", "extract_alpha_channel"]


def composite(
    foreground: Image.Image,
    background: Image.Image,
    alpha: Image.Image,
    device: str = "cpu",  # noqa: ARG001
) -> Image.Image:
    """Mix two pictures of one size by an alpha into RGBA; see `mattebox.compat.pixels.composite`."""
    return pixels.composite(foreground, background, alpha)


def apply_mask(image: Image.Image, mask: Image.Image, device: str = "cpu") -> Image.Image:  # noqa: ARG001
    """Make the background transparent; half-transparent pixels are mixed with grey, as CarveKit's are."""
    return pixels.apply_mask(image, mask)
