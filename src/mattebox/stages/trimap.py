"""Say where a mask is to be trusted, and where a matting network has to look: background, unknown, subject."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.types import Mask, Trimap

BAND = 30 / 2048
"""Reach of the unknown band outwards, as a share of the picture's longer side: 30 pixels of 2048."""
INSET = 5 / 2048
"""Its reach inwards: 5 pixels of 2048."""
SURE = 231 / 255
"""Probability above which a pixel is subject."""
BLACK, WHITE = 25, 230
"""Greys up to which a drawn trimap means background, and from which on it means subject."""
HAZE = 0.1
"""Probability up to which a pixel is background: networks leave such haze over textures that hold nothing."""


def read_greys(greys: NDArray[np.uint8]) -> tuple[Trimap, bool]:
    """Read a drawn trimap: what is nearly black is background, what is nearly white subject, all between unknown.

    The limits are those of PyMatting: up to a tenth and from nine tenths on. So the traces of lossy files and of smooth
    enlargement do no harm.

    Args:
        greys: (H, W) of any values.

    Returns:
        (H, W) of 0, 128 and 255; and whether there were other values than black, white and one grey.

    Example:
        >>> read_greys(np.array([[3, 127, 255]], np.uint8))
        (array([[  0, 128, 255]], dtype=uint8), True)
    """
    trimap = np.full(greys.shape, 128, np.uint8)
    trimap[greys <= BLACK] = 0
    trimap[greys >= WHITE] = 255
    between = np.unique(greys[(greys != 0) & (greys != 255)])
    return trimap, between.size > 1 or bool(between.size and not BLACK < between[0] < WHITE)


def keep_unknown(trimap: Trimap, boxes: Iterable[tuple[int, int, int, int]]) -> Trimap:
    """Make what is taken for subject in some boxes unknown: there it is glass, veil or smoke.

    Args:
        trimap: (H, W).
        boxes: (top, left, bottom, right) each, in pixels.
    """
    trimap = trimap.copy()
    for top, left, bottom, right in boxes:
        part = trimap[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        part[part == 255] = 128
    return trimap


def make_trimap(
    mask: Mask, *, band: float = BAND, inset: float = INSET, sure: float = SURE, haze: float = HAZE
) -> Trimap:
    """Turn a mask, soft or hard, into a trimap whose band grows with the picture.

    Unknown is what lies around the subject's edge, `band` outwards from where the mask passes one half and `inset`
    inwards from where it is sure, and every pixel in doubt wherever it lies. Distances are those of a disc, so the band
    is as wide at a slant as straight up, and never less than a pixel.

    Args:
        mask: (H, W) in [0, 1].
        band: share of the longer side.
        inset: share of the longer side.
        sure: a pixel above it is subject.
        haze: a pixel not above it is background, unless it lies in the band.

    Returns:
        (H, W) of 0, 128 and 255.

    Example:
        >>> make_trimap(np.array([[0, 0, 0, 1, 1, 1]], np.float32))
        array([[  0,   0, 128, 128, 255, 255]], dtype=uint8)
    """
    outwards, inwards = (max(1.0, share * max(mask.shape)) for share in (band, inset))
    trimap = np.where((mask > haze) | within(mask > 0.5, outwards), np.uint8(128), np.uint8(0))
    trimap[(mask > sure) & ~within(mask <= sure, inwards)] = 255
    return trimap


def within(region: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """Tell which pixels of (H, W) lie at most `reach` pixels from a region; the picture's border is no edge."""
    outside = np.logical_not(region).view(np.uint8)
    return cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach
