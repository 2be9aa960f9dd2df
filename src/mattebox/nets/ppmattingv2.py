"""PP-MattingV2: alpha of people in one look, made for speed.

PaddleSeg's network (no paper): STDC1 as the encoder; a double pyramid, which pools the scene to coarse layouts and lets
the places of each attend to each other; and a decoder whose every level weighs its sources place by place. Keys are
those of the published checkpoints.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mattebox.nets import stdc
from mattebox.nets.convnorm import ConvNorm
from mattebox.nets.joined import JoinedConvNorm
from mattebox.nets.pooling import BinMeans
from mattebox.nets.resize import resize_like
from mattebox.nets.unpooling import spread_like

__all__ = ["PPMattingV2", "PPMattingV2Training"]

BINS = (2, 4, 6)
"""Bins per side of the layouts that the second pyramid looks at."""
CONTEXT = 256
"""Channels of what the pyramids say of the scene."""
DECODER = (128, 96, 64, 32, 16)
"""Channels of the decoder's levels, coarsest first."""
HEADS, KEY, VALUE = 8, 16, 32
"""Heads of the attention, and channels of a key and of a value of each."""
HEAD = 8
"""Channels at the picture's own size."""
SIDE_HEAD = 32
"""Channels of the answer at an eighth of the picture's size."""


class PPMattingV2Training(NamedTuple):
    """What PP-MattingV2 says of N pictures of (H, W) pixels while it is trained, all in [0, 1].

    Attributes:
        alpha: (N, 1, H, W).
        alpha_8x: (N, 1, H / 8, W / 8), the same question to the decoder's third level.
    """

    alpha: Tensor
    alpha_8x: Tensor


class PPMattingV2(nn.Module):
    """Matting of people without a trimap.

    Takes (N, 3, H, W) float pictures, RGB in [-1, 1]; any height and width. As published it works at multiples of 32
    from 64 on, which is what it should be shown. Gives alpha (N, 1, H, W) in [0, 1]; in training mode a
    `PPMattingV2Training`.

    Example:
        >>> PPMattingV2().eval()(torch.zeros(1, 3, 64, 96)).shape
        torch.Size([1, 1, 64, 96])
    """

    def __init__(self) -> None:
        super().__init__()
        widths = stdc.WIDTHS
        self.backbone = stdc.Stdc()
        self.dpp = DoublePyramid(sum(widths[1:]))
        self.mlff32x = Fusion((widths[4], CONTEXT), (CONTEXT, CONTEXT), DECODER[0])
        self.mlff16x = Fusion((widths[3], DECODER[0], CONTEXT), (DECODER[0],) * 3, DECODER[1])
        self.mlff8x = Fusion((widths[2], DECODER[1], CONTEXT), (DECODER[1],) * 3, DECODER[2])
        self.mlff4x = Fusion((widths[1], DECODER[2], 3), (DECODER[2], DECODER[2], 3), DECODER[3])
        self.mlff2x = Fusion((widths[0], DECODER[3], 3), (DECODER[3], DECODER[3], 3), DECODER[4])
        self.matting_head_mlff8x = Head(DECODER[2], SIDE_HEAD)
        self.matting_head_mlff2x = Head(DECODER[4] + 3, HEAD, more=1)

    def forward(self, rgb: Tensor) -> Tensor | PPMattingV2Training:
        half, quarter, eighth, sixteenth, least = self.backbone(rgb)
        context = self.dpp((quarter, eighth, sixteenth, least))
        x = self.mlff32x(least, context)
        x = self.mlff16x(sixteenth, x, context)
        side = x = self.mlff8x(eighth, x, context)
        # Each halving takes the mean of four pixels; it is done twice, since a quarter at once would skip some.
        halved = resize_like(rgb, half)
        x = self.mlff4x(quarter, x, resize_like(halved, quarter))
        x = self.mlff2x(half, x, halved)
        alpha = self.matting_head_mlff2x(resize_like(x, rgb), rgb)
        return PPMattingV2Training(alpha, self.matting_head_mlff8x(side)) if self.training else alpha


class DoublePyramid(nn.Module):
    """What the scene is: features of four scales brought to one, and that to layouts of a few bins.

    Takes features at a quarter to a thirty-second of the picture's size, `inputs` channels together, and gives (N, 256,
    H / 64, W / 64), rounded down but never to nothing.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv_mid = ConvNorm(inputs, CONTEXT, 1, bias=True, relu=False)
        self.pp2 = nn.ModuleList(
            nn.Sequential(BinMeans(bins), nn.Sequential(OrderedDict(transformer_blocks=nn.Sequential(Transformer()))))
            for bins in BINS
        )
        self.conv_out = ConvNorm(CONTEXT, CONTEXT, 1, bias=True)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        size = tuple(torch.sym_max(side // 2, 1) for side in features[-1].shape[2:])
        pooled = [window_means(x, 16 >> level, size) for level, x in enumerate(features)]
        scene = self.conv_mid(torch.cat(pooled, 1))
        layouts = [spread_like(layout(scene), scene) for layout in self.pp2]
        return self.conv_out(scene + sum(layouts))


class Transformer(nn.Module):
    """Attention between all places of (N, 256, H, W) and then, at every place, a look at its neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = Attention()
        self.mlp = nn.Sequential(
            OrderedDict(
                fc1=pointwise(CONTEXT, 2 * CONTEXT),
                dwconv=nn.Conv2d(2 * CONTEXT, 2 * CONTEXT, 3, padding=1, groups=2 * CONTEXT),
                act=nn.ReLU6(inplace=True),
                fc2=pointwise(2 * CONTEXT, CONTEXT),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(x)
        return x + self.mlp(x)


class Attention(nn.Module):
    """Attention between all places of (N, 256, H, W), of several heads."""

    def __init__(self) -> None:
        super().__init__()
        self.to_q = pointwise(CONTEXT, HEADS * KEY)
        self.to_k = pointwise(CONTEXT, HEADS * KEY)
        self.to_v = pointwise(CONTEXT, HEADS * VALUE)
        self.proj = nn.Sequential(nn.ReLU6(inplace=True), pointwise(HEADS * VALUE, CONTEXT))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (each(x).flatten(2).unflatten(1, (HEADS, -1)) for each in (self.to_q, self.to_k, self.to_v))
        # The published network does not divide the products by the root of their channels.
        weights = torch.softmax(query.mT @ key, 3)
        return self.proj((value @ weights.mT).flatten(1, 2).unflatten(2, x.shape[2:]))


class Fusion(nn.Module):
    """A level of the decoder: several maps, each weighed place by place by what all of them show there.

    Takes maps (N, inputs[i], h, w), the first of which has the size of the answer, (N, outputs, H, W).

    Args:
        inputs: channels of the maps.
        inside: channels that each is brought to.
        outputs: channels of the answer.
    """

    def __init__(self, inputs: Sequence[int], inside: Sequence[int], outputs: int) -> None:
        super().__init__()
        count = len(inputs)
        self.pwconvs = nn.ModuleList(
            ConvNorm(before, after, 1, relu=False) for before, after in zip(inputs, inside, strict=True)
        )
        self.dwconvs = nn.ModuleList(ConvNorm(width, width, groups=width) for width in inside)
        self.conv_atten = nn.Sequential(ConvNorm(2 * count, count), ConvNorm(count, count, relu=False))
        self.conv_out = JoinedConvNorm(sum(inside), outputs)

    def forward(self, fine: Tensor, *others: Tensor) -> Tensor:
        first, *rest = (narrow(x) for narrow, x in zip(self.pwconvs, (fine, *others), strict=True))
        sized = (first, *(resize_like(x, fine) for x in rest))
        fitted = [look(x) for look, x in zip(self.dwconvs, sized, strict=True)]
        seen = [show for x in fitted for show in (x.mean(1, keepdim=True), x.amax(1, keepdim=True))]
        weights = torch.sigmoid(self.conv_atten(torch.cat(seen, 1))).split(1, 1)
        return self.conv_out(*(x * weight for x, weight in zip(fitted, weights, strict=True)))


class Head(nn.Module):
    """Alpha (N, 1, H, W) of maps (N, Ci, H, W), whose channels are the inputs.

    Args:
        inputs: channels of the maps together.
        inside: channels of the convolutions.
        more: convolutions beside the first and the last.
    """

    def __init__(self, inputs: int, inside: int, more: int = 0) -> None:
        super().__init__()
        self.conv = JoinedConvNorm(inputs, inside)
        self.mid_conv = nn.Sequential(*(ConvNorm(inside, inside) for _ in range(more)))
        self.conv_out = nn.Conv2d(inside, 1, 1, bias=False)

    def forward(self, *maps: Tensor) -> Tensor:
        return torch.sigmoid(self.conv_out(self.mid_conv(self.conv(*maps))))


def window_means(x: Tensor, side: int, size: tuple[int, int]) -> Tensor:
    """Means of (N, C, H, W) over windows of so many pixels a side, as a map of that size; the rest is not seen."""
    rows, columns = (window_matrix(count, side, length, x) for count, length in zip(size, x.shape[2:], strict=True))
    return rows @ (x @ columns.T)


def window_matrix(count: int, side: int, length: int, like: Tensor) -> Tensor:
    """The (count, length) matrix that turns a line of values into the means of its windows, of the kind of `like`."""
    window = torch.arange(length, device=like.device) // side
    inside = window == torch.arange(count, device=like.device)[:, None]
    return inside.to(like.dtype) / inside.sum(1, keepdim=True).to(like.dtype)


def pointwise(inputs: int, outputs: int) -> nn.Sequential:
    """A 1x1 convolution and batch normalisation, under the names that the transformers give them."""
    return nn.Sequential(OrderedDict(c=nn.Conv2d(inputs, outputs, 1, bias=False), bn=nn.BatchNorm2d(outputs)))
