"""From a card to its network in PyTorch, with the published weights or without.

Torch is imported in the functions: this module is reached by the light install, which has none.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from mattebox.errors import BadParameter, MissingExtra, WeightsUnavailable, unknown_name
from mattebox.zoo.architectures import ARCHITECTURES, Architecture, Graph, find_architecture
from mattebox.zoo.card import Card
from mattebox.zoo.registry import built_in_cards
from mattebox.zoo.terms import tell_terms
from mattebox.zoo.verify import doubt
from mattebox.zoo.weights import ensure

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mattebox.zoo.checkpoint import Checkpoint
    from mattebox.zoo.fetch import Progress

    State = dict[str, Tensor]

__all__ = ["exportable", "find_graph", "load_network", "new_network"]

log = logging.getLogger(__name__)

Shapes: TypeAlias = dict[str, tuple[int, ...]]
Value = TypeVar("Value")

VANISHING = 1e-30
"""Weights nearer to zero than this become zero: they change no answer, and some processors crawl over them."""
COUNTER = "num_batches_tracked"
"""A number that training needs, and that files of Paddle lack, and those from before it was counted."""
PADDLE = ((r"\b_mean$", "running_mean"), (r"\b_variance$", "running_var"), (r"\bscale$", "weight"))
"""What Paddle calls the weights of normalisations, and what PyTorch does."""
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
    """The network of a card with its weights, which are fetched if need be, on the CPU, set to answer and not to learn.

    Every weight must be there under its official name and with its shape, and nothing else. Other official names are
    known (`Architecture.renames`, and those of Paddle), and what published files hold beside is left out by name
    (`Architecture.leftovers`).

    Args:
        card: the model.
        progress: told how far the fetching is.

    Raises:
        MissingExtra: torch is not installed.
        BadParameter: the card names no network of ours.
        WeightsUnavailable: the weights are not here and cannot be fetched, or are those of another network.
    """
    network = new_network(card)
    tell_terms(card)
    path = ensure(card, progress)
    try:
        network.load_state_dict(read_state(path, card, network.state_dict()))
    except WeightsUnavailable as error:
        raise WeightsUnavailable(f"{error}{doubt(card)}") from error
    for weights in network.state_dict().values():
        weights[weights.abs() < VANISHING] = 0
    return network.requires_grad_(requires_grad=False)


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


def read_state(path: Path, card: Card, wanted: State) -> State:
    """The weights in a file, as the network of a card wants them.

    Raises:
        WeightsUnavailable: the file cannot be read, or has the weights of another network.
    """
    from mattebox.zoo.checkpoint import read_checkpoint

    checkpoint = read_checkpoint(path)
    architecture = find_architecture(card.architecture)
    state = useful(renamed(checkpoint.state, wanted, architecture), wanted, architecture)
    if problems := list(differences(state, wanted)):
        raise WeightsUnavailable(
            f"{path}: not the weights of {card.architecture}: {'; '.join(problems)}; {report(state, wanted)}"
            f"{guess(checkpoint.state, wanted)}"
        )
    if architecture.classes and card.kinds:
        state |= in_order(state, architecture.classes, checkpoint, card)
    return state


def renamed(state: dict[str, Value], wanted: Collection[str], architecture: Architecture) -> dict[str, Value]:
    """What is known of weights under the names that a network wants, where the file has other known ones."""
    new = {}
    for name in state.keys() - set(wanted):
        ours = name
        for pattern, replacement in (*architecture.renames, *PADDLE):
            ours = re.sub(pattern, replacement, ours)
        if ours in wanted and ours not in state:
            new[name] = ours
    return {new.get(name, name): value for name, value in state.items()}


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


def report(state: State, wanted: State) -> str:
    """How many of the weights that a network wants are there, in words."""
    counted = [name for name in wanted if not name.endswith(COUNTER)]
    fitting = [name for name in counted if name in state and state[name].shape == wanted[name].shape]
    return f"{len(fitting)} of {len(counted)} weights fit"


def listed(names: Collection[str]) -> str:
    """The first few names, and how many there are."""
    first = ", ".join(sorted(names)[:NAMED])
    return first if len(names) <= NAMED else f"{first} and {len(names) - NAMED} more"


def guess(state: State, wanted: State) -> str:
    """Which network these weights look like more than the one that was wanted, in words; nothing when like none."""
    found = shapes(state)
    best, most = "", max(0.5, likeness(found, shapes(wanted)))
    published = (card.architecture for card in built_in_cards().values() if card.weights.form == "torch")
    for name in dict.fromkeys((*ARCHITECTURES, *published)):
        architecture = find_architecture(name)
        for options in ({}, *architecture.variants):
            theirs = shapes_of(name, tuple(options.items()))
            share = likeness(renamed(found, theirs, architecture), theirs)
            if share > most:
                best, most = ", ".join((name, *map(str, options.values()))), share
    return f"; it looks like {best}" if best else ""


def shapes(state: State) -> Shapes:
    """The shapes of weights by their names."""
    return {name: tuple(value.shape) for name, value in state.items()}


@lru_cache(maxsize=64)
def shapes_of(architecture: str, options: tuple[tuple[str, Any], ...]) -> Shapes:
    """The shapes of the weights of a network, which is made without memory for them."""
    import torch

    with torch.device("meta"):
        return shapes(build(architecture, dict(options)).state_dict())


def likeness(one: Shapes, other: Shapes) -> float:
    """Share of the weights of two networks, by name and shape, that both have."""
    return len(one.items() & other.items()) / len(one.items() | other.items())


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
