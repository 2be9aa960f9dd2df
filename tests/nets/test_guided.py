from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mattebox.nets.guided import FastGuidedFilter


def test_what_follows_the_picture_is_restored_at_its_size() -> None:
    frame = functional.interpolate(torch.rand(1, 3, 8, 10, generator=torch.Generator().manual_seed(0)), scale_factor=8)
    small = frame[:, :, ::2, ::2]
    factors = torch.tensor([0.5, -0.2, 1.0])[:, None, None]

    def answer(of: torch.Tensor) -> torch.Tensor:
        return torch.cat((factors * of + 0.1, 0.7 * of.mean(1, keepdim=True)), 1)

    large = FastGuidedFilter(epsilon=1e-9)(frame, small, answer(small), small)
    inside = (..., slice(8, -8), slice(8, -8))
    assert large.shape == (1, 4, 64, 80)
    assert large[inside].numpy() == pytest.approx(answer(frame)[inside].numpy(), abs=1e-3)
