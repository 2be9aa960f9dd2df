"""Who is next: owners take turns, so that one who brings much does not hold up the others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

__all__ = ["Turns"]

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """Items that wait, of which every owner in turn gets the first of its own.

    Example:
        >>> turns = Turns[int]()
        >>> for number, owner in enumerate("aaab"):
        ...     turns.put(owner, number)
        >>> [turns.take() for _ in range(len(turns))]
        [0, 3, 1, 2]
    """

    def __init__(self) -> None:
        self._lines: dict[str, deque[Item]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Item]:
        """All that waits, in no order that says anything."""
        return (item for line in self._lines.values() for item in line)

    @property
    def first(self) -> Item | None:
        """What is next; None when nothing waits."""
        return next(iter(self), None)

    def put(self, owner: str, item: Item) -> None:
        """Let something wait behind what else its owner has."""
        self._lines.setdefault(owner, deque()).append(item)

    def take(self) -> Item:
        """Take what is next, of which there must be something; then it is the turn of the others."""
        owner = next(iter(self._lines))
        line = self._lines.pop(owner)
        item = line.popleft()
        if line:
            self._lines[owner] = line
        return item

    def drop(self, owner: str, item: Item) -> None:
        """Take something out, if it is there."""
        line = self._lines.get(owner, deque())
        if item in line:
            line.remove(item)
            if not line:
                del self._lines[owner]

    def before(self, owner: str) -> list[Item]:
        """What would be taken before a new item of an owner, as things stand; at most one too many of each other."""
        own = self._lines.get(owner, ())
        others = (line for name, line in self._lines.items() if name != owner)
        return [*own, *(item for line in others for item in islice(line, len(own) + 1))]

    def yield_place(self, owner: str) -> Item | None:
        """Take out the last item of whoever has the most, if that leaves it no fewer than an owner with one more."""
        longest = max(self._lines.values(), key=len, default=deque[Item]())
        return longest.pop() if len(longest) > len(self._lines.get(owner, ())) + 1 else None
