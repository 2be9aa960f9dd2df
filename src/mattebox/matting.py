"""From the name of a matting method to what mattes: a network that looks at tiles, or a classical solver."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple, Protocol

from mattebox.engines.base import Engine
from mattebox.errors import BadParameter, unknown_name
from mattebox.solvers import find_solver, is_solver
from mattebox.stages.fba import fba_look
from mattebox.stages.matte import Look, Matter, matte
from mattebox.stages.trimap_look import trimap_look
from mattebox.stages.vitmatte import PATCH, Halves, vitmatte_look
from mattebox.zoo.card import Card
from mattebox.zoo.registry import find_card

__all__ = ["load_matter"]

log = logging.getLogger(__name__)


class Load(Protocol):
    """Makes an engine of a card, or of one of the graphs of its network."""

    def __call__(self, card: Card, *, graph: str = "") -> Engine: ...


class Method(NamedTuple):
    """What there is to know of a kind of matting network.

    Attributes:
        look: makes of a card how its network looks at a tile.
        largest: longest side of what it sees at once, unless asked otherwise.
        bytes: of memory that it takes for each pixel of a tile.
    """

    look: Callable[[Load, Card], Look]
    largest: int
    bytes: int


def vitmatte(load: Load, card: Card) -> Look:
    """How ViTMatte looks at a tile.

    Raises:
        BadParameter: its pictures cannot be interlaced as the card's options ask.
    """
    grid = card.options.get("grid", 1)
    if grid != 1:
        if not isinstance(grid, int) or grid < 1 or card.multiple % (PATCH * grid):
            raise BadParameter(
                f"model '{card.name}': grid={grid!r} does not divide the {card.multiple // PATCH} places of its sides"
            )
        log.warning("model '%s' attends over %d interlaced pictures: its answers are approximate", card.name, grid**2)
    return vitmatte_look(Halves(*(load(card, graph=half) for half in Halves._fields)), card)


METHODS = {
    "FbaMatting": Method(lambda load, card: fba_look(load(card)), 1024, 1100),
    "ViTMatte": Method(vitmatte, 2048, 130),
    "Dim": Method(lambda load, card: trimap_look(load(card), card), 1024, 1500),
    "Gca": Method(lambda load, card: trimap_look(load(card), card), 1024, 1100),
}
"""Kinds of networks that matte by a trimap, by the names of their classes."""


def load_matter(name: str, load: Load, *, largest: int | None = None) -> Matter:
    """Make a matting method ready.

    Args:
        name: of a solver or of a model, or path of the card of one's own.
        load: makes an engine of a card.
        largest: longest side of what a network sees at once; None for what suits it.

    Raises:
        ModelNotFound, BadParameter: there is no such method.
        MissingExtra, WeightsUnavailable, EngineFailed: it cannot be used.
    """
    if is_solver(name):
        solve = find_solver(name)
        return lambda rgb, trimap: (solve(rgb, trimap), None)
    card = find_card(name, "matte")
    if card.architecture not in METHODS:
        raise BadParameter(f"model '{name}': " + unknown_name("architecture that mattes", card.architecture, METHODS))
    method = METHODS[card.architecture]
    engines: list[Engine] = []

    def noted(card: Card, *, graph: str = "") -> Engine:
        engines.append(load(card, graph=graph))
        return engines[-1]

    look = method.look(noted, card)
    on_cpu = all(engine.device == "cpu" for engine in engines)  # what is free on a GPU nobody knows beforehand
    sides = {"largest": largest or method.largest, "pixel_bytes": method.bytes if on_cpu else 0}
    return lambda rgb, trimap: matte(rgb, trimap, look, **sides)
