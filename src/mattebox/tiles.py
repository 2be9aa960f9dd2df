"""Large pictures in tiles of one size that overlap and fade into each other, so that memory does not grow with them."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class Window(NamedTuple):
    """Rows and columns of a part of a picture; indexes arrays (H, W) and (H, W, C)."""

    rows: slice
    columns: slice


def tile_spans(start: int, stop: int, largest: int, overlap: int) -> list[slice]:
    """Cut a stretch of pixels into the fewest equal spans of at most `largest` that overlap by at least `overlap`.

    Example:
        >>> tile_spans(0, 1000, 600, 100)
        [slice(0, 552, None), slice(448, 1000, None)]
    """
    length = stop - start
    count = max(1, math.ceil((length - overlap) / (largest - overlap)))
    side = math.ceil((length + (count - 1) * overlap) / count)
    # A few pixels more of the picture are worth more to a network than the padding to a multiple of 8.
    side = min(side + -side % 8, length, largest)
    starts = [start + tile * (length - side) // max(1, count - 1) for tile in range(count)]
    return [slice(first, first + side) for first in starts]


def box_of(region: NDArray[np.bool_]) -> Window:
    """Find the smallest window that holds a region of (H, W); an empty one at the top left when there is none."""
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    return Window(slice(top, top + height), slice(left, left + width))


def grown(window: Window, reach: int, size: tuple[int, ...], smallest: int = 0) -> Window:
    """Widen a window by `reach` pixels on each side, to `smallest` at least, inside a picture of (height, width)."""
    spans = []
    for span, length in zip(window, size, strict=True):
        start, stop = max(0, span.start - reach), min(length, span.stop + reach)
        start = max(0, min(start, stop - smallest))
        spans.append(slice(start, min(length, max(stop, start + smallest))))
    return Window(*spans)


def tiles(band: NDArray[np.bool_], area: Window, largest: int, overlap: int) -> list[Window]:
    """Cut an area into tiles, row by row, and keep each that holds some of a band (H, W), be it in its overlap."""
    return [
        Window(rows, columns)
        for rows in tile_spans(area.rows.start, area.rows.stop, largest, overlap)
        for columns in tile_spans(area.columns.start, area.columns.stop, largest, overlap)
        if band[rows, columns].any()
    ]


def fade(tile: Window, area: Window, overlap: int) -> NDArray[np.float32]:
    """Weigh a tile against those before it: (h, w), from 0 to 1 over its overlap at the top and at the left."""
    weights = [
        np.minimum((np.arange(own.stop - own.start, dtype=np.float32) + 0.5) / overlap, 1)
        if own.start > whole.start
        else np.ones(own.stop - own.start, np.float32)
        for own, whole in zip(tile, area, strict=True)
    ]
    return np.outer(*weights)
