"""MobileNetV3-Large as an encoder: what a picture holds, at four scales, at the cost of a telephone.

Howard et al. 2019, "Searching for MobileNetV3": inverted bottlenecks (Sandler et al. 2018, "MobileNetV2"), some with
squeeze-and-excitation gates (Hu et al. 2018), widths and kernels found by search. The last stage dilates in place of
its stride, as the paper does for segmentation. Keys are those of PaddlePaddle's networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["WIDTHS", "LiteAspp", "MobileNetV3"]

STEM = 16
DEEPEST = 960
"""Channels of the coarsest feature."""
EPSILON = 1e-3
"""TensorFlow's epsilon of batch normalisation, a hundred times that of torch."""


class Layer(NamedTuple):
    """A block, as a row of the paper's table.

    Attributes:
        kernel: side of the depthwise kernel.
        inside: channels between the two 1x1 convolutions.
        width: channels that come out.
        squeeze: channels in the middle of the gate; 0 for a block without.
        act: what follows its convolutions, but the last one.
        stride: 1 or 2.
        dilation: of the depthwise kernel.
        told: whether the encoder hands out what the block says.
    """

    kernel: int
    inside: int
    width: int
    squeeze: int
    act: Callable[[Tensor], Tensor]
    stride: int = 1
    dilation: int = 1
    told: bool = False


LAYERS = (
    Layer(3, 16, 16, 0, functional.relu, told=True),
    Layer(3, 64, 24, 0, functional.relu, stride=2),
    Layer(3, 72, 24, 0, functional.relu, told=True),
    Layer(5, 72, 40, 24, functional.relu, stride=2),
    Layer(5, 120, 40, 32, functional.relu),
    Layer(5, 120, 40, 32, functional.relu, told=True),
    Layer(3, 240, 80, 0, functional.hardswish, stride=2),
    Layer(3, 200, 80, 0, functional.hardswish),
    Layer(3, 184, 80, 0, functional.hardswish),
    Layer(3, 184, 80, 0, functional.hardswish),
    Layer(3, 480, 112, 120, functional.hardswish),
    Layer(3, 672, 112, 168, functional.hardswish),
    Layer(5, 672, 160, 168, functional.hardswish, dilation=2),
    Layer(5, 960, 160, 240, functional.hardswish, dilation=2),
    Layer(5, 960, 160, 240, functional.hardswish, dilation=2),
)
WIDTHS = tuple(layer.width for layer in LAYERS if layer.told)
"""Channels of the three finer features, finest first: 16, 24, 40."""


class Unit(nn.Module):
    """Convolution that keeps the size but for its stride, and batch normalisation."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, dilation: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class Gate(nn.Module):
    """Squeeze-and-excitation: channels weighed by what the whole picture holds."""

    def __init__(self, channels: int, squeeze: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, squeeze, 1)
        self.conv2 = nn.Conv2d(squeeze, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = functional.relu(self.conv1(x.mean((2, 3), keepdim=True)))
        return x * functional.hardsigmoid(self.conv2(weights))


class Bottleneck(nn.Module):
    """Widen, look around in each channel alone, weigh the channels, narrow; beside a shortcut where sizes allow."""

    def __init__(self, inputs: int, layer: Layer) -> None:
        super().__init__()
        self.widens = layer.inside != inputs
        if self.widens:
            self.expand_conv = Unit(inputs, layer.inside)
        self.bottleneck_conv = Unit(
            layer.inside, layer.inside, layer.kernel, layer.stride, layer.dilation, groups=layer.inside
        )
        self.mid_se = Gate(layer.inside, layer.squeeze) if layer.squeeze else nn.Identity()
        self.linear_conv = Unit(layer.inside, layer.width)
        self.act = layer.act
        self.shortcut = layer.stride == 1 and inputs == layer.width

    def forward(self, x: Tensor) -> Tensor:
        wide = self.act(self.expand_conv(x)) if self.widens else x
        wide = self.mid_se(self.act(self.bottleneck_conv(wide)))
        narrow = self.linear_conv(wide)
        return x + narrow if self.shortcut else narrow


class MobileNetV3(nn.Module):
    """Encoder: (N, 3, H, W) pictures, RGB, normalised with the ImageNet mean and deviation, to four features.

    They have 16, 24, 40 and 960 channels at a half, a quarter, an eighth and a sixteenth of the picture's size, finest
    first; odd sides are rounded up.

    Example:
        >>> import torch
        >>> [tuple(feature.shape) for feature in MobileNetV3().eval()(torch.zeros(1, 3, 64, 50))]
        [(1, 16, 32, 25), (1, 24, 16, 13), (1, 40, 8, 7), (1, 960, 4, 4)]
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv = Unit(3, STEM, 3, stride=2)
        inputs = (STEM, *(layer.width for layer in LAYERS))
        self.blocks = nn.ModuleList(map(Bottleneck, inputs, LAYERS))
        self.last_second_conv = Unit(LAYERS[-1].width, DEEPEST)

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        x = functional.hardswish(self.conv(rgb))
        features = []
        for block, layer in zip(self.blocks, LAYERS, strict=True):
            x = block(x)
            if layer.told:
                features.append(x)
        return (*features, functional.hardswish(self.last_second_conv(x)))


class LiteAspp(nn.Module):
    """LR-ASPP, the paper's head: the coarsest features narrowed, and weighed by what the whole picture holds.

    Takes (N, 960, h, w) and gives (N, outputs, h, w).

    Args:
        outputs: channels.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.aspp1 = nn.Sequential(
            nn.Conv2d(DEEPEST, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )
        self.aspp2 = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(DEEPEST, outputs, 1, bias=False), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.aspp1(x) * self.aspp2(x)
