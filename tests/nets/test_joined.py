from __future__ import annotations

import torch
from torch import nn

from mattebox.nets.joined import JoinedConvNorm, convolve


def test_maps_need_not_be_joined() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 4, 9, 7), torch.randn(2, 3, 9, 7), torch.randn(2, 1, 9, 7)
    for convolution in (nn.Conv2d(8, 5, 3, stride=2, padding=1), nn.Conv2d(8, 5, 1, bias=False)):
        joined = convolution(torch.cat(maps, 1))
        torch.testing.assert_close(convolve(convolution, *maps), joined, atol=1e-5, rtol=0)


def test_one_map_may_stand_alone() -> None:
    torch.manual_seed(0)
    layer = JoinedConvNorm(3, 5).eval()
    x = torch.randn(1, 3, 6, 6)
    torch.testing.assert_close(layer(x), super(JoinedConvNorm, layer).forward(x), atol=1e-6, rtol=0)
    assert (layer(x) >= 0).all()
