"""ViTMatte: alpha of a picture with a trimap, by a plain vision transformer and a light decoder.

Yao et al. 2024, "ViTMatte: Boosting Image Matting with Pre-trained Plain Vision Transformers". Keys are those of the
files on Hugging Face; the authors' own files name the same weights otherwise (`mattebox.zoo.architectures`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.vit import Vit

__all__ = ["PATCH", "Decode", "Encode", "ViTMatte"]

PATCH = 16
"""Side of what the transformer takes for one place."""
CHANNELS = 4
"""Of the picture: its colours and the trimap."""
HEAD = 16
"""Channels before the last answer."""


class ViTMatte(nn.Module):
    """Matting by a plain vision transformer.

    Its forward takes (N, 4, H, W): the normalised picture, and the trimap with 0 for background, 0.5 for unknown and 1
    for the subject. H and W are multiples of 32. It gives alpha (N, 1, H, W) in [0, 1].

    `Encode` and `Decode` are its two halves, for large pictures: the transformer looks at the whole, and the decoder,
    which takes most of the memory and sees no further than 48 pixels, at a part after the other.

    Args:
        width: channels of the transformer; 384 in ViTMatte-S, 768 in ViTMatte-B.
        heads: that attend side by side; 6 and 12.
        details: channels of the decoder's look at the picture, at a half, a quarter and an eighth.
        fused: channels of the decoder, from an eighth up to the picture's size.
        transformer: what else there is to say of it, see `Vit`; `grid=2` is quicker for large pictures, and only near
            to the published answer.

    Example:
        >>> ViTMatte(48, 3).eval()(torch.zeros(1, 4, 32, 64)).shape
        torch.Size([1, 1, 32, 64])
    """

    def __init__(
        self,
        width: int = 384,
        heads: int = 6,
        *,
        details: tuple[int, ...] = (48, 96, 192),
        fused: tuple[int, ...] = (256, 128, 64, 32),
        **transformer: int,
    ) -> None:
        super().__init__()
        self.backbone = Vit(CHANNELS, width, heads, patch=PATCH, **transformer)
        self.decoder = Decoder(width, details, fused)

    def forward(self, picture: Tensor) -> Tensor:
        alpha: Tensor = self.decoder(self.backbone(picture), picture)
        return alpha


class Encode(nn.Module):
    """The transformer of a ViTMatte: pictures (N, 4, H, W) to features (N, width, H / 16, W / 16)."""

    def __init__(self, network: ViTMatte) -> None:
        super().__init__()
        self.backbone = network.backbone

    def forward(self, picture: Tensor) -> Tensor:
        features: Tensor = self.backbone(picture)
        return features


class Decode(nn.Module):
    """The decoder of a ViTMatte, for any part of a picture whose edges lie between patches.

    Takes features (N, width, h, w), and the picture with the pixels of each patch one after the other in the channels,
    (N, 4 * 256, h, w), so that both are of one size; gives alpha (N, 1, 16 h, 16 w). What is 48 pixels or more from an
    edge that is not the picture's is what the whole network says.
    """

    def __init__(self, network: ViTMatte) -> None:
        super().__init__()
        self.decoder = network.decoder

    def forward(self, features: Tensor, patches: Tensor) -> Tensor:
        alpha: Tensor = self.decoder(features, functional.pixel_shuffle(patches, PATCH))
        return alpha


class Decoder(nn.Module):
    """From the transformer's features back to the picture's size, with the picture in view at each step."""

    def __init__(self, width: int, details: tuple[int, ...], fused: tuple[int, ...]) -> None:
        super().__init__()
        seen = (CHANNELS, *details)
        self.convstream = nn.ModuleDict(
            {"convs": nn.ModuleList(ConvUnit(*pair, stride=2) for pair in zip(seen, details, strict=False))}
        )
        rows = zip((width, *fused), reversed(seen), fused, strict=False)
        self.fusion_blocks = nn.ModuleList(Fusion(coarse, fine, outputs) for coarse, fine, outputs in rows)
        convolutions = nn.Conv2d(fused[-1], HEAD, 3, padding=1), nn.Conv2d(HEAD, 1, 1)
        self.matting_head = nn.ModuleDict(
            {"matting_convs": nn.Sequential(convolutions[0], nn.BatchNorm2d(HEAD), nn.ReLU(), convolutions[1])}
        )

    def forward(self, features: Tensor, picture: Tensor) -> Tensor:
        seen = [picture]
        for convolution in self.convstream["convs"].children():
            seen.append(convolution(seen[-1]))
        for fusion in self.fusion_blocks:
            features = fusion(features, seen.pop())
        return torch.sigmoid(self.matting_head["matting_convs"](features))


class ConvUnit(nn.Module):
    """A convolution of 3 x 3, a batch normalisation and a cut at zero."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.batch_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.batch_norm(self.conv(x)), inplace=True)


class Fusion(nn.Module):
    """Coarse maps, brought to twice their size, beside what is seen of the picture at that size."""

    def __init__(self, coarse: int, fine: int, outputs: int) -> None:
        super().__init__()
        self.conv = ConvUnit(fine + coarse, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        coarse = functional.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
        fused: Tensor = self.conv(torch.cat((fine, coarse), 1))
        return fused
