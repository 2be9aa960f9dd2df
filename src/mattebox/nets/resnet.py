"""Residual backbones of bottleneck blocks that keep an eighth of the picture's resolution.

He et al. 2016, "Deep Residual Learning for Image Recognition"; the last two stages dilate their convolutions in place
of halving the resolution (Yu et al. 2017, "Dilated Residual Networks"). Keys are those of torchvision's ResNet without
its classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

RESNET50 = (3, 4, 6, 3)
RESNET101 = (3, 4, 23, 3)
"""Blocks per stage."""

WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
"""A block's outputs, as a multiple of its width."""


class StandardisedConv2d(nn.Conv2d):
    """A convolution whose filters are brought to mean 0 and deviation 1 before use.

    Qiao et al. 2019, "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization". Works in any
    memory layout.
    """

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.standardised(), self.bias)

    def standardised(self) -> Tensor:
        """The weights that are used, of the shape of the stored ones."""
        # Two sums; `torch.var` gives the same and takes four times as long on a CPU.
        centred = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        variance = centred.square().sum((1, 2, 3), keepdim=True) / (self.weight[0].numel() - 1)
        return centred / (torch.sqrt(variance + 1e-12) + 1e-5)


class Layers(NamedTuple):
    """What a network's convolutions and normalisations are made by."""

    convolution: type[nn.Conv2d]
    normalisation: Callable[[int], nn.Module]


PLAIN = Layers(nn.Conv2d, nn.BatchNorm2d)
STANDARDISED = Layers(StandardisedConv2d, partial(nn.GroupNorm, 32))
"""Free of statistics over a batch (Wu and He 2018, "Group Normalization")."""


class Features(NamedTuple):
    """Maps of an input of (H, W) on the way through a backbone.

    Attributes:
        entry: the stem's last convolution before its normalisation, at H/2.
        stem: the same, normalised and cut at zero.
        layer1: at H/4, 256 channels.
        layer2: at H/8, 512 channels.
        layer3: at H/8, 1024 channels.
        layer4: at H/8, 2048 channels.
    """

    entry: Tensor
    stem: Tensor
    layer1: Tensor
    layer2: Tensor
    layer3: Tensor
    layer4: Tensor


class Bottleneck(nn.Module):
    """Convolutions of 1x1, 3x3 and 1x1 beside a shortcut; the 3x3 one strides and dilates."""

    def __init__(self, inputs: int, width: int, layers: Layers, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.conv1 = layers.convolution(inputs, width, 1, bias=False)
        self.bn1 = layers.normalisation(width)
        self.conv2 = layers.convolution(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = layers.normalisation(width)
        self.conv3 = layers.convolution(width, outputs, 1, bias=False)
        self.bn3 = layers.normalisation(outputs)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            shortcut = layers.convolution(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, layers.normalisation(outputs))

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        inner = functional.relu(self.bn2(self.conv2(inner)), inplace=True)
        return functional.relu(self.bn3(self.conv3(inner)) + self.downsample(x), inplace=True)


class ResNet(nn.Module):
    """A backbone that gives the maps of all its stages.

    Takes (N, channels, H, W) and gives `Features`.

    Args:
        depths: blocks per stage.
        channels: planes of the input.
        stem: outputs of the convolutions before the first stage; a single one is 7x7, several are 3x3.
        layers: `PLAIN` or `STANDARDISED`.
        dilations: of the first block and of the others, in the third and in the fourth stage.

    Example:
        >>> ResNet(RESNET50).eval()(torch.zeros(1, 3, 32, 64)).layer4.shape
        torch.Size([1, 2048, 4, 8])
    """

    def __init__(
        self,
        depths: tuple[int, int, int, int],
        *,
        channels: int = 3,
        stem: tuple[int, ...] = (64,),
        layers: Layers = PLAIN,
        dilations: tuple[tuple[int, int], tuple[int, int]] = ((1, 2), (2, 4)),
    ) -> None:
        super().__init__()
        self.stem_length = len(stem)
        kernel = 7 if self.stem_length == 1 else 3
        for number, (inputs, outputs) in enumerate(pairwise((channels, *stem)), 1):
            stride = 2 if number == 1 else 1
            convolution = layers.convolution(inputs, outputs, kernel, stride, kernel // 2, bias=False)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", layers.normalisation(outputs))
        self.layer1 = stage(stem[-1], WIDTHS[0], depths[0], layers)
        self.layer2 = stage(EXPANSION * WIDTHS[0], WIDTHS[1], depths[1], layers, stride=2)
        self.layer3 = stage(EXPANSION * WIDTHS[1], WIDTHS[2], depths[2], layers, dilations=dilations[0])
        self.layer4 = stage(EXPANSION * WIDTHS[2], WIDTHS[3], depths[3], layers, dilations=dilations[1])

    def forward(self, x: Tensor) -> Features:
        for number in range(1, self.stem_length + 1):
            entry = self.get_submodule(f"conv{number}")(x)
            x = functional.relu(self.get_submodule(f"bn{number}")(entry), inplace=True)
        layer1 = self.layer1(functional.max_pool2d(x, 3, 2, padding=1))
        layer2 = self.layer2(layer1)
        layer3 = self.layer3(layer2)
        return Features(entry, x, layer1, layer2, layer3, self.layer4(layer3))


def stage(
    inputs: int, width: int, depth: int, layers: Layers, *, stride: int = 1, dilations: tuple[int, int] = (1, 1)
) -> nn.Sequential:
    """Blocks in a row; the first strides, and dilates by less than the others where the stage would have strided."""
    first = Bottleneck(inputs, width, layers, stride=stride, dilation=dilations[0])
    others = (Bottleneck(EXPANSION * width, width, layers, dilation=dilations[1]) for _ in range(depth - 1))
    return nn.Sequential(first, *others)
