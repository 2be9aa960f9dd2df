"""EfficientNet-B7 as an encoder: what a picture holds, at four scales.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks". Inverted bottlenecks
(Sandler et al. 2018, "MobileNetV2") with squeeze-and-excitation gates (Hu et al. 2018), in the widths and depths that
the paper's scaling gives for B7. Names as in the checkpoints of lukemelas/EfficientNet-PyTorch, without the classifier.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

NOMINAL = 600
"""Side in pixels of the picture that B7 is designed for. TensorFlow pads by the size of the picture; these weights
were trained with the padding of this one, whatever is shown."""
STEM = 64
EPSILON = 1e-3
"""TensorFlow's epsilon of batch normalisation, a hundred times that of torch."""


class Stage(NamedTuple):
    """A run of blocks of the same kind; the first of them has the stride.

    Attributes:
        kernel: side of the depthwise kernel.
        stride: 1 or 2.
        expansion: how many times wider a block is inside.
        width: channels that come out.
        depth: blocks.
        told: whether the encoder hands out what the last block says.
    """

    kernel: int
    stride: int
    expansion: int
    width: int
    depth: int
    told: bool


STAGES = (
    Stage(3, 1, 1, 32, 4, told=False),
    Stage(3, 2, 6, 48, 7, told=True),
    Stage(5, 2, 6, 80, 7, told=True),
    Stage(3, 2, 6, 160, 10, told=False),
    Stage(5, 1, 6, 224, 10, told=True),
    Stage(5, 2, 6, 384, 13, told=False),
    Stage(3, 1, 6, 640, 4, told=True),
)
WIDTHS = tuple(stage.width for stage in STAGES if stage.told)
"""Channels of the four features, finest first: 48, 80, 224, 640."""


def strided(side: int, stride: int) -> int:
    """Side of a map after a stride, rounded up.

    Example:
        >>> strided(75, 2)
        38
    """
    return -(-side // stride)


class PaddedConv(nn.Conv2d):
    """Convolution with TensorFlow's padding "same" for maps of a given side: the odd pixel goes below and to the right.

    Of maps of any other side it makes the same rim.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, side: int, groups: int = 1) -> None:
        padding = max(0, (strided(side, stride) - 1) * stride + kernel - side)
        super().__init__(inputs, outputs, kernel, stride, padding // 2, groups=groups, bias=False)
        self.odd = padding % 2

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, (0, self.odd, 0, self.odd)) if self.odd else x)


def norm(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation with TensorFlow's epsilon."""
    return nn.BatchNorm2d(channels, eps=EPSILON)


class Bottleneck(nn.Module):
    """Inverted bottleneck: widen, look around in each channel alone, weigh the channels, narrow; beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stage: Stage, stride: int, side: int) -> None:
        super().__init__()
        hidden, squeezed = inputs * stage.expansion, inputs // 4
        self.widens = stage.expansion > 1
        if self.widens:
            self._expand_conv = nn.Conv2d(inputs, hidden, 1, bias=False)
            self._bn0 = norm(hidden)
        self._depthwise_conv = PaddedConv(hidden, hidden, stage.kernel, stride, side, groups=hidden)
        self._bn1 = norm(hidden)
        self._se_reduce = nn.Conv2d(hidden, squeezed, 1)
        self._se_expand = nn.Conv2d(squeezed, hidden, 1)
        self._project_conv = nn.Conv2d(hidden, outputs, 1, bias=False)
        self._bn2 = norm(outputs)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.silu(self._bn0(self._expand_conv(x)), inplace=True) if self.widens else x
        wide = functional.silu(self._bn1(self._depthwise_conv(wide)), inplace=True)
        gate = functional.silu(self._se_reduce(wide.mean((2, 3), keepdim=True)))
        narrow = self._bn2(self._project_conv(wide * torch.sigmoid(self._se_expand(gate))))
        return x + narrow if self.shortcut else narrow


class EfficientNetB7(nn.Module):
    """Encoder: (N, 3, H, W) pictures, RGB, normalised with the ImageNet mean and deviation, to four features.

    They have 48, 80, 224 and 640 channels at a quarter, an eighth, a sixteenth and a 32nd of the picture's size,
    finest first: the answers of blocks 10, 17, 37 and 54. Sides are best multiples of 32.

    Example:
        >>> [tuple(feature.shape) for feature in EfficientNetB7().eval()(torch.zeros(1, 3, 64, 64))]
        [(1, 48, 16, 16), (1, 80, 8, 8), (1, 224, 4, 4), (1, 640, 2, 2)]
    """

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = PaddedConv(3, STEM, 3, 2, NOMINAL)
        self._bn0 = norm(STEM)
        blocks: list[nn.Module] = []
        self.told: list[int] = []
        inputs, side = STEM, strided(NOMINAL, 2)
        for stage in STAGES:
            for index in range(stage.depth):
                stride = stage.stride if index == 0 else 1
                blocks.append(Bottleneck(inputs, stage.width, stage, stride, side))
                inputs, side = stage.width, strided(side, stride)
            if stage.told:
                self.told.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        x = functional.silu(self._bn0(self._conv_stem(rgb)), inplace=True)
        features = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in self.told:
                features.append(x)
        return tuple(features)
