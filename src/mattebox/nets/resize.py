"""One map brought to the size of another, as every network here does it."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def resize_like(x: Tensor, like: Tensor) -> Tensor:
    """Bring maps (N, C, h, w) to the height and width of others by bilinear interpolation between pixel centres."""
    return functional.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
