"""YOLOv4: which of the 80 kinds of COCO are in a picture, and where.

Bochkovskiy, Wang and Liao 2020, "YOLOv4: Optimal Speed and Accuracy of Object Detection". A cross-stage partial
encoder (Wang et al. 2020, "CSPNet") with Mish, spatial pyramid pooling (He et al. 2015), a path that goes up and down
again (Liu et al. 2018, "PANet"), and three answers in boxes around anchors. Names as in the checkpoints of
Tianxiaomo/pytorch-YOLOv4, `neek` included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

ANCHORS = (
    (8, ((12, 16), (19, 36), (40, 28))),
    (16, ((36, 75), (76, 55), (72, 146))),
    (32, ((142, 110), (192, 243), (459, 401))),
)
"""For each of the three answers, finest first: side of a cell, and (width, height) of its anchors, all in pixels."""
POOLS = (13, 9, 5)
"""Sides of the windows of the pyramid pooling, in the order of the checkpoint's channels."""


class YoloOutput(NamedTuple):
    """What YOLOv4 says of a batch of N pictures: K boxes each, from the finest answer to the coarsest.

    Attributes:
        boxes: (N, K, 1, 4), left, top, right and bottom as shares of the picture's width and height; may reach outside.
        confs: (N, K, classes), in [0, 1]: how sure a box is to hold an object of a kind.
    """

    boxes: Tensor
    confs: Tensor


class ConvUnit(nn.Module):
    """Convolution, batch normalisation, activation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, act: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), act()
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Answer(nn.Module):
    """The plain convolution at the end of a branch."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


def mish_unit(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> ConvUnit:
    """Unit of the encoder: Mish (Misra 2019)."""
    return ConvUnit(inputs, outputs, kernel, stride, nn.Mish)


def leaky_unit(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> ConvUnit:
    """Unit behind the encoder: ReLU that lets a tenth of what is below zero through."""
    return ConvUnit(inputs, outputs, kernel, stride, lambda: nn.LeakyReLU(0.1, inplace=True))


class Chain(nn.Module):
    """Units numbered from 1 in the order in which they run, named `conv1`, `conv2`, ... as in the checkpoint."""

    def __init__(self, units: Iterable[nn.Module]) -> None:
        super().__init__()
        for number, unit in enumerate(units, 1):
            self.add_module(f"conv{number}", unit)

    def run(self, x: Tensor, first: int, last: int | None = None) -> Tensor:
        """Send x through unit `first`, or through all from there to `last`."""
        for number in range(first, (last or first) + 1):
            x = self.get_submodule(f"conv{number}")(x)
        return x


class FirstStage(Chain):
    """Halves the picture: (N, 3, H, W) to (N, 64, H / 2, W / 2); one residual step, half of the channels around it."""

    def __init__(self) -> None:
        shapes = ((3, 32, 3), (32, 64, 3, 2), (64, 64), (64, 64), (64, 32), (32, 64, 3), (64, 64), (128, 64))
        super().__init__(mish_unit(*shape) for shape in shapes)

    def forward(self, rgb: Tensor) -> Tensor:
        x = self.run(rgb, 1, 2)
        inside = self.run(x, 4)
        inside = inside + self.run(inside, 5, 6)
        return self.run(torch.cat((self.run(inside, 7), self.run(x, 3)), 1), 8)


class Residuals(nn.Module):
    """Residual steps: across channels, then 3x3, beside a shortcut."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.module_list = nn.ModuleList(
            nn.Sequential(mish_unit(channels, channels), mish_unit(channels, channels, 3)) for _ in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        for step in self.module_list:
            x = x + step(x)
        return x


class Stage(Chain):
    """Halves a map and doubles its channels; half of them go through `depth` residual steps, half around."""

    def __init__(self, channels: int, depth: int) -> None:
        double = 2 * channels
        shapes = ((channels, double, 3, 2), (double, channels), (double, channels), (channels, channels))
        super().__init__(mish_unit(*shape) for shape in (*shapes, (double, double)))
        self.resblock = Residuals(channels, depth)

    def forward(self, x: Tensor) -> Tensor:
        x = self.run(x, 1)
        inside = self.run(self.resblock(self.run(x, 3)), 4)
        return self.run(torch.cat((inside, self.run(x, 2)), 1), 5)


class Neck(Chain):
    """Pools the deepest features and brings them up to the finer ones; answers finest first."""

    def __init__(self) -> None:
        deep = ((1024, 512), (512, 1024, 3), (1024, 512), (2048, 512), (512, 1024, 3), (1024, 512))
        middle = ((512, 256), (512, 256), (512, 256), (256, 512, 3), (512, 256), (256, 512, 3), (512, 256))
        fine = ((256, 128), (256, 128), (256, 128), (128, 256, 3), (256, 128), (128, 256, 3), (256, 128))
        super().__init__(leaky_unit(*shape) for shape in (*deep, *middle, *fine))

    def forward(self, fine: Tensor, middle: Tensor, deep: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        deep = self.run(deep, 1, 3)
        pooled = [functional.max_pool2d(deep, side, 1, side // 2) for side in POOLS]
        deep = self.run(torch.cat((*pooled, deep), 1), 4, 6)
        middle = self.run(torch.cat((self.run(middle, 8), enlarged(self.run(deep, 7), middle)), 1), 9, 13)
        fine = self.run(torch.cat((self.run(fine, 15), enlarged(self.run(middle, 14), fine)), 1), 16, 20)
        return fine, middle, deep


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    """Bring a feature to the size of a finer one by repeating its pixels."""
    return functional.interpolate(x, size=like.shape[2:], mode="nearest")


class Head(Chain):
    """Goes down the path again; at each of the three sizes a raw answer of 3 x (5 + classes) channels, finest first."""

    def __init__(self, classes: int) -> None:
        answer = 3 * (5 + classes)
        fine = (leaky_unit(128, 256, 3), Answer(256, answer))
        middle = (leaky_unit(128, 256, 3, 2), *self._ladder(512, 256), Answer(512, answer))
        deep = (leaky_unit(256, 512, 3, 2), *self._ladder(1024, 512), Answer(1024, answer))
        super().__init__((*fine, *middle, *deep))

    @staticmethod
    def _ladder(wide: int, narrow: int) -> list[ConvUnit]:
        return [unit for _ in range(3) for unit in (leaky_unit(wide, narrow), leaky_unit(narrow, wide, 3))]

    def forward(self, fine: Tensor, middle: Tensor, deep: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        middle = self.run(torch.cat((self.run(fine, 3), middle), 1), 4, 8)
        deep = torch.cat((self.run(middle, 11), deep), 1)
        return self.run(fine, 1, 2), self.run(middle, 9, 10), self.run(deep, 12, 18)


class YoloV4(nn.Module):
    """YOLOv4: (N, 3, H, W) pictures, RGB, colours in [0, 1], to boxes and confidences of every kind.

    Sides shall be multiples of 32; others work, and boxes then are shares of the next larger multiple.

    Args:
        classes: kinds that it can tell.

    Example:
        >>> answer = YoloV4().eval()(torch.zeros(1, 3, 64, 64))
        >>> answer.boxes.shape, answer.confs.shape
        (torch.Size([1, 252, 1, 4]), torch.Size([1, 252, 80]))
    """

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        self.down1 = FirstStage()
        self.down2 = Stage(64, 2)
        self.down3 = Stage(128, 8)
        self.down4 = Stage(256, 8)
        self.down5 = Stage(512, 4)
        self.neek = Neck()
        self.head = Head(classes)

    def forward(self, rgb: Tensor) -> YoloOutput:
        fine = self.down3(self.down2(self.down1(rgb)))
        middle = self.down4(fine)
        raw = self.head(*self.neek(fine, middle, self.down5(middle)))
        answers = [placed(cells, anchors, side) for cells, (side, anchors) in zip(raw, ANCHORS, strict=True)]
        boxes, confs = (torch.cat(parts, 1) for parts in zip(*answers, strict=True))
        return YoloOutput(boxes, confs)


def placed(cells: Tensor, anchors: tuple[tuple[int, int], ...], side: int) -> tuple[Tensor, Tensor]:
    """Boxes and confidences from a raw answer (N, A x (5 + classes), h, w): anchor by anchor, row by row.

    In single precision whatever the network works in: half precision would lose pixels in large pictures.
    """
    height, width = cells.shape[2:]
    raw = cells.float().unflatten(1, (len(anchors), -1)).permute(0, 1, 3, 4, 2)
    x, y, spread_x, spread_y = raw[..., :4].unbind(-1)
    wide, high = (raw.new_tensor(sides)[:, None, None] / side for sides in zip(*anchors, strict=True))
    x = (torch.sigmoid(x) + torch.arange(width, device=raw.device)) / width
    y = (torch.sigmoid(y) + torch.arange(height, device=raw.device)[:, None]) / height
    wide, high = torch.exp(spread_x) * wide / width, torch.exp(spread_y) * high / height
    left, top = x - wide / 2, y - high / 2
    boxes = torch.stack((left, top, left + wide, top + high), -1)
    confidences = torch.sigmoid(raw[..., 5:]) * torch.sigmoid(raw[..., 4:5])
    return boxes.flatten(1, 3)[:, :, None], confidences.flatten(1, 3)
