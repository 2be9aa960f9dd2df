"""What CarveKit's segmentation networks are shown, and how their answers become masks.

The sizes that networks are given ignore the picture's proportions, except DeepLabV3's. Answers come back to the size of
the picture by Pillow, after they have been cut off to bytes.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mattebox.engines.base import Tensor
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN, normalised, planes

Size: TypeAlias = tuple[int, int]
"""(width, height)."""

Plane: TypeAlias = NDArray[np.float32]
"""(h, w): the answer of a network for one picture."""


def planes_first(pixels: NDArray[np.floating]) -> Tensor:
    """Turn (h, w, C) of any float type into (1, C, h, w) single precision."""
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)


def prepare_u2net(image: Image.Image, size: Size) -> Tensor:
    """Prepare a picture for U2NET or BASNET: divided by its own largest value, so that a dark picture is lit up.

    Args:
        image: mode RGB.
        size: (width, height) that it is stretched to.

    Returns:
        (1, 3, h, w).
    """
    pixels = np.asarray(image.resize(size, Image.Resampling.BICUBIC), np.float64)
    return planes_first((pixels / (pixels.max() or 1) - IMAGENET_MEAN) / IMAGENET_DEVIATION)


def prepare_isnet(image: Image.Image, size: Size) -> Tensor:
    """Prepare a picture for ISNet: values from -0.5 to 0.5; the arguments and the result are as for `prepare_u2net`."""
    return planes_first(np.asarray(image.resize(size, Image.Resampling.BICUBIC)) / 255 - 0.5)


def prepare_tracer(image: Image.Image, size: Size, *, antialias: bool = False) -> Tensor:
    """Prepare a picture for TracerUniversalB7, shrunk by reading single pixels, so that fine texture flickers.

    Args:
        image: mode RGB.
        size: (width, height) that it is stretched to; the original's own list is (height, width).
        antialias: resize as torchvision does from 0.17 on; the original pins a version that does not.

    Returns:
        (1, 3, h, w).
    """
    pixels = np.asarray(image, np.float32) / 255
    if antialias:
        colours = (
            Image.fromarray(colour).resize(size, Image.Resampling.BILINEAR) for colour in pixels.transpose(2, 0, 1)
        )
        pixels = np.dstack([np.asarray(colour) for colour in colours])
    else:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
    return normalised(planes_first(pixels))


def prepare_deeplab(image: Image.Image, size: Size) -> Tensor:
    """Prepare a picture for DeepLabV3: shrunk to fit into (width, height), never enlarged, with its proportions."""
    small = image.copy()
    small.thumbnail(size, Image.Resampling.BICUBIC)
    return normalised(planes(np.asarray(small)))


def finish_u2net(answer: Plane, size: Size) -> Image.Image:
    """Make a mask of what U2NET, BASNET or ISNet say: stretched from 0 to 255, so that even noise holds an object.

    Args:
        answer: (h, w); one of a single value gives an empty mask.
        size: (width, height) of the picture.

    Returns:
        Mode L.
    """
    low, high = answer.min(), answer.max()
    stretched = (answer - low) / (high - low) if high > low else np.zeros_like(answer)
    return as_mask(stretched, size, Image.Resampling.BICUBIC)


def finish_tracer(answer: Plane, size: Size) -> Image.Image:
    """Make a mask of TRACER's probabilities (h, w) in [0, 1], for a picture of (width, height)."""
    return as_mask(answer, size, Image.Resampling.BILINEAR)


def finish_deeplab(answer: Tensor, size: Size) -> Image.Image:
    """Make a mask of DeepLabV3's classes: class k has the value (256 - k) modulo 256, as 255 k overflows a byte.

    So the subject is a little transparent (a person 241), and the kinds of object differ in it.

    Args:
        answer: (C, h, w), a score for each class.
        size: (width, height) of the picture.

    Returns:
        Mode L.
    """
    classes = answer.argmax(0).astype(np.uint8)
    return Image.fromarray(classes * np.uint8(255)).resize(size, Image.Resampling.BICUBIC)


def as_mask(share: Plane, size: Size, how: Image.Resampling) -> Image.Image:
    """Cut off (h, w) in [0, 1] to bytes, not rounding, and resize that to (width, height)."""
    return Image.fromarray((share * np.float32(255)).astype(np.uint8)).resize(size, how)
