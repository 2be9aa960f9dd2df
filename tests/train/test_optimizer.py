from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from mattebox.errors import BadParameter
from mattebox.train.optimizer import Muon, new_optimizer, orthogonalised


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (16, 16)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(shape) * 50))
    assert values.min() > 0.5
    assert values.max() < 1.4


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1)
    return nn.Sequential(*layers)


def groups_of(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, object]]:
    return {id(p): group for group in optimizer.param_groups for p in group["params"]}


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_weight_is_in_one_group_and_only_weights_decay(name: str) -> None:
    net = network()
    optimizer = new_optimizer(name, net, 1e-3, 0.1)
    groups = groups_of(optimizer)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(list(net.parameters()))
    for parameter in net.parameters():
        assert (groups[id(parameter)]["weight_decay"] != 0) == (parameter.ndim > 1)


def test_muon_turns_convolutions_but_not_a_head_of_one_channel() -> None:
    net = network()
    groups = groups_of(new_optimizer("muon", net, 1e-3, 0.1))
    assert groups[id(net[0].weight)]["orthogonal"]
    assert not groups[id(net[3].weight)]["orthogonal"]
    assert not groups[id(net[0].bias)]["orthogonal"]


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_optimisers_learn_and_go_on_from_their_state(name: str) -> None:
    torch.manual_seed(1)
    x = torch.randn(16, 3, 8, 8)
    truth = x.mean(1, keepdim=True)

    def learn(net: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> float:
        for _ in range(steps):
            loss = (net(x) - truth).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    net = network()
    optimizer = new_optimizer(name, net, 5e-3, 0.0)
    before = learn(net, optimizer, 1)
    learn(net, optimizer, 20)
    copy = network()
    copy.load_state_dict(net.state_dict())
    again = new_optimizer(name, copy, 5e-3, 0.0)
    again.load_state_dict(deepcopy(optimizer.state_dict()))
    assert learn(net, optimizer, 40) == pytest.approx(learn(copy, again, 40), rel=1e-3)
    assert learn(net, optimizer, 1) < 0.2 * before


def test_adams_step_is_torchs() -> None:
    ours, theirs = (nn.Parameter(torch.linspace(-1, 1, 5)) for _ in range(2))
    group = {"params": [ours], "lr": 0.1, "weight_decay": 0.02, "orthogonal": False}
    pairs = (ours, Muon([group])), (theirs, torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.02))
    for weight, optimizer in pairs:
        for step in range(5):
            weight.grad = torch.cos(weight.detach() * (step + 1))
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_an_unknown_optimiser_is_refused() -> None:
    with pytest.raises(BadParameter, match="Valid: adamw, muon"):
        new_optimizer("adam", network(), 1e-3, 0)
