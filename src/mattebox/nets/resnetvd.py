"""ResNet-vd: residual backbones whose stem is three small convolutions and whose shortcuts pool before they project.

He et al. 2019, "Bag of Tricks for Image Classification with Convolutional Neural Networks". Keys are those of Paddle's
checkpoints.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.residual import Residual

__all__ = ["ResNetVd", "basic"]

BLOCKS = (3, 4, 6, 3)
"""Blocks per stage."""

WIDTHS = (64, 128, 256, 512)
EXPANSION = 4
"""Outputs of a bottleneck block, as a multiple of its width."""


class ResNetVd(nn.Module):
    """A backbone that halves the picture five times.

    Takes (N, 3, H, W) pictures of any size and gives five maps, a half, a quarter, an eighth, a sixteenth and a
    thirty-second as large, rounded up: the stem's, and one of each stage.

    Args:
        depth: number of layers; 34 is made of basic blocks, 50 of bottleneck blocks.

    Attributes:
        channels: of the five maps.

    Raises:
        BadParameter: there is no such depth.

    Example:
        >>> import torch
        >>> [tuple(x.shape[1:]) for x in ResNetVd(34).eval()(torch.zeros(1, 3, 64, 96))][::2]
        [(64, 32, 48), (128, 8, 12), (512, 2, 3)]
    """

    def __init__(self, depth: int = 34) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise BadParameter(unknown_name("depth", str(depth), map(str, DEPTHS)))
        block, expansion = DEPTHS[depth]
        self.conv1_1 = ConvNorm(3, 32, stride=2)
        self.conv1_2 = ConvNorm(32, 32)
        self.conv1_3 = ConvNorm(32, 64)
        inputs = 64
        for stage, (width, blocks) in enumerate(zip(WIDTHS, BLOCKS, strict=True)):
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                self.add_module(f"bb_{stage}_{number}", block(inputs, width, stride, project=not number))
                inputs = expansion * width
        self.channels = (64, *(expansion * width for width in WIDTHS))

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        maps = [self.conv1_3(self.conv1_2(self.conv1_1(rgb)))]
        x = functional.max_pool2d(maps[0], 3, 2, padding=1)
        for stage, blocks in enumerate(BLOCKS):
            for number in range(blocks):
                x = self.get_submodule(f"bb_{stage}_{number}")(x)
            maps.append(x)
        return tuple(maps)


class Shortcut(ConvNorm):
    """A 1x1 convolution, of the means of 2x2 pixels where the block strides."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, 1, relu=False)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            x = functional.avg_pool2d(x, self.stride, ceil_mode=True)
        return super().forward(x)


def basic(inputs: int, width: int, stride: int = 1, *, project: bool = False) -> Residual:
    """Two 3x3 convolutions, the first of which strides, beside a shortcut that may project."""
    body = {"conv0": ConvNorm(inputs, width, stride=stride), "conv1": ConvNorm(width, width, relu=False)}
    return Residual(body, {"short": Shortcut(inputs, width, stride)} if project else None)


def bottleneck(inputs: int, width: int, stride: int = 1, *, project: bool = False) -> Residual:
    """Convolutions of 1x1, 3x3 and 1x1, the second of which strides, beside a shortcut that may project."""
    outputs = EXPANSION * width
    body = {
        "conv0": ConvNorm(inputs, width, 1),
        "conv1": ConvNorm(width, width, stride=stride),
        "conv2": ConvNorm(width, outputs, 1, relu=False),
    }
    return Residual(body, {"short": Shortcut(inputs, outputs, stride)} if project else None)


DEPTHS = {34: (basic, 1), 50: (bottleneck, EXPANSION)}
"""The block of each depth, and its outputs as a multiple of its width."""
