"""Closed-form colours of the subject and of what is behind it: F and B in I = alpha F + (1 - alpha) B.

Levin, Lischinski and Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008, section 5: F and B must
compose to the picture and change little, least of all where alpha changes. Both are solved together around the
see-through pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array, diags_array

from mattebox.cancelling import check_cancelled
from mattebox.solvers.band import inside, tiles
from mattebox.solvers.equations import Region, link, region_of
from mattebox.solvers.twogrid import TwoGrid
from mattebox.tiles import grown
from mattebox.types import Alpha, Rgb

__all__ = ["foreground_colours"]

TILE = 512
"""Side of what is solved at once; large pictures take no more memory."""
OVERLAP = 32
"""Pixels beyond a tile that are solved with it and not used: colours further away hardly count."""
PULL = 1e-7
"""Towards the picture's own colours; it decides where nothing else does, as where alpha is the same everywhere."""


def foreground_colours(rgb: Rgb, alpha: Alpha, wanted: NDArray[np.bool_], regularisation: float) -> NDArray[np.float64]:
    """Find the subject's colours.

    Args:
        rgb: the picture, (H, W, 3).
        alpha: its opacity, (H, W) in [0, 1].
        wanted: (H, W), where they are wanted; nothing outside is looked at.
        regularisation: how much they are kept from changing where alpha does not change.

    Returns:
        (n, 3) in [0, 255], of the wanted pixels row by row.

    Raises:
        EngineFailed: the equations could not be solved.
    """
    colours = np.zeros(rgb.shape, np.float64)
    for tile in tiles(wanted, TILE):
        check_cancelled()
        around = grown(tile, OVERLAP, wanted.shape)
        part = np.zeros((*wanted[around].shape, 3))
        part[wanted[around]] = solve_part(rgb[around], alpha[around], region_of(wanted[around]), regularisation)
        colours[tile] = part[inside(tile, around)]
    return 255 * np.clip(colours[wanted], 0, 1)


def solve_part(rgb: Rgb, alpha: Alpha, region: Region, regularisation: float) -> NDArray[np.float64]:
    """F of the pixels of a region, (n, 3) in [0, 1]."""
    smooth = smoothness(alpha, region, regularisation)
    opacity = alpha.ravel()[region.pixels].astype(np.float64)
    shares = (opacity, 1 - opacity)
    composed = [[diags_array(one * other) for other in shares] for one in shares]
    for which in (0, 1):
        composed[which][which] = composed[which][which] + smooth + diags_array(np.full(opacity.size, PULL))
    rows, columns = np.divmod(region.pixels, region.shape[1])
    layers = np.repeat(np.eye(2, dtype=np.float32), opacity.size, axis=0)
    equations = TwoGrid(csr_array(block_array(composed)), np.tile(rows, 2), np.tile(columns, 2), layers, region.shape)
    picture = rgb.reshape(-1, 3)[region.pixels] / 255
    found = [
        equations.solve(np.concatenate([(share + PULL) * channel for share in shares]), np.tile(channel, 2))[
            : opacity.size
        ]
        for channel in picture.T
    ]
    return np.stack(found, axis=1)


def smoothness(alpha: Alpha, region: Region, regularisation: float) -> csr_array:
    """What changes of colour between neighbours in a region cost, (n, n); each pair counts from both sides."""
    height, width = region.shape
    numbers = np.pad(region.numbers.reshape(height, width), 1, constant_values=region.pixels.size)
    opacity = np.pad(alpha.astype(np.float64), 1)
    rows, columns = (line + 1 for line in np.divmod(region.pixels, width))
    links = np.zeros((5, region.pixels.size))
    for place, (down, right) in {0: (-1, 0), 1: (0, -1), 3: (0, 1), 4: (1, 0)}.items():
        there = rows + down, columns + right
        change = np.abs(opacity[there] - opacity[rows, columns])
        links[place] = -2 * (regularisation + change) * (numbers[there] < region.pixels.size)
    links[2] = -links.sum(0)
    return link(alpha, region, links, np.array([-width, -1, 0, 1, width])).matrix
