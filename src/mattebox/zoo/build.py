"""From a card to its network in PyTorch, with the published weights or without.

Torch is imported in the functions: this module is reached by the light install, which has none.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mattebox.errors import BadParameter, MissingExtra, WeightsUnavailable, unknown_name
from mattebox.zoo.architectures import ARCHITECTURES, Architecture, Graph, find_architecture
from mattebox.zoo.card import Card
from mattebox.zoo.registry import built_in_cards
from mattebox.zoo.weights import ensure

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mattebox.zoo.checkpoint import Checkpoint
    from mattebox.zoo.fetch import Progress

    State = dict[str, Tensor]

__all__ = ["exportable", "find_graph", "load_network", "new_network"]

log = logging.getLogger(__name__)

VANISHING = 1e-30
"""Weights nearer to zero than this become zero: they change no answer, and some processors crawl over them."""
COUNTER = "num_batches_tracked"
"""A number that training needs, and that files from before it was counted lack."""
NAMED = 3
"""How many names are told of those that do not fit."""


def new_network(card: Card) -> nn.Module:
    """The network of a card before any training, set to answer.

    Raises:
        MissingExtra: torch is not installed.
        BadParameter: the card names no network of ours, or options that it does not have.
    """
    return build(card.architecture, card.options).eval()


def load_network(card: Card, progress: Progress | None = None) -> nn.Module:
    """The network of a card with its weights, which are fetched if need be, on the CPU and set to answer.

    Every weight must be there under its official name and with its shape, and nothing else; what published files hold
    beside is left out by name (`Architecture.leftovers`).

    Args:
        card: the model.
        progress: told how far the fetching is.

    Raises:
        MissingExtra: torch is not installed.
        BadParameter: the card names no network of ours.
        WeightsUnavailable: the weights are not here and cannot be fetched, or are those of another network.
    """
    network = new_network(card)
    from mattebox.zoo.checkpoint import read_checkpoint

    path = ensure(card, progress)
    checkpoint = read_checkpoint(path)
    architecture = find_architecture(card.architecture)
    state = useful(checkpoint.state, network.state_dict(), architecture)
    if problems := list(differences(state, network.state_dict())):
        raise WeightsUnavailable(
            f"{path}: not the weights of {card.architecture}: {'; '.join(problems)}"
            f"{guess(checkpoint.state, network.state_dict())}"
        )
    if architecture.classes and card.kinds:
        state |= in_order(state, architecture.classes, checkpoint, card)
    network.load_state_dict(state)
    for weights in network.state_dict().values():
        weights[weights.abs() < VANISHING] = 0
    return network


def exportable(card: Card, network: nn.Module, graph: str = "") -> nn.Module:
    """A network that takes and answers what the ONNX file of a card does.

    Args:
        card: of the network.
        network: it.
        graph: which use of it, for those that have several.

    Raises:
        BadParameter: there is no such use.
    """
    answer = find_graph(card, graph).answer
    if not answer:
        return network
    module, _, name = answer.partition(":")
    answering: nn.Module = getattr(import_module(module), name)(network)
    return answering.eval()


def find_graph(card: Card, graph: str) -> Graph:
    """One use of the network of a card.

    Raises:
        BadParameter: there is no such use.
    """
    graphs = find_architecture(card.architecture).graphs
    if graph not in graphs:
        raise BadParameter(unknown_name(f"graph of {card.architecture}", graph, graphs))
    return graphs[graph]


def build(architecture: str, options: dict[str, Any]) -> nn.Module:
    """A network of a class, before any training.

    Raises:
        MissingExtra, BadParameter: as `new_network`.
    """
    home = find_architecture(architecture).module
    try:
        network: nn.Module = getattr(import_module(home), architecture)(**options)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtra("torch", f"the network {architecture}") from error
    except TypeError as error:
        raise BadParameter(f"options {options} do not make a {architecture}: {error}") from error
    return network


def useful(state: State, wanted: State, architecture: Architecture) -> State:
    """The weights of a file without what was for training only, and with the counters that old files lack."""
    import torch

    leftovers = [
        name
        for name in state.keys() - wanted.keys()
        if any(re.match(pattern, name) for pattern in architecture.leftovers)
    ]
    if leftovers:
        log.warning("%d weights are for training only and left out: %s", len(leftovers), listed(leftovers))
    counters = {name: torch.tensor(0) for name in wanted if name.endswith(COUNTER)}
    return counters | {name: value for name, value in state.items() if name not in leftovers}


def differences(state: State, wanted: State) -> Iterator[str]:
    """What is not as it must be, in words."""
    if missing := wanted.keys() - state.keys():
        yield f"lacks {listed(missing)}"
    if unknown := state.keys() - wanted.keys():
        yield f"has {listed(unknown)}, which it does not know"
    shared = state.keys() & wanted.keys()
    if wrong := [name for name in shared if state[name].shape != wanted[name].shape]:
        name = min(wrong)
        found, expected = tuple(state[name].shape), tuple(wanted[name].shape)
        yield f"{len(wrong)} of other shapes, such as {name} {found}, where {expected} is expected"


def listed(names: Collection[str]) -> str:
    """The first few names, and how many there are."""
    first = ", ".join(sorted(names)[:NAMED])
    return first if len(names) <= NAMED else f"{first} and {len(names) - NAMED} more"


def guess(state: State, wanted: State) -> str:
    """Which network these weights look like more than the one that was wanted, in words; nothing when like none."""
    import torch

    best, most = "", max(0.5, likeness(state, wanted))
    published = (card.architecture for card in built_in_cards().values() if card.weights.form == "torch")
    for architecture in dict.fromkeys((*ARCHITECTURES, *published)):
        for options in ({}, *find_architecture(architecture).variants):
            with torch.device("meta"):
                share = likeness(state, build(architecture, options).state_dict())
            if share > most:
                best, most = ", ".join((architecture, *map(str, options.values()))), share
    return f"; it looks like {best}" if best else ""


def likeness(one: State, other: State) -> float:
    """Share of the weights of two networks, by name and shape, that both have."""
    first, second = ({(name, value.shape) for name, value in state.items()} for state in (one, other))
    return len(first & second) / len(first | second)


def in_order(state: State, layer: str, checkpoint: Checkpoint, card: Card) -> State:
    """The weights of a layer with its rows in the order of the card's kinds, which need not be that of the file.

    Raises:
        WeightsUnavailable: the file is for other kinds.
    """
    if not checkpoint.classes:
        return {}
    if set(checkpoint.classes) != set(card.kinds):
        told = ", ".join(checkpoint.classes)
        raise WeightsUnavailable(f"model '{card.name}': weights for {told}, where {', '.join(card.kinds)} are expected")
    rows = [checkpoint.classes.index(kind) for kind in card.kinds]
    return {name: state[name][rows] for name in (f"{layer}.weight", f"{layer}.bias")}
