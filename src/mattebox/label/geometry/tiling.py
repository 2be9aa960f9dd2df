"""Boxes that cover a picture."""

from __future__ import annotations

import math

import numpy as np

from mattebox.errors import BadParameter
from mattebox.geometry import Box

__all__ = ["tile_boxes"]


def tile_boxes(size: tuple[int, int], tile: tuple[int, int] | int, overlap: int = 0) -> list[Box]:
    """Cover a picture with tiles of one size, as few as will do, row by row.

    The first and the last tile of a row or column lie flush with the borders and the others are spread evenly between
    them, so that no tile is a sliver and neighbours share at least `overlap` pixels.

    Args:
        size: (height, width) of the picture.
        tile: (height, width) of a tile, or its side; a tile larger than the picture is cut down to it.
        overlap: pixels that two neighbours share at least.

    Returns:
        (top, left, bottom, right) of every tile, bottom and right exclusive.

    Raises:
        BadParameter: the overlap is negative or not less than a tile's side, or a tile or the picture is empty.

    Example:
        >>> tile_boxes((4, 10), 4, 1)
        [(0, 0, 4, 4), (0, 3, 4, 7), (0, 6, 4, 10)]
    """
    sides = (tile, tile) if isinstance(tile, int) else tile
    if min(size) < 1 or min(sides) < 1:
        raise BadParameter(f"tiles of {sides[0]} x {sides[1]} cannot cover {size[0]} x {size[1]}: none may be empty")
    if not 0 <= overlap < min(sides):
        raise BadParameter(f"overlap={overlap!r}: must be at least 0 and less than the side of a tile, {min(sides)}")
    (tops, height), (lefts, width) = (
        (_starts(length, side, overlap), min(length, side)) for length, side in zip(size, sides, strict=True)
    )
    return [(top, left, top + height, left + width) for top in tops for left in lefts]


def _starts(length: int, side: int, overlap: int) -> list[int]:
    """Where tiles begin along one side."""
    if side >= length:
        return [0]
    tiles = math.ceil((length - overlap) / (side - overlap))
    return [int(start) for start in np.arange(tiles) * (length - side) // (tiles - 1)]
