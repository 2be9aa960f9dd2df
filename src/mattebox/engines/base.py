"""The seam between stages and runtimes: arrays in, arrays out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]


class Engine(Protocol):
    """A loaded network. Implementations may be called from several threads at once.

    Tests put a small class of their own here in place of a network.
    """

    @property
    def device(self) -> str:
        """Where it really runs: `cpu`, `cuda`, ..."""

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        """Run float32 batches (N, C, H, W), one for each input of the network, and return its outputs in order."""


def shapes_of(batches: tuple[Tensor, ...]) -> str:
    """The shapes of what a network was given, for a message.

    Example:
        >>> shapes_of((np.zeros((1, 3, 8, 8), np.float32),))
        'a batch of shape (1, 3, 8, 8)'
    """
    shapes = ", ".join(str(batch.shape) for batch in batches)
    return f"a batch of shape {shapes}" if len(batches) == 1 else f"batches of shapes {shapes}"
