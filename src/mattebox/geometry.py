"""Where the subject is, and how a cut-out is cropped, resized and placed. Sizes are (height, width)."""

from __future__ import annotations

import math
import re
from typing import Any, TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.types import Alpha, Rgb

__all__ = ["Box", "fitting", "margins", "placement", "resize_straight", "scaled", "subject_box", "window", "within"]

Box: TypeAlias = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels, bottom and right exclusive."""
_Pixels = TypeVar("_Pixels", bound=NDArray[Any])

# Below this opacity a plain colour is as good an answer as a division by almost nothing.
_FAINT = 1e-4


def subject_box(alpha: Alpha, threshold: float = 0.02) -> Box | None:
    """Find the smallest box that holds every pixel more opaque than `threshold`.

    Args:
        alpha: opacity, (H, W), 0 to 1.
        threshold: opacity up to which a pixel counts as empty; 0.02 is five steps of 8 bits.

    Returns:
        (top, left, bottom, right) in pixels, bottom and right exclusive, or None when nothing is that opaque.

    Example:
        >>> alpha = np.zeros((8, 8), np.float32)
        >>> alpha[2:5, 3:7] = 1
        >>> subject_box(alpha)
        (2, 3, 5, 7)
    """
    left, top, width, height = cv2.boundingRect((alpha > threshold).view(np.uint8))
    return (top, left, top + height, left + width) if width else None


def margins(spec: str | float, box_or_size: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Read margins written as in CSS: one, two or four values in pixels or in per cent of the subject.

    One value is for all sides; two are top and bottom, then left and right; four are top, right, bottom, left.
    A number without a unit is pixels. Per cent is of the subject's height above and below, of its width beside it.

    Args:
        spec: for example `"10"`, `"10px 5%"` or `"0 10% 20px 10%"`.
        box_or_size: the subject, as (top, left, bottom, right) or (height, width).

    Returns:
        (top, right, bottom, left) in whole pixels.

    Raises:
        BadParameter: when the text cannot be read so, or a value is negative.

    Example:
        >>> margins("10px 5%", (400, 200))
        (10, 10, 10, 10)
    """
    height, width = box_or_size if len(box_or_size) == 2 else np.subtract(box_or_size[2:], box_or_size[:2]).tolist()
    values = [re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})(px|%)?", word) for word in str(spec).split()]
    if len(values) not in {1, 2, 4} or None in values:
        raise BadParameter(
            f"margin '{spec}' cannot be read: give one, two or four values such as '10', '10px' or '5%', none negative"
        )
    sides = (values * (4 // len(values)))[:4]
    pixels = [
        float(value[1]) / 100 * extent if value[2] == "%" else float(value[1])
        for value, extent in zip(sides, (height, width, height, width), strict=True)
        if value
    ]
    top, right, bottom, left = (round(value) for value in pixels)
    return top, right, bottom, left


def window(array: _Pixels, top: int, left: int, height: int, width: int, *, fill: Any = 0) -> _Pixels:
    """Cut a window that may reach outside the picture; what lies outside is `fill`.

    Args:
        array: (H, W) or (H, W, C).
        top: first row of the window, may be negative.
        left: first column of the window, may be negative.
        height: rows of the window, at least 1.
        width: columns of the window, at least 1.
        fill: a number, or one value per channel.

    Returns:
        A new array (height, width) or (height, width, C) of the same type.

    Example:
        >>> window(np.ones((2, 2), np.uint8), -1, 0, 3, 2)
        array([[0, 0],
               [1, 1],
               [1, 1]], dtype=uint8)
    """
    if height < 1 or width < 1:
        raise BadParameter(f"a window of {height} x {width} pixels is empty")
    cut = np.full((height, width, *array.shape[2:]), fill, array.dtype)
    rows = slice(max(top, 0), max(min(top + height, array.shape[0]), 0))
    columns = slice(max(left, 0), max(min(left + width, array.shape[1]), 0))
    inside = array[rows, columns]
    cut[rows.start - top :, columns.start - left :][: inside.shape[0], : inside.shape[1]] = inside
    return cast("_Pixels", cut)


def resize_straight(foreground: Rgb, alpha: Alpha, size: tuple[int, int]) -> tuple[Rgb, Alpha]:
    """Resize a layer of straight colours without a fringe: what is transparent lends no colour to the edge.

    The colours are weighted with their opacity, both are resized, and the weight is divided out again. Shrinking
    averages areas and growing is linear: the weights stay positive, so no colour appears that was not there.

    Args:
        foreground: straight colours, (H, W, 3), 8 or 16 bits.
        alpha: opacity, (H, W), 0 to 1.
        size: (height, width) wanted.

    Returns:
        The colours and the opacity at that size. Where nothing is opaque, the colours are simply resized.
    """
    if foreground.shape[:2] == tuple(size):
        return foreground, alpha
    opacity = np.clip(resized(alpha, size), 0, 1)
    weighted = resized(cv2.multiply(foreground, cv2.merge((alpha, alpha, alpha)), dtype=cv2.CV_32F), size)
    straight = np.rint(weighted / np.maximum(opacity, _FAINT)[..., None])
    np.clip(straight, 0, np.iinfo(foreground.dtype).max, out=straight)
    plain = resized(foreground, size)
    return np.where((opacity > _FAINT)[..., None], straight.astype(foreground.dtype), plain), opacity


def resized(array: _Pixels, size: tuple[int, int], *, growing: int = cv2.INTER_LINEAR) -> _Pixels:
    """Resize: sides that shrink by averaging areas, sides that grow with the `growing` interpolation of OpenCV.

    Args:
        array: (H, W) or (H, W, C).
        size: (height, width) wanted.
        growing: interpolation flag for growing.
    """
    height, width = (min(wanted, there) for wanted, there in zip(size, array.shape[:2], strict=True))
    shrunk = cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)
    return cast("_Pixels", cv2.resize(shrunk, size[::-1], interpolation=growing))


def fitting(size: tuple[int, int], megapixels: float) -> tuple[int, int]:
    """The size in the same proportions that has no more than so many megapixels; never a larger one.

    Example:
        >>> fitting((3000, 4000), 0.75), fitting((300, 400), 0.75)
        ((750, 1000), (300, 400))
    """
    height, width = size
    most = max(1, int(megapixels * 1e6))
    if height * width <= most:
        return size
    share = math.sqrt(most / (height * width))
    shorter = max(1, int(min(size) * share))
    longer = min(int(max(size) * share + 1e-6), most // shorter)
    return (shorter, longer) if height < width else (longer, shorter)


def scaled(box: Box, size: tuple[int, int], other: tuple[int, int]) -> Box:
    """A box in another size of its picture, rounded outwards: never empty, and inside when it was.

    Args:
        box: in pixels of the picture.
        size: (height, width) of the picture.
        other: (height, width) that it has now.

    Example:
        >>> scaled((10, 0, 21, 300), (200, 300), (100, 150))
        (5, 0, 11, 150)
    """
    top, left, bottom, right = box
    (height, width), (down, across) = size, other
    return top * down // height, left * across // width, -(-bottom * down // height), -(-right * across // width)


def within(box: Box, frame: Box) -> Box:
    """A box as it is seen in a frame, in pixels of the frame; what lies outside is cut off.

    Example:
        >>> within((2, 3, 9, 7), (1, 5, 6, 20)), within((2, 3, 9, 7), (-10, -10, 20, 20))
        ((1, 0, 5, 2), (12, 13, 19, 17))
    """
    start, end = frame[:2] * 2, frame[2:] * 2
    top, left, bottom, right = np.subtract(np.clip(box, start, end), start).tolist()
    return top, left, bottom, right


def placement(
    size: tuple[int, int],
    canvas: tuple[int, int],
    *,
    scale: float | None = None,
    position: tuple[float, float] = (0.5, 0.5),
) -> Box:
    """Where a subject lies once it is put on a canvas.

    Args:
        size: (height, width) of the subject.
        canvas: (height, width) of the canvas.
        scale: share of the canvas, over 0 up to 1, that the subject fills on the side where it comes closest to the
            edge. None keeps the subject's own pixels, shrunk only when they would not fit.
        position: (x, y), each 0 to 1: 0 puts the subject at the left or top edge, 1 at the right or bottom edge.

    Raises:
        BadParameter: when the scale, the position or the canvas makes no sense.

    Example:
        >>> placement((40, 10), (100, 100), scale=0.8, position=(0, 1))
        (20, 0, 100, 20)
    """
    if min(canvas) < 1:
        raise BadParameter(f"a canvas of {canvas[0]} x {canvas[1]} pixels is empty")
    if scale is not None and not 0 < scale <= 1:
        raise BadParameter(f"scale {scale} is not a share of the canvas: give a number over 0, up to 1")
    if not all(0 <= share <= 1 for share in position):
        raise BadParameter(f"position {position} is not on the canvas: give x and y from 0 to 1")
    fits = min(canvas[0] / size[0], canvas[1] / size[1])
    factor = min(1.0, fits) if scale is None else scale * fits
    height, width = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    top, left = round((canvas[0] - height) * position[1]), round((canvas[1] - width) * position[0])
    return top, left, top + height, left + width
