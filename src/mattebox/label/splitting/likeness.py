"""Pictures that look the same: difference hashes, compared all with all.

The hash says of every cell of a 9 x 8 thumbnail whether it is darker than its right neighbour, which scaling,
compression and exposure hardly change (N. Krawetz, Kind of Like That, 2013).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.types import Rgb

__all__ = ["BITS", "alike", "difference_hash"]

BITS = 64
"""How long a hash is."""

FLAT = 12
"""A thumbnail whose levels differ by less shows nothing that could be recognised."""

BLOCK = 1 << 24
"""Pairs of pictures that are compared at once, so that memory does not grow with their square."""


def difference_hash(rgb: Rgb) -> NDArray[np.bool_] | None:
    """(64,) bool, what a picture looks like; None for one that is all but plain."""
    small = cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    if np.ptp(small) < FLAT:
        return None
    return (small[:, 1:] > small[:, :-1]).ravel()


def alike(hashes: NDArray[np.bool_], owners: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Find whose pictures look the same.

    Args:
        hashes: (N, 64) bool.
        owners: (N,), whose picture each is, in ascending order.
        most: bits that may differ.

    Returns:
        (M, 2), every pair of owners that have pictures alike, the smaller first.
    """
    names, starts = np.unique(owners, return_index=True)
    signs = np.where(hashes, np.float32(1), np.float32(-1))
    found = [np.empty((0, 2), np.int64)]
    rows = max(1, BLOCK // max(1, len(signs)))
    for begin in range(0, len(signs), rows):
        near = signs[begin : begin + rows] @ signs.T >= BITS - 2 * most
        picture, other = np.nonzero(np.logical_or.reduceat(near, starts, axis=1))
        pairs = np.column_stack((owners[begin + picture], names[other]))
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.unique(np.concatenate(found), axis=0)
