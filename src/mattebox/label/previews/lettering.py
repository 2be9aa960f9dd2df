"""Words on pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mattebox.label.dataset import Color
from mattebox.label.extra import needed_for

__all__ = ["font", "write"]


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which has Cyrillic, Greek and much else; it comes with matplotlib.

    Args:
        size: height of a line in pixels, about.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with needed_for("writing on previews"):
        import matplotlib as mpl
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), size)


def write(image: Image.Image, text: str, corner: tuple[float, float], size: int, ground: Color) -> None:
    """Write a line on a ground of its own, in black or white, whichever reads better, kept within the picture.

    Args:
        image: to write on, RGB.
        text: what; letters that cannot be printed are replaced.
        corner: x and y of the ground's lower left corner; moved where the line would leave the picture.
        size: of the letters in pixels.
        ground: colour behind the letters.
    """
    letters = "".join(letter if letter.isprintable() else "?" for letter in text)
    pad = max(1, size // 5)
    width, height = font(size).getlength(letters) + 2 * pad, size + 2 * pad
    left = max(0, min(corner[0], image.width - width))
    top = max(0, min(corner[1] - height, image.height - height))
    red, green, blue = ground
    ink = (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, left + width, top + height), fill=ground)
    draw.text((left + pad, top + height / 2), letters, ink, font(size), anchor="lm")
