"""How much of what callers send may be in memory at once, before any of it is worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from mattebox.memory import free_memory
from mattebox.serve.refusals import Refusal

__all__ = ["Holding", "caller_of"]

MOST = 1_000_000_000
"""Bytes of all requests together."""
SHARE = 0.25
"""Share of the free memory that all requests together may take."""
HELD = "mattebox.held"
RETRY_AFTER = "2"


class Holding:
    """Counts the bytes of requests that are being answered, as they arrive.

    No caller gets more than half of what the others leave, so there is always room for another one. Used on the event
    loop alone.

    Args:
        most: bytes of all requests together.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._of: Counter[str] = Counter()
        self.bytes = 0

    def take(self, scope: MutableMapping[str, Any], count: int) -> None:
        """Make room for what has come of a request, until it is answered; a request alone has all the room it needs.

        Args:
            scope: of the request, by ASGI.
            count: bytes.

        Raises:
            Refusal: there is no room; `server_busy`, with when to come back.
        """
        free, caller, here = free_memory(), caller_of(scope), scope.get(HELD, 0)
        most = self._most if free is None else min(self._most, int(SHARE * free) + self.bytes)
        own = self._of[caller]
        if self.bytes > here and own + count > (most - (self.bytes - own)) / 2:
            raise Refusal("server_busy", headers={"Retry-After": RETRY_AFTER})
        scope[HELD] = here + count
        self._of[caller] += count
        self.bytes += count

    @contextmanager
    def held(self, caller: str) -> Iterator[Callable[[int], None]]:
        """Make room for what no request brings, meanwhile.

        Args:
            caller: whose it is.

        Yields:
            What is told how many bytes have come; it raises as `take`.
        """
        scope: dict[str, Any] = {"state": {"key": caller}}
        try:
            yield partial(self.take, scope)
        finally:
            self.release(scope)

    def release(self, scope: MutableMapping[str, Any]) -> None:
        """Give back what a request took; it has been answered."""
        count, caller = scope.pop(HELD, 0), caller_of(scope)
        self.bytes -= count
        self._of[caller] -= count
        if not self._of[caller]:
            del self._of[caller]


def caller_of(scope: MutableMapping[str, Any]) -> str:
    """The key of a request, once it is known."""
    return str(scope.get("state", {}).get("key", ""))
