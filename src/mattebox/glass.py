"""What of a subject can be seen through inside its outline, as the windows of a car."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.types import Alpha

__all__ = ["find_glass"]

SOLID = 0.95
"""Opacity from which a pixel counts as solid."""
SMALLEST = 0.001
"""Share of the subject that a piece of glass has at least; what is smaller lies between hairs or in a weave."""


def find_glass(alpha: Alpha, *, faintest: float = 0.15) -> NDArray[np.bool_]:
    """Find the pieces that can be seen through and are enclosed by what is solid.

    Args:
        alpha: opacity of the subject, (H, W), 0 to 1.
        faintest: mean opacity from which a piece is glass and not a hole, as in the handle of a cup; 0 takes both.

    Returns:
        (H, W), true where there is glass.
    """
    clear = (alpha < SOLID).view(np.uint8)
    count, pieces, figures, _ = cv2.connectedComponentsWithStats(clear, connectivity=8, ltype=cv2.CV_32S)
    areas = figures[:, cv2.CC_STAT_AREA]
    opacity = np.bincount(pieces.ravel(), weights=alpha.ravel(), minlength=count) / np.maximum(areas, 1)
    glass = (areas >= SMALLEST * np.count_nonzero(alpha >= SOLID)) & (opacity >= faintest)
    # Piece 0 is all that is solid; what reaches the frame is not enclosed.
    glass[0] = False
    for edge in (pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]):
        glass[edge] = False
    return np.asarray(glass[pieces], np.bool_)
