"""How a command on annotations runs: progress as it goes, and a summary at its end however it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.cli.text import say, shown

if TYPE_CHECKING:
    from mattebox.label.progress import Progress
    from mattebox.label.report import Report

__all__ = ["Run", "job", "tell_unread"]

PAUSE = 5.0
"""Seconds between two lines of progress where there is no terminal."""


class Run:
    """One run of a command.

    Attributes:
        report: told what was dropped, doubted and made.
        progress: called with how far the run is.
        dry: nothing is to be written.
        failed: something that was asked for could not be done at all; the exit code is then 1.
    """

    def __init__(self, report: Report, progress: Progress, *, dry: bool) -> None:
        self.report, self.progress, self.dry = report, progress, dry
        self.failed = False

    def fail(self, error: Exception) -> None:
        """Tell that one of the things that were asked for cannot be done, and go on with the next."""
        from mattebox.cli.text import complain

        self.failed = True
        complain(str(error))

    def name_entries(self, first: int, path: Path) -> None:
        """Say in what was told from some entry on, of a data set without a name, which file it is about."""
        entries = self.report.entries
        entries[first:] = [replace(entry, dataset=entry.dataset or path.name) for entry in entries[first:]]

    @property
    def code(self) -> int:
        """The exit code: 0, or 1 if something failed."""
        return int(self.failed)


@contextmanager
def job(title: str, *, dry_run: bool = False, report: Path | None = None, quiet: bool = False) -> Iterator[Run]:
    """Run a command.

    Args:
        title: what is being done, shown beside the progress.
        dry_run: nothing is to be written.
        report: file that is to have everything that was told.
        quiet: show no progress and no summary.

    Yields:
        The run; its summary is printed and its report is saved at the end, also when the command is stopped.

    Raises:
        BadParameter: the report is to be neither .json nor .csv.
        OutputFailed: the report cannot be written, or something that is no report is there.
    """
    from mattebox.cli.text import set_up_log
    from mattebox.label.report import Report, check_report

    set_up_log(verbose=False)
    if report is not None:
        check_report(report)
    told = Report()
    shows = nullcontext(lambda done, total: None) if quiet else _bar(title) if sys.stderr.isatty() else _lines(title)  # noqa: ARG005
    try:
        with shows as progress:
            yield Run(told, progress, dry=dry_run)
    except KeyboardInterrupt:
        say(f"{title}: stopped")
        raise
    finally:
        if not quiet:
            for line in told.lines():
                say(shown(line))
            if dry_run:
                say("This was a dry run: nothing was written.")
        if report is not None:
            told.save(report)


def tell_unread(run: Run) -> None:
    """Count a run as failed if one of its sources could not be read, whatever was made of the others."""
    run.failed = run.failed or "bad-source" in run.report.counts("dropped")


@contextmanager
def _lines(title: str) -> Iterator[Progress]:
    """A plain line every few seconds, with an estimate of what is left."""
    started = told = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if done and now - told >= PAUSE:
            told = now
            say(f"{title}: {done:,} of {total:,}, about {(now - started) / done * (total - done):.0f} s left")

    yield show


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    """A bar with time elapsed and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task(title, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)
