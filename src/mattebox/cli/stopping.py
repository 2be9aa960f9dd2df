"""Ctrl-C that lets what was begun be finished."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

__all__ = ["INTERRUPTED", "stoppable", "until"]

Item = TypeVar("Item")

INTERRUPTED = 130
"""Exit code of a run that was stopped, as shells count it."""

SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def stoppable() -> Iterator[Event]:
    """An event that Ctrl-C (or a polite kill) sets; asked a second time, the process ends at once."""
    stop = Event()

    def ask(*_: Any) -> None:
        if stop.is_set():
            if sys.stderr.isatty():
                os.write(2, SHOW_CURSOR)
            os._exit(INTERRUPTED)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until(stop: Event, items: Iterable[Item]) -> Iterator[Item]:
    """Items, until the run is stopped."""
    for item in items:
        if stop.is_set():
            return
        yield item
