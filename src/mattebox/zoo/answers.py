"""What is asked of a network that answers more than is needed, or otherwise."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["First", "Subject"]


class First(nn.Module):
    """The first of several answers."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """The answer to pictures (N, 3, H, W)."""
        answer: Tensor = self.network(picture)[0]
        return answer


class Subject(nn.Module):
    """The probability (N, 1, H, W) that a pixel is of any class but the first, which is the background."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """The answer to pictures (N, 3, H, W), from logits (N, classes, H, W)."""
        return 1 - torch.softmax(self.network(picture)[0], 1)[:, :1]
