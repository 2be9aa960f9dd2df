"""What a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def load_averaged(network: Network, checkpoint: Path) -> Network:
    """Load the averaged weights of a checkpoint into a network, and set it to answer rather than to learn."""
    weights = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    network.load_state_dict({key.removeprefix("network."): value for key, value in weights.items()})
    network.eval()
    return network
