"""What CarveKit's FBAMatting shows its network, and how the answer becomes an alpha."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mattebox.compat.segmentation import Size, planes_first
from mattebox.engines.base import Tensor
from mattebox.stages.fba import nearness
from mattebox.stages.tensors import normalised

FAINT = 0.3
"""Opacity below which a pixel becomes transparent, and fine hair with it."""


def working_copy(image: Image.Image, size: Size, batch: int) -> Image.Image:
    """Resize a picture or trimap to fit (width, height) if it is alone; in a batch it is stretched to exactly that."""
    if batch > 1:
        return image.resize(size, Image.Resampling.BICUBIC)
    copy = image.copy()
    copy.thumbnail(size, Image.Resampling.BICUBIC)
    return copy


def prepare_picture(image: Image.Image) -> tuple[Tensor, Tensor]:
    """Prepare a picture of mode RGB, of which the network sees blue as red and red as blue.

    Returns:
        (1, 3, h, w) in [0, 1], a little more and less where it was enlarged, and the same normalised with the values of
        red for blue and of blue for red; h and w are multiples of 8.
    """
    colours = planes_first(enlarged(np.asarray(image)[..., ::-1] / 255))
    return colours, normalised(colours)


def prepare_trimap(trimap: Image.Image) -> tuple[Tensor, Tensor]:
    """Prepare a trimap of mode L; what resizing has made of its edges, neither 0 nor 255, is unknown.

    Returns:
        Known background and known subject, (1, 2, h, w), which swing a tenth beyond 0 and 1 at their edges where they
        were enlarged; and how near they are, (1, 6, h, w), where that swing has been wrapped into bytes.
    """
    values = np.asarray(trimap)
    known = enlarged(np.dstack([values == 0, values == 255]).astype(np.float64))
    # By way of integers: what a negative number becomes as a byte is not the same on every processor.
    away = ((1 - known) * 255).astype(np.int64).astype(np.uint8)
    near = [nearness(np.ascontiguousarray(away[..., channel])) for channel in (0, 1)]
    return planes_first(known), np.concatenate(near)[None]


def enlarged(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stretch (h, w, C) to the next multiples of 8, by Lanczos interpolation."""
    height, width = (side + -side % 8 for side in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LANCZOS4)


def finish(answer: Tensor, trimap: Image.Image, *, keep_faint: bool = False) -> Image.Image:
    """Make an alpha of mode L, of the size of the trimap.

    The network's colours are thrown away, known subject may come out transparent, and what is faint becomes 0.

    Args:
        answer: (7, h, w), opacity first, in [0, 1].
        trimap: mode L, as the user gave it.
        keep_faint: leave what is below 0.3.
    """
    alpha = cv2.resize(answer[0], trimap.size, interpolation=cv2.INTER_LINEAR)
    alpha[np.asarray(trimap) == 0] = 0
    if not keep_faint:
        alpha[alpha < FAINT] = 0
    return Image.fromarray((np.clip(alpha, 0, 1) * np.float32(255)).astype(np.uint8))
