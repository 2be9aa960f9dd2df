"""Say where a mask is to be trusted, and where a matting network has to look: background, unknown, subject."""

from __future__ import annotations

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
HAZE = 0.1
"""Probability up to which a pixel is background: networks leave such haze over textures that hold nothing."""


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
