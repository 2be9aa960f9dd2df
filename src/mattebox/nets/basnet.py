"""BASNet: finds what stands out in a picture, then refines its boundary.

Qin et al. 2019, "BASNet: Boundary-Aware Salient Object Detection". The encoder is a ResNet-34 (He et al. 2016) that
begins at the picture's own resolution, with two more stages. Attributes have the names that the published checkpoint
gives them.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.resize import resize_like
from mattebox.nets.rsu import halve

ENCODER = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Channels and blocks of the encoder's first four stages."""

STAGES = {
    "bg": ((512, 512, 512, 512), (2, 2, 2)),
    "6d": ((1024, 512, 512, 512), (1, 2, 2)),
    "5d": ((1024, 512, 512, 512), (1, 1, 1)),
    "4d": ((1024, 512, 512, 256), (1, 1, 1)),
    "3d": ((512, 256, 256, 128), (1, 1, 1)),
    "2d": ((256, 128, 128, 64), (1, 1, 1)),
    "1d": ((128, 64, 64, 64), (1, 1, 1)),
}
"""The bridge and the decoder: channels before and after each of three convolutions, and their dilations."""

LEVELS = 6
REFINER = 64
"""Channels of the refining network."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module = nn.Identity()
        if inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        return functional.relu(self.bn2(self.conv2(inner)) + self.downsample(x), inplace=True)


class ConvUnits(nn.Module):
    """Units of 3x3 convolution, batch normalisation and ReLU, by the suffix that both have in the checkpoint."""

    def add_unit(self, suffix: str, inputs: int, outputs: int, dilation: int = 1) -> None:
        """Make a unit."""
        self.add_module(f"conv{suffix}", nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation))
        self.add_module(f"bn{suffix}", nn.BatchNorm2d(outputs))

    def unit(self, suffix: str, x: Tensor) -> Tensor:
        """Run a unit: (N, inputs, H, W) to (N, outputs, H, W)."""
        x = self.get_submodule(f"conv{suffix}")(x)
        return functional.relu(self.get_submodule(f"bn{suffix}")(x), inplace=True)


class Refiner(ConvUnits):
    """A small U-Net that corrects the logits of a coarse answer, (N, 1, H, W)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(1, REFINER, 3, padding=1)
        for depth in range(1, 6):
            self.add_unit(str(depth), REFINER, REFINER)
        for depth in range(4, 0, -1):
            self.add_unit(f"_d{depth}", 2 * REFINER, REFINER)
        self.conv_d0 = nn.Conv2d(REFINER, 1, 3, padding=1)

    def forward(self, coarse: Tensor) -> Tensor:
        x = self.conv0(coarse)
        skips: list[Tensor] = []
        for depth in range(1, 5):
            skips.append(self.unit(str(depth), x))
            x = halve(skips[-1])
        x = self.unit("5", x)
        for depth in range(4, 0, -1):
            skip = skips.pop()
            x = self.unit(f"_d{depth}", torch.cat((resize_like(x, skip), skip), 1))
        return coarse + self.conv_d0(x)


class BasNet(ConvUnits):
    """Salient object detection with sharp boundaries.

    Takes (N, 3, H, W) float pictures, RGB, normalised with the ImageNet mean and deviation; any height and width.
    Gives probabilities (N, 1, H, W): the refined answer, the side answers of the decoder from the finest level to the
    coarsest, and that of the bridge.

    Example:
        >>> BasNet().eval()(torch.zeros(1, 3, 40, 56))[0].shape
        torch.Size([1, 1, 40, 56])
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = ENCODER[0][0]
        self.inconv = nn.Conv2d(3, inputs, 3, padding=1)
        self.inbn = nn.BatchNorm2d(inputs)
        for level, (outputs, blocks) in enumerate(ENCODER, 1):
            first = BasicBlock(inputs, outputs, 1 if level == 1 else 2)
            rest = (BasicBlock(outputs, outputs) for _ in range(blocks - 1))
            self.add_module(f"encoder{level}", nn.Sequential(first, *rest))
            inputs = outputs
        for level in (5, 6):
            for block in (1, 2, 3):
                self.add_module(f"resb{level}_{block}", BasicBlock(inputs, inputs))
        for name, (channels, dilations) in STAGES.items():
            for part, (before, after), dilation in zip("1m2", pairwise(channels), dilations, strict=True):
                self.add_unit(f"{name}_{part}", before, after, dilation)
            self.add_module(f"outconv{name[0]}", nn.Conv2d(channels[-1], 1, 3, padding=1))
        self.refunet = Refiner()

    def forward(self, rgb: Tensor) -> tuple[Tensor, ...]:
        skips = self.encode(rgb)
        x = self.stage("bg", skips[-1])
        sides = [self.side("b", x, rgb)]
        for level in range(LEVELS, 0, -1):
            skip = skips.pop()
            if level < LEVELS:
                x = resize_like(x, skip)
            x = self.stage(f"{level}d", torch.cat((x, skip), 1))
            sides.insert(0, self.side(str(level), x, rgb))
        return tuple(torch.sigmoid(answer) for answer in (self.refunet(sides[0]), *sides))

    def encode(self, rgb: Tensor) -> list[Tensor]:
        """Features of the six levels, finest first: (N, C, H, W) at the picture's size, then half of it and so on."""
        x = functional.relu(self.inbn(self.inconv(rgb)), inplace=True)
        features: list[Tensor] = []
        for level in range(1, LEVELS + 1):
            if level <= len(ENCODER):
                x = self.get_submodule(f"encoder{level}")(x)
            else:
                x = halve(x)
                for block in (1, 2, 3):
                    x = self.get_submodule(f"resb{level}_{block}")(x)
            features.append(x)
        return features

    def stage(self, name: str, x: Tensor) -> Tensor:
        """The three units of the bridge or of a decoder's stage."""
        for part in "1m2":
            x = self.unit(f"{name}_{part}", x)
        return x

    def side(self, name: str, features: Tensor, like: Tensor) -> Tensor:
        """Side answer of a stage, as logits (N, 1, H, W) at the size of another tensor."""
        return resize_like(self.get_submodule(f"outconv{name}")(features), like)
