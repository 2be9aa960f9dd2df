"""TRACER with the EfficientNet-B7 encoder: which pixels belong to the salient object.

Lee, Shin and Han 2022, "TRACER: Extreme Attention Guided Salient Object Tracing Network". The encoder's three coarser
features are read at several reaches, brought together under attention over channels and rows, and the rough map is
corrected twice by the finer features. Names as in the checkpoints of CarveKit, whose network has no edge detector.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.efficientnet import WIDTHS, EfficientNetB7

CHANNELS = (32, 64, 128)
"""Channels of the three features that are brought together, finest first."""
MASKED = 0.1
"""Share of the channels that the attention holds for confusing; the paper's gamma."""
BACKGROUND = 0.93
"""How sure of background a place must be so that only its share of object is looked at again; the paper's denoising
ratio."""


class ConvUnit(nn.Module):
    """Convolution that keeps the size, batch normalisation, SELU."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int] = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding="same", dilation=dilation, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.selu(self.bn(self.conv(x)))


class DepthwiseUnit(nn.Module):
    """The same with each channel looked at alone."""

    def __init__(self, channels: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.DWConv = nn.Conv2d(
            channels, channels, kernel, padding="same", dilation=dilation, groups=channels, bias=False
        )
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.selu(self.bn(self.DWConv(x)))


class SeparableUnit(DepthwiseUnit):
    """3x3 in each channel alone, then across channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, 3)
        self.PWConv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.selu(self.bn2(self.PWConv(super().forward(x))))


class ReceptiveField(nn.Module):
    """Features read at four reaches (Liu et al. 2018, "Receptive Field Block Net"), beside a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(ConvUnit(inputs, outputs))
        self.branch1 = self._branch(inputs, outputs, 3)
        self.branch2 = self._branch(inputs, outputs, 5)
        self.branch3 = self._branch(inputs, outputs, 7)
        self.conv_cat = ConvUnit(4 * outputs, outputs, 3)
        self.conv_res = ConvUnit(inputs, outputs)

    @staticmethod
    def _branch(inputs: int, outputs: int, reach: int) -> nn.Sequential:
        return nn.Sequential(
            ConvUnit(inputs, outputs),
            ConvUnit(outputs, outputs, (1, reach)),
            ConvUnit(outputs, outputs, (reach, 1)),
            ConvUnit(outputs, outputs, 3, dilation=reach),
        )

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch0, self.branch1, self.branch2, self.branch3)
        return functional.relu(self.conv_cat(torch.cat([branch(x) for branch in branches], 1)) + self.conv_res(x))


class UnionAttention(nn.Module):
    """Channels weighed by each other, the least of them left out; then rows by each other, to one map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.least = int(MASKED * (channels - 1)) + 1
        self.bn = nn.BatchNorm2d(channels)
        self.norm = nn.Sequential(nn.BatchNorm2d(channels))
        self.channel_q, self.channel_k, self.channel_v, self.fc = (
            nn.Conv2d(channels, channels, 1, bias=False) for _ in range(4)
        )
        self.spatial_q, self.spatial_k, self.spatial_v = (nn.Conv2d(channels, 1, 1, bias=False) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.norm(x.mean((2, 3), keepdim=True))
        query, key, value = (conv(mean).flatten(2) for conv in (self.channel_q, self.channel_k, self.channel_v))
        weight = torch.sigmoid(self.fc(attend(query, key, value)[..., None]))
        x = self.bn(x * weight + x) * self.without_least(weight)
        value = self.spatial_v(x)
        return attend(self.spatial_q(x), self.spatial_k(x), value) + value

    def without_least(self, weight: Tensor) -> Tensor:
        """Set the least weights (N, C, 1, 1) of each picture to 0.

        The paper sets those to 0 that are not above the quantile 0.1. With 224 channels it lies three tenths of the way
        from the 23rd value to the 24th and is always rounded below the latter, so the 23rd decides, without arithmetic.
        """
        limit = weight.topk(self.least, dim=1, largest=False).values[:, -1:]
        return weight.masked_fill(weight <= limit, 0)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Dot-product attention over the last but one axis, without the usual scaling (..., L, D)."""
    return torch.softmax(query @ key.transpose(-1, -2), -1) @ value


class Aggregation(nn.Module):
    """Brings three features together, coarse to fine, to one rough map at the finest one's size."""

    def __init__(self, fine: int, middle: int, coarse: int) -> None:
        super().__init__()
        self.conv_upsample1 = ConvUnit(coarse, middle, 3)
        self.conv_upsample2 = ConvUnit(coarse, fine, 3)
        self.conv_upsample3 = ConvUnit(middle, fine, 3)
        self.conv_upsample4 = ConvUnit(coarse, coarse, 3)
        self.conv_upsample5 = ConvUnit(coarse + middle, coarse + middle, 3)
        self.conv_concat2 = ConvUnit(coarse + middle, coarse + middle, 3)
        self.conv_concat3 = ConvUnit(coarse + middle + fine, coarse + middle + fine, 3)
        self.UAM = UnionAttention(coarse + middle + fine)

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Tensor:
        coarse = enlarged(coarse, middle)
        agreed = self.conv_upsample2(enlarged(coarse, fine)) * self.conv_upsample3(enlarged(middle, fine)) * fine
        middle = self.conv_concat2(torch.cat((self.conv_upsample1(coarse) * middle, self.conv_upsample4(coarse)), 1))
        return self.UAM(self.conv_concat3(torch.cat((agreed, self.conv_upsample5(enlarged(middle, fine))), 1)))


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Bring a feature to the size of another one, corners on corners."""
    return functional.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=True)


class ObjectAttention(nn.Module):
    """Corrects a rough map (N, 1, H, W) by the encoder's features (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half, eighth = channels // 2, channels // 8
        self.DWSConv = SeparableUnit(channels, half)
        self.DWConv1, self.DWConv2, self.DWConv3, self.DWConv4 = (
            nn.Sequential(DepthwiseUnit(half, kernel, dilation), ConvUnit(half, eighth))
            for kernel, dilation in ((1, 1), (3, 1), (3, 3), (3, 5))
        )
        self.conv1 = ConvUnit(half, 1)

    def forward(self, rough: Tensor, features: Tensor) -> Tensor:
        # The paper adds features weighed by object and, where it is not too sure, by background: together the whole.
        share = torch.sigmoid(rough)
        x = self.DWSConv(features * share.masked_fill(1 - share <= BACKGROUND, 1))
        branches = (self.DWConv1, self.DWConv2, self.DWConv3, self.DWConv4)
        x = torch.cat([branch(x) for branch in branches], 1) + x
        return functional.relu(self.conv1(x)) + rough


class Tracer(nn.Module):
    """TRACER: (N, 3, H, W) pictures, RGB, normalised with the ImageNet mean and deviation, to masks (N, 1, H, W).

    The masks are in [0, 1]. Sides shall be multiples of 32. Others work, but the answer then has eight times the size
    of the features at an eighth, a few pixels less than the picture, and lies over all of it.

    Example:
        >>> Tracer().eval()(torch.zeros(1, 3, 64, 64)).shape
        torch.Size([1, 1, 64, 64])
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetB7()
        self.rfb2, self.rfb3, self.rfb4 = (
            ReceptiveField(width, channels) for width, channels in zip(WIDTHS[1:], CHANNELS, strict=True)
        )
        self.agg = Aggregation(*CHANNELS)
        self.ObjectAttention2 = ObjectAttention(WIDTHS[1])
        self.ObjectAttention1 = ObjectAttention(WIDTHS[0])

    def forward(self, rgb: Tensor) -> Tensor:
        quarter, eighth, sixteenth, deepest = self.encoder(rgb)
        rough = self.agg(self.rfb2(eighth), self.rfb3(sixteenth), self.rfb4(deepest))
        better = self.ObjectAttention2(rough, eighth)
        best = self.ObjectAttention1(stretched(better, quarter.shape[2:]), quarter)
        size = [8 * side for side in rough.shape[2:]]
        return torch.sigmoid((stretched(best, size) + stretched(better, size) + stretched(rough, size)) / 3)


def stretched(maps: Tensor, size: list[int] | torch.Size) -> Tensor:
    """Bring maps to a size (height, width), pixel areas on pixel areas."""
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)
