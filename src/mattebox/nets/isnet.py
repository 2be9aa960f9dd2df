"""IS-Net: cuts out what stands out in a picture, down to its thin parts.

Qin et al. 2022, "Highly Accurate Dichotomous Image Segmentation" (DIS): U2-Net behind a convolution that halves the
picture, so that much larger ones are affordable.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mattebox.nets.rsu import NestedU
from mattebox.nets.u2net import FULL

ENTRY = 64


class IsNet(NestedU):
    """Dichotomous segmentation.

    Takes (N, 3, H, W) float pictures, RGB, less 0.5 when scaled to 0..1; any height and width. Gives probabilities
    (N, 1, H, W): the side answer of the finest level. The other side answers are for training only; their weights
    are in the published files.

    Example:
        >>> IsNet().eval()(torch.zeros(1, 3, 40, 56)).shape
        torch.Size([1, 1, 40, 56])
    """

    def __init__(self) -> None:
        super().__init__(FULL | {"stage1": FULL["stage1"]._replace(inputs=ENTRY)})
        self.conv_in = nn.Conv2d(3, ENTRY, 3, 2, padding=1)

    def forward(self, rgb: Tensor) -> Tensor:
        return torch.sigmoid(self.side(1, self.decode(self.conv_in(rgb))[0], rgb))
