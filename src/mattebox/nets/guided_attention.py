"""Guided contextual attention: what is unknown of a map borrows from places of the picture that look alike.

Li and Lu 2020, "Natural Image Matting via Guided Contextual Attention".
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 128
"""Of the map and of its guide."""
RATE = 2
"""Step between the places that are compared, in pixels of the map."""
LIKENESS = 3
"""Side of the patches of the guide that are compared, in steps."""
BORROWED = 2 * RATE
"""Side of the patches of the map that are borrowed; each pixel lies in four."""
SMALLEST_LENGTH = 1e-4
"""What the length of a patch is held for at least, so that an empty one can be divided by it."""
TRUST = 10.0
"""Most that likeness may count for; the least is its reciprocal."""
NEVER = -1e4
"""Likeness of an unknown place to itself; half precision still holds it."""


class GuidedAttention(nn.Module):
    """Every place of a map takes from all places, by the likeness of the picture around them.

    A place near which something is unknown is compared with others only. Likeness to such places counts for more, the
    larger the share of the unknown, and likeness to all others for less. All places are compared with all: a map that
    has an eighth of the sides of a picture of H x W pixels asks for a few matrices of (H W / 256)**2 numbers each, of
    4 MiB for 512 x 512 pixels, 64 MiB for 1024 x 1024 and 1 GiB for 2048 x 2048.

    Its forward takes the guide and the map (N, 128, 2 h, 2 w) and the places that are unknown (N, 1, h, w), 1 or 0, and
    gives the map with what it has borrowed.

    Args:
        first_for_all: every item of a batch takes from the first, by the shares of the first, as PaddleSeg's does.
    """

    def __init__(self, *, first_for_all: bool = False) -> None:
        super().__init__()
        self.first_for_all = first_for_all
        self.guidance_conv = nn.Conv2d(CHANNELS, CHANNELS // 2, 1)
        self.out_conv = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False), nn.BatchNorm2d(CHANNELS))

    def forward(self, guide: Tensor, x: Tensor, unknown: Tensor) -> Tensor:
        looks = patches(self.guidance_conv(guide[:, :, ::RATE, ::RATE]), LIKENESS, 1)
        shown = looks / looks.norm(dim=1, keepdim=True).clamp_min(SMALLEST_LENGTH)
        lent = patches(x, BORROWED, RATE)
        share = unknown.mean((2, 3))[:, None]
        trust = (share / (1 - share)).sqrt().clamp(1 / TRUST, TRUST)
        if self.first_for_all:
            shown, lent, trust = shown[:1], lent[:1], trust[:1]
        near_unknown = functional.max_pool2d(unknown, LIKENESS, 1, LIKENESS // 2).flatten(2) > 0
        # A row for each place that takes, a column for each that gives.
        likeness = looks.transpose(1, 2) @ (shown * torch.where(near_unknown, trust, 1 / trust))
        place = torch.arange(likeness.shape[-1], device=x.device)
        likeness = likeness.masked_fill(near_unknown & (place[:, None] == place), NEVER)
        taken = lent @ likeness.softmax(-1).transpose(1, 2)
        borrowed = functional.fold(taken, x.shape[2:], BORROWED, padding=1, stride=RATE) / 4
        return self.out_conv(borrowed) + x


def patches(x: Tensor, side: int, step: int) -> Tensor:
    """Square patches of (N, C, H, W), mirrored at the rim by a pixel: (N, C side**2, H W / step**2)."""
    return functional.unfold(functional.pad(x, (1, 1, 1, 1), mode="reflect"), side, stride=step)
