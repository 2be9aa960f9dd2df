"""The look at a whole picture that tells the subject, the background and what lies between them.

The semantic branch of PP-Matting (Chen et al. 2022) and the glance decoder of PP-HumanMatting, which are one network
under two sets of names; after Li et al. 2022, "Bridging Composite and Real: Towards End-to-End Deep Image Matting".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.pooling import BinMeans
from mattebox.nets.resize import resize_like

__all__ = ["KINDS", "LAYOUT", "STAGES", "PyramidPooling", "decoder", "fuse", "glance", "layout_units"]

BINS = (1, 3, 5)
"""Bins per side of the layouts that are looked at."""

LAYOUT = 512
"""Channels of the layouts once they are merged."""

UNITS = (256, 128, 64, 64)
"""Channels of the layouts as the second to fifth stage of the decoder receive them."""

STAGES = ((512, 256), (256, 128), (128, 64), (128, 64), (64, 64))
"""A decoder's channels inside each stage, and after it, before the last."""

KINDS = 3
"""What a pixel can be: subject, between, background, in this order."""


class PyramidPooling(nn.Module):
    """The picture's layout on grids of several sizes, merged with the maps (N, channels, h, w): (N, 512, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        units = (nn.Sequential(BinMeans(bins), ConvNorm(channels, channels, 1, bias=True)) for bins in BINS)
        self.stages = nn.ModuleList(units)
        self.conv_bn_relu2 = ConvNorm((1 + len(BINS)) * channels, LAYOUT, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        layouts = (resize_like(stage(x), x) for stage in reversed(self.stages))
        return self.conv_bn_relu2(torch.cat((x, *layouts), 1))


def layout_units() -> list[nn.Sequential]:
    """What makes of the layout the maps that the second to fifth stage of a glance receive."""
    return [nn.Sequential(ConvNorm(LAYOUT, outputs, bias=True)) for outputs in UNITS]


def decoder(start: int, joined: Iterable[int], answers: int) -> list[nn.Sequential]:
    """The six stages of a decoder, three convolutions each; between them the maps are enlarged.

    Args:
        start: channels of the deepest maps.
        joined: channels that are joined to each stage's maps, for all stages but the last.
        answers: channels of what the last stage says.
    """
    stages = []
    inputs = start
    for number, (extra, (inside, outputs)) in enumerate(zip(joined, STAGES, strict=True)):
        dilation = 1 if number else 2
        first = ConvNorm(inputs + extra, inside, bias=True)
        second = ConvNorm(inside, inside, dilation=dilation, bias=True)
        stages.append(nn.Sequential(first, second, ConvNorm(inside, outputs, dilation=dilation, bias=True)))
        inputs = outputs
    units = (ConvNorm(inputs, inputs, bias=True) for _ in range(2))
    return [*stages, nn.Sequential(*units, nn.Conv2d(inputs, answers, 3, padding=1))]


def glance(
    pooling: nn.Module,
    units: Iterable[nn.Module],
    stages: Sequence[nn.Module],
    sizes: Sequence[Tensor],
    deepest: Tensor,
) -> list[Tensor]:
    """Look at a picture's deepest maps.

    Args:
        pooling: a `PyramidPooling`.
        units: of `layout_units`.
        stages: of `decoder(channels, (LAYOUT, *UNITS), KINDS)`.
        sizes: five tensors with the height and width that the maps have after each stage but the last, which keeps it.
        deepest: (N, channels, h, w).

    Returns:
        The maps after each stage. The last are the logits of the kinds, (N, 3, H, W).
    """
    layout = pooling(deepest)
    layouts = (layout, *(unit(layout) for unit in units))
    maps: list[Tensor] = []
    x = deepest
    *earlier, last = stages
    for stage, known, like in zip(earlier, layouts, sizes, strict=True):
        x = resize_like(stage(torch.cat((resize_like(known, x), x), 1)), like)
        maps.append(x)
    return [*maps, last(x)]


def fuse(kinds: Tensor, detail: Tensor) -> Tensor:
    """Opacity of pixels: 1 for the subject, 0 for the background, and between them what the detail branch says.

    Args:
        kinds: logits (N, 3, H, W) of what each pixel is.
        detail: logits (N, 1, H, W) of the opacity.

    Returns:
        Alpha (N, 1, H, W). It jumps where two kinds are equally likely.
    """
    kind = kinds.argmax(1, keepdim=True)
    return torch.where(kind == 1, torch.sigmoid(detail), (kind == 0).to(detail.dtype))
