"""What FBA Matting (Forte and Pitie 2020) is shown of a tile, and what it says: opacity and both colours."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.engines.base import Engine, Tensor
from mattebox.stages.matte import Look, Seen
from mattebox.stages.tensors import continued, normalised, planes
from mattebox.tiles import Window, grown
from mattebox.types import Rgb, Trimap

__all__ = ["distance_channels", "fba_look", "nearness"]

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


def fba_look(engine: Engine) -> Look:
    """How FBA looks at a tile.

    Args:
        engine: a loaded FBA network: picture in [0, 1], two channels of known pixels, normalised picture and six
            distance channels, to seven planes: opacity, foreground, background.
    """

    def look(rgb: Rgb, trimap: Trimap, tile: Window) -> Seen:
        seen = planes(rgb[tile])
        known = np.stack([trimap[tile] == value for value in (0, 255)]).astype(np.float32)
        # Distances reach beyond the tile, so that they are those of the whole picture.
        around = grown(tile, REACH, trimap.shape)
        top, left = tile.rows.start - around.rows.start, tile.columns.start - around.columns.start
        height, width = known.shape[1:]
        distances = distance_channels(trimap[around])[:, top : top + height, left : left + width]
        (answer,) = engine.run(*map(continued, (seen, known[None], normalised(seen), distances[None])))
        answer = answer[0, :, :height, :width]
        return Seen(answer[0], answer[1:4].transpose(1, 2, 0))

    return look
