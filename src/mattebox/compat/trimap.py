"""CarveKit's trimaps: bytes in, bytes out, every distance in pixels of the picture whatever its size.

`mattebox.stages.trimap` makes the ones that our own pipeline uses.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.types import Trimap

ByteMask: TypeAlias = NDArray[np.uint8]
"""(H, W), 0 to 255: probability that a pixel is subject."""

# What becomes of a dilated value: full becomes unknown, and of the greys that a soft mask leaves only those from 128 to
# 200 survive, the last of them as subject.
_DILATED = np.arange(256, dtype=np.uint8)
_DILATED[:128], _DILATED[200], _DILATED[201:255], _DILATED[255] = 0, 255, 0, 128


def prob_filter(mask: ByteMask, prob_threshold: int = 231) -> ByteMask:
    """Make a mask binary: 255 above the threshold, otherwise 0; a value that equals it is background."""
    return (mask > prob_threshold).astype(np.uint8) * np.uint8(255)


def low_prob_filter(mask: ByteMask, filter_threshold: int = -1) -> ByteMask:
    """Clear what is not above the threshold and leave the rest; -1 changes nothing."""
    return np.where(mask > filter_threshold, mask, np.uint8(0))


def prob_as_unknown_area(trimap: Trimap, mask: ByteMask, prob_threshold: int = 255) -> Trimap:
    """Declare unknown wherever the mask is above 0 and not above the threshold, whatever the trimap says there."""
    return np.where((mask > 0) & (mask <= prob_threshold), np.uint8(128), trimap)


def post_erosion(trimap: Trimap, erosion_iters: int = 1) -> Trimap:
    """Declare unknown what lies within so many pixels of the subject's inner edge; the picture's border is no edge."""
    subject = np.where(trimap == 128, np.uint8(0), trimap)
    lost = (_eroded(subject, erosion_iters) == 0) & (subject > 0)
    return np.where(lost, np.uint8(128), trimap)


def dilated_trimap(mask: ByteMask, kernel_size: int = 30, erosion_iters: int = 1) -> Trimap:
    """Grow an unknown area around a mask, as CV2TrimapGenerator does.

    Only a binary mask gives a trimap: on a soft one a plateau of 240 gets no unknown area at all, and one of 180 leaves
    the stray value 180.

    Args:
        mask: (H, W) of bytes.
        kernel_size: reach of the unknown area in pixels, in a square and not a disc.
        erosion_iters: pixels that the mask loses before; those that stay keep their value.

    Returns:
        (H, W): 0, 128, 255, and on soft masks any value from 129 to 199.
    """
    kept = np.where(_eroded(mask, erosion_iters) > 0, mask, np.uint8(0))
    side = 2 * kernel_size + 1
    grown = cv2.dilate(kept, np.ones((side, side), np.uint8))
    return np.where(kept > 128, np.uint8(255), _DILATED[grown])


def probability_trimap(
    mask: ByteMask,
    prob_threshold: int = 231,
    kernel_size: int = 30,
    erosion_iters: int = 5,
    filter_threshold: int = -1,
) -> Trimap:
    """Make the trimap of TrimapGenerator: sure pixels, a dilated band around them, and every pixel in doubt unknown.

    Args:
        mask: (H, W) of bytes.
        prob_threshold: a pixel above it is subject; one above 0 but not above it is unknown.
        kernel_size: reach of the unknown area outwards, in pixels.
        erosion_iters: reach of the unknown area inwards, in pixels.
        filter_threshold: a pixel that is not above it is background before anything else.

    Returns:
        (H, W) of 0, 128 and 255.
    """
    mask = low_prob_filter(mask, filter_threshold)
    trimap = dilated_trimap(prob_filter(mask, prob_threshold), kernel_size, erosion_iters=0)
    return post_erosion(prob_as_unknown_area(trimap, mask, prob_threshold), erosion_iters)


def _eroded(mask: ByteMask, pixels: int) -> ByteMask:
    return cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=pixels) if pixels > 0 else mask
