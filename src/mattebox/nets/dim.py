"""Deep Image Matting: alpha of a picture with a trimap, by a VGG-16 that sees both, and a second look.

Xu, Price, Cohen and Huang 2017, "Deep Image Matting", as PaddleSeg trains it: the decoder brings its maps up by
bilinear interpolation and adds the encoder's, where the paper unpools. Keys are those of PaddleSeg's checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.errors import BadParameter
from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.resize import resize_like

WIDTHS = (64, 128, 256, 512, 512)
"""Channels of VGG-16's blocks."""
DEPTHS = (2, 2, 3, 3, 3)
"""Convolutions in each of them."""
UP_WIDTHS = (64, 64, 128, 256, 512)
"""Channels that the decoder gives at the size of each block."""


class Block(nn.Module):
    """Convolutions of one size, each cut at zero."""

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        super().__init__()
        for number in range(1, depth + 1):
            self.add_module(f"_conv_{number}", nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
            inputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        for convolution in self.children():
            x = functional.relu(convolution(x), inplace=True)
        return x


class Encoder(nn.Module):
    """VGG-16 (Simonyan and Zisserman 2015) up to its first dense layer, which is a small convolution here.

    Takes (N, 4, H, W), at least 32 pixels a side, and gives six maps, from the full size to a 32nd.
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = 4
        for number, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True), 1):
            self.add_module(f"_conv_block_{number}", Block(inputs, width, depth))
            inputs = width
        self._conv_6 = nn.Conv2d(inputs, inputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for number in range(1, len(WIDTHS) + 1):
            maps.append(self.get_submodule(f"_conv_block_{number}")(x))
            x = functional.max_pool2d(maps[-1], 2)
        return [*maps, functional.relu(self._conv_6(x), inplace=True)]


class Up(nn.Module):
    """One step of the decoder: to the size of the encoder's map, which is added, and through a convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = ConvNorm(inputs, outputs, 5)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(resize_like(x, skip) + skip)


class Decoder(nn.Module):
    """From the encoder's maps to alpha (N, 1, H, W) in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv6 = nn.Conv2d(WIDTHS[-1], WIDTHS[-1], 1, bias=False)
        for number, (width, outputs) in enumerate(zip(WIDTHS, UP_WIDTHS, strict=True), 1):
            self.add_module(f"deconv{number}", Up(width, outputs))
        self.alpha_conv = nn.Conv2d(UP_WIDTHS[0], 1, 5, padding=2, bias=False)

    def forward(self, maps: list[Tensor]) -> Tensor:
        *skips, x = maps
        x = self.deconv6(x)
        for number in range(len(skips), 0, -1):
            x = self.get_submodule(f"deconv{number}")(x, skips[number - 1])
        return torch.sigmoid(self.alpha_conv(x))


class Refine(nn.Module):
    """The second look: what is to be added to the alpha of the first.

    As published its last convolution is cut at zero, so it can only raise alpha.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = ConvNorm(4, 64)
        self.conv2 = ConvNorm(64, 64)
        self.conv3 = ConvNorm(64, 64)
        self.alpha_pred = ConvNorm(64, 1)

    def forward(self, picture: Tensor, alpha: Tensor) -> Tensor:
        x = torch.cat((picture, alpha), 1)
        return self.alpha_pred(self.conv3(self.conv2(self.conv1(x))))


class Dim(nn.Module):
    """Deep Image Matting.

    Its forward takes the picture (N, 3, H, W), normalised to [-1, 1] by mean and deviation 0.5, and the trimap
    (N, 1, H, W) of 0, 128 and 255, at least 32 pixels a side. It gives alpha (N, 1, H, W) in [0, 1]; where the trimap
    is sure, alpha is the network's own opinion. While it is trained, the sum of both looks is not cut to that range.

    Args:
        stage: what is there and what is trained: 1, the first look; 2, the second one behind a first that is frozen;
            3, both.

    Raises:
        BadParameter: there is no such stage.

    Example:
        >>> Dim().eval()(torch.zeros(1, 3, 40, 50), torch.full((1, 1, 40, 50), 128.0)).shape
        torch.Size([1, 1, 40, 50])
    """

    def __init__(self, stage: int = 3) -> None:
        super().__init__()
        if stage not in (1, 2, 3):
            raise BadParameter(f"no stage {stage!r} of Deep Image Matting; valid: 1, 2, 3")
        self.backbone = Encoder()
        self.decoder = Decoder()
        self.refine = Refine() if stage > 1 else None
        if stage == 2:
            self.backbone.requires_grad_(requires_grad=False)
            self.decoder.requires_grad_(requires_grad=False)

    def forward(self, picture: Tensor, trimap: Tensor) -> Tensor:
        alpha = self.decoder(self.backbone(torch.cat((picture, trimap / 255), 1)))
        if self.refine is None:
            return alpha
        alpha = alpha + self.refine(picture, alpha)
        return alpha if self.training else alpha.clamp(0, 1)


def start_from_vgg16(checkpoint: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Make the first weights of `Dim.backbone` from Paddle's VGG-16 for ImageNet.

    The stem does not see the trimap yet; of the first dense layer, the middle of 512 of its outputs is taken.

    Args:
        checkpoint: with `_conv_block_1._conv_1.weight` (64, 3, 3, 3) and `_fc1.weight` (25088, 4096) among others.

    Returns:
        The state dict of the encoder.
    """
    state = {name: weight for name, weight in checkpoint.items() if name.startswith("_conv_block_")}
    stem = "_conv_block_1._conv_1.weight"
    state[stem] = functional.pad(state[stem], (0, 0, 0, 0, 0, 1))
    dense = checkpoint["_fc1.weight"].T.reshape(-1, WIDTHS[-1], 7, 7)
    state["_conv_6.weight"] = dense[: WIDTHS[-1], :, 2:5, 2:5].clone()
    return state
