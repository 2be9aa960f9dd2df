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

    def run(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Run a float32 batch (N, C, H, W) and return the network's outputs in their order."""
