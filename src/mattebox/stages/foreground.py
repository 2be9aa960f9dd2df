"""Colours of the subject with the background's colour taken out: F in I = alpha F + (1 - alpha) B.

Three estimators. The multi-level one (Germer et al. 2020) prefers colours that change little where alpha changes; it is
solved whole on a coarse copy of the picture. The blur fusion one (Forte 2021) averages the colours around each pixel.
Both then move the smooth estimates towards those that compose to exactly the colour that was photographed. The
closed-form one (Levin et al. 2008) solves the equations that the multi-level one approximates, at the picture's own
size. All touch only the surroundings of see-through pixels, so the cost follows the length of the outline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, MissingExtra, unknown_name
from mattebox.types import Alpha, Rgb

__all__ = [
    "FOREGROUND_METHODS",
    "estimate_background",
    "estimate_foreground",
    "estimate_foreground_blur_fusion",
    "estimate_foreground_closed_form",
    "estimate_foreground_multilevel",
]

Colours: TypeAlias = NDArray[np.float32]
"""(H, W, 3), 0 to 255."""

Planes: TypeAlias = NDArray[np.float32]
"""(N, H, W); F and B together are six: red, green and blue of F, then of B."""

CLEAR, SOLID = 1 / 512, 1 - 1 / 512
"""An alpha below or above these is written as 0 or 255."""

CELL = 8
"""Colours are spread at least this many pixels into the transparent surroundings."""

PURITY = 8
"""Power of the weights in the mean colours that the coarsest scale starts from: mixed pixels hardly count."""

COARSE_PASSES = 5
"""Coarser scales get this many times the passes of the finest one: they are cheap and set the tone."""


def estimate_foreground(rgb: Rgb, alpha: Alpha, method: str = "multilevel") -> Rgb:
    """Take the background's colour out of the see-through pixels of a picture.

    Where alpha is 1 the colours stay what they are. Where alpha is 0 they are invisible: within a few pixels of the
    outline they continue the subject's colours, so that later resizing finds no fringe; further away they stay as well.

    Args:
        rgb: the picture.
        alpha: its opacity, of the same height and width.
        method: ``multilevel``, ``blur-fusion``, ``closed-form`` (slow; needs scipy) or ``none`` (the picture's own
            colours).

    Returns:
        Straight (not premultiplied) colours, a new array of the shape of ``rgb``.

    Raises:
        BadParameter: if the method is not known or the shapes or number types do not fit.
        MissingExtra: ``closed-form`` is asked for and scipy is not installed.

    Example:
        >>> half = np.full((8, 8), 0.5, np.float32)
        >>> half[:, :3], half[:, 5:] = 1, 0
        >>> grey = np.rint(200 * half + 100 * (1 - half))
        >>> picture = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
        >>> int(picture[4, 4, 0]), int(estimate_foreground(picture, half)[4, 4, 0])
        (150, 200)
    """
    if method not in FOREGROUND_METHODS:
        raise BadParameter(unknown_name("foreground method", method, FOREGROUND_METHODS))
    return FOREGROUND_METHODS[method](rgb, alpha)


def estimate_background(rgb: Rgb, alpha: Alpha) -> Rgb:
    """Paint the picture without its subject: a smooth fill from the surroundings wherever alpha is above 0.

    The arguments, the result and the errors are those of `estimate_foreground`.
    """
    return estimate_foreground_multilevel(rgb, 1 - alpha, spread=True)


def estimate_foreground_multilevel(
    rgb: Rgb,
    alpha: Alpha,
    *,
    regularisation: float = 1e-5,
    gradient_weight: float = 1.0,
    iterations: int = 2,
    solve_pixels: int = 1 << 17,
    spread: bool = False,
) -> Rgb:
    """Estimate foreground colours on all scales of a picture, coarse to fine.

    Germer, Uelwer, Conrad and Harmeling, "Fast Multi-Level Foreground Estimation", ICPR 2020. Of F and B it minimises
    (alpha F + (1 - alpha) B - I)^2 + sum over the neighbours n of w_n ((F - F_n)^2 + (B - B_n)^2), where
    w_n = regularisation + gradient_weight |alpha - alpha_n|.

    Args:
        rgb: the picture.
        alpha: its opacity, of the same height and width.
        regularisation: pull towards the neighbours' colours everywhere.
        gradient_weight: pull towards the neighbours' colours where alpha changes.
        iterations: passes on the finest scale that is solved; coarser ones get five times as many.
        solve_pixels: the finest scale that is solved whole has at most this many pixels.
        spread: continue the subject's colours over everything transparent, not only near the outline.

    Returns:
        Straight colours, as in `estimate_foreground`.

    Raises:
        BadParameter: if the shapes do not fit, the regularisation is not above 0, or nothing may be solved.
    """
    _check(rgb, alpha)
    if regularisation <= 0 or solve_pixels < 1:
        raise BadParameter(
            f"regularisation must be above 0 and solve_pixels 1 or more, not {regularisation}, {solve_pixels}"
        )
    foreground = rgb.copy()
    rectangles = _rectangles(alpha, tile=32, transparent=spread)
    if not rectangles:
        return foreground
    top, left = (min(span[axis].start for span in rectangles) for axis in (0, 1))
    bottom, right = (max(span[axis].stop for span in rectangles) for axis in (0, 1))
    step = 1
    while -((top - bottom) // step) * -((left - right) // step) > solve_pixels:
        step *= 2
    sample = (slice(top, bottom, step), slice(left, right, step))
    coarse = _solve(rgb[sample], alpha[sample], regularisation, gradient_weight, iterations)
    smooth_f, smooth_b = (np.ascontiguousarray(planes.transpose(1, 2, 0)) for planes in (coarse[:3], coarse[3:]))
    for rows, columns in rectangles:
        opacity = alpha[rows, columns]
        start = ((rows.start - top) / step, (columns.start - left) / step)
        fused = _fuse(
            rgb[rows, columns].astype(np.float32),
            _three(opacity),
            _enlarge(smooth_f, opacity.shape, step, start),
            _enlarge(smooth_b, opacity.shape, step, start),
            _three(opacity / (opacity**2 + (1 - opacity) ** 2)),
        )
        foreground[rows, columns] = _to_bytes(fused)
    return foreground


def estimate_foreground_blur_fusion(
    rgb: Rgb, alpha: Alpha, *, radii: tuple[float, float] = (90, 6), side: int | None = None
) -> Rgb:
    """Estimate foreground colours as the average of the subject around each pixel, first widely, then narrowly.

    Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021, with the two passes of its published code.

    Args:
        rgb: the picture.
        alpha: its opacity, of the same height and width.
        radii: widths of the averaging windows, in pixels.
        side: longer side of the picture for which the radii are meant; they grow and shrink with the picture. Without
            it they are taken as they are.

    Returns:
        Straight colours, as in `estimate_foreground`.

    Raises:
        BadParameter: if the shapes do not fit.
    """
    _check(rgb, alpha)
    scale = max(alpha.shape) / side if side else 1.0
    windows = [max(1, round(radius * scale)) for radius in radii]
    reach = sum(windows) // 2 + 1
    foreground = rgb.copy()
    for rows, columns in _rectangles(alpha, tile=256):
        check_cancelled()
        around = (
            slice(max(0, rows.start - reach), rows.stop + reach),
            slice(max(0, columns.start - reach), columns.stop + reach),
        )
        inside = tuple(slice(s.start - a.start, s.stop - a.start) for s, a in zip((rows, columns), around, strict=True))
        foreground[rows, columns] = _to_bytes(
            _blur_fusion(rgb[around].astype(np.float32), alpha[around], windows)[inside]
        )
    return foreground


def estimate_foreground_closed_form(rgb: Rgb, alpha: Alpha, *, regularisation: float = 1e-5) -> Rgb:
    """Estimate foreground colours at the picture's own size by solving for the smoothest F and B that compose to it.

    Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008, section 5.

    Args:
        rgb: the picture.
        alpha: its opacity, of the same height and width.
        regularisation: pull towards the neighbours' colours where alpha does not change.

    Returns:
        Straight colours, as in `estimate_foreground`.

    Raises:
        BadParameter: if the shapes do not fit or the regularisation is not above 0.
        MissingExtra: scipy is not installed.
        EngineFailed: the equations could not be solved.
    """
    _check(rgb, alpha)
    if regularisation <= 0:
        raise BadParameter(f"regularisation must be above 0, not {regularisation}")
    foreground = rgb.copy()
    see_through = cv2.inRange(alpha, CLEAR, SOLID)
    if not see_through.any():
        return foreground
    try:
        from mattebox.solvers.foreground import foreground_colours
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "scipy":
            raise
        raise MissingExtra("solvers", "the foreground method 'closed-form'") from error
    around = cv2.dilate(see_through, np.ones((2 * CELL + 1,) * 2, np.uint8)) > 0
    changed = alpha[around] <= SOLID
    colours = foreground_colours(rgb, alpha, around, regularisation)
    around[around] = changed
    foreground[around] = _to_bytes(colours[changed])
    return foreground


def _unchanged(rgb: Rgb, alpha: Alpha) -> Rgb:
    _check(rgb, alpha)
    return rgb.copy()


FOREGROUND_METHODS: dict[str, Callable[[Rgb, Alpha], Rgb]] = {
    "multilevel": estimate_foreground_multilevel,
    "blur-fusion": estimate_foreground_blur_fusion,
    "closed-form": estimate_foreground_closed_form,
    "none": _unchanged,
}
"""Estimators by the name under which `estimate_foreground` knows them."""


def _check(rgb: Rgb, alpha: Alpha) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.shape[:2] != alpha.shape or not alpha.size:
        raise BadParameter(f"rgb must be (H, W, 3) and alpha (H, W), not {rgb.shape} and {alpha.shape}")
    if rgb.dtype != np.uint8 or alpha.dtype != np.float32:
        raise BadParameter(f"rgb must be uint8 and alpha float32, not {rgb.dtype} and {alpha.dtype}")


def _rectangles(alpha: Alpha, tile: int, *, transparent: bool = False) -> list[tuple[slice, slice]]:
    """Cover the see-through pixels, and on request the transparent ones, with rows of tiles, CELL pixels to spare."""
    height, width = alpha.shape
    padded_height, padded_width = (-(-side // tile) * tile for side in alpha.shape)
    wanted = np.zeros((padded_height, padded_width), np.uint8)
    cv2.inRange(alpha, -np.inf if transparent else CLEAR, SOLID, dst=wanted[:height, :width])
    cells = wanted.reshape(-1, CELL, padded_width).max(1).reshape(-1, padded_width // CELL, CELL).max(2)
    cells = np.asarray(cv2.dilate(cells, np.ones((3, 3), np.uint8)), np.uint8)
    tiles = cells.reshape(padded_height // tile, tile // CELL, padded_width // tile, tile // CELL).max((1, 3)) > 0
    rectangles = []
    for row, line in enumerate(tiles):
        rows = slice(row * tile, min(height, (row + 1) * tile))
        runs = np.flatnonzero(np.diff(line, prepend=False, append=False)).reshape(-1, 2) * tile
        rectangles += [(rows, slice(first, min(width, end))) for first, end in runs.tolist()]
    return rectangles


def _solve(rgb: Rgb, alpha: Alpha, regularisation: float, gradient_weight: float, iterations: int) -> Planes:
    """Solve F and B for a whole picture, from their mean colours down to the picture's own scale."""
    picture = np.ascontiguousarray(rgb.transpose(2, 0, 1), np.float32)
    shares = np.stack([alpha, 1 - alpha]) ** PURITY + np.float32(1e-6)
    means = np.einsum("khw,chw->kc", shares, picture) / shares.sum((1, 2))[:, None]
    colours: Planes = means.reshape(6, 1, 1)
    for level in reversed(range((max(alpha.shape) - 1).bit_length())):
        sample = (slice(None, None, 1 << level), slice(None, None, 1 << level))
        opacity = np.ascontiguousarray(alpha[sample])
        links = _links(opacity, regularisation, gradient_weight)
        colours = np.stack([_enlarge(plane, opacity.shape, 2, (0, 0)) for plane in colours])
        passes = COARSE_PASSES * iterations if level else iterations
        colours = _relax(colours, np.ascontiguousarray(picture[(slice(None), *sample)]), opacity, links, passes)
    return colours


def _enlarge(smooth: NDArray[np.float32], shape: tuple[int, ...], step: int, start: tuple[float, float]) -> Colours:
    """Interpolate part of a picture of which `smooth` holds every `step`-th pixel; `start` is a pixel of `smooth`."""
    matrix = np.array([[1 / step, 0, start[1]], [0, 1 / step, start[0]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(smooth, matrix, (shape[1], shape[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.float32)


def _links(alpha: Alpha, regularisation: float, gradient_weight: float) -> Planes:
    """Weights of the left, right, upper and lower neighbour; 0 where there is none."""
    height, width = alpha.shape
    across, down = np.zeros((height, width + 1), np.float32), np.zeros((height + 1, width), np.float32)
    across[:, 1:-1] = regularisation + gradient_weight * np.abs(np.diff(alpha, axis=1))
    down[1:-1] = regularisation + gradient_weight * np.abs(np.diff(alpha, axis=0))
    return np.stack([across[:, :-1], across[:, 1:], down[:-1], down[1:]])


def _relax(colours: Planes, picture: Planes, alpha: Alpha, links: Planes, iterations: int) -> Planes:
    """Settle F and B on one scale: each pixel's two-by-two system in closed form, even rows first, then odd rows.

    With N_F and N_B the weighted means of the neighbours and W the sum of the weights, the minimum is at
    F = N_F + alpha r / (alpha^2 + (1 - alpha)^2 + W) and B = N_B + (1 - alpha) r / (the same), where
    r = I - alpha N_F - (1 - alpha) N_B.
    """
    total = links.sum(0)
    left, right, upper, lower = links / total
    gain = 1 / (alpha**2 + (1 - alpha) ** 2 + total)
    height = len(alpha)
    framed = np.pad(colours, ((0, 0), (1, 1), (1, 1)))
    for first in (0, 1) * iterations:
        rows, below = slice(first, height, 2), slice(first + 2, None, 2)
        here = slice(first + 1, height + 1, 2)
        near = left[rows] * framed[:, here, :-2]
        near += right[rows] * framed[:, here, 2:]
        near += upper[rows] * framed[:, rows, 1:-1]
        near += lower[rows] * framed[:, below, 1:-1]
        opacity = alpha[rows]
        rest = picture[:, rows] - near[3:] - opacity * (near[:3] - near[3:])
        rest *= gain[rows]
        near[:3] += opacity * rest
        near[3:] += (1 - opacity) * rest
        np.clip(near, 0, 255, out=framed[:, here, 1:-1])
    return framed[:, 1:-1, 1:-1]


def _blur_fusion(picture: Colours, alpha: Alpha, windows: list[int]) -> Colours:
    """Average, then fuse, once for each window width."""
    opacity = _three(alpha)
    foreground = background = picture
    for width in windows:
        subject = _average(foreground, opacity, width)
        background = _average(background, 1 - opacity, width)
        foreground = np.clip(_fuse(picture, opacity, subject, background, opacity), 0, 255)
    return foreground


def _average(colours: Colours, weights: Colours, width: int) -> Colours:
    """Weighted mean over a square window; a trace of equal weights keeps it defined where the window holds none."""
    weights = weights + np.float32(1e-5)
    total, share = (cv2.blur(values, (width, width)) for values in (colours * weights, weights))
    return np.asarray(total / share, np.float32)


def _fuse(picture: Colours, opacity: Colours, foreground: Colours, background: Colours, gain: Colours) -> Colours:
    """Correct F by its share of what F and B leave unexplained of the picture."""
    unexplained = picture - background - opacity * (foreground - background)
    return np.asarray(foreground + gain * unexplained, np.float32)


def _three(plane: Alpha) -> Colours:
    return np.asarray(cv2.merge([plane] * 3), np.float32)


def _to_bytes(colours: Colours) -> Rgb:
    return np.clip(np.rint(colours), 0, 255).astype(np.uint8)
