"""A plain vision transformer with windows, in memory that grows with the picture and not with its square.

Dosovitskiy et al. 2021, "An Image Is Worth 16x16 Words"; windows and convolutions between them as in Li et al. 2022,
"Exploring Plain Vision Transformer Backbones for Object Detection"; relative positions, split into vertical and
horizontal, as in Li et al. 2022, "MViTv2". Keys are those that Hugging Face gives its VitDet.

Attention is exact and never held whole: each row of the picture asks in its turn, and softmax needs no more than a row.
Maps are (N, h, w, C) here, a place for each patch of the picture.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Vit"]

EPSILON = 1e-6
"""Of all normalisations."""
EXPANSION = 4
"""How much wider the hidden layer is than a map."""
SCORES = 2**24
"""How many scores are held at once in torch; an ONNX file holds those of one row."""


class Vit(nn.Module):
    """A transformer over patches of a picture, with attention in windows and, every few blocks, over the whole.

    Takes (N, channels, H, W), both sides multiples of the patch; gives (N, width, H / patch, W / patch).

    Args:
        channels: of the picture.
        width: channels of the maps.
        heads: that attend side by side; `width` is a multiple.
        depth: blocks.
        every: each so many-th block attends over the whole picture and ends with convolutions.
        patch: side of a patch.
        window: side of a window, in patches.
        side: of the pictures that were trained on, in patches.
        pretrained: of the pictures before that, which have left their positions.
        grid: attend over the whole as so many squared interlaced pictures, each for itself. More than 1 is another,
            coarser network on the same weights, which is quicker where pictures are large.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        heads: int,
        *,
        depth: int = 12,
        every: int = 3,
        patch: int = 16,
        window: int = 14,
        side: int = 32,
        pretrained: int = 14,
        grid: int = 1,
    ) -> None:
        super().__init__()
        self.embeddings = Embeddings(channels, width, patch, pretrained)
        self.encoder = nn.ModuleDict(
            {
                "layer": nn.Sequential(
                    *(
                        Block(width, Interlaced(width, heads, side, grid), Bottleneck(width))
                        if index % every == every - 1
                        else Block(width, Windowed(width, heads, window))
                        for index in range(depth)
                    )
                )
            }
        )

    def forward(self, picture: Tensor) -> Tensor:
        x: Tensor = self.encoder["layer"](self.embeddings(picture))
        return x.permute(0, 3, 1, 2)


class Embeddings(nn.Module):
    """What each patch shows, and where it is: (N, channels, H, W) to (N, h, w, width)."""

    def __init__(self, channels: int, width: int, patch: int, side: int) -> None:
        super().__init__()
        self.side = side
        # The first position is that of a class, which nothing asks for here.
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + side * side, width))
        self.projection = nn.Conv2d(channels, width, patch, patch)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.projection(picture)
        places = self.position_embeddings[:, 1:].mT.unflatten(2, (self.side, self.side))
        places = functional.interpolate(places, size=x.shape[2:], mode="bicubic", align_corners=False)
        return (x + places).permute(0, 2, 3, 1)


class Block(nn.Module):
    """Attention and a hidden layer, each beside a shortcut; and convolutions, where there are some."""

    def __init__(self, width: int, attention: nn.Module, convolutions: nn.Module | None = None) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, EPSILON)
        self.attention = attention
        self.norm2 = nn.LayerNorm(width, EPSILON)
        self.mlp = Hidden(width)
        self.residual = convolutions or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        convolved: Tensor = self.residual(x)
        return convolved


class Hidden(nn.Module):
    """A hidden layer at each place for itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, EXPANSION * width)
        self.fc2 = nn.Linear(EXPANSION * width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class Bottleneck(nn.Module):
    """Convolutions over half the channels beside a shortcut, so that neighbours meet across windows."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width // 2, 1, bias=False)
        self.norm1 = nn.LayerNorm(width // 2, EPSILON)
        self.conv2 = nn.Conv2d(width // 2, width // 2, 3, padding=1, bias=False)
        self.norm2 = nn.LayerNorm(width // 2, EPSILON)
        self.conv3 = nn.Conv2d(width // 2, width, 1, bias=False)
        self.norm3 = nn.LayerNorm(width, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.gelu(self.norm1(convolved(self.conv1, x)))
        y = functional.gelu(self.norm2(convolved(self.conv2, y)))
        return x + self.norm3(convolved(self.conv3, y))


def convolved(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """Apply a convolution to (N, h, w, C)."""
    y: Tensor = convolution(x.permute(0, 3, 1, 2))
    return y.permute(0, 2, 3, 1)


class Attention(nn.Module):
    """Every place of (N, h, w, width) asks every other, heads side by side, and sees how far away it is.

    Args:
        width: channels.
        heads: `width` is a multiple.
        side: of the maps whose distances the tables hold; they are stretched to those of others.
    """

    def __init__(self, width: int, heads: int, side: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.rel_pos_h = nn.Parameter(torch.zeros(2 * side - 1, width // heads))
        self.rel_pos_w = nn.Parameter(torch.zeros(2 * side - 1, width // heads))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        many = self.qkv(x).unflatten(3, (3, self.heads, -1)).permute(3, 0, 4, 1, 2, 5)
        query, key, value = many.flatten(1, 2).unbind()
        key = key.flatten(1, 2).mT * key.shape[3] ** -0.5
        value = value.flatten(1, 2).contiguous()
        across = distances(self.rel_pos_w, width)

        def ask(query: Tensor, down: Tensor) -> Tensor:
            """What some rows (N * heads, r, w, C) are answered, whose vertical distances from all are (r, h, C)."""
            scores = (query.flatten(1, 2) @ key).unflatten(1, query.shape[1:3]).unflatten(3, (height, width))
            scores = scores + (query @ down.mT).unsqueeze(4)
            scores = scores + (query.transpose(1, 2) @ across.mT).transpose(1, 2).unsqueeze(3)
            return (scores.flatten(3).softmax(3).flatten(1, 2) @ value).unflatten(1, query.shape[1:3])

        held = max(1, SCORES // (query.shape[0] * height * width**2))
        answers = row_by_row(ask, query, distances(self.rel_pos_h, height), held)
        out: Tensor = self.proj(answers.unflatten(0, (-1, self.heads)).permute(0, 2, 3, 1, 4).flatten(3))
        return out


class Windowed(Attention):
    """Attention inside of windows; the last ones are filled up with zeros, which are attended to like all else."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        side = (self.rel_pos_h.shape[0] + 1) // 2
        # Exported, the division of a negative number would be rounded towards zero.
        down, along = (height + side - 1) // side, (width + side - 1) // side
        x = functional.pad(x, (0, 0, 0, along * side - width, 0, down * side - height))
        windows = x.reshape(-1, down, side, along, side, x.shape[3]).transpose(2, 3).flatten(0, 2)
        answers = super().forward(windows).reshape(-1, down, along, side, side, x.shape[3]).transpose(2, 3)
        return answers.flatten(3, 4).flatten(1, 2)[:, :height, :width]


class Interlaced(Attention):
    """Attention over the whole; or over each of `grid` x `grid` interlaced pictures, which is only near to it."""

    def __init__(self, width: int, heads: int, side: int, grid: int) -> None:
        super().__init__(width, heads, side)
        self.grid = grid

    def forward(self, x: Tensor) -> Tensor:
        if self.grid == 1:
            return super().forward(x)
        places, channels, step = x.shape[1:3], x.shape[3], self.grid
        down, along = (length // step for length in places)
        x = x.reshape(-1, down, step, along, step, channels).permute(0, 2, 4, 1, 3, 5).flatten(0, 2)
        answers = super().forward(x).reshape(-1, step, step, down, along, channels).permute(0, 3, 1, 4, 2, 5)
        return answers.flatten(3, 4).flatten(1, 2)


def distances(table: Tensor, length: int) -> Tensor:
    """What each of `length` places in a line is to each other, (length, length, C), by a table (L, C) of distances."""
    table = functional.interpolate(table.T[None], size=2 * length - 1, mode="linear", align_corners=False)[0].T
    places = torch.arange(length, device=table.device)
    return table[places[:, None] - places + length - 1]


def row_by_row(ask: Callable[[Tensor, Tensor], Tensor], query: Tensor, down: Tensor, held: int) -> Tensor:
    """Ask for some rows at a time, so that what is needed meanwhile for all of them never exists at once.

    Args:
        ask: takes r rows of both.
        query: (B, h, w, C).
        down: (h, ...).
        held: how many rows at a time; an ONNX file takes them one by one.
    """
    if torch.compiler.is_exporting():
        # A loop in Python would be written out once for each row of the example.
        from torch._higher_order_ops.scan import scan

        def one(nothing: Tensor, row: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            return nothing.clone(), ask(row[0].unsqueeze(1), row[1].unsqueeze(0)).squeeze(1)

        # A scan hands something from row to row, whether that is needed or not.
        rows: Tensor = scan(one, query.new_zeros(1), (query.movedim(1, 0), down))[1]
        return rows.movedim(0, 1)
    return torch.cat([ask(*rows) for rows in zip(query.split(held, 1), down.split(held), strict=True)], 1)
