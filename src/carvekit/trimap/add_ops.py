"""The operations that trimaps are made with; what each does to a pixel is told in `mattebox.compat.trimap`."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mattebox.compat import trimap as operations
from mattebox.errors import BadParameter

__all__ = ["low_prob_filter", "post_erosion", "prob_as_unknown_area", "prob_filter"]


def grey_levels(image: Image.Image, what: str) -> operations.ByteMask:
    """The pixels (H, W) of a picture of mode L.

    Raises:
        BadParameter: it is of another mode.
    """
    if image.mode != "L":
        raise BadParameter(f"the {what} is of mode {image.mode}; convert it to L")
    return np.asarray(image)


def prob_filter(mask: Image.Image, prob_threshold: int = 231) -> Image.Image:
    """Make a mask binary: 255 above the threshold, otherwise 0.

    Raises:
        BadParameter: the mask is not of mode L.
    """
    return Image.fromarray(operations.prob_filter(grey_levels(mask, "mask"), prob_threshold))


def low_prob_filter(mask: Image.Image, filter_threshold: int = -1) -> Image.Image:
    """Clear what is not above the threshold; -1 changes nothing.

    Raises:
        BadParameter: the mask is not of mode L.
    """
    return Image.fromarray(operations.low_prob_filter(grey_levels(mask, "mask"), filter_threshold))


def prob_as_unknown_area(trimap: Image.Image, mask: Image.Image, prob_threshold: int = 255) -> Image.Image:
    """Declare unknown wherever the mask is above 0 and not above the threshold.

    Raises:
        BadParameter: one of the two is not of mode L.
    """
    levels = grey_levels(trimap, "trimap"), grey_levels(mask, "mask")
    return Image.fromarray(operations.prob_as_unknown_area(*levels, prob_threshold))


def post_erosion(trimap: Image.Image, erosion_iters: int = 1) -> Image.Image:
    """Declare unknown what lies within so many pixels of the subject's edge.

    Raises:
        BadParameter: the trimap is not of mode L.
    """
    return Image.fromarray(operations.post_erosion(grey_levels(trimap, "trimap"), erosion_iters))
