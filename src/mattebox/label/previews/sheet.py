"""Many frames on one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from mattebox.geometry import resized
from mattebox.label.previews.lettering import font
from mattebox.types import Rgb

__all__ = ["cell_width", "columns_for", "contact_sheet", "size_with"]

GAP, LINE = 8, 22
PAPER, INK = (32, 32, 32), (235, 235, 235)


def contact_sheet(frames: Sequence[tuple[str, Rgb]], *, width: int = 1600, columns: int = 0) -> Rgb:
    """Put frames beside and below each other, each with its caption.

    Args:
        frames: caption and pixels of each.
        width: of the sheet in pixels.
        columns: how many frames stand side by side; as suits their number unless given.

    Returns:
        (H, width, 3), the frames with their proportions kept; no rows of frames where there are none.
    """
    columns = columns or columns_for(len(frames))
    cell = cell_width(width, columns)
    rows = [frames[begin : begin + columns] for begin in range(0, len(frames), columns)]
    bands = [_band(row, cell, width) for row in rows]
    return np.vstack([*bands, np.full((GAP, width, 3), PAPER, np.uint8)])


def columns_for(count: int) -> int:
    """How many of so many frames stand side by side: at most 4, so that the sheet is about as wide as it is high."""
    return max(1, min(4, math.ceil(math.sqrt(count))))


def cell_width(width: int, columns: int) -> int:
    """Pixels that each of some frames side by side has on a sheet."""
    return max(1, (width - GAP) // columns - GAP)


def _band(row: Sequence[tuple[str, Rgb]], cell: int, width: int) -> Rgb:
    """One row of frames, as high as its highest."""
    pictures = [resized(rgb, size_with((rgb.shape[0], rgb.shape[1]), cell)) for _, rgb in row]
    height = max(picture.shape[0] for picture in pictures)
    band = np.full((GAP + height + LINE, width, 3), PAPER, np.uint8)
    lefts = [GAP + column * (cell + GAP) for column in range(len(row))]
    for picture, left in zip(pictures, lefts, strict=True):
        band[GAP : GAP + picture.shape[0], left : left + picture.shape[1]] = picture
    image = Image.fromarray(band)
    pen, size = ImageDraw.Draw(image), round(LINE * 0.55)
    for (caption, _), left in zip(row, lefts, strict=True):
        pen.text((left, GAP + height + LINE / 2), _shortened(caption, size, cell), INK, font(size), anchor="lm")
    return np.asarray(image)


def size_with(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """A size of the same proportions with this longest side.

    Example:
        >>> size_with((1080, 1920), 480)
        (270, 480)
    """
    scale = longest / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shortened(text: str, size: int, width: int) -> str:
    """A line that fits; its beginning is left out, because names differ at their ends."""
    line = whole = "".join(letter if letter.isprintable() else "?" for letter in text)
    while whole and font(size).getlength(line) > width:
        whole = whole[1:]
        line = f"…{whole}"
    return line
