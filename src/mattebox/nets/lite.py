"""LiteNet, the network of the embedded model: one look at the whole picture; a mask, a subject score and a kind.

Ours. A residual encoder (He et al. 2016, "Deep Residual Learning for Image Recognition") of plain 3x3 convolutions,
which two CPU cores run at a far better rate than depthwise ones; squeeze-and-excitation gates (Hu et al. 2018) and
pyramid pooling (Zhao et al. 2017, "Pyramid Scene Parsing Network") so that every place knows what the whole picture
shows; and a light top-down decoder (Lin et al. 2017, "Feature Pyramid Networks") with a side answer per level for deep
supervision.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM = 24
WIDTHS = (32, 64, 128, 224)
DEPTHS = (1, 2, 3, 2)
DECODER = (32, 48, 64, 96)
KINDS = ("person", "animal", "object", "vehicle", "graphic")
"""What a subject can be, in the order of the network's answer."""

SHARPNESS = 2.0
"""Factor on the logits of a mask, wherever it is used. On the held-out pairs it leaves IoU as it was (0.889) and takes
the share of pixels that are unsure, and with it the work of the detail network, from 24 % to 16 %."""


class LiteOutput(NamedTuple):
    """What LiteNet says of a batch of N pictures of (H, W) pixels, all as logits.

    Attributes:
        mask: (N, 1, H, W), how sure a pixel is to belong to the subject.
        sides: the same question at the decoder's coarser levels, finest first; used in training only.
        subject: (N,), whether there is a subject at all.
        kind: (N, 5), what it is, in the order of `KINDS`.
    """

    mask: Tensor
    sides: tuple[Tensor, ...]
    subject: Tensor
    kind: Tensor


def conv_unit(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, act: bool = True) -> nn.Sequential:
    """Convolution, batch normalisation and, unless told otherwise, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if act:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Gate(nn.Module):
    """Squeeze-and-excitation: channels weighed by what the whole picture holds."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        weights = functional.relu(self.squeeze(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.excite(weights))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the deeper stages are gated."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, *, gated: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(conv_unit(inputs, outputs, 3, stride), conv_unit(outputs, outputs, 3, act=False))
        self.gate = Gate(outputs) if gated else nn.Identity()
        shortcut = stride != 1 or inputs != outputs
        self.shortcut = conv_unit(inputs, outputs, 1, stride, act=False) if shortcut else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.shortcut(x) + self.gate(self.body(x)))


class PyramidPooling(nn.Module):
    """The picture's mean and its coarse layout, read from the deepest features and added back to them."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.whole = conv_unit(channels, hidden, 1)
        self.coarse = conv_unit(channels, hidden)
        self.merge = conv_unit(channels + 2 * hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[2:]
        whole = self.whole(x.mean((2, 3), keepdim=True).expand(-1, -1, *size))
        coarse = self.coarse(functional.avg_pool2d(x, 3, 2, padding=1))
        coarse = functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
        return self.merge(torch.cat((x, whole, coarse), 1))


class Up(nn.Module):
    """One step of the decoder: the coarser answer, brought up and joined with the encoder's finer features."""

    def __init__(self, coarse: int, fine: int, outputs: int) -> None:
        super().__init__()
        self.reduce = conv_unit(coarse, outputs, 1)
        self.lateral = conv_unit(fine, outputs, 1)
        self.mix = conv_unit(2 * outputs, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        coarse = functional.interpolate(self.reduce(coarse), size=fine.shape[2:], mode="bilinear", align_corners=False)
        return self.mix(torch.cat((coarse, self.lateral(fine)), 1))


class LiteNet(nn.Module):
    """The embedded model's coarse network.

    Takes (N, 3, H, W) float pictures, RGB, normalised with the ImageNet mean and deviation; H and W are best
    multiples of 32.

    Example:
        >>> LiteNet().eval()(torch.zeros(1, 3, 64, 64)).mask.shape
        torch.Size([1, 1, 64, 64])
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_unit(3, STEM, 3, 2)
        stages: list[nn.Module] = []
        inputs = STEM
        for level, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            blocks = [ResidualBlock(inputs, width, 2, gated=level >= 2)]
            blocks += [ResidualBlock(width, width, gated=level >= 2) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*blocks))
            inputs = width
        self.stages = nn.ModuleList(stages)
        self.context = PyramidPooling(WIDTHS[-1], DECODER[-1])
        self.subject = nn.Linear(WIDTHS[-1], 1)
        self.kind = nn.Linear(WIDTHS[-1], len(KINDS))
        self.ups = nn.ModuleList(
            (
                Up(WIDTHS[3], WIDTHS[2], DECODER[3]),
                Up(DECODER[3], WIDTHS[1], DECODER[2]),
                Up(DECODER[2], WIDTHS[0], DECODER[1]),
            )
        )
        self.side_heads = nn.ModuleList(nn.Conv2d(width, 1, 3, padding=1) for width in DECODER[1:])
        self.fine = nn.Sequential(conv_unit(DECODER[1] + STEM, DECODER[0]), nn.Conv2d(DECODER[0], 1, 3, padding=1))

    def forward(self, rgb: Tensor) -> LiteOutput:
        stem = self.stem(rgb)
        features, x = [], stem
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        deepest = x = self.context(x)
        subject = self.subject(x.mean((2, 3))).squeeze(1)
        sides: list[Tensor] = []
        for up, head, fine in zip(
            self.ups, reversed(self.side_heads), (features[2], features[1], features[0]), strict=True
        ):
            x = up(x, fine)
            sides.append(head(x))
        x = functional.interpolate(x, size=stem.shape[2:], mode="bilinear", align_corners=False)
        mask = functional.interpolate(
            self.fine(torch.cat((x, stem), 1)), size=rgb.shape[2:], mode="bilinear", align_corners=False
        )
        return LiteOutput(mask, tuple(reversed(sides)), subject, self.kind(mean_inside(deepest, sides[0])))


def mean_inside(features: Tensor, mask: Tensor) -> Tensor:
    """Mean of features (N, C, h, w) over the subject, as mask logits (N, 1, H, W) see it: (N, C)."""
    weight = functional.interpolate(torch.sigmoid(mask.detach()), size=features.shape[2:], mode="area") + 1e-4
    return (features * weight).sum((2, 3)) / weight.sum((2, 3))
