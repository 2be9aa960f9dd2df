"""Optimisers: AdamW, and Muon for the weights of convolutions with AdamW for everything else.

Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") makes every update of a weight
matrix orthogonal, so that no direction of a layer is left behind. LiteNet reached a given training loss in about 0.55
of AdamW's steps with it (docs/embedded-model.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter, unknown_name

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of Muon's Newton-Schulz step: five of them bring all singular values near one."""

ORTHOGONAL_RATE = 10.0
"""Muon's rate as a multiple of the recipe's: both then move a convolution's weights by about the same share a step."""


def orthogonalised(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest matrix with singular values near one, of the same shape, in float32."""
    a, b, c = QUINTIC
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.T).float()


class Muon(torch.optim.Optimizer):
    """Muon's step for the groups that say `orthogonal`, Adam's (Kingma and Ba 2015) for the others; decay is decoupled.

    Args:
        params: parameter groups, each with `orthogonal`, `lr` and `weight_decay`; orthogonal groups hold weights of two
            or more dimensions, the first of which is the output.
        momentum: of the orthogonal groups.
        betas: of the others.
    """

    def __init__(
        self, params: Iterable[dict[str, Any]], momentum: float = 0.95, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        super().__init__(params, {"momentum": momentum, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of every group."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    move = self._orthogonal if group["orthogonal"] else self._adam
                    weight.add_(move(weight, weight.grad, group), alpha=-group["lr"])
        return loss

    def _orthogonal(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
        momentum.lerp_(gradient, 1 - group["momentum"])
        update = gradient.lerp(momentum, group["momentum"]).flatten(1)
        scale = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
        return orthogonalised(update).view(weight.shape) * scale

    def _adam(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        state = self.state[weight]
        if not state:
            state.update(step=torch.tensor(0.0), mean=torch.zeros_like(weight), square=torch.zeros_like(weight))
        state["step"] += 1
        fast, slow = group["betas"]
        mean = state["mean"].lerp_(gradient, 1 - fast) / (1 - fast ** state["step"].item())
        square = state["square"].lerp_(gradient.square(), 1 - slow) / (1 - slow ** state["step"].item())
        return mean / (square.sqrt() + 1e-8)


def new_optimizer(name: str, network: nn.Module, rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """An optimiser for a network: weights with decay, biases and normalisations without.

    Raises:
        BadParameter: with the valid names.
    """
    weights = [p for p in network.parameters() if p.ndim > 1]
    plain = {"params": [p for p in network.parameters() if p.ndim <= 1], "lr": rate, "weight_decay": 0.0}
    if name == "adamw":
        return torch.optim.AdamW([{"params": weights, "weight_decay": weight_decay}, plain], lr=rate)
    if name != "muon":
        raise BadParameter(unknown_name("optimizer", name, ("adamw", "muon")))
    # A layer with one output has nothing to make orthogonal.
    heads = {"params": [p for p in weights if p.shape[0] == 1], "lr": rate, "weight_decay": weight_decay}
    inner = {
        "params": [p for p in weights if p.shape[0] > 1],
        "lr": rate * ORTHOGONAL_RATE,
        "weight_decay": weight_decay / ORTHOGONAL_RATE,
    }
    return Muon([{**plain, "orthogonal": False}, {**heads, "orthogonal": False}, {**inner, "orthogonal": True}])
