"""Where the subject is, and how a cut-out is cropped, resized and placed. Sizes are (height, width)."""

from __future__ import annotations

import re
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.types import Alpha, Rgb

__all__ = ["margins", "place", "resize_straight", "subject_box", "window"]

_Pixels = TypeVar("_Pixels", bound=NDArray[Any])

# Below this opacity a plain colour is as good an answer as a division by almost nothing.
_FAINT = 1e-4


def subject_box(alpha: Alpha, threshold: float = 0.02) -> tuple[int, int, int, int] | None:
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


def place(
    foreground: Rgb,
    alpha: Alpha,
    canvas_size: tuple[int, int],
    *,
    scale: float | None = None,
    position: tuple[float, float] = (0.5, 0.5),
) -> tuple[Rgb, Alpha]:
    """Put the subject on an empty canvas.

    Args:
        foreground: straight colours, (H, W, 3).
        alpha: opacity, (H, W), 0 to 1.
        canvas_size: (height, width) of the canvas.
        scale: share of the canvas, over 0 up to 1, that the subject fills on the side where it comes closest to the
            edge. None keeps the subject's own pixels, shrunk only when they would not fit.
        position: (x, y), each 0 to 1: 0 puts the subject at the left or top edge, 1 at the right or bottom edge.

    Returns:
        Colours (height, width, 3) and opacity (height, width) of the canvas; both zero outside the subject.

    Raises:
        BadParameter: when the scale, the position or the canvas makes no sense.
    """
    if min(canvas_size) < 1:
        raise BadParameter(f"a canvas of {canvas_size[0]} x {canvas_size[1]} pixels is empty")
    if scale is not None and not 0 < scale <= 1:
        raise BadParameter(f"scale {scale} is not a share of the canvas: give a number over 0, up to 1")
    if not all(0 <= share <= 1 for share in position):
        raise BadParameter(f"position {position} is not on the canvas: give x and y from 0 to 1")
    box = subject_box(alpha)
    if box is None:
        return np.zeros((*canvas_size, 3), foreground.dtype), np.zeros(canvas_size, np.float32)
    top, left, bottom, right = box
    fits = min(canvas_size[0] / (bottom - top), canvas_size[1] / (right - left))
    factor = min(1.0, fits) if scale is None else scale * fits
    height, width = max(1, round((bottom - top) * factor)), max(1, round((right - left) * factor))
    colours, opacity = resize_straight(
        foreground[top:bottom, left:right], alpha[top:bottom, left:right], (height, width)
    )
    y, x = round((canvas_size[0] - height) * position[1]), round((canvas_size[1] - width) * position[0])
    return window(colours, -y, -x, *canvas_size), window(opacity, -y, -x, *canvas_size)
