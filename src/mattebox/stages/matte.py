"""Find opacity and colours in the unknown band of a trimap with FBA Matting (Forte and Pitie 2020).

Only the rectangle around the band is looked at, at the picture's own resolution, in tiles if it is large. The network
pools and normalises over what it is shown, so a tile must show enough of subject and background: it was trained on
crops of 320 pixels, and with tiles of up to 1024 none is smaller than 640. Tiles overlap by a quarter and fade into
each other, so that no seam shows, and at the middle of a seam both sides look an eighth of a tile beyond it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter
from mattebox.stages.tensors import continued, normalised, planes
from mattebox.stages.tiles import Window, box_of, fade, grown, tiles
from mattebox.types import Alpha, Rgb, Trimap

LARGEST = 1024
"""Longest side that the network sees at once; a run takes about 1 GB at that size, and four times as much at twice."""
SMALLEST = 64
"""The least that it may be; tiles would be no more than their overlaps."""
DEVIATIONS = (0.02 * 320, 0.08 * 320, 0.16 * 320)
"""Of the three bells that tell how near known pixels are, in pixels; 320 is the side of the training crops."""
REACH = math.ceil(5 * DEVIATIONS[-1])
"""Known pixels further away than this change nothing: the widest bell is 4e-6 there."""


def nearness(away: NDArray[np.uint8]) -> Tensor:
    """Tell how near the closest zero of (H, W) is: (3, H, W), 1 there, falling off as bells of three widths."""
    distance = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Without any zero, distances are so large that their squares overflow.
    distance = np.minimum(distance, np.float32(4 * REACH))
    return np.stack([np.exp(distance**2 / np.float32(-2 * deviation**2)) for deviation in DEVIATIONS])


def distance_channels(trimap: Trimap) -> Tensor:
    """Tell how near known background (three channels) and known subject (three more) are: (6, H, W) in [0, 1]."""
    return np.concatenate([nearness((trimap != known).view(np.uint8)) for known in (0, 255)])


def matte(rgb: Rgb, trimap: Trimap, engine: Engine, *, largest: int = LARGEST) -> tuple[Alpha, Rgb]:
    """Find the opacity and the subject's own colours where a trimap does not know.

    Args:
        rgb: the picture, (H, W, 3).
        trimap: (H, W); what is neither 0 nor 255 is unknown.
        engine: a loaded FBA network: picture in [0, 1], two channels of known pixels, normalised picture and six
            distance channels, to seven planes: opacity, foreground, background.
        largest: longest side that the network sees at once, at least 64; decides the memory that is taken.

    Returns:
        Opacity (H, W), exactly 0 and 1 where the trimap knows; and straight colours (H, W, 3), the picture's own where
        the trimap knows or the subject is opaque. With nothing unknown the network is not run.

    Raises:
        BadParameter: the sizes differ, or `largest` is too small for tiles.
    """
    if largest < SMALLEST:
        raise BadParameter(f"largest={largest}: the network must see at least {SMALLEST} pixels at once")
    if rgb.shape[:2] != trimap.shape:
        raise BadParameter(
            f"the picture is {rgb.shape[0]} x {rgb.shape[1]} pixels and the trimap {trimap.shape[0]} x "
            f"{trimap.shape[1]}: give a trimap of the picture's size"
        )
    unknown = (trimap != 0) & (trimap != 255)
    alpha, foreground = (trimap == 255).astype(np.float32), rgb.copy()
    area, overlap = grown(box_of(unknown), largest // 8, unknown.shape), largest // 4
    for tile in tiles(unknown, area, largest, overlap):
        opacity, colours = look(rgb, trimap, tile, engine)
        share = fade(tile, area, overlap) * unknown[tile]
        alpha[tile] += share * (opacity - alpha[tile])
        mixed = foreground[tile] + share[..., None] * (255 * colours - foreground[tile])
        foreground[tile] = np.rint(mixed).astype(np.uint8)
    np.copyto(foreground, rgb, where=(alpha == 1)[..., None])
    return alpha, foreground


def look(rgb: Rgb, trimap: Trimap, tile: Window, engine: Engine) -> tuple[Alpha, NDArray[np.float32]]:
    """Run the network on a tile: opacity (h, w) and the subject's colours (h, w, 3), both in [0, 1]."""
    seen = planes(rgb[tile])
    known = np.stack([trimap[tile] == value for value in (0, 255)]).astype(np.float32)
    # Distances reach beyond the tile, so that they are those of the whole picture.
    around = grown(tile, REACH, trimap.shape)
    top, left = tile.rows.start - around.rows.start, tile.columns.start - around.columns.start
    height, width = known.shape[1:]
    distances = distance_channels(trimap[around])[:, top : top + height, left : left + width]
    inputs = (seen, known[None], normalised(seen), distances[None])
    (answer,) = engine.run(*map(continued, inputs))
    answer = answer[0, :, :height, :width]
    return answer[0], answer[1:4].transpose(1, 2, 0)
