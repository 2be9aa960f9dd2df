"""What the server keeps from one request to the next, and asks of whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

__all__ = ["Change", "Count", "Record", "Store"]

Record: TypeAlias = "dict[str, Any]"
"""Anything that JSON can hold, by name."""

Change: TypeAlias = Callable[[Record], Record]
"""Makes a new record of an old one, and nothing else: it is called again when somebody else was faster."""


class Count(NamedTuple):
    """What became of a counter.

    Attributes:
        allowed: whether the amount was added.
        total: what the counter stands at now.
        resets: when it starts anew, in seconds since 1970; infinity for one that never does.
    """

    allowed: bool
    total: float
    resets: float


class Store(Protocol):
    """Records by kind and id, and counters by name; used from any number of threads, processes or machines.

    A kind is a word of ours; ids and names are any text. Each call is done wholly or not at all, and raises
    `StoreUnavailable` when the state cannot be reached.

    Attributes:
        name: where the state is kept, fit to be shown.
    """

    name: str

    def get(self, kind: str, id: str) -> Record | None:  # noqa: A002
        """The record, or None where there is none or its time is over."""
        ...

    def put(self, kind: str, id: str, record: Record, *, ttl: float | None = None, replace: bool = True) -> bool:  # noqa: A002
        """Keep a record, for some seconds or for good.

        Args:
            kind: of the record.
            id: of the record.
            record: what is kept.
            ttl: seconds that it is kept; None for good.
            replace: put it in place of one that is there; otherwise that one stays.

        Returns:
            Whether it was put.
        """
        ...

    def update(self, kind: str, id: str, change: Change) -> Record | None:  # noqa: A002
        """Change a record, so that no change of somebody else is lost; its time is not made longer.

        Returns:
            The record as it is now, or None where there is none.
        """
        ...

    def delete(self, kind: str, id: str) -> bool:  # noqa: A002
        """Forget a record; whether there was one."""
        ...

    def all(self, kind: str) -> dict[str, Record]:
        """Every record of a kind, by id."""
        ...

    def count(self, name: str, amount: float, *, limit: float | None = None, window: float | None = None) -> Count:
        """Add to a counter, unless it would pass its limit.

        Args:
            name: of the counter.
            amount: what is added; below 0 it is given back, which is always allowed and never goes below 0; 0 looks
                how it stands.
            limit: what it may reach; None for anything.
            window: seconds from the first amount after which it starts anew; None for never. The same each time.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; nothing may be asked afterwards."""
        ...
