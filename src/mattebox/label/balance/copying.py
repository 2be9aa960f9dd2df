"""Which tasks to copy into a place, so that each label has its share of the rows there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_copies"]

LEAST_GAIN = 1e-6


def best_copies(
    amounts: NDArray[np.float64],
    filled: NDArray[np.float64],
    wanted: NDArray[np.float64],
    *,
    max_growth: float,
    max_copies: int,
) -> NDArray[np.int64]:
    """Find how often to copy each task: again and again the one that brings most for its frames, until none does.

    Args:
        amounts: (N, 1 + L), frames of each task that may be copied, then its rows of each label.
        filled: (1 + L,), what the place has.
        wanted: (L,), share that each label should have of the rows; labels whose share is 0 count for nothing.
        max_growth: frames that the place may have, as a multiple of those it has.
        max_copies: copies that may be made of one task.

    Returns:
        (N,), copies of each.

    Example:
        >>> tasks = np.array([[10.0, 10, 0], [10, 0, 10]])
        >>> best_copies(tasks, tasks.sum(axis=0), np.array([0.25, 0.75]), max_growth=2, max_copies=5).tolist()
        [0, 2]
    """
    copies = np.zeros(len(amounts), np.int64)
    room = (max_growth - 1) * filled[0]
    counted = wanted > 0
    while len(copies) and counted.any():
        gains = _unlike(filled, wanted, counted) - _unlike(filled + amounts, wanted, counted)
        gains[(copies == max_copies) | (amounts[:, 0] > room)] = 0
        if gains.max() <= LEAST_GAIN:
            break
        best = int(np.argmax(gains / np.maximum(amounts[:, 0], 1)))
        copies[best] += 1
        filled = filled + amounts[best]
        room -= amounts[best, 0]
    return copies


def _unlike(
    filled: NDArray[np.float64], wanted: NDArray[np.float64], counted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(...), how far shares of rows are from the wanted ones, 0 to 2; 2 where there are no rows."""
    rows = filled[..., 1:][..., counted]
    total = rows.sum(axis=-1, keepdims=True)
    shares = np.divide(rows, total, out=np.zeros(rows.shape), where=total > 0)
    return np.where(total[..., 0] > 0, np.abs(shares - wanted[counted]).sum(axis=-1), 2.0)
