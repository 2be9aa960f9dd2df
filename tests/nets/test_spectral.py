from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import spectral_norm

from mattebox.nets.spectral import SpectralConv2d, SpectralDoubling, SpectralFilter

CASES = [
    (lambda: SpectralConv2d(6, 10, stride=2), lambda: nn.Conv2d(6, 10, 3, 2, 1, bias=False), 0),
    (lambda: SpectralConv2d(6, 10, padding=0), lambda: nn.Conv2d(6, 10, 3, bias=False), 0),
    (lambda: SpectralDoubling(6, 10), lambda: nn.ConvTranspose2d(6, 10, 4, 2, 1, bias=False), 1),
]


@pytest.fixture(params=CASES, ids=["halving", "inner", "doubling"])
def pair(request: pytest.FixtureRequest) -> tuple[SpectralFilter, nn.Module]:
    make_ours, make_theirs, axis = request.param
    torch.manual_seed(0)
    ours, theirs = make_ours(), spectral_norm(make_theirs(), dim=axis)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize("training", [False, True], ids=["answering", "training"])
def test_it_computes_what_pytorch_does(pair: tuple[SpectralFilter, nn.Module], training: bool) -> None:
    ours, theirs = (part.train(training) for part in pair)
    x = torch.rand(2, 6, 8, 12)
    for _ in range(2):
        torch.testing.assert_close(ours(x), theirs(x))
        ours(x).square().sum().backward()
        theirs(x).square().sum().backward()
    torch.testing.assert_close(ours.weight_orig.grad, theirs.weight_orig.grad)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def test_training_leads_to_a_largest_singular_value_of_one(pair: tuple[SpectralFilter, nn.Module]) -> None:
    ours, _ = pair
    ours.train()
    for _ in range(50):
        filters = ours.filters()
    matrix = filters.detach().transpose(0, ours.outputs_axis).flatten(1)
    assert torch.linalg.matrix_norm(matrix, 2) == pytest.approx(1, abs=1e-3)
