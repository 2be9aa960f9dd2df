from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from mattebox.nets.detail import DetailNet
from mattebox.nets.lite import LiteNet, mean_inside

NETWORKS: list[tuple[Callable[[], nn.Module], int, Callable[..., Tensor]]] = [
    (LiteNet, 3, lambda answer: answer.mask),
    (DetailNet, 4, lambda answer: answer),
]


@pytest.fixture(params=NETWORKS, ids=["lite", "detail"])
def case(request: pytest.FixtureRequest) -> tuple[nn.Module, int, Callable[..., Tensor]]:
    make, channels, answer = request.param
    torch.manual_seed(0)
    return make().eval(), channels, answer


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (72, 92)])
def test_answers_have_the_size_of_the_picture(case: tuple, size: tuple[int, int]) -> None:
    network, channels, answer = case
    with torch.inference_mode():
        assert answer(network(torch.rand(2, channels, *size))).shape == (2, 1, *size)


def test_neighbours_in_a_batch_do_not_matter(case: tuple) -> None:
    network, channels, answer = case
    batch = torch.rand(3, channels, 64, 64)
    with torch.inference_mode():
        together = answer(network(batch))
        alone = torch.cat([answer(network(batch[i : i + 1])) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_a_black_picture_gives_numbers(case: tuple) -> None:
    network, channels, answer = case
    with torch.inference_mode():
        assert torch.isfinite(answer(network(torch.zeros(1, channels, 64, 64)))).all()


def test_every_weight_is_trained(case: tuple) -> None:
    network, channels, answer = case
    network.train()
    output = network(torch.rand(2, channels, 64, 64))
    total = answer(output).mean()
    if isinstance(network, LiteNet):
        total = total + output.subject.mean() + output.kind.mean() + sum(side.mean() for side in output.sides)
    total.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_half_precision_is_near(case: tuple) -> None:
    network, channels, answer = case
    picture = torch.rand(1, channels, 64, 64)
    with torch.inference_mode():
        exact = torch.sigmoid(answer(network(picture)))
        half = torch.sigmoid(answer(network.to(torch.bfloat16)(picture.to(torch.bfloat16))).float())
    assert (exact - half).abs().mean() < 0.02


def test_detail_sees_no_further_than_24_pixels() -> None:
    network = DetailNet().eval()
    tile = torch.rand(1, 4, 128, 128)
    changed = tile.clone()
    changed[..., :24] = torch.rand(1, 4, 128, 24)
    with torch.inference_mode():
        torch.testing.assert_close(network(tile)[..., 48:], network(changed)[..., 48:])


def test_the_kind_is_asked_of_the_subject_only() -> None:
    features = torch.zeros(1, 2, 4, 4)
    features[0, 0, :, :2], features[0, 1, :, 2:] = 1, 1
    mask = torch.full((1, 1, 8, 8), -20.0)
    mask[..., :4] = 20
    torch.testing.assert_close(mean_inside(features, mask), torch.tensor([[1.0, 0.0]]), atol=1e-3, rtol=0)
