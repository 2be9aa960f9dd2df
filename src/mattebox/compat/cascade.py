"""CarveKit's refinement with CascadePSP: `mattebox.stages.cascade` with the original's resizing, tiles and rounding."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mattebox.compat.resample import (
    BICUBIC,
    BILINEAR,
    Kernel,
    by_area,
    by_factor,
    scaled_size,
    to_size,
    to_size_by_corners,
)
from mattebox.compat.segmentation import as_mask
from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter
from mattebox.stages.cascade import Cascade, Start, fine_answers, run_padded
from mattebox.stages.tensors import normalised, planes
from mattebox.tiles import Window

RIM = 16
"""Pixels of a tile that are thrown away where it does not end with the picture."""


def working_copy(image: Image.Image, side: int, limit: int, batch: int, *, global_only: bool) -> Image.Image:
    """Resize a picture, or its mask, to what is worked on: with its proportions if it is alone, else to a square.

    Args:
        image: any mode.
        side: longest side that the network sees at once.
        limit: longest side that is worked on; 0 for that of the picture.
        batch: pictures in one run.
        global_only: the picture is not looked at in tiles.

    Raises:
        BadParameter: pictures of any size cannot be stacked for the look at tiles.
    """
    if batch == 1:
        copy = image.copy()
        if limit > 0:
            copy.thumbnail((limit, limit), Image.Resampling.BICUBIC)
        return copy
    if global_only:
        return image.resize((side, side), Image.Resampling.BICUBIC)
    if limit <= 0:
        raise BadParameter(
            f"processing_accelerate_image_size={limit} with batch_size={batch}: pictures of different size cannot be "
            "stacked; give a size above 0, or batch_size=1"
        )
    return image.resize((limit, limit), Image.Resampling.BICUBIC)


def prepare_picture(image: Image.Image) -> Tensor:
    """Normalise a picture of mode RGB: (1, 3, h, w)."""
    return normalised(planes(np.asarray(image)))


def prepare_mask(mask: Image.Image, threshold: int = 127) -> Tensor:
    """Turn a mask of mode L into (1, 1, h, w) from -1 to 1, hard unless the threshold is 0 or no byte."""
    values = np.asarray(mask, np.float32) / np.float32(255)
    if 0 < threshold <= 255:
        values = (np.asarray(mask) > threshold).astype(np.float32)
    return (values[None, None] - np.float32(0.5)) / np.float32(0.5)


def refine(picture: Tensor, mask: Tensor, networks: Cascade, side: int = 900, *, global_only: bool = False) -> Tensor:
    """Refine prepared masks.

    Args:
        picture: (N, 3, H, W) of `prepare_picture`.
        mask: (N, 1, H, W) of `prepare_mask`.
        networks: the two graphs.
        side: longest side that the network sees at once.
        global_only: do not look at tiles.

    Returns:
        (N, 1, H, W) in [0, 1].

    Raises:
        BadParameter: the side is too small to be cut into tiles.
    """
    if side // 2 <= 2 * RIM:
        raise BadParameter(f"input_tensor_size={side}: must be at least {4 * RIM + 2}, or tiles would have no inside")
    size = (picture.shape[2], picture.shape[3])
    small = fit_longer(picture, side, BICUBIC), fit_longer(mask, side, BILINEAR)
    answer, quarter = run_padded(networks.coarse, *small, pad=padded)
    if not global_only:
        return in_tiles(picture, to_size(answer, size), to_size(quarter, size), networks.fine, side)
    return by_area(answer, size) if max(size) < side else to_size_by_corners(answer, size)


def in_tiles(picture: Tensor, answer: Tensor, quarter: Tensor, engine: Engine, side: int) -> Tensor:
    """Look at tiles; where several were looked at, take their plain mean, and where none was, the answer made hard.

    A tile is left out when less than a tenth or more than nine tenths of it are subject, counted over the whole batch:
    thin parts stay as they are.
    """
    hard = np.where(answer > 0.5, np.float32(1), np.float32(-1))
    size = (picture.shape[2], picture.shape[3])
    windows = [
        window for window in grid(size, side) if 0.1 <= (hard[..., window.rows, window.columns] > 0).mean() <= 0.9
    ]
    start = Start(picture, hard, 2 * quarter - 1)
    total, count = np.zeros_like(hard), np.zeros(size, np.float32)
    for window, fine in fine_answers(start, engine, windows, pad=padded):
        rows, columns = (inner(span, length) for span, length in zip(window, size, strict=True))
        top, left = rows.start - window.rows.start, columns.start - window.columns.start
        total[..., rows, columns] += fine[
            ..., top : top + rows.stop - rows.start, left : left + columns.stop - columns.start
        ]
        count[rows, columns] += 1
    return np.where(count > 0, total / np.maximum(count, 1), hard > 0).astype(np.float32)


def grid(size: tuple[int, int], side: int) -> list[Window]:
    """Cut (height, width) into tiles half over each other; the last ones are moved back inside the picture."""
    step = side // 2 - 2 * RIM
    starts = [sorted({max(0, min(start, length - side)) for start in range(0, length, step)}) for length in size]
    return [
        Window(slice(y, min(y + side, size[0])), slice(x, min(x + side, size[1]))) for x in starts[1] for y in starts[0]
    ]


def inner(span: slice, length: int) -> slice:
    """The part of a tile's rows or columns that is used."""
    return slice(span.start + RIM * (span.start > 0), span.stop - RIM * (span.stop < length))


def fit_longer(maps: Tensor, side: int, enlarging: Kernel) -> Tensor:
    """Bring the longer side to `side`: smaller by area, larger by a kernel."""
    factor = side / max(maps.shape[2:])
    if factor < 1:
        return by_area(maps, scaled_size(maps, factor))
    return by_factor(maps, factor, enlarging) if factor > 1 else maps


def padded(maps: Tensor) -> Tensor:
    """Pad a picture with grey and a mask with background to multiples of 8, which is an edge that is not there.

    If one side needs it, the other gets 8 pixels even when it is a multiple already.
    """
    height, width = maps.shape[2:]
    if height % 8 == width % 8 == 0:
        return maps
    filling = ((0, 0), (0, 0), (0, 8 - height % 8), (0, 8 - width % 8))
    return np.pad(maps, filling, constant_values=0 if maps.shape[1] == 3 else -1)


def finish(answer: Tensor, size: tuple[int, int]) -> Image.Image:
    """Make a mask of mode L and (width, height) of an answer (h, w) in [0, 1]."""
    return as_mask(answer, size, Image.Resampling.BICUBIC)
