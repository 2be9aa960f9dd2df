"""What happens when the process is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["when_told_to_stop"]


@contextmanager
def when_told_to_stop(act: Callable[[], object], *, pass_on: bool) -> Iterator[None]:
    """Do something as soon as the process is told to stop; only the main thread is told, so others do nothing.

    Args:
        act: what is done, in a signal handler.
        pass_on: whether it is then done too what would have been done without this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def told(number: int, frame: FrameType | None) -> None:
        act()
        handler = before[signal.Signals(number)]
        if pass_on and callable(handler):
            handler(number, frame)

    for each in before:
        signal.signal(each, told)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
