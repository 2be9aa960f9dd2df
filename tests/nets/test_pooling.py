from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mattebox.nets.pooling import PYRAMID, BinMeans
from mattebox.nets.resize import resize_like


@pytest.mark.parametrize("bins", PYRAMID)
@pytest.mark.parametrize("size", [(6, 6), (7, 13), (29, 31), (113, 75), (5, 2), (1, 1)])
def test_bins_are_those_of_adaptive_pooling(bins: int, size: tuple[int, int]) -> None:
    maps = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(BinMeans(bins)(maps), functional.adaptive_avg_pool2d(maps, bins), atol=1e-6, rtol=0)


def test_half_precision_stays_half_precision() -> None:
    maps = torch.rand(1, 3, 7, 13).to(torch.bfloat16)
    pooled = BinMeans(3)(maps)
    assert pooled.dtype == torch.bfloat16
    torch.testing.assert_close(pooled.float(), functional.adaptive_avg_pool2d(maps.float(), 3), atol=0.01, rtol=0)


def test_resizing_interpolates_between_pixel_centres() -> None:
    wide = resize_like(torch.tensor([[[[0.0, 1.0]]]]), torch.empty(1, 5, 1, 4))
    torch.testing.assert_close(wide, torch.tensor([[[[0.0, 0.25, 0.75, 1.0]]]]), atol=0, rtol=0)
