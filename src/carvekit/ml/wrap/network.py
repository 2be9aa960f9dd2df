"""What the wrappers of networks share: which weights, where they run, and what programs ask of a module."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carvekit.utils.download_models import fetched
from mattebox.engines.base import Engine
from mattebox.engines.torch import TorchEngine, torch_device
from mattebox.zoo.build import exportable, load_network, new_network
from mattebox.zoo.card import Card
from mattebox.zoo.registry import find_card

if TYPE_CHECKING:
    import torch
    from typing_extensions import Self

__all__ = ["Network", "model_card"]


def model_card(name: str, path: str | Path | None = None) -> Card:
    """The card of a model, or one for a file with weights of one's own, which may tell other classes apart.

    Raises:
        WeightsUnavailable: the file cannot be read.
    """
    if path is None:
        return find_card(name)
    from mattebox.loading import own_weights
    from mattebox.zoo.checkpoint import read_checkpoint

    card = own_weights(find_card(name), path)
    classes = read_checkpoint(Path(card.weights.file)).classes
    return replace(card, kinds=classes, options={**card.options, "classes": len(classes)}) if classes else card


class Network:
    """A published network. Its weights are loaded when it first runs, once per process and device.

    Args:
        card: of the model.
        device: `cpu`, `cuda`, `cuda:1`.
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights, which are fetched if need be; otherwise weights by chance.
        fp16: compute in half precision on a GPU.

    Raises:
        DownloadFailed: the weights are not here and cannot be fetched.
        EngineFailed: the device is not there.
    """

    def __init__(
        self, card: Card, device: str, batch_size: int, *, load_pretrained: bool = True, fp16: bool = False
    ) -> None:
        self.card = card
        self.batch_size = batch_size
        self.fp16 = fp16
        self._pretrained = load_pretrained
        self.to(device)
        if load_pretrained:
            fetched(card)

    def to(self, device: str) -> Self:
        """Run on another device from now on.

        Raises:
            EngineFailed: it is not there.
        """
        self.device = str(device)
        if self.device != "cpu":
            torch_device(self.device)
        return self

    def eval(self) -> Self:
        """Do nothing: the network is never trained here."""
        return self

    @cached_property
    def network(self) -> torch.nn.Module:
        """The network as a module, for programs that look into it or put weights of their own there.

        From the first use of this on, it is the module that runs, in PyTorch, also on a CPU.

        Raises:
            MissingExtra: torch is not installed.
        """
        return load_network(self.card) if self._pretrained else new_network(self.card)

    def state_dict(self) -> dict[str, Any]:
        """The weights by their official names."""
        return self.network.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any:
        """Take weights of one's own, by their official names, as a module of PyTorch does."""
        return self.network.load_state_dict(state_dict, strict)

    def engine(self, graph: str = "") -> Engine:
        """What runs the network, or the part of it that is named, on the device that is set now."""
        if self.fp16 and self.device == "cpu":
            warnings.warn("half precision is for GPUs; computing in float32 on the CPU", stacklevel=3)
        from mattebox.loading import load_engine

        half = self.fp16 and self.device != "cpu"
        if self._pretrained and "network" not in vars(self):
            return load_engine(self.card, self.device, half=half, graph=graph)
        return TorchEngine(exportable(self.card, self.network, graph), self.device, half=half)
