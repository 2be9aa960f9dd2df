"""What a finished run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def load_averaged(network: Network, checkpoint: Path) -> Network:
    """Load the averaged weights of a checkpoint into a network, and set it to answer rather than to learn."""
    average = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    weights = {key.removeprefix("module."): value for key, value in average.items() if key != "n_averaged"}
    network.load_state_dict(weights)
    network.eval()
    return network
