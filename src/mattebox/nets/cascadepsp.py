"""CascadePSP: the outline of a rough mask corrected by what the picture shows, class-agnostic.

Cheng et al. 2020, "CascadePSP: Toward Class-Agnostic and Very High-Resolution Segmentation via Global and Local
Refinement". Keys are those of the authors' published network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.pooling import PYRAMID, BinMeans
from mattebox.nets.resize import resize_like
from mattebox.nets.resnet import RESNET50, ResNet

INPUTS = 6
"""Planes that the backbone sees: the picture (3), the mask, and the answers so far at an eighth and at a quarter."""


class CascadePsp(nn.Module):
    """Refines a mask in three passes of one network, each of which sees the answers of the one before.

    Its forward takes the picture `x` (N, 3, H, W), RGB, normalised with the ImageNet mean and deviation; the mask
    `seg` (N, 1, H, W) in [-1, 1]; and, where an earlier pass is to be skipped, its answers `inter_s8` and `inter_s4`,
    (N, 1, H, W) in [-1, 1]. H and W are best multiples of 8.

    It gives maps (N, 1, H, W) by name, the logits `out_*` and the probabilities `pred_*`, in the order of the passes:

    - first pass, unless `inter_s8` is given: `28`, at an eighth of the resolution;
    - second pass, unless `inter_s4` is given too: `28_2`, and `56`, at a quarter;
    - third pass: `28_3`, `56_2`, and `224`, at full resolution: the answer.

    `CoarseStep` and `FineStep` compute what refining a picture needs and no more.

    Example:
        >>> sorted(CascadePsp().eval()(torch.zeros(1, 3, 16, 16), *torch.zeros(3, 1, 1, 16, 16)))
        ['out_224', 'out_28_3', 'out_56_2', 'pred_224', 'pred_28_3', 'pred_56_2']
    """

    def __init__(self) -> None:
        super().__init__()
        # Unlike elsewhere, the first block of the last stage does not dilate.
        self.feats = ResNet(RESNET50, channels=INPUTS, dilations=((1, 2), (1, 4)))
        self.psp = PyramidPooling(2048, 1024)
        self.up_1 = Up(1024, 256, 512)
        self.up_2 = Up(512, 64, 256)
        self.up_3 = Up(256, 3, 32)
        self.final_28 = head(1024)
        self.final_56 = head(512)
        self.final_11 = nn.Conv2d(32 + 3, 32, 1)
        self.final_21 = nn.Conv2d(32, 1, 1)

    def forward(
        self, x: Tensor, seg: Tensor, inter_s8: Tensor | None = None, inter_s4: Tensor | None = None
    ) -> dict[str, Tensor]:
        logits = {}
        if inter_s8 is None:
            logits["28"] = self.first(x, seg)
            inter_s8 = torch.tanh(logits["28"])
        if inter_s4 is None:
            logits["28_2"], logits["56"] = self.second(x, seg, inter_s8)
            inter_s8, inter_s4 = torch.tanh(logits["28_2"]), torch.tanh(logits["56"])
        deep, middle, logits["224"] = self.third(x, seg, inter_s8, inter_s4)
        logits["28_3"], logits["56_2"] = self.eighth(deep, x), self.quarter(middle, x)
        probabilities = {f"pred_{name}": torch.sigmoid(value) for name, value in logits.items()}
        return {f"out_{name}": value for name, value in logits.items()} | probabilities

    def first(self, x: Tensor, seg: Tensor) -> Tensor:
        """First pass: logits at an eighth of the resolution, brought to the picture's size."""
        deep, _, _ = self.look(x, seg, seg, seg)
        return self.eighth(deep, x)

    def second(self, x: Tensor, seg: Tensor, s8: Tensor) -> tuple[Tensor, Tensor]:
        """Second pass: logits at an eighth and at a quarter, brought to the picture's size."""
        deep, layer1, _ = self.look(x, seg, s8, s8)
        return self.eighth(deep, x), self.quarter(self.up_1(deep, layer1), x)

    def third(self, x: Tensor, seg: Tensor, s8: Tensor, s4: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Third pass: its maps at an eighth and at a quarter, and logits at full resolution."""
        deep, layer1, entry = self.look(x, seg, s8, s4)
        middle = self.up_1(deep, layer1)
        fine = self.up_3(self.up_2(middle, entry), x)
        fine = functional.relu(self.final_11(torch.cat((fine, x), 1)), inplace=True)
        return deep, middle, self.final_21(fine)

    def look(self, x: Tensor, seg: Tensor, s8: Tensor, s4: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What every pass begins with: deep maps at an eighth, and earlier ones at a quarter and a half."""
        features = self.feats(torch.cat((x, seg, s8, s4), 1))
        return self.psp(features.layer4), features.layer1, features.entry

    def eighth(self, deep: Tensor, like: Tensor) -> Tensor:
        """Logits from maps at an eighth of the resolution."""
        return resize_like(self.final_28(deep), like)

    def quarter(self, middle: Tensor, like: Tensor) -> Tensor:
        """Logits from maps at a quarter of the resolution."""
        return resize_like(self.final_56(middle), like)


class CoarseStep(nn.Module):
    """The look at a whole picture, all three passes.

    Takes `x` and `seg` of `CascadePsp` and gives two maps (N, 1, H, W) in [0, 1]: the answer (`pred_224`) and the one
    at a quarter of the resolution (`pred_56_2`), from which a `FineStep` goes on.
    """

    def __init__(self, network: CascadePsp) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, seg: Tensor) -> tuple[Tensor, Tensor]:
        s8 = torch.tanh(self.network.first(x, seg))
        s8, s4 = map(torch.tanh, self.network.second(x, seg, s8))
        _, middle, full = self.network.third(x, seg, s8, s4)
        return torch.sigmoid(full), torch.sigmoid(self.network.quarter(middle, x))


class FineStep(nn.Module):
    """The look at a tile, the last two passes.

    Takes `x`, `seg` and `inter_s8` of `CascadePsp` and gives the answer (`pred_224`), (N, 1, H, W) in [0, 1].
    """

    def __init__(self, network: CascadePsp) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, seg: Tensor, inter_s8: Tensor) -> Tensor:
        s8, s4 = map(torch.tanh, self.network.second(x, seg, inter_s8))
        _, _, full = self.network.third(x, seg, s8, s4)
        return torch.sigmoid(full)


class PyramidPooling(nn.Module):
    """The picture's layout on grids of several sizes, merged with the maps (N, inputs, h, w): (N, outputs, h, w)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(BinMeans(bins), nn.Conv2d(inputs, inputs, 1, bias=False)) for bins in PYRAMID
        )
        self.bottleneck = nn.Conv2d((len(PYRAMID) + 1) * inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        # A 1x1 convolution of layouts side by side is the sum of its parts, and a part may be done before its layout is
        # brought to size: a fifth of the work, and of the memory.
        *parts, own = self.bottleneck.weight.chunk(len(PYRAMID) + 1, 1)
        total = functional.conv2d(x, own, self.bottleneck.bias)
        for layout, part in zip(self.stages, parts, strict=True):
            total = total + resize_like(functional.conv2d(layout(x), part), x)
        return functional.relu(total, inplace=True)


class Up(nn.Module):
    """One step up: coarse maps brought to the size of fine ones and merged with them, twice with a shortcut around."""

    def __init__(self, coarse: int, fine: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(*unit(coarse + fine, outputs), *unit(outputs, outputs))
        self.conv2 = nn.Sequential(*unit(outputs, outputs), *unit(outputs, outputs))
        self.shortcut = nn.Conv2d(coarse, outputs, 1)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        merged = self.conv(torch.cat((resize_like(coarse, fine), fine), 1))
        # The shortcut looks at single places, so it may be done before the enlargement: on a quarter of them.
        merged = merged + resize_like(self.shortcut(coarse), fine)
        return merged + self.conv2(merged)


def unit(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """Batch normalisation, ReLU, and a 3x3 convolution that keeps the size."""
    return nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, outputs, 3, padding=1)


def head(inputs: int) -> nn.Sequential:
    """One logit per place."""
    return nn.Sequential(nn.Conv2d(inputs, 32, 1), nn.ReLU(inplace=True), nn.Conv2d(32, 1, 1))
