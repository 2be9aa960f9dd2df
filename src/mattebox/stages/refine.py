"""Recover detail at the picture's own resolution from a coarse mask.

Where the coarse mask is sure, it stays. In the band around the edge a small network looks at the picture itself,
first at a quarter or half of its size and then at full size, in tiles, so that the edge follows hair and outlines
that the coarse network never saw, and the work grows with the length of the edge and not with the size of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.engines.base import Engine
from mattebox.types import Alpha, Mask, Rgb

STEP = 3.2
"""Largest enlargement between two levels; the detail network is trained for no more."""
TILE = 96
"""Side of a tile."""
MARGIN = 24
"""Pixels of a tile's rim that are looked at but not used; the detail network sees no further."""
STRIDE = 4
"""The detail network works on blocks of so many pixels; tiles begin at multiples of it, so that all see the same."""
USED = TILE - 2 * MARGIN
"""Side of the part of a tile that is used."""
BATCH = 4
"""Tiles in one run; more take more memory and no less time."""


def level_sizes(size: tuple[int, int], coarse: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes (height, width) of the levels between a coarse mask and the picture, the picture's own size last.

    Example:
        >>> level_sizes((3000, 4000), (320, 320))
        [(750, 1000), (1500, 2000), (3000, 4000)]
    """
    sizes = [size]
    while max(sizes[0]) > STEP * max(coarse) and min(sizes[0]) > 1:
        sizes.insert(0, (max(1, sizes[0][0] // 2), max(1, sizes[0][1] // 2)))
    return sizes


def uncertain(alpha: Alpha, reach: int) -> NDArray[np.uint8]:
    """(H, W) of 0 and 255: where opacity is neither 0 nor 1, and `reach` pixels around."""
    return cv2.dilate(cv2.inRange(alpha, 0.02, 0.98), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))


def band_tiles(band: NDArray[np.uint8]) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles' used parts that hold some of the band; they do not overlap."""
    height, width = band.shape
    for y in range(0, height, USED):
        strip = band[y : y + USED].max(0)
        for x in range(0, width, USED):
            if strip[x : x + USED].any():
                yield slice(y, min(y + USED, height)), slice(x, min(x + USED, width))


def tile_start(used: slice, length: int) -> int:
    """Where a tile begins whose used part is given: a margin before it, but inside the picture."""
    return min(max(0, used.start - MARGIN), length - TILE)


def fill(length: int) -> int:
    """Pixels that a side lacks to hold a tile and to be made of whole blocks."""
    return max(TILE - length, -length % STRIDE)


def refine_level(rgb: Rgb, alpha: Alpha, engine: Engine) -> Alpha:
    """One level: alpha (H, W), brought up from the level below, corrected in its band by the picture (H, W, 3)."""
    height, width = alpha.shape
    if min(height, width) < TILE or height % STRIDE or width % STRIDE:
        missing = (0, fill(height), 0, fill(width), cv2.BORDER_REPLICATE)
        larger = refine_level(cv2.copyMakeBorder(rgb, *missing), cv2.copyMakeBorder(alpha, *missing), engine)
        return np.ascontiguousarray(larger[:height, :width])
    band = uncertain(alpha, reach=3)
    _, refined = cv2.threshold(alpha, 0.5, 1, cv2.THRESH_BINARY)
    tiles = list(band_tiles(band))
    for first in range(0, len(tiles), BATCH):
        group = tiles[first : first + BATCH]
        batch = np.empty((len(group), 4, TILE, TILE), np.float32)
        for tile, (rows, columns) in zip(batch, group, strict=True):
            y, x = tile_start(rows, height), tile_start(columns, width)
            window = np.s_[y : y + TILE, x : x + TILE]
            np.multiply(rgb[window].transpose(2, 0, 1), np.float32(1 / 255), out=tile[:3])
            tile[3] = alpha[window]
        (answers,) = engine.run(batch)
        for answer, (rows, columns) in zip(answers[:, 0], group, strict=True):
            y, x = tile_start(rows, height), tile_start(columns, width)
            fine = answer[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
            np.copyto(refined[rows, columns], fine, where=band[rows, columns] > 0)
    return refined


def recover_detail(rgb: Rgb, mask: Mask, engine: Engine) -> Alpha:
    """Turn a coarse mask into alpha at the picture's own resolution.

    Args:
        rgb: the picture, (H, W, 3).
        mask: (h, w) in [0, 1], of any size and shape; stretched over the picture.
        engine: a loaded detail network: (N, 4, 96, 96), colours in [0, 1] and coarse alpha, to alpha
            (N, 1, 96, 96).

    Returns:
        (H, W) in [0, 1].
    """
    sizes = level_sizes(rgb.shape[:2], mask.shape)
    levels = [rgb]
    for size in reversed(sizes[:-1]):
        # At one half, linear interpolation is the mean of 2 x 2 pixels, and several times faster than INTER_AREA.
        levels.append(cv2.resize(levels[-1], size[::-1], interpolation=cv2.INTER_LINEAR))
    alpha = mask
    for level in reversed(levels):
        alpha = refine_level(level, cv2.resize(alpha, level.shape[1::-1], interpolation=cv2.INTER_LINEAR), engine)
    return alpha
