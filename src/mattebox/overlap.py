"""How far two regions are the same: the measure that training and evaluation share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["overlap"]


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two regions (H, W), 0 to 1; 0 when both are empty.

    Example:
        >>> overlap(np.array([[True, True, False]]), np.array([[False, True, True]]))
        0.3333333333333333
    """
    return int(np.count_nonzero(one & other)) / max(1, int(np.count_nonzero(one | other)))
