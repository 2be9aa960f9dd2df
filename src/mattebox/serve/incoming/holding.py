"""How much of what callers send may be in memory at once, before any of it is worked on."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from mattebox.memory import free_memory
from mattebox.serve.refusals import Refusal

__all__ = ["Holding"]

MOST = 1_000_000_000
"""Bytes of all requests together."""
SHARE = 0.25
"""Share of the free memory that all requests together may take."""
HELD = "mattebox.held"
RETRY_AFTER = "2"


class Holding:
    """Counts the bytes of requests that are being answered.

    Used on the event loop alone.

    Args:
        most: bytes of all requests together.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.bytes = 0

    def take(self, scope: MutableMapping[str, Any], count: int) -> None:
        """Make room for what a request brings, until it is answered.

        Args:
            scope: of the request, by ASGI.
            count: bytes.

        Raises:
            Refusal: there is no room; `server_busy`, with when to come back.
        """
        free = free_memory()
        most = self._most if free is None else min(self._most, int(SHARE * free) + self.bytes)
        if self.bytes and self.bytes + count > most:
            raise Refusal("server_busy", headers={"Retry-After": RETRY_AFTER})
        scope[HELD] = scope.get(HELD, 0) + count
        self.bytes += count

    def release(self, scope: MutableMapping[str, Any]) -> None:
        """Give back what a request took; it has been answered."""
        self.bytes -= scope.pop(HELD, 0)
