"""From a grid of bins back to a map, as Paddle's networks do it: `mattebox.nets.pooling` the other way around."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["spread_like"]


def spread_like(bins: Tensor, like: Tensor) -> Tensor:
    """Bring a grid of bins (N, C, h, w) to the height and width of a map, by interpolation between their centres.

    It is `mattebox.nets.resize.resize_like` but for maps of a single row or column: Paddle shows the first bin there,
    and not the middle of all.
    """
    height, width = like.shape[2:]
    rows, columns = spreading_matrix(bins.shape[2], height, bins), spreading_matrix(bins.shape[3], width, bins)
    return rows @ (bins @ columns.T)


def spreading_matrix(bins: int, length: int, like: Tensor) -> Tensor:
    """The (length, bins) matrix that turns the values of bins into a line, of the kind of `like`."""
    place = torch.arange(length, device=like.device)
    centre = ((place + 0.5) * bins / length - 0.5).clamp(0, bins - 1)
    # A branch on the length would be taken for a rule when the network is exported.
    centre = torch.where(place[-1] > 0, centre, 0)
    distance = centre[:, None] - torch.arange(bins, device=like.device)
    return (1 - distance.abs()).clamp(min=0).to(like.dtype)
