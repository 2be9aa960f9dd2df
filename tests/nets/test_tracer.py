from __future__ import annotations

import torch

from mattebox.nets.tracer import Tracer, UnionAttention
from nets.tester import NetworkTests


class TestTracer(NetworkTests):
    fixture, build, outputs, multiple = "tracer_b7", staticmethod(Tracer), ("mask",), 32


def quantile_masked(weight: torch.Tensor) -> torch.Tensor:
    limit = torch.quantile(weight, 0.1, dim=1, keepdim=True)
    return torch.where(weight <= limit, 0, weight)


def test_the_weights_left_out_are_those_up_to_the_quantile() -> None:
    attention = UnionAttention(224)
    weight = torch.rand(64, 224, generator=torch.Generator().manual_seed(0))
    # The hard cases: the two values on both sides of the quantile are neighbours in single precision, or equal.
    weight[32:] = weight[32:].sort(1).values
    weight[32:48, 23] = torch.nextafter(weight[32:48, 22], torch.tensor(1.0))
    weight[48:, 22:30] = weight[48:, 22:23]
    ours = attention.without_least(weight[..., None, None])[..., 0, 0]
    assert torch.equal(ours, quantile_masked(weight))
    assert ((ours[:48] == 0).sum(1) == 23).all()
    assert ((ours[48:] == 0).sum(1) == 30).all()
