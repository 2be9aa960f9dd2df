"""MobileNetV2 as an encoder: what a picture holds, at five scales, at the cost of a telephone.

Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks". Keys are those of PaddlePaddle's
networks.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.convnorm import ConvNorm

__all__ = ["MobileNetV2"]

STEM = 32
DEEPEST = 1280
"""Channels of the coarsest feature."""


class Stage(NamedTuple):
    """A run of blocks, as a row of the paper's table; the first of them has the stride.

    Attributes:
        expansion: how many times wider a block is inside.
        width: channels that come out.
        depth: blocks.
        stride: 1 or 2.
        told: whether the encoder hands out what the last block says.
    """

    expansion: int
    width: int
    depth: int
    stride: int
    told: bool = False


STAGES = (
    Stage(1, 16, 1, 1, told=True),
    Stage(6, 24, 2, 2, told=True),
    Stage(6, 32, 3, 2, told=True),
    Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1, told=True),
    Stage(6, 160, 3, 2),
    Stage(6, 320, 1, 1),
)


class Bottleneck(nn.Module):
    """Widen, look around in each channel alone, narrow; beside a shortcut where there is one."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int = 1, *, shortcut: bool = True) -> None:
        super().__init__()
        inside = expansion * inputs
        self._expand_conv = ConvNorm(inputs, inside, 1, relu=False)
        self._bottleneck_conv = ConvNorm(inside, inside, 3, stride, groups=inside, relu=False)
        self._linear_conv = ConvNorm(inside, outputs, 1, relu=False)
        self._shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self._expand_conv(x), inplace=True)
        wide = functional.relu6(self._bottleneck_conv(wide), inplace=True)
        narrow = self._linear_conv(wide)
        return x + narrow if self._shortcut else narrow


class MobileNetV2(nn.Module):
    """Encoder: (N, 3, H, W) pictures, RGB in [-1, 1], to five features.

    They have 16, 24, 32, 96 and 1280 channels at a half, a quarter, an eighth, a sixteenth and a thirty-second of the
    picture's size, finest first; odd sides are rounded up.

    Attributes:
        channels: of the five features.

    Example:
        >>> import torch
        >>> [tuple(feature.shape) for feature in MobileNetV2().eval()(torch.zeros(1, 3, 64, 50))][::2]
        [(1, 16, 32, 25), (1, 32, 8, 7), (1, 1280, 2, 2)]
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels = (*(stage.width for stage in STAGES if stage.told), DEEPEST)
        self.conv1 = ConvNorm(3, STEM, stride=2, relu=False)
        inputs = STEM
        for number, (expansion, width, depth, stride, _) in enumerate(STAGES, 2):
            blocks = nn.Sequential()
            # The first block of a stage has no shortcut, even where sizes would allow it.
            blocks.add_module("_first_block", Bottleneck(inputs, width, expansion, stride, shortcut=False))
            for position in range(2, depth + 1):
                blocks.add_module(f"conv{number}_{position}", Bottleneck(width, width, expansion))
            self.add_module(f"conv{number}", blocks)
            inputs = width
        self.conv9 = ConvNorm(inputs, DEEPEST, 1, relu=False)

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        x = functional.relu6(self.conv1(rgb), inplace=True)
        features = []
        for number, stage in enumerate(STAGES, 2):
            x = self.get_submodule(f"conv{number}")(x)
            if stage.told:
                features.append(x)
        return (*features, functional.relu6(self.conv9(x), inplace=True))
