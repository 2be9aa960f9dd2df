"""What lengths, margins, regions and sizes of a request come to in a picture. Sizes are (height, width)."""

from __future__ import annotations

from typing import NamedTuple

from mattebox.serve.refusals import Refusal

__all__ = ["PNG_MEGAPIXELS", "SIZES", "Length", "Margins", "Roi", "Size"]


class Length(NamedTuple):
    """A length in pixels, or in per cent of an extent that is known later.

    Attributes:
        value: finite; negative only in a region.
        unit: `px` or `%`.
    """

    value: float
    unit: str = "px"

    def pixels(self, extent: int) -> int:
        """The length in whole pixels, of `extent` pixels where it is relative.

        Example:
            >>> Length(12.5, "%").pixels(400), Length(30).pixels(400)
            (50, 30)
        """
        return round(self.value * extent / 100 if self.unit == "%" else self.value)


class Margins(NamedTuple):
    """Space around a subject that was cropped to, at most half of the subject or 500 pixels a side."""

    top: Length = Length(0)
    right: Length = Length(0)
    bottom: Length = Length(0)
    left: Length = Length(0)

    def pixels(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, right, bottom, left) in whole pixels around a subject of (height, width)."""
        height, width = size
        return (
            self.top.pixels(height),
            self.right.pixels(width),
            self.bottom.pixels(height),
            self.left.pixels(width),
        )


class Roi(NamedTuple):
    """The region of interest, from the left and the top of the picture as it was sent."""

    x1: Length = Length(0, "%")
    y1: Length = Length(0, "%")
    x2: Length = Length(100, "%")
    y2: Length = Length(100, "%")

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in pixels of an upright picture of (height, width), bottom and right exclusive.

        Raises:
            Refusal: `roi_exceeds_bounds`, or `roi_region_empty`.

        Example:
            >>> Roi(x2=Length(50, "%")).box((400, 600))
            (0, 0, 400, 300)
        """
        height, width = size
        top, left = self.y1.pixels(height), self.x1.pixels(width)
        bottom, right = self.y2.pixels(height), self.x2.pixels(width)
        if not all(0 <= x <= width for x in (left, right)) or not all(0 <= y <= height for y in (top, bottom)):
            raise Refusal("roi_exceeds_bounds")
        if top >= bottom or left >= right:
            raise Refusal("roi_region_empty")
        return top, left, bottom, right


class Size(NamedTuple):
    """How large a result may be; nothing is ever enlarged to it.

    Attributes:
        name: `preview`, `medium`, `hd`, `full`, `auto` or `50MP`.
        most: megapixels, whatever the format.
    """

    name: str
    most: float

    def megapixels(self, format: str) -> float:  # noqa: A002
        """The most megapixels in a format; PNG ends at 10, and so does `auto`, which is PNG for what is transparent.

        Example:
            >>> SIZES["full"].megapixels("zip"), SIZES["full"].megapixels("png"), SIZES["hd"].megapixels("png")
            (25, 10, 4)
        """
        return min(self.most, PNG_MEGAPIXELS) if format in {"png", "auto"} else self.most


PNG_MEGAPIXELS = 10
SIZES = {
    size.name: size
    for size in (
        Size("preview", 0.25),
        Size("medium", 1.5),
        Size("hd", 4),
        Size("full", 25),
        Size("auto", 25),
        Size("50MP", 50),
    )
}
