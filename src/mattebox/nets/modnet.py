"""MODNet: alpha of people in one look, of what the scene is, where its details are, and both together.

Ke et al. 2022, "MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition", with the three encoders
that PaddleSeg published it with. Keys are those of its checkpoints.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.enlarged import convolve_enlarged
from mattebox.nets.hrnet import HrNet
from mattebox.nets.joined import convolve
from mattebox.nets.mobilenetv2 import MobileNetV2
from mattebox.nets.resize import resize_like
from mattebox.nets.resnetvd import ResNetVd

__all__ = ["ModNet", "ModNetTraining"]

BACKBONES: dict[str, Callable[[], HrNet | MobileNetV2 | ResNetVd]] = {
    "mobilenetv2": MobileNetV2,
    "resnet50_vd": partial(ResNetVd, 50),
    "hrnet_w18": partial(HrNet, 18),
}
"""The published encoders; each gives five features, a half to a thirty-second of the picture's size."""
DETAIL = 32
"""Channels of the branch for details."""
REDUCTION = 4
"""Of the coarsest feature's channels, in the middle of its gate."""
BLUR = 0.8
"""Deviation in pixels of the blur by which training compares a scene with the truth."""


class ModNetTraining(NamedTuple):
    """What MODNet says of N pictures of (H, W) pixels while it is trained, all in [0, 1].

    Attributes:
        alpha: (N, 1, H, W).
        semantic: (N, 1, H / 16, W / 16), alpha as the branch for the scene sees it.
        detail: (N, 1, H, W), alpha at the subject's edge, as the branch for details sees it.
    """

    alpha: Tensor
    semantic: Tensor
    detail: Tensor


class ModNet(nn.Module):
    """Matting of people without a trimap.

    Takes (N, 3, H, W) float pictures, RGB in [-1, 1]; any height and width above 16. As published it works at multiples
    of 32, which is what it should be shown. Gives alpha (N, 1, H, W) in [0, 1]; in training mode a `ModNetTraining`.

    Args:
        backbone: the encoder: `mobilenetv2`, `resnet50_vd` or `hrnet_w18`.

    Attributes:
        blurer: blurs (N, 1, h, w) for the loss on what the scene is.

    Raises:
        BadParameter: there is no such encoder.

    Example:
        >>> ModNet().eval()(torch.zeros(1, 3, 64, 96)).shape
        torch.Size([1, 1, 64, 96])
    """

    def __init__(self, backbone: str = "mobilenetv2") -> None:
        super().__init__()
        if backbone not in BACKBONES:
            raise BadParameter(unknown_name("backbone of MODNet", backbone, BACKBONES))
        self.backbone = BACKBONES[backbone]()
        self.head = Head(self.backbone.channels)
        self.blurer = nn.Sequential(OrderedDict(op=nn.Sequential(nn.ReflectionPad2d(1), gaussian(BLUR))))

    def forward(self, rgb: Tensor) -> Tensor | ModNetTraining:
        return self.head(rgb, self.backbone(rgb))


class Head(nn.Module):
    """The three branches.

    Takes the picture (N, 3, H, W) and its five features; gives what the network gives.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.lr_branch = SceneBranch(channels)
        self.hr_branch = DetailBranch(channels)
        self.f_branch = FusionBranch(channels[2])

    def forward(self, rgb: Tensor, features: tuple[Tensor, ...]) -> Tensor | ModNetTraining:
        half, quarter, eighth, sixteenth, least = features
        scene = self.lr_branch(eighth, sixteenth, least)
        finer = resize_like(scene, quarter)
        detail = self.hr_branch(rgb, half, quarter, finer)
        alpha = torch.sigmoid(self.f_branch(rgb, finer, detail))
        if not self.training:
            return alpha
        semantic = torch.sigmoid(self.lr_branch.conv_lr(scene))
        edge = torch.sigmoid(self.hr_branch.conv_hr(resize_like(detail, rgb), rgb))
        return ModNetTraining(alpha, semantic, edge)


class SceneBranch(nn.Module):
    """What the scene is: of the coarsest feature, weighed channel by channel, a map at an eighth of the picture's size.

    Attributes:
        conv_lr: the logits of alpha in that map, at a sixteenth of the picture's size.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        _, _, eighth, sixteenth, least = channels
        self.se_block = Gate(least)
        self.conv_lr16x = Unit(least, sixteenth, 5)
        self.conv_lr8x = Unit(sixteenth, eighth, 5)
        self.conv_lr = bare(eighth, 3, stride=2)

    def forward(self, eighth: Tensor, sixteenth: Tensor, least: Tensor) -> Tensor:
        x = self.conv_lr16x.enlarged(self.se_block(least), sixteenth)
        return self.conv_lr8x.enlarged(x, eighth)


class DetailBranch(nn.Module):
    """Where the details are: of the picture, its finest features and the scene at a quarter of its size.

    Gives (N, 32, H / 2, W / 2).

    Attributes:
        conv_hr: the logits of alpha in that map and the picture, both at the picture's size.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        half, quarter, eighth, *_ = channels
        both = 2 * DETAIL
        self.tohr_enc2x = Unit(half, DETAIL, 1)
        self.conv_enc2x = Unit(3 + DETAIL, DETAIL, stride=2)
        self.tohr_enc4x = Unit(quarter, DETAIL, 1)
        self.conv_enc4x = Unit(both, both)
        self.conv_hr4x = Row((Unit(both + eighth + 3, both), Unit(both, both), Unit(both, DETAIL)))
        self.conv_hr2x = Row((Unit(both, both), Unit(both, DETAIL), Unit(DETAIL, DETAIL), Unit(DETAIL, DETAIL)))
        self.conv_hr = Row((Unit(DETAIL + 3, DETAIL), bare(DETAIL, 1)))

    def forward(self, rgb: Tensor, half: Tensor, quarter: Tensor, scene: Tensor) -> Tensor:
        half = self.tohr_enc2x(half)
        x = self.conv_enc2x(resize_like(rgb, half), half)
        x = self.conv_enc4x(x, self.tohr_enc4x(quarter))
        x = self.conv_hr4x(x, scene, resize_like(rgb, quarter))
        return self.conv_hr2x(resize_like(x, half), half)


class FusionBranch(nn.Module):
    """Both together: logits of alpha (N, 1, H, W), of the picture, the scene at a quarter of its size and the details.

    Args:
        scene: channels of what the scene is.
    """

    def __init__(self, scene: int) -> None:
        super().__init__()
        self.conv_lr4x = Unit(scene, DETAIL, 5)
        self.conv_f2x = Unit(2 * DETAIL, DETAIL)
        self.conv_f = Row((Unit(DETAIL + 3, DETAIL // 2), bare(DETAIL // 2, 1)))

    def forward(self, rgb: Tensor, scene: Tensor, detail: Tensor) -> Tensor:
        x = self.conv_f2x(resize_like(self.conv_lr4x(scene), detail), detail)
        return self.conv_f(resize_like(x, rgb), rgb)


class Gate(nn.Module):
    """Squeeze-and-excitation: channels weighed by what the whole picture holds."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = channels // REDUCTION
        self.conv = nn.Sequential(
            nn.Conv2d(channels, inside, 1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(inside, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.conv(x.mean((2, 3), keepdim=True))


class HalfInstanceNorm(nn.Module):
    """The first half of the channels normalised over all pictures, the second over each picture alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bnorm = nn.BatchNorm2d(channels // 2)
        self.inorm = nn.InstanceNorm2d(channels // 2, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        overall, alone = x.chunk(2, 1)
        return torch.cat((self.bnorm(overall), self.inorm(alone)), 1)


class Unit(nn.Module):
    """Convolution, the two normalisations and ReLU, of one or more maps whose channels are the inputs."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
        self.layers = nn.Sequential(convolution, HalfInstanceNorm(outputs), nn.ReLU(inplace=True))

    @property
    def convolution(self) -> nn.Conv2d:
        """The first layer."""
        return cast("nn.Conv2d", self.layers[0])

    def forward(self, *maps: Tensor) -> Tensor:
        return self.layers[1:](convolve(self.convolution, *maps))

    def enlarged(self, x: Tensor, like: Tensor) -> Tensor:
        """The same of one map that is first brought to the height and width of another."""
        return self.layers[1:](convolve_enlarged(self.convolution, x, like))


class Row(nn.ModuleList):
    """Layers in a row, the first of which takes one or more maps."""

    def forward(self, *maps: Tensor) -> Tensor:
        first, *others = self
        x = first(*maps)
        for layer in others:
            x = layer(x)
        return x


def bare(inputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution to one channel and nothing more, under the name that the checkpoints give it."""
    convolution = nn.Conv2d(inputs, 1, kernel, stride, padding=kernel // 2)
    return nn.Sequential(OrderedDict(layers=nn.Sequential(convolution)))


def gaussian(deviation: float) -> nn.Conv2d:
    """A blur of (N, 1, H, W) that is not trained, of 3x3 pixels."""
    blur = nn.Conv2d(1, 1, 3, bias=False)
    # What falls off the kernel is mirrored into it, so that its sum is one.
    weights = torch.exp(-(torch.arange(4) ** 2) / (2 * deviation**2))
    centre, side = weights[0] + 2 * weights[3], weights[1] + weights[2]
    line = torch.stack((side, centre, side))
    line = line / line.sum()
    blur.weight = nn.Parameter(torch.outer(line, line)[None, None], requires_grad=False)
    return blur
