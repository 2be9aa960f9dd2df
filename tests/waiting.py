"""Waiting for what must come to be, but not for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

LONG = 60.0
"""Seconds after which it is said that something never happens."""


def until(condition: Callable[[], Found], seconds: float = LONG) -> Found:
    """Wait for something to hold; what it is then."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never comes to that"
        time.sleep(0.002)
    return found


async def until_async(condition: Callable[[], Found], seconds: float = LONG) -> Found:
    """The same in a coroutine; the condition is looked at in a thread."""
    return await asyncio.to_thread(until, condition, seconds)
