"""The ONNX file of a model: the published one, or one that is made of its checkpoint once and kept."""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.encode import write_file
from mattebox.errors import MissingExtra
from mattebox.zoo.architectures import find_architecture
from mattebox.zoo.build import exportable, find_graph, load_network
from mattebox.zoo.card import Card
from mattebox.zoo.locks import alone
from mattebox.zoo.places import home
from mattebox.zoo.registry import find_card
from mattebox.zoo.terms import tell_terms
from mattebox.zoo.verify import digests_of, known
from mattebox.zoo.weights import ensure, is_here

if TYPE_CHECKING:
    from mattebox.zoo.fetch import Progress

__all__ = ["is_exported", "is_ready", "onnx_file"]

log = logging.getLogger(__name__)

VERSION = 1
"""To be raised when networks are exported otherwise, so that files from before are made again."""
SIZE = (4, 5)
"""Height and width of the pictures that the exporter tries a network on, in multiples of what its card says."""
STEP = 32
"""The least of such multiples, in pixels."""


def onnx_file(card: Card, graph: str = "", progress: Progress | None = None) -> Path:
    """Path of the ONNX file of a model; a checkpoint is exported the first time, which takes a minute or so.

    Args:
        card: the model.
        graph: which use of the network, for those that have several.
        progress: told how far the fetching of the weights is.

    Raises:
        WeightsUnavailable: the weights are not here and cannot be fetched, or are not those of the network.
        MissingExtra: torch or the exporter is needed and not installed.
        BadParameter: the network is not known, or has no such use.
        OutputFailed: our cache cannot be written.
    """
    tell_terms(card)
    if card.weights.form == "onnx":
        return ensure(card, progress)
    if not known(card).digests:
        require_exporter(card)
        ensure(card, progress)
    path = exported(card, graph)
    if not is_whole(path):
        require_exporter(card)
        with alone(path.name, lambda: None):
            if not is_whole(path):
                export(card, graph, path, progress)
    return path


def is_exported(card: Card) -> bool:
    """Whether the ONNX files of a model are there already; a published one is only fetched."""
    return card.weights.form == "onnx" or all(
        is_whole(exported(card, graph)) for graph in find_architecture(card.architecture).graphs
    )


def is_ready(name: str) -> bool:
    """Whether a model can be run, on a CPU too, without fetching or installing anything.

    Raises:
        ModelNotFound: there is no such model.
    """
    card = find_card(name)
    if card.weights.form == "onnx":
        return is_here(name)
    return is_exported(card) or (can_export() and is_here(name))


def can_export() -> bool:
    """Whether the packages that make an ONNX file of a checkpoint are installed."""
    return all(find_spec(package) is not None for package in ("torch", "onnxscript"))


def exported(card: Card, graph: str) -> Path:
    """Where the ONNX file that is made of a checkpoint is kept."""
    return home() / "onnx" / f"{'-'.join(filter(None, (card.name, graph)))}-{key_of(card, graph)}.onnx"


def key_of(card: Card, graph: str) -> str:
    """What stands for everything that an exported file depends on, of which the weights must have been seen."""
    decisive = [known(card).digest, card.architecture, card.options, card.kinds, graph, VERSION]
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]


def is_whole(path: Path) -> bool:
    """Whether a file is there and as it was written."""
    with suppress(OSError):
        return digests_of(path, ("sha256",))["sha256"] == record_of(path).read_text(encoding="utf-8")
    return False


def record_of(path: Path) -> Path:
    """Where the digest of an exported file is kept."""
    return path.with_suffix(".sha256")


def require_exporter(card: Card) -> None:
    """Make sure that a network can be exported, before its weights are fetched for it.

    Raises:
        MissingExtra: a package is not installed.
    """
    if not can_export():
        raise MissingExtra("torch", f"making model '{card.name}' ready, which is done once,")


def export(card: Card, graph: str, path: Path, progress: Progress | None) -> None:
    """Make the ONNX file of a checkpoint."""
    import torch

    from mattebox.zoo.export import export_onnx

    network = exportable(card, load_network(card, progress), graph)
    log.info("model '%s': making it ready, which is done once", card.name)
    asked = find_graph(card, graph)
    size = asked.size or tuple(max(STEP, card.multiple) * sides // asked.step for sides in SIZE)
    channels = (card.options[number] if isinstance(number, str) else number for number in asked.inputs.values())
    example = tuple(torch.zeros(1, number, *size) for number in channels)
    export_onnx(
        network,
        example,
        path,
        input_names=list(asked.inputs),
        output_names=list(asked.outputs),
        any_size=asked.size is None,
        multiple=asked.multiple,
    )
    write_file(record_of(path), digests_of(path, ("sha256",), afresh=True)["sha256"].encode(), overwrite=True)
