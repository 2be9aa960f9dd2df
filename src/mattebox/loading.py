"""From a card to an engine that runs: ONNX Runtime on a CPU, PyTorch on a GPU; once per process."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

from mattebox.engines.base import Engine
from mattebox.engines.onnx import OnnxEngine
from mattebox.engines.torch import TorchEngine, has_nvidia_driver, torch_device
from mattebox.errors import WeightsUnavailable
from mattebox.zoo.build import exportable, load_network
from mattebox.zoo.card import Card, Weights
from mattebox.zoo.convert import onnx_file
from mattebox.zoo.verify import digests_of
from mattebox.zoo.weights import ensure, verified_weights

__all__ = ["load_engine", "own_weights"]

_LOADING = Lock()


def load_engine(
    card: Card, device: str = "auto", threads: int | None = None, *, half: bool = False, graph: str = ""
) -> Engine:
    """Load a model once per process, whichever thread comes first; its weights are fetched if need be, and verified.

    A model that is an ONNX file runs in ONNX Runtime. One that is a checkpoint of PyTorch runs in PyTorch on a GPU; on
    a CPU it is exported to ONNX the first time, because ONNX Runtime is faster there.

    Args:
        card: the model.
        device: `auto`, `cpu`, `cuda`, ...
        threads: threads for one run on a CPU; None means one per core.
        half: compute in half precision on a GPU.
        graph: which part of the network, for those that are made of several.

    Raises:
        WeightsUnavailable: the weights are not here and cannot be fetched, or are not what the card says.
        MissingExtra: torch is needed and not installed.
        EngineFailed: the model cannot be run as asked.
    """
    with _LOADING:
        return _load_engine(card, device, threads, half, graph)


@lru_cache(maxsize=16)
def _load_engine(card: Card, device: str, threads: int | None, half: bool, graph: str) -> Engine:  # noqa: FBT001
    if card.weights.embedded:
        return OnnxEngine(verified_weights(card), device, threads)
    if card.weights.form == "onnx":
        return OnnxEngine(ensure(card), device, threads, pooled=True)
    if device == "cpu" or (device == "auto" and not has_nvidia_driver()):
        return OnnxEngine(onnx_file(card, graph), "cpu", threads, pooled=True)
    torch_device(device)  # one that is not there is told before weights are fetched and read
    return TorchEngine(exportable(card, load_network(card), graph), device, half=half)


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
