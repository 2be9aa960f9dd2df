"""DeepLabV3: which of 21 classes every pixel belongs to.

Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation". Keys are those of torchvision's
`deeplabv3_resnet101`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mattebox.nets.pooling import BinMeans
from mattebox.nets.resize import resize_like
from mattebox.nets.resnet import RESNET101, ResNet

RATES = (12, 24, 36)
"""Dilations of the branches that look at the surroundings."""

WIDTH = 256


class DeepLabOutput(NamedTuple):
    """Logits of the classes, (N, classes, H, W) each.

    Attributes:
        out: the answer.
        aux: that of the last but one stage; used in training only.
    """

    out: Tensor
    aux: Tensor


class DeepLabV3(nn.Module):
    """Semantic segmentation on a dilated ResNet-101.

    Takes (N, 3, H, W) pictures of any size, RGB, normalised with the ImageNet mean and deviation.

    Args:
        classes: how many there are, the background, class 0, among them.

    Example:
        >>> DeepLabV3().eval()(torch.zeros(1, 3, 40, 33)).out.shape
        torch.Size([1, 21, 40, 33])
    """

    def __init__(self, classes: int = 21) -> None:
        super().__init__()
        self.backbone = ResNet(RESNET101)
        self.classifier = nn.Sequential(DilatedPyramid(2048), *unit(WIDTH, WIDTH, 3), nn.Conv2d(WIDTH, classes, 1))
        self.aux_classifier = nn.Sequential(*unit(1024, WIDTH, 3), nn.Dropout(0.1), nn.Conv2d(WIDTH, classes, 1))

    def forward(self, x: Tensor) -> DeepLabOutput:
        features = self.backbone(x)
        out, aux = self.classifier(features.layer4), self.aux_classifier(features.layer3)
        return DeepLabOutput(resize_like(out, x), resize_like(aux, x))


class DilatedPyramid(nn.Module):
    """A place, its surroundings at three ranges and the whole picture, merged: (N, inputs, h, w) to (N, 256, h, w)."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            (
                nn.Sequential(*unit(inputs, WIDTH)),
                *(nn.Sequential(*unit(inputs, WIDTH, 3, rate)) for rate in RATES),
                nn.Sequential(BinMeans(1), *unit(inputs, WIDTH)),
            )
        )
        self.project = nn.Sequential(*unit(len(self.convs) * WIDTH, WIDTH), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([resize_like(branch(x), x) for branch in self.convs], 1))


def unit(inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> tuple[nn.Module, ...]:
    """Convolution that keeps the size, batch normalisation and ReLU."""
    padding = dilation * (kernel // 2)
    return (
        nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
