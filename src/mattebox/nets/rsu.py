"""Residual U-blocks, and the larger U that has them for stages.

Qin et al. 2020, "U2-Net: Going Deeper with Nested U-Structure for Salient Object Detection". Attributes have the names
that the published checkpoints give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.resize import resize_like


class BlockShape(NamedTuple):
    """What a residual U-block is made of.

    Attributes:
        height: convolutions on its way down, the deepest included; 2 or more.
        inputs: channels it takes.
        hidden: channels inside.
        outputs: channels it gives.
        dilated: it keeps its size and widens its view by dilation; otherwise it halves its size at each step.
    """

    height: int
    inputs: int
    hidden: int
    outputs: int
    dilated: bool = False


def halve(x: Tensor) -> Tensor:
    """The largest of each 2 x 2 pixels; a last odd row or column makes pixels of its own."""
    return functional.max_pool2d(x, 2, 2, ceil_mode=True)


class ConvUnit(nn.Module):
    """3x3 convolution, batch normalisation, ReLU: (N, inputs, H, W) to (N, outputs, H, W)."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn_s1(self.conv_s1(x)), inplace=True)


class ResidualUBlock(nn.Module):
    """A small U-Net beside a shortcut: (N, inputs, H, W) to (N, outputs, H, W)."""

    def __init__(self, shape: BlockShape) -> None:
        super().__init__()
        self.height, self.dilated = shape.height, shape.dilated
        self.rebnconvin = ConvUnit(shape.inputs, shape.outputs)
        for depth in range(1, self.height):
            dilation = 2 ** (depth - 1) if self.dilated else 1
            outer = shape.outputs if depth == 1 else shape.hidden
            self.add_module(f"rebnconv{depth}", ConvUnit(outer, shape.hidden, dilation))
            self.add_module(f"rebnconv{depth}d", ConvUnit(2 * shape.hidden, outer, dilation))
        dilation = 2 ** (self.height - 1) if self.dilated else 2
        self.add_module(f"rebnconv{self.height}", ConvUnit(shape.hidden, shape.hidden, dilation))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x = self.rebnconvin(x)
        skips: list[Tensor] = []
        for depth in range(1, self.height):
            if depth > 1 and not self.dilated:
                x = halve(x)
            x = self.get_submodule(f"rebnconv{depth}")(x)
            skips.append(x)
        x = self.get_submodule(f"rebnconv{self.height}")(x)
        for depth in range(self.height - 1, 0, -1):
            skip = skips.pop()
            if depth < self.height - 1 and not self.dilated:
                x = resize_like(x, skip)
            x = self.get_submodule(f"rebnconv{depth}d")(torch.cat((x, skip), 1))
        return shortcut + x


class NestedU(nn.Module):
    """A U whose stages are residual U-blocks, with a one-channel side answer on each level.

    Args:
        stages: `stage1` to `stageN` on the way down, `stageMd` on the way up from M = N - 1 to 1.
    """

    def __init__(self, stages: Mapping[str, BlockShape]) -> None:
        super().__init__()
        self.levels = (len(stages) + 1) // 2
        for name, shape in stages.items():
            self.add_module(name, ResidualUBlock(shape))
        for level in range(1, self.levels + 1):
            last = f"stage{level}d" if level < self.levels else f"stage{level}"
            self.add_module(f"side{level}", nn.Conv2d(stages[last].outputs, 1, 3, padding=1))

    def decode(self, x: Tensor) -> list[Tensor]:
        """Features of each level, finest first: (N, C, H, W) at the size of x, then half of it and so on."""
        skips: list[Tensor] = []
        for level in range(1, self.levels):
            x = self.get_submodule(f"stage{level}")(x)
            skips.append(x)
            x = halve(x)
        features = [self.get_submodule(f"stage{self.levels}")(x)]
        for level in range(self.levels - 1, 0, -1):
            skip = skips.pop()
            x = torch.cat((resize_like(features[0], skip), skip), 1)
            features.insert(0, self.get_submodule(f"stage{level}d")(x))
        return features

    def side(self, level: int, features: Tensor, like: Tensor) -> Tensor:
        """Side answer of a level, as logits (N, 1, H, W) at the size of another tensor."""
        return resize_like(self.get_submodule(f"side{level}")(features), like)
