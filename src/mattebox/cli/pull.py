"""Fetching the weights of several models at once: bars on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from typer import Exit

from mattebox.cli.stopping import INTERRUPTED, stoppable
from mattebox.cli.text import say, shown

if TYPE_CHECKING:
    from mattebox.settings import Settings
    from mattebox.zoo.card import Card

__all__ = ["make_ready", "pull"]

AT_ONCE = 3

Watcher: TypeAlias = "Callable[[Card, int, int | None], None]"
"""Whatever shows how far the fetching of a model is."""


def make_ready(settings: Settings, *, quiet: bool) -> None:
    """Fetch what a run was asked to use and is not here, and say what will take long.

    Args:
        settings: of the run.
        quiet: say what went wrong only.

    Raises:
        MissingExtra, EngineFailed: a model could not be run if it were here.
        Exit: something cannot be fetched, or the user stopped it.
    """
    from mattebox.loading import check_engine
    from mattebox.zoo.convert import is_exported
    from mattebox.zoo.registry import find_card
    from mattebox.zoo.weights import look_up

    cards = [find_card(name) for name in settings.asked]
    fresh = [card for card in cards if card.weights.form == "torch" and not is_exported(card)]
    wanting = [card for card in cards if (card in fresh or card.weights.form == "onnx") and look_up(card).trouble]
    for card in cards:
        check_engine(card, settings.device)
    for card in wanting if not quiet else ():
        say(f"{card.name}: weights under {card.licence.weights}; trained on {card.licence.data}")
    if wanting and (code := pull(wanting, quiet=quiet)):
        raise Exit(code)
    for card in fresh if not quiet else ():
        say(f"{card.name}: used for the first time; on a CPU it is made ready for that, which takes a minute or so")


class Stopped(Exception):
    """The user wants no more."""


def pull(cards: Sequence[Card], *, quiet: bool = False) -> int:
    """Fetch the weights of models, and tell on standard error what became of each.

    Args:
        cards: of the models.
        quiet: tell of those only that could not be fetched.

    Returns:
        The exit code: 0 all are here, 1 some failed, 130 stopped.
    """
    with stoppable() as stop, watched(quiet=quiet) as watch, ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda card: pulled(card, stop, watch), cards))
    for card, (state, detail) in zip(cards, outcomes, strict=True):
        if state == "failed" or not quiet:
            say(f"{card.name}: {state}{f' ({shown(detail)})' if detail else ''}")
    states = [state for state, _ in outcomes]
    if not quiet:
        say(", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)))
    return INTERRUPTED if stop.is_set() else 1 if "failed" in states else 0


def pulled(card: Card, stop: Event, watch: Watcher) -> tuple[str, str]:
    """Fetch the weights of one model.

    Returns:
        What became of it (`fetched`, `here already`, `failed` or `stopped`), and where it is or why.
    """
    from mattebox.errors import MatteboxError
    from mattebox.zoo.weights import ensure

    asked = False

    def progress(done: int, total: int | None) -> None:
        nonlocal asked
        asked = True
        if stop.is_set():
            raise Stopped
        watch(card, done, total)

    try:
        path = ensure(card, progress)
    except Stopped:
        return "stopped", ""
    except MatteboxError as error:
        return "failed", str(error)
    return "fetched" if asked else "here already", str(path)


@contextmanager
def watched(*, quiet: bool) -> Iterator[Watcher]:
    """What shows on standard error how far the fetching is."""
    if quiet:
        yield lambda card, done, total: None  # noqa: ARG005
        return
    if sys.stderr.isatty():
        with bars() as show_on_bars:
            yield show_on_bars
        return
    begun: set[str] = set()

    def show(card: Card, _done: int, _total: int | None) -> None:
        if card.name not in begun:
            begun.add(card.name)
            say(f"{card.name}: fetching")

    yield show


@contextmanager
def bars() -> Iterator[Watcher]:
    """A bar for each model that is being fetched, with its rate and the time left."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        tasks = {}

        def show(card: Card, done: int, total: int | None) -> None:
            if card.name not in tasks:
                tasks[card.name] = display.add_task(card.name, total=total)
            display.update(tasks[card.name], completed=done, total=total)

        yield show
