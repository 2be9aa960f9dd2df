"""From a card to an engine that runs: ONNX Runtime on a CPU, PyTorch on a GPU; once per process."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from mattebox.engines.base import Engine
from mattebox.engines.batching import BatchingEngine, worth_batching
from mattebox.engines.onnx import OnnxEngine, available_devices
from mattebox.engines.torch import TorchEngine, has_nvidia_driver, torch_device
from mattebox.errors import WeightsUnavailable
from mattebox.zoo.architectures import find_architecture
from mattebox.zoo.build import exportable, load_network
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.convert import is_exported, onnx_file, require_exporter
from mattebox.zoo.verify import digests_of
from mattebox.zoo.weights import verified_weights

__all__ = ["check_engine", "load_engine", "own_weights"]

log = logging.getLogger(__name__)

_LOCKS: defaultdict[tuple[object, ...], Lock] = defaultdict(Lock)


def load_engine(
    card: Card, device: str = "auto", threads: int | None = None, *, half: bool = False, graph: str = ""
) -> Engine:
    """Load a model once per process, whichever thread comes first; its weights are fetched if need be, and verified.

    A model that is an ONNX file runs in ONNX Runtime. One that is a checkpoint of PyTorch runs in PyTorch on a GPU;
    elsewhere it is exported to ONNX the first time, because ONNX Runtime is faster there.

    Args:
        card: the model.
        device: `auto`, `cpu`, `cuda`, ...
        threads: threads for one run on a CPU; None means one per core.
        half: compute in half precision: on a GPU, or on a CPU where that is worth it for the network.
        graph: which part of the network, for those that are made of several.

    Raises:
        WeightsUnavailable: the weights are not here and cannot be fetched, or are not what the card says.
        MissingExtra: torch is needed and not installed.
        EngineFailed: the model cannot be run as asked.
    """
    asked = (card, device, None if runs_in_torch(card, device, half=half) else threads, half, graph)
    with _LOCKS[asked]:
        return _load_engine(*asked)


@lru_cache(maxsize=16)
def _load_engine(card: Card, device: str, threads: int | None, half: bool, graph: str) -> Engine:  # noqa: FBT001
    engine = _make_engine(card, device, threads, half=half, graph=graph)
    return BatchingEngine(engine) if worth_batching(engine) else engine


def _make_engine(card: Card, device: str, threads: int | None, *, half: bool, graph: str) -> Engine:
    if runs_in_torch(card, device, half=half):
        torch_device(device)  # one that is not there is told before weights are fetched and read
        return TorchEngine(exportable(card, _network(card, device), graph), device, half=half)
    if half:
        log.warning("half precision is for networks of PyTorch on a GPU; '%s' computes in float32", card.name)
    if card.weights.embedded:
        return OnnxEngine(verified_weights(card), device, threads)
    return OnnxEngine(onnx_file(card, graph), device, threads, pooled=True)


@lru_cache(maxsize=8)
def _network(card: Card, device: str) -> Any:  # noqa: ARG001 (an engine moves it to its device)
    """The module of a card, shared by the engines of its graphs on one device."""
    return load_network(card)


def runs_in_torch(card: Card, device: str, *, half: bool = False) -> bool:
    """Whether PyTorch is to run a model on a device: a checkpoint on a GPU that it can use, or in half precision."""
    if card.weights.form != "torch":
        return False
    if half and find_architecture(card.architecture).half_on_cpu and find_spec("torch") is not None:
        return True
    if device == "auto":
        return has_nvidia_driver() and find_spec("torch") is not None and torch_device(device).type != "cpu"
    kind = device.partition(":")[0]
    return kind in {"cuda", "mps"} and (find_spec("torch") is not None or kind not in available_devices())


def check_engine(card: Card, device: str) -> None:
    """Make sure that a model can be run on a device, before its weights are fetched.

    Raises:
        MissingExtra: torch is needed and not installed.
        EngineFailed: the device is not there.
    """
    if runs_in_torch(card, device):
        torch_device(device)
    elif not is_exported(card):
        require_exporter(card)


def own_weights(card: Card, path: str | Path) -> Card:
    """A card for a file of one's own that holds weights of the same network.

    Args:
        card: of the network.
        path: of the file.

    Raises:
        WeightsUnavailable: it cannot be read.
    """
    file = Path(path).expanduser().resolve()
    try:
        digest, size = digests_of(file, ("sha256",))["sha256"], file.stat().st_size
    except OSError as error:
        raise WeightsUnavailable(f"{path}: cannot be read ({error.strerror})") from error
    return replace(card, name=file.stem, weights=Weights(str(file), size, sha256=digest, form=card.weights.form))
