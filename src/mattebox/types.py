"""The arrays that flow through the house. One colour order, one alpha convention, one size order: (height, width)."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rgb: TypeAlias = NDArray[np.uint8]
"""(H, W, 3), 0 to 255, red first."""

Mask: TypeAlias = NDArray[np.float32]
"""(H, W), 0 to 1: rough probability that a pixel is subject."""

Alpha: TypeAlias = NDArray[np.float32]
"""(H, W), 0 to 1: opacity."""

Trimap: TypeAlias = NDArray[np.uint8]
"""(H, W) of 0 (background), 128 (unknown), 255 (subject)."""
