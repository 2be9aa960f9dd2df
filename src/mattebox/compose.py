"""Putting a cut-out together again: backgrounds, the over operator, sheets.

Colours are straight (not premultiplied) `uint8` RGB, alpha is `float32` from 0 to 1, sizes are (height, width).
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from mattebox.errors import BadParameter, unknown_name
from mattebox.geometry import resize_straight, resized, window
from mattebox.types import Alpha, Rgb

__all__ = [
    "before_after",
    "blurred_background",
    "checkerboard",
    "colour_or_none",
    "fit_picture",
    "gradient",
    "levels",
    "merge",
    "over",
    "parse_colour",
    "solid",
    "with_alpha",
]

Depth = TypeVar("Depth", NDArray[np.uint8], NDArray[np.uint16])

DEVIATION = 4.0
"""Wide blurs are done on a copy shrunk until their deviation is this many pixels: a Gaussian that is this wide loses
nothing visible to the shrinking, and the time no longer depends on the radius."""

# Rows that `over` mixes at once: its float copies then stay in the processor's cache.
_STRIP = 64


def parse_colour(colour: str | Sequence[int]) -> tuple[int, int, int]:
    """Read a colour: hex digits with or without `#`, a CSS name, `rgb(...)`, `hsl(...)`, or three numbers.

    Raises:
        BadParameter: when it cannot be read, or is not opaque.

    Example:
        >>> parse_colour("fff"), parse_colour("tomato"), parse_colour((0, 128, 255))
        ((255, 255, 255), (255, 99, 71), (0, 128, 255))
    """
    try:
        if isinstance(colour, str):
            text = colour.strip()
            values: Sequence[int] = ImageColor.getrgb("#" + text if re.fullmatch("[0-9a-fA-F]+", text) else text)
        else:
            values = [operator.index(value) for value in colour]
    except (ValueError, TypeError):
        values = ()
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise BadParameter(
            f"colour {colour!r} cannot be read: give '#fff', '#ffffff', a CSS name such as 'white', "
            "'rgb(255, 255, 255)', or three whole numbers from 0 to 255"
        )
    red, green, blue = values
    return red, green, blue


def colour_or_none(background: object) -> tuple[int, int, int] | None:
    """The colour that was meant, or None when a picture was."""
    if isinstance(background, tuple | list):
        return parse_colour(background)
    if not isinstance(background, str):
        return None
    try:
        return parse_colour(background)
    except BadParameter:
        if Path(background).suffix:
            return None
        raise


def solid(size: tuple[int, int], colour: str | Sequence[int]) -> Rgb:
    """Make a picture of one colour, (height, width, 3)."""
    return np.full((*size, 3), parse_colour(colour), np.uint8)


def gradient(size: tuple[int, int], start: str | Sequence[int], end: str | Sequence[int], angle: float = 90.0) -> Rgb:
    """Make a linear gradient from `start` to `end`, as `linear-gradient` of CSS draws it.

    Args:
        size: (height, width).
        start: colour at the corner or edge that the angle points away from.
        end: colour at the corner or edge that it points to.
        angle: direction in degrees: 0 is upwards, 90 to the right, clockwise.
    """
    height, width = size
    right, up = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    length = width * abs(right) + height * abs(up)
    across = (np.arange(width) + 0.5 - width / 2) * right / length + 0.5
    down = (height / 2 - np.arange(height) - 0.5) * up / length
    share = across.astype(np.float32) + down.astype(np.float32)[:, None]
    first, last = parse_colour(start), parse_colour(end)
    channels = [np.rint(a + share * (b - a)).astype(np.uint8) for a, b in zip(first, last, strict=True)]
    return np.stack(channels, axis=2)


def fit_picture(
    rgb: Rgb,
    size: tuple[int, int],
    mode: Literal["cover", "contain", "tile"] = "cover",
    fill: str | Sequence[int] = (255, 255, 255),
) -> Rgb:
    """Bring a background picture to a size without changing its proportions.

    Args:
        rgb: (H, W, 3).
        size: (height, width) wanted.
        mode: `cover` fills the size and cuts what stands over, centred; `contain` shows the whole picture, centred on
            `fill`; `tile` repeats it at its own size from the top left.
        fill: colour beside a contained picture.

    Raises:
        BadParameter: when the mode is not one of the three.
    """
    height, width = size
    ratios = height / rgb.shape[0], width / rgb.shape[1]
    if mode == "tile":
        rgb = rgb[:height, :width]  # what stands over is not repeated
        ratios = height / rgb.shape[0], width / rgb.shape[1]
        return np.tile(rgb, (math.ceil(ratios[0]), math.ceil(ratios[1]), 1))[:height, :width].copy()
    if mode == "cover":
        rows, columns = (max(1, round(side / max(ratios))) for side in size)
        top, left = (rgb.shape[0] - rows) // 2, (rgb.shape[1] - columns) // 2
        return resized(rgb[top : top + rows, left : left + columns], size, growing=cv2.INTER_CUBIC)
    if mode == "contain":
        rows, columns = (max(1, round(side * min(ratios))) for side in rgb.shape[:2])
        whole = resized(rgb, (rows, columns), growing=cv2.INTER_CUBIC)
        return window(whole, (rows - height) // 2, (columns - width) // 2, height, width, fill=parse_colour(fill))
    raise BadParameter(unknown_name("fit mode", mode, ["cover", "contain", "tile"]))


def blurred_background(rgb: Rgb, alpha: Alpha, radius: float) -> Rgb:
    """Blur the picture's own background so that the subject does not bleed into it.

    A normalised convolution: the background's colours and their weights are blurred alike and divided. Far inside the
    subject, where no background is in reach, the colour comes from ever wider blurs.
    (Knutsson and Westin, Normalized and differential convolution, CVPR 1993.)

    Args:
        rgb: the picture, (H, W, 3).
        alpha: opacity of its subject, (H, W), 0 to 1.
        radius: standard deviation of the blur in pixels, as in CSS; 0 only fills the place of the subject.

    Raises:
        BadParameter: when the radius is negative.
    """
    if radius < 0:
        raise BadParameter(f"blur radius {radius} is negative")
    # A half covered pixel shows half the subject's colour, so its weight falls much faster than 1 - alpha.
    weight = (1 - alpha) ** 2
    weight *= weight
    weight *= weight
    if weight.max() < 0.01:
        weight = np.ones_like(alpha)
    factor = max(1.0, radius / DEVIATION)
    size = shrunk(alpha.shape, factor)
    background = resized(over(rgb, weight, np.zeros_like(rgb)), size).astype(np.float32)
    smooth = _normalised_blur(background, resized(weight, size), max(radius, 0.01) / factor)
    return resized(np.rint(smooth).astype(np.uint8), (alpha.shape[0], alpha.shape[1]), growing=cv2.INTER_CUBIC)


def _normalised_blur(weighted: NDArray[np.float32], weight: Alpha, deviation: float) -> NDArray[np.float32]:
    total = blurred(weight, deviation)
    near = blurred(weighted, deviation)
    near /= np.maximum(total, 1e-6)[..., None]
    trust = np.clip(total / 0.1, 0, 1)
    if trust.min() == 1 or max(weight.shape) == 1:
        return near
    size = shrunk(weight.shape, 2)
    far = _normalised_blur(resized(weighted, size), resized(weight, size), max(deviation, 1.0))
    far = resized(far, (weight.shape[0], weight.shape[1]))
    near -= far
    near *= trust[..., None]
    near += far
    return near


def blurred(array: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """Blur (H, W) or (H, W, C) by a Gaussian; beyond the edge the picture is taken to go on as it ends."""
    soft = cv2.GaussianBlur(array, (0, 0), deviation, borderType=cv2.BORDER_REPLICATE)
    return cast("NDArray[np.float32]", soft)


def shrunk(shape: tuple[int, ...], factor: float) -> tuple[int, int]:
    """Height and width of an array of some shape once it is shrunk by a factor; never less than a pixel."""
    return max(1, round(shape[0] / factor)), max(1, round(shape[1] / factor))


def over(foreground: Rgb, alpha: Alpha, background: Rgb) -> Rgb:
    """Lay straight colours over a background: `alpha * foreground + (1 - alpha) * background`, rounded.

    Where alpha is 1 the result is exactly the foreground, where it is 0 exactly the background.
    (Porter and Duff, Compositing Digital Images, SIGGRAPH 1984.)

    Args:
        foreground: (H, W, 3), 8 or 16 bits; the result has the same type.
        alpha: opacity, (H, W), 0 to 1.
        background: of the same shape and type.

    Raises:
        BadParameter: when the shapes or types differ.

    Example:
        >>> red, blue = solid((1, 3), "red"), solid((1, 3), "blue")
        >>> over(red, np.array([[0, 0.5, 1]], np.float32), blue).tolist()
        [[[0, 0, 255], [128, 0, 128], [255, 0, 0]]]
    """
    if not foreground.shape == (*alpha.shape, 3) == background.shape or foreground.dtype != background.dtype:
        raise BadParameter(
            f"layers do not match: foreground {foreground.shape} {foreground.dtype}, alpha {alpha.shape}, "
            f"background {background.shape} {background.dtype}"
        )
    mixed = np.empty_like(foreground)
    for first in range(0, alpha.shape[0], _STRIP):
        rows = slice(first, first + _STRIP)
        below = background[rows].astype(np.float32)
        strip = foreground[rows] - below
        strip *= alpha[rows, :, None]
        strip += below
        mixed[rows] = np.rint(strip, out=strip)
    return mixed


def merge(foreground: Rgb, alpha: Alpha, below: Rgb, coverage: Alpha) -> tuple[Rgb, Alpha]:
    """Merge a layer and one below it into one layer of straight colours.

    Args:
        foreground: straight colours, (H, W, 3).
        alpha: opacity, (H, W), 0 to 1.
        below: straight colours of the layer below, of the same shape and type.
        coverage: opacity of the layer below, (H, W), 0 to 1.

    Returns:
        Colours and opacity of the merged layer. Where the layer below covers nothing, both are those of the layer.
    """
    merged = alpha + coverage * (1 - alpha)
    share = np.divide(alpha, merged, out=np.ones_like(alpha), where=merged > 0)
    return over(foreground, share, below), merged


def levels(alpha: Alpha) -> NDArray[np.uint8]:
    """Opacity as whole numbers from 0 to 255."""
    return cv2.convertScaleAbs(alpha, alpha=255)


def with_alpha(colours: Depth, alpha: Depth) -> Depth:
    """Join colours (H, W, 3) and opacity (H, W) of the same depth; colours that cannot be seen become 0."""
    joined = cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA)
    cv2.insertChannel(alpha, joined, 3)
    visible = alpha if alpha.dtype == np.uint8 else cv2.inRange(alpha, 1, 65535)
    return cv2.copyTo(joined, visible)


def checkerboard(size: tuple[int, int], square: int = 16) -> Rgb:
    """Make the white and grey board that stands for transparency, with squares of `square` pixels."""
    tile = np.kron([[255, 204], [204, 255]], np.ones((square, square))).astype(np.uint8)
    return fit_picture(np.dstack((tile, tile, tile)), size, "tile")


def before_after(before: Rgb, foreground: Rgb, alpha: Alpha, *, longest: int = 1600, gap: int = 8) -> Rgb:
    """Show a picture and its cut-out side by side, equally high, the cut-out over a checkerboard.

    Args:
        before: the picture, (H, W, 3).
        foreground: straight colours of the cut-out, of any size.
        alpha: opacity of the cut-out.
        longest: bound of the sheet's longer side in pixels; nothing is enlarged beyond the higher of the two.
        gap: white pixels between them.
    """
    aspects = [shape[1] / shape[0] for shape in (before.shape, alpha.shape)]
    height = min(max(before.shape[0], alpha.shape[0]), longest, int((longest - gap) / sum(aspects)))
    height = max(1, height)
    sizes = [(height, max(1, int(height * aspect))) for aspect in aspects]
    left = resized(before, sizes[0], growing=cv2.INTER_CUBIC)
    colours, opacity = resize_straight(foreground, alpha, sizes[1])
    right = over(colours, opacity, checkerboard(sizes[1], max(4, height // 40)))
    return np.hstack((left, solid((height, gap), "white"), right))
