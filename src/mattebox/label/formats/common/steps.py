"""Work on many items: it can be given up between any two, and tells how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from mattebox.cancelling import check_cancelled
from mattebox.label.progress import Progress

__all__ = ["steps"]

Item = TypeVar("Item")


def steps(items: Sequence[Item], progress: Progress | None) -> Iterator[Item]:
    """Hand out items one by one.

    Args:
        items: to work on.
        progress: told how many are done.

    Raises:
        Cancelled: the work was given up.

    Example:
        >>> told = []
        >>> list(steps("ab", lambda done, total: told.append((done, total)))), told
        (['a', 'b'], [(1, 2), (2, 2)])
    """
    for done, item in enumerate(items, 1):
        check_cancelled()
        yield item
        if progress is not None:
            progress(done, len(items))
