"""STDC1 as an encoder: what a picture holds, at five scales, with plain convolutions that get narrower inside a block.

Fan et al. 2021, "Rethinking BiSeNet For Real-time Semantic Segmentation" (short-term dense concatenation). Keys are
those of PaddlePaddle's networks.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = ["WIDTHS", "Stdc"]

WIDTHS = (32, 64, 256, 512, 1024)
"""Channels of the features, finest first: of two single convolutions, then of stages of two blocks each."""


def unit(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation and ReLU."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            bn=nn.BatchNorm2d(outputs),
            relu=nn.ReLU(inplace=True),
        )
    )


class Block(nn.Module):
    """Four convolutions in a row, all of whose answers count: a half, a quarter and twice an eighth of the channels.

    Takes (N, inputs, H, W) and gives (N, outputs, H / stride, W / stride), odd sides rounded up.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        half, quarter, eighth = outputs // 2, outputs // 4, outputs // 8
        self.conv_list = nn.ModuleList(
            (unit(inputs, half, kernel=1), unit(half, quarter), unit(quarter, eighth), unit(eighth, eighth))
        )
        self.avd_layer: nn.Module = nn.Identity()
        self.skip: nn.Module = nn.Identity()
        if stride == 2:
            self.avd_layer = nn.Sequential(
                nn.Conv2d(half, half, 3, 2, padding=1, groups=half, bias=False), nn.BatchNorm2d(half)
            )
            # Paddle leaves the padding out of the mean.
            self.skip = nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        first, *rest = self.conv_list
        x = first(x)
        answers = [self.skip(x)]
        x = self.avd_layer(x)
        for each in rest:
            x = each(x)
            answers.append(x)
        return torch.cat(answers, 1)


class Stdc(nn.Module):
    """Encoder: (N, 3, H, W) pictures, RGB in [-1, 1], to five features.

    They have 32, 64, 256, 512 and 1024 channels at a half, a quarter, an eighth, a sixteenth and a thirty-second of the
    picture's size, finest first; odd sides are rounded up.

    Example:
        >>> [tuple(feature.shape) for feature in Stdc().eval()(torch.zeros(1, 3, 64, 50))][1:3]
        [(1, 64, 16, 13), (1, 256, 8, 7)]
    """

    def __init__(self) -> None:
        super().__init__()
        stem, thin, *stages = WIDTHS
        self.features = nn.Sequential(unit(3, stem, stride=2), unit(stem, thin, stride=2))
        inputs = thin
        for width in stages:
            self.features.extend((Block(inputs, width, stride=2), Block(width, width, stride=1)))
            inputs = width

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        answers = []
        x = rgb
        for layer in self.features:
            x = layer(x)
            answers.append(x)
        # Of the two blocks of a stage only the second is handed out.
        return (*answers[:2], *answers[3::2])
