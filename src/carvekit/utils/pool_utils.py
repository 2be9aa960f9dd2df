"""Lists, in threads and in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["batch_generator", "thread_pool_processing"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_pool_processing(func: Callable[[Item], Result], data: Iterable[Item], workers: int = 18) -> list[Result]:
    """Call a function on every item, several at a time; results come in the order of the items.

    Args:
        func: what to call; an error that it raises comes through.
        data: the items.
        workers: threads at most.

    Example:
        >>> thread_pool_processing(int, ["1", "2"])
        [1, 2]
    """
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(func, data))


def batch_generator(iterable: Sequence[Item], n: int = 1) -> Iterator[Sequence[Item]]:
    """Cut a sequence into parts of `n` items, the last of which may be shorter.

    Example:
        >>> list(batch_generator([1, 2, 3], n=2))
        [[1, 2], [3]]
    """
    for first in range(0, len(iterable), n):
        yield iterable[first : first + n]
