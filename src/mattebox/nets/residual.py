"""Convolutions beside a shortcut, under whatever names a checkpoint gives them.

He et al. 2016, "Deep Residual Learning for Image Recognition".
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Residual"]


class Residual(nn.Module):
    """What a row of layers makes of its input, added to the input and cut at zero.

    Takes (N, inputs, H, W) and gives what its last layer gives.

    Args:
        body: the layers in a row, by their names in the checkpoint.
        shortcut: those on the way around; none where the input is added as it is.
    """

    def __init__(self, body: Mapping[str, nn.Module], shortcut: Mapping[str, nn.Module] | None = None) -> None:
        super().__init__()
        shortcut = shortcut or {}
        for name, layer in (*body.items(), *shortcut.items()):
            self.add_module(name, layer)
        self.body, self.shortcut = tuple(body), tuple(shortcut)

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        for name in self.body:
            inner = self.get_submodule(name)(inner)
        for name in self.shortcut:
            x = self.get_submodule(name)(x)
        return functional.relu(inner + x, inplace=True)
