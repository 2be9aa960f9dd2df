"""FBA matting: alpha, foreground and background of a picture with a trimap, in one look.

Forte and Pitié 2020, "F, B, Alpha Matting". Keys are those of the authors' published networks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, unknown_name
from mattebox.nets.pooling import PYRAMID, BinMeans
from mattebox.nets.resize import resize_like
from mattebox.nets.resnet import PLAIN, RESNET50, STANDARDISED, Features, Layers, ResNet, StandardisedConv2d

INPUTS = 11
"""Planes that the encoder sees: the normalised picture (3), six distance planes and the two planes of the trimap."""

ENCODERS: dict[str, tuple[Layers, tuple[int, ...]]] = {
    "group": (STANDARDISED, (64,)),
    "batch": (PLAIN, (64, 64, 128)),
}
"""By normalisation: what the encoder is built of, and the convolutions of its stem."""

PRIOR = 0.1
"""Weight of the network's own alpha against the one that its colours imply."""


class FbaMatting(nn.Module):
    """Matting by a dilated ResNet-50 and a decoder that looks at the picture again.

    Its forward takes the picture (N, 3, H, W) in [0, 1]; the trimap (N, 2, H, W), planes that are 1 where background
    and where foreground is sure; the picture normalised with the ImageNet mean and deviation; and the trimap's six
    distance planes in [0, 1]. H and W are best multiples of 8. It gives (N, 7, H, W) in [0, 1]: alpha, foreground
    (3), background (3).

    Args:
        norm: the encoder's and decoder's normalisation: `group`, with a plain stem, or `batch`, with a stem of three
            convolutions. Either is a network of its own with weights of its own.

    Raises:
        BadParameter: there is no such normalisation.

    Example:
        >>> picture, trimap, distances = torch.zeros(1, 3, 32, 32), torch.zeros(1, 2, 32, 32), torch.zeros(1, 6, 32, 32)
        >>> FbaMatting().eval()(picture, trimap, picture, distances).shape
        torch.Size([1, 7, 32, 32])
    """

    def __init__(self, norm: str = "group") -> None:
        super().__init__()
        if norm not in ENCODERS:
            raise BadParameter(unknown_name("normalisation", norm, ENCODERS))
        layers, stem = ENCODERS[norm]
        self.encoder = ResNet(RESNET50, channels=INPUTS, stem=stem, layers=layers)
        # The decoder's filters are standardised with both normalisations.
        self.decoder = Decoder(stem[-1], layers._replace(convolution=StandardisedConv2d))

    def forward(self, picture: Tensor, trimap: Tensor, normalised: Tensor, distances: Tensor) -> Tensor:
        features = self.encoder(torch.cat((normalised, distances, trimap), 1))
        return self.decoder(features, picture, trimap, normalised)


class Decoder(nn.Module):
    """From the encoder's maps back to the picture's size, with the picture in view at the end."""

    def __init__(self, stem: int, layers: Layers) -> None:
        super().__init__()
        self.ppm = nn.ModuleList(nn.Sequential(BinMeans(bins), *unit(layers, 2048, 256, 1)) for bins in PYRAMID)
        self.conv_up1 = nn.Sequential(
            *unit(layers, 2048 + len(PYRAMID) * 256, 256, 3),
            *unit(layers, 256, 256, 3),
        )
        self.conv_up2 = nn.Sequential(*unit(layers, 256 + 256, 256, 3))
        self.conv_up3 = nn.Sequential(*unit(layers, 256 + stem, 64, 3))
        self.conv_up4 = nn.Sequential(
            nn.Conv2d(64 + 3 + 3 + 2, 32, 3, padding=1),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(32, 16, 3, padding=1),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(16, 7, 1),
        )

    def forward(self, features: Features, picture: Tensor, trimap: Tensor, normalised: Tensor) -> Tensor:
        x = features.layer4
        x = self.conv_up1(torch.cat((x, *(resize_like(layout(x), x) for layout in self.ppm)), 1))
        x = self.conv_up2(torch.cat((resize_like(x, features.layer1), features.layer1), 1))
        x = self.conv_up3(torch.cat((resize_like(x, features.stem), features.stem), 1))
        planes = self.conv_up4(torch.cat((resize_like(x, picture), normalised, picture, trimap), 1))
        foreground, background = torch.sigmoid(planes[:, 1:]).chunk(2, 1)
        return fuse(picture, planes[:, :1].clamp(0, 1), foreground, background)


def unit(layers: Layers, inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, ...]:
    """Convolution that keeps the size, normalisation and a leaky ReLU."""
    convolution = layers.convolution(inputs, outputs, kernel, padding=kernel // 2)
    return convolution, layers.normalisation(outputs), nn.LeakyReLU(inplace=True)


def fuse(picture: Tensor, alpha: Tensor, foreground: Tensor, background: Tensor) -> Tensor:
    """Bring the three answers in accord with the picture and with each other.

    One step each towards the best colours for the alpha, then the best alpha for the colours. As in the published
    networks the background's step already sees the foreground that was changed.

    Returns:
        (N, 7, H, W) in [0, 1]: alpha, foreground, background.
    """
    both = alpha * (1 - alpha)
    foreground = alpha * picture + (1 - alpha**2) * foreground - both * background
    background = (1 - alpha) * picture + (2 * alpha - alpha**2) * background - both * foreground
    foreground, background = foreground.clamp(0, 1), background.clamp(0, 1)
    contrast = foreground - background
    implied = ((picture - background) * contrast).sum(1, keepdim=True)
    alpha = (PRIOR * alpha + implied) / (PRIOR + contrast.square().sum(1, keepdim=True))
    return torch.cat((alpha.clamp(0, 1), foreground, background), 1)
