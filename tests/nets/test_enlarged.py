from __future__ import annotations

import pytest
import torch
from torch import nn

from mattebox.nets.enlarged import convolve_enlarged
from mattebox.nets.resize import resize_like


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("size", [(8, 12), (7, 11), (9, 13)])
def test_it_is_the_convolution_of_the_enlarged_map(kernel: int, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 5, kernel, padding=kernel // 2)
    x, like = torch.randn(2, 3, 4, 6), torch.empty(1, 1, *size)
    plain = convolution(resize_like(x, like))
    torch.testing.assert_close(convolve_enlarged(convolution, x, like), plain, atol=1e-5, rtol=0)
