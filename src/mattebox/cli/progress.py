"""How far a run is and what became of it: a bar on a terminal, plain lines elsewhere, a summary at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mattebox.cli.text import counted, say, shown

if TYPE_CHECKING:
    from mattebox.batch import Outcome

__all__ = ["Tally", "Watcher", "outcome_line", "progress"]


@dataclass
class Tally:
    """What became of the pictures of a run.

    Attributes:
        done: how many were written.
        skipped: how many were left as they were.
        failed: each that failed, and why.
        empty: each in which no subject was found.
        choices: how often each choice of a model was made, by its reason.
        seconds: that were spent on pictures.
    """

    done: int = 0
    skipped: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    choices: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        if outcome.status == "failed":
            self.failed.append((outcome.source, outcome.reason))
        elif outcome.status == "skipped":
            self.skipped += 1
        else:
            self.done += 1
            if outcome.empty:
                self.empty.append(outcome.source)
            if outcome.choice:
                self.choices[outcome.choice] += 1

    def lines(self) -> Iterator[str]:
        """The summary."""
        worked = self.done + len(self.failed)
        rate = f" ({pace(worked, self.seconds)})" if worked else ""
        yield f"{self.done} done, {self.skipped} skipped, {len(self.failed)} failed in {self.seconds:.1f} s{rate}"
        if self.choices:
            yield "models that were chosen:"
            yield from (f"  {counted(count, 'picture')}: {reason}" for reason, count in self.choices.most_common())
        if self.empty:
            yield f"no subject was found in {counted(len(self.empty), 'picture')}:"
            yield from (f"  {shown(source)}" for source in self.empty)
        if self.failed:
            yield "failed:"
            yield from (f"  {blamed(source, reason)}" for source, reason in self.failed)


class Watcher(Protocol):
    """Whatever shows outcomes as they come."""

    def __call__(self, outcome: Outcome) -> None:
        """Show one."""


def blamed(source: str, reason: str) -> str:
    """A reason, with the picture's name before it unless it begins with it."""
    return shown((reason if reason.startswith(source) else f"{source}: {reason}").replace("\n", " "))


def pace(pictures: int, seconds: float) -> str:
    """How fast pictures were worked on, in words that suit slow and fast runs.

    Example:
        >>> pace(30, 10), pace(3, 10)
        ('3.0 a second', '3.3 s each')
    """
    rate = pictures / max(seconds, 1e-3)
    return f"{rate:.1f} a second" if rate >= 1 else f"{1 / rate:.1f} s each"


def outcome_line(outcome: Outcome) -> str:
    """One outcome in one line, such as `photo.jpg -> photo_cutout.png (0.42 s)`."""
    if outcome.status == "failed":
        return f"failed: {blamed(outcome.source, outcome.reason)}"
    if outcome.status == "skipped":
        return f"{shown(outcome.source)} skipped: {shown(outcome.reason)}"
    known = "".join(f"; {what}" for what in (outcome.choice, outcome.reason) if what)
    return f"{shown(outcome.source)} -> {shown(outcome.target)} ({outcome.seconds:.2f} s){known}"


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[Watcher]:
    """Show progress on standard error.

    Args:
        total: pictures in the run.
        quiet: show nothing.

    Yields:
        What is to be called with every outcome.
    """
    if quiet:
        yield lambda outcome: None  # noqa: ARG005
    elif not sys.stderr.isatty():
        count = 0

        def show(outcome: Outcome) -> None:
            nonlocal count
            count += 1
            say(f"[{count}/{total}] {outcome_line(outcome)}")

        yield show
    else:
        with bar(total) as show_on_bar:
            yield show_on_bar


@contextmanager
def bar(total: int) -> Iterator[Watcher]:
    """A bar with rate, time elapsed and time left; failures are told above it when they happen."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[picture]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("", total=total, rate="", picture="")
        started = time.perf_counter()

        def show(outcome: Outcome) -> None:
            if outcome.status == "failed":
                display.print(Text(outcome_line(outcome)))
            completed = int(display.tasks[0].completed) + 1
            rate = pace(completed, time.perf_counter() - started)
            display.update(task, advance=1, rate=rate, picture=shown(outcome.source))

        yield show
