"""DetailNet, the second network of the embedded model: a picture's tile and its coarse alpha in, exact alpha out.

Ours. It works on 2 x 2 blocks of pixels folded into channels (Shi et al. 2016, "Real-Time Single Image and Video
Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network"), so that four 3x3 convolutions see 8
pixels to each side at a quarter of the cost, and answers with a correction to the coarse alpha (He et al. 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.lite import conv_unit

WIDTH = 32
DEPTH = 3


class DetailNet(nn.Module):
    """Corrects a coarse alpha by what the picture shows.

    Takes (N, 4, H, W), H and W even: red, green, blue and coarse alpha, all in [0, 1]. Gives (N, 1, H, W), the logits
    of alpha.

    Example:
        >>> DetailNet().eval()(torch.zeros(1, 4, 32, 32)).shape
        torch.Size([1, 1, 32, 32])
    """

    def __init__(self) -> None:
        super().__init__()
        self.entry = conv_unit(16, WIDTH)
        self.body = nn.ModuleList(conv_unit(WIDTH, WIDTH) for _ in range(DEPTH - 1))
        self.exit = nn.Conv2d(WIDTH, 4, 3, padding=1)

    def forward(self, tile: Tensor) -> Tensor:
        x = self.entry(functional.pixel_unshuffle(tile - 0.5, 2))
        for unit in self.body:
            x = x + unit(x)
        correction = functional.pixel_shuffle(self.exit(x), 2)
        return torch.logit(tile[:, 3:], eps=0.004) + correction
