"""A network small enough for tests, in place of the published ones."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mattebox.zoo.architectures import Architecture, Graph

PICTURE = {"picture": 3}
TINY = Architecture(
    "tiny",
    {
        "mask": Graph(PICTURE, ("mask",), "mattebox.zoo.answers:First"),
        "subject": Graph(PICTURE, ("mask",), "mattebox.zoo.answers:Subject"),
        "both": Graph(PICTURE, ("mask", "kinds")),
    },
    variants=({"channels": 5},),
    leftovers=(r"teacher\.",),
    classes="kinds",
)


class Tiny(nn.Module):
    """A mask (N, 2, H, W) and three kinds (N, 3)."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
        self.mask = nn.Conv2d(channels, 2, 1)
        self.kinds = nn.Linear(channels, 3)
        self.register_buffer("scratch", torch.ones(1), persistent=False)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        features = self.look(picture)
        return self.mask(features), self.kinds(features.mean((2, 3)))
