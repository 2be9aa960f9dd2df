"""GCA: alpha of a picture with a trimap, by a residual network with guided contextual attention.

Li and Lu 2020, "Natural Image Matting via Guided Contextual Attention". Keys are those of PaddleSeg's network.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter
from mattebox.nets.guided_attention import CHANNELS, GuidedAttention
from mattebox.nets.spectral import SpectralConv2d, SpectralDoubling

WIDTHS = (32, 32, 64, 128, 256)
"""Channels of the shortcuts from the encoder to the decoder, from the full size to a 16th."""
DEEPEST = 512
"""Channels of the encoder's last map, a 32nd of the picture's size."""
SLOPE = 0.2
"""Of what is below zero in the decoder."""
PLACE = 16
"""Pixels of the picture between the places that the attention compares."""
BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255
"""Values of a trimap."""


class Encoded(NamedTuple):
    """What the encoder says of a batch.

    Attributes:
        deepest: (N, 512, H / 32, W / 32).
        shortcuts: five maps for the decoder, from the full size to a 16th.
        guide: (N, 128, H / 8, W / 8), what the attention compares.
    """

    deepest: Tensor
    shortcuts: list[Tensor]
    guide: Tensor


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, first: nn.Module, inner: int, outputs: int, activation: nn.Module) -> None:
        super().__init__()
        self.conv1 = first
        self.bn1 = nn.BatchNorm2d(inner)
        self.activation = activation
        self.conv2 = SpectralConv2d(inner, outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.activation(self.bn1(self.conv1(x)))
        return self.activation(self.bn2(self.conv2(inner)) + self.shortcut(x))

    def shortcut(self, x: Tensor) -> Tensor:
        """What of the input is added at the end."""
        return x


class DownBlock(ResidualBlock):
    """The first block of a stage of the encoder, which halves the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(SpectralConv2d(inputs, outputs, stride=2), outputs, outputs, nn.ReLU())
        # Rounding up as the convolution does lets the exporter see that both ways give the same size.
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True), SpectralConv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs)
        )

    def shortcut(self, x: Tensor) -> Tensor:
        """Means of 2x2 pixels, in as many channels as the block gives."""
        return self.downsample(x)


class UpBlock(ResidualBlock):
    """The first block of a stage of the decoder, which doubles the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(SpectralDoubling(inputs, inputs), inputs, outputs, nn.LeakyReLU(SLOPE))
        self.upsample = nn.Sequential(
            nn.Upsample(scale_factor=2), SpectralConv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs)
        )

    def shortcut(self, x: Tensor) -> Tensor:
        """The input with each pixel repeated, in as many channels as the block gives."""
        return self.upsample(x)


def plain_blocks(width: int, count: int, activation: nn.Module) -> list[nn.Module]:
    """Blocks in a row that change neither size nor channels."""
    return [ResidualBlock(SpectralConv2d(width, width), width, width, activation) for _ in range(count)]


def skip_path(inputs: int, outputs: int) -> nn.Sequential:
    """What a map goes through on its way to the decoder."""
    return nn.Sequential(
        SpectralConv2d(inputs, outputs),
        nn.ReLU(),
        nn.BatchNorm2d(outputs),
        SpectralConv2d(outputs, outputs),
        nn.ReLU(),
        nn.BatchNorm2d(outputs),
    )


def guidance_head() -> nn.Sequential:
    """From the picture alone to the guide, in three steps that halve the size."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((3, 16, 32, CHANNELS)):
        layers += (
            nn.ReflectionPad2d(1),
            SpectralConv2d(inputs, outputs, stride=2, padding=0),
            nn.ReLU(),
            nn.BatchNorm2d(outputs),
        )
    return nn.Sequential(*layers)


class NoAttention(nn.Module):
    """In the place of the attention in the baseline: the map as it is."""

    def forward(self, _guide: Tensor, x: Tensor, _unknown: Tensor) -> Tensor:
        return x


class Encoder(nn.Module):
    """Residual blocks behind a stem of three convolutions, and the attention at an eighth of the size.

    The halving blocks are those of ResNet-D (He et al. 2019, "Bag of Tricks for Image Classification"). Takes the
    picture and the planes of the trimap (N, channels, H, W), and the places that are unknown (N, 1, H / 16, W / 16),
    1 or 0.
    """

    def __init__(self, channels: int, guidance: nn.Module, attention: nn.Module) -> None:
        super().__init__()
        relu = nn.ReLU()
        _, stem, *widths = WIDTHS
        self.conv1 = SpectralConv2d(channels, stem, stride=2)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = SpectralConv2d(stem, stem)
        self.bn2 = nn.BatchNorm2d(stem)
        self.conv3 = SpectralConv2d(stem, widths[0], stride=2)
        self.bn3 = nn.BatchNorm2d(widths[0])
        self.activation = relu
        self.layer1 = nn.Sequential(*plain_blocks(widths[0], 3, relu))
        self.layer2 = nn.Sequential(DownBlock(widths[0], widths[1]), *plain_blocks(widths[1], 3, relu))
        self.layer3 = nn.Sequential(DownBlock(widths[1], widths[2]), *plain_blocks(widths[2], 3, relu))
        self.layer_bottleneck = nn.Sequential(DownBlock(widths[2], DEEPEST), *plain_blocks(DEEPEST, 1, relu))
        self.shortcut = nn.ModuleList(map(skip_path, (channels, stem, *widths), WIDTHS))
        self.guidance_head = guidance
        self.gca = attention

    def forward(self, x: Tensor, unknown: Tensor) -> Encoded:
        guide = self.guidance_head(x[:, :3])
        maps = [x]
        x = self.activation(self.bn1(self.conv1(x)))
        x = self.activation(self.bn2(self.conv2(x)))
        maps.append(x)
        x = self.layer1(self.activation(self.bn3(self.conv3(x))))
        maps.append(x)
        x = self.gca(guide, self.layer2(x), unknown)
        maps.append(x)
        x = self.layer3(x)
        maps.append(x)
        shortcuts = [path(found) for path, found in zip(self.shortcut, maps, strict=True)]
        return Encoded(self.layer_bottleneck(x), shortcuts, guide)


class Decoder(nn.Module):
    """From the encoder's maps to alpha (N, 1, H, W) in [0, 1], with the attention at an eighth of the size again."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        leaky = nn.LeakyReLU(SLOPE)
        finest, stem, *widths = WIDTHS
        self.layer1 = nn.Sequential(UpBlock(DEEPEST, widths[2]), *plain_blocks(widths[2], 1, leaky))
        self.layer2 = nn.Sequential(UpBlock(widths[2], widths[1]), *plain_blocks(widths[1], 2, leaky))
        self.layer3 = nn.Sequential(UpBlock(widths[1], widths[0]), *plain_blocks(widths[0], 2, leaky))
        self.layer4 = nn.Sequential(UpBlock(widths[0], stem), *plain_blocks(stem, 1, leaky))
        self.conv1 = SpectralDoubling(stem, finest)
        self.bn1 = nn.BatchNorm2d(finest)
        self.leaky_relu = leaky
        self.conv2 = nn.Conv2d(finest, 1, 3, padding=1)
        self.gca = attention

    def forward(self, encoded: Encoded, unknown: Tensor) -> Tensor:
        whole, half, quarter, eighth, sixteenth = encoded.shortcuts
        x = self.layer1(encoded.deepest) + sixteenth
        x = self.gca(encoded.guide, self.layer2(x) + eighth, unknown)
        x = self.layer3(x) + quarter
        x = self.layer4(x) + half
        x = self.leaky_relu(self.bn1(self.conv1(x))) + whole
        return (torch.tanh(self.conv2(x)) + 1) / 2


class Gca(nn.Module):
    """Matting with guided contextual attention, and its baseline without.

    Its forward takes the picture (N, 3, H, W), normalised by mean and deviation 0.5 for PaddleSeg's weights and by
    those of ImageNet for the authors', and the trimap (N, 1, H, W) of 0, 128 and 255; H and W are multiples of 32. It
    gives alpha (N, 1, H, W) in [0, 1]; where the trimap is sure, alpha is the network's own opinion. The memory that
    the attention takes grows with the square of the pixels, see `GuidedAttention`; beyond some 1024 pixels a side,
    tiles are the better way.

    Args:
        attention: whether there is any; without, it is the baseline.
        channels: planes that the encoder sees: 4, the picture and the trimap / 255, as PaddleSeg's; or 6, the picture
            and the planes where background, unknown and foreground are, as the paper's authors have it.
        published: answer as PaddleSeg's code does. It takes the foreground for what is unknown, and lets every item of
            a batch borrow from the first. The weights are the same.

    Raises:
        BadParameter: there are neither 4 nor 6 channels.

    Example:
        >>> Gca().eval()(torch.zeros(1, 3, 32, 64), torch.full((1, 1, 32, 64), 128.0)).shape
        torch.Size([1, 1, 32, 64])
    """

    def __init__(self, *, attention: bool = True, channels: int = 4, published: bool = False) -> None:
        super().__init__()
        if channels not in (4, 6):
            raise BadParameter(f"GCA cannot have {channels!r} channels; valid: 4 (trimap / 255), 6 (a plane per value)")
        self.channels = channels
        self.unknown = FOREGROUND if published else UNKNOWN
        first, second = (GuidedAttention(first_for_all=published) if attention else NoAttention() for _ in range(2))
        self.encoder = Encoder(channels, guidance_head() if attention else nn.Identity(), first)
        self.decoder = Decoder(second)

    def forward(self, picture: Tensor, trimap: Tensor) -> Tensor:
        unknown = (trimap[:, :, ::PLACE, ::PLACE] == self.unknown).to(picture.dtype)
        return self.decoder(self.encoder(torch.cat((picture, self.planes(trimap)), 1), unknown), unknown)

    def planes(self, trimap: Tensor) -> Tensor:
        """The trimap as the encoder sees it."""
        if self.channels == 4:
            return trimap / 255
        return torch.cat([trimap == value for value in (BACKGROUND, UNKNOWN, FOREGROUND)], 1).to(trimap.dtype)
