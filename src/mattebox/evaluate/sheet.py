"""A picture of the worst cases: photo, result, truth, and where the two differ."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mattebox.compose import levels, over, solid
from mattebox.evaluate.run import Compared
from mattebox.geometry import resized
from mattebox.types import Alpha, Rgb

__all__ = ["Strip", "WorstCases", "draw_sheet", "draw_strip"]

CELL = 160
GAP = 4
LINE = 20
COLUMNS = 2
TITLE = "result, truth, difference (red: kept though wrong, blue: lost)"
GREEN, PAPER, INK = (80, 200, 80), (32, 32, 32), (235, 235, 235)


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One picture on a sheet.

    Attributes:
        quality: decides how bad the case is; see `Row`.
        caption: what stands above it.
        views: photo, result, truth and difference side by side, (CELL, 4 * (CELL + GAP), 3), or the last three.
    """

    quality: float
    caption: str
    views: Rgb


def draw_strip(compared: Compared, *, photo: bool = True) -> Strip:
    """Draw one comparison: each view is shrunk into a square cell with its proportions kept.

    Args:
        compared: what is drawn.
        photo: whether its picture is the photo; otherwise it is a saved result, and opacities are drawn as greys.
    """
    height, width = compared.truth.shape
    scale = CELL / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    rgb, alpha, truth = resized(compared.rgb, size), resized(compared.alpha, size), resized(compared.truth, size)
    if photo:
        green = solid(size, GREEN)
        shown = [rgb, over(rgb, alpha, green), over(rgb, truth, green)]
    else:
        shown = [cv2.cvtColor(levels(opacity), cv2.COLOR_GRAY2RGB) for opacity in (alpha, truth)]
    views = [*shown, difference(alpha, truth)]
    row = compared.row
    return Strip(row.quality, f"{Path(row.image).name}  {row.headline}", np.hstack([in_cell(view) for view in views]))


def difference(alpha: Alpha, truth: Alpha) -> Rgb:
    """Red where alpha has more than the truth, blue where it has less, on black."""
    error = alpha - truth
    shades = np.clip(np.dstack((error, np.abs(error) * 0.3, -error)), 0, 1)
    return np.rint(shades * 255).astype(np.uint8)


def in_cell(view: Rgb) -> Rgb:
    """A view below the caption, in the middle of its cell, with the gap to the next one."""
    height, width = view.shape[:2]
    left = (CELL - width) // 2
    edges = 0, CELL - height, left, CELL - width - left + GAP
    return cv2.copyMakeBorder(view, *edges, cv2.BORDER_CONSTANT, value=PAPER)


def draw_sheet(strips: Sequence[Strip], *, photo: bool = True) -> Rgb:
    """Draw strips below each other in two columns, each with its caption, in the order given.

    Args:
        strips: that are drawn.
        photo: see `draw_strip`; the same for all.

    Example:
        >>> black = Strip(0.5, "black.png  IoU 0.500", np.zeros((CELL, 4 * (CELL + GAP), 3), np.uint8))
        >>> draw_sheet([black] * 3).shape
        (392, 1324, 3)
    """
    columns = max(1, min(COLUMNS, len(strips)))
    rows = -(-len(strips) // columns)
    width, height = (4 if photo else 3) * (CELL + GAP) + GAP, CELL + LINE
    sheet = np.array(Image.new("RGB", (columns * width + GAP, rows * (height + GAP) + LINE + GAP), PAPER))
    corners = [
        (LINE + GAP + (index // columns) * (height + GAP), GAP + (index % columns) * width)
        for index in range(len(strips))
    ]
    for strip, (top, left) in zip(strips, corners, strict=True):
        sheet[top + LINE : top + height, left : left + strip.views.shape[1]] = strip.views
    image = Image.fromarray(sheet)
    write(image, f"photo, {TITLE}" if photo else TITLE, (GAP, 0), image.width)
    for strip, (top, left) in zip(strips, corners, strict=True):
        write(image, strip.caption, (left, top), width)
    return np.asarray(image)


def write(image: Image.Image, text: str, corner: tuple[int, int], width: int) -> None:
    """Write one line below a corner, its beginning left out when it is too long."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    whole = printable
    while font().getlength(printable) > width - GAP:
        whole = whole[1:]
        printable = f"…{whole}"
    ImageDraw.Draw(image).text(corner, printable, INK, font())


@cache
def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(LINE * 0.65)


class WorstCases:
    """Keeps the worst of many comparisons, drawn small, so that memory holds no more than these.

    Args:
        number: how many are kept.
        photo: see `draw_strip`.
    """

    def __init__(self, number: int = 24, *, photo: bool = True) -> None:
        self._number = number
        self._photo = photo
        self._strips: list[Strip] = []

    def add(self, compared: Compared) -> None:
        """Keep a comparison if it is among the worst so far; pictures without a subject are left out."""
        if compared.row.truth != "none":
            self._strips.append(draw_strip(compared, photo=self._photo))
            self._strips = heapq.nsmallest(self._number, self._strips, key=lambda strip: strip.quality)

    def draw(self) -> Rgb:
        """The sheet, the worst case first."""
        return draw_sheet(self._strips, photo=self._photo)
