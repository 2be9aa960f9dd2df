"""Pooling to a grid of bins whatever the size, as networks that look at a scene in several coarse layouts need it.

The layouts are those of pyramid pooling (Zhao et al. 2017, "Pyramid Scene Parsing Network").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

PYRAMID = (1, 2, 3, 6)
"""Bins per side of the layouts that pyramid pooling looks at."""


class BinMeans(nn.Module):
    """Means of (N, C, H, W) over a grid of bins, (N, C, bins, bins).

    The bins are those of `torch.nn.AdaptiveAvgPool2d`: neighbours overlap where the size is no multiple of `bins`. That
    operation cannot be exported for sizes that are not known yet; products with averaging matrices can.

    Args:
        bins: bins per side.
    """

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        return averaging_matrix(self.bins, height, x) @ (x @ averaging_matrix(self.bins, width, x).T)


def averaging_matrix(bins: int, length: int, like: Tensor) -> Tensor:
    """The (bins, length) matrix that turns a line of values into the means of its bins, of the kind of `like`."""
    edges = torch.arange(bins + 1, device=like.device) * length
    first = (edges[:-1] // bins)[:, None]
    end = ((edges[1:] + bins - 1) // bins)[:, None]
    position = torch.arange(length, device=like.device)
    inside = (position >= first) & (position < end)
    return inside.to(like.dtype) / (end - first).to(like.dtype)
