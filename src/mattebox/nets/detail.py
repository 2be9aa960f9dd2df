"""DetailNet, the second network of the embedded model: a picture's tile and its coarse alpha in, exact alpha out.

Ours. It works on 2 x 2 blocks of pixels folded into channels (Shi et al. 2016, "Real-Time Single Image and Video
Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network") and once on blocks of 4 x 4 (Ronneberger et
al. 2015, "U-Net"), so that it sees some 16 pixels to each side at little cost, and answers with a correction to the
coarse alpha (He et al. 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.lite import conv_unit

WIDTH = 32
DEEP = 48


class DetailNet(nn.Module):
    """Corrects a coarse alpha by what the picture shows.

    Takes (N, 4, H, W), H and W multiples of 4: red, green, blue and coarse alpha, all in [0, 1]. Gives (N, 1, H, W),
    the logits of alpha.

    Example:
        >>> DetailNet().eval()(torch.zeros(1, 4, 32, 32)).shape
        torch.Size([1, 1, 32, 32])
    """

    def __init__(self) -> None:
        super().__init__()
        self.entry = conv_unit(16, WIDTH)
        self.fine = conv_unit(WIDTH, WIDTH)
        self.down = conv_unit(WIDTH, DEEP, 3, 2)
        self.deep = nn.ModuleList(conv_unit(DEEP, DEEP) for _ in range(2))
        self.up = conv_unit(DEEP, WIDTH, 1)
        self.merge = conv_unit(WIDTH, WIDTH)
        self.exit = nn.Conv2d(WIDTH, 4, 3, padding=1)

    def forward(self, tile: Tensor) -> Tensor:
        x = self.entry(functional.pixel_unshuffle(tile - 0.5, 2))
        x = x + self.fine(x)
        deep = self.down(x)
        for unit in self.deep:
            deep = deep + unit(deep)
        x = x + functional.interpolate(self.up(deep), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = x + self.merge(x)
        correction = functional.pixel_shuffle(self.exit(x), 2)
        return torch.logit(tile[:, 3:], eps=0.004) + correction
