from __future__ import annotations

import pytest
import torch

from mattebox.nets.resize import resize_like
from mattebox.nets.unpooling import spread_like

GRID = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(2, 2), (3, 5), (4, 6), (6, 6), (16, 31)])
def test_bins_are_interpolated_between_their_centres(size: tuple[int, int]) -> None:
    like = torch.empty(1, 1, *size)
    torch.testing.assert_close(spread_like(GRID, like), resize_like(GRID, like), atol=1e-5, rtol=0)


def test_a_single_row_or_column_shows_the_first_bins() -> None:
    row = spread_like(GRID, torch.empty(1, 1, 1, 12))
    torch.testing.assert_close(row, resize_like(GRID[:, :, :1], torch.empty(1, 1, 1, 12)), atol=1e-5, rtol=0)
    torch.testing.assert_close(spread_like(GRID, torch.empty(1, 1, 1, 1)), GRID[:, :, :1, :1])


def test_half_precision_stays_half_precision() -> None:
    assert spread_like(GRID.bfloat16(), torch.empty(1, 1, 5, 5)).dtype == torch.bfloat16
