"""Conjugate gradients: equations that are symmetric and positive definite, solved by applying them again and again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import EngineFailed

__all__ = ["Apply", "conjugate_gradients"]

Apply: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From an array to one of the same shape, linearly."""

MOST_STEPS = 2000


def conjugate_gradients(
    equations: Apply,
    right: NDArray[np.float64],
    guess: NDArray[np.float64],
    improve: Apply,
    tolerance: float,
) -> NDArray[np.float64]:
    """Find the x that equations map to the right side (Hestenes and Stiefel 1952, preconditioned).

    Args:
        equations: symmetric and positive definite.
        right: what they have to give, of any shape.
        guess: where to begin.
        improve: about the inverse of the equations, symmetric and positive definite as well.
        tolerance: how large a step `improve` may still propose, as the root of its mean square: the error that is left,
            as far as `improve` can tell.

    Raises:
        EngineFailed: x is not found within 2000 steps.
    """
    x = guess.copy()
    rest = right - equations(x)
    direction, power = np.zeros_like(right), 1.0
    for _ in range(MOST_STEPS):
        check_cancelled()
        step = improve(rest)
        if dot(step, step) <= tolerance**2 * step.size:
            return x
        power, before = dot(rest, step), power
        if not math.isfinite(power):
            break
        direction = step + power / before * direction
        image = equations(direction)
        length = power / dot(direction, image)
        x += length * direction
        rest -= length * image
    raise EngineFailed(
        f"{right.size} equations were not solved in {MOST_STEPS} steps; widen the known regions of the trimap"
    )


def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Scalar product; that of BLAS starts threads for it, and rounds differently with their number."""
    return float(np.einsum("i,i->", one.ravel(), other.ravel()))
