"""A piece of work for the pool, how it is tried whatever becomes of it, and the count of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from mattebox.cancelling import Cancellation
from mattebox.errors import MatteboxError

__all__ = ["End", "Piece", "Stats", "attempt"]

Made = TypeVar("Made")

End = Literal["done", "failed", "refused", "expired", "cancelled"]
"""What becomes of a piece."""


@dataclass(eq=False, slots=True)
class Piece:
    """A piece of work.

    Attributes:
        work: to be done in a worker.
        megapixels: of its picture.
        owner: whose it is.
        background: whether it waits until nothing else does.
        deadline: seconds in which it is to be done, from when it was taken.
        taken: when that was.
        answer: what comes of it; set once, when its end is decided.
        cancellation: stops it.
        begun: when a worker took it.
    """

    work: Callable[[], Any]
    megapixels: float
    owner: str
    background: bool
    deadline: float
    taken: float
    answer: Future[Any] = field(default_factory=Future)
    cancellation: Cancellation = field(default_factory=Cancellation)
    begun: float = 0.0


class Stats(NamedTuple):
    """The state of a pool, and what became of everything that was asked of it.

    Attributes:
        workers: pictures that can be worked on at once.
        busy: pictures that are being worked on, with those that were given up and have not stopped yet.
        waiting: pictures that wait, in both queues.
        megapixels: that are being worked on or wait, but for those that wait in the background.
        done: pictures that were done.
        failed: those whose work raised an error.
        refused: those that were sent away, at the door or when the server was stopped.
        expired: those that were not done in time.
        cancelled: those that were given up by whoever waited.
        seconds: that workers have worked.
    """

    workers: int
    busy: int
    waiting: int
    megapixels: float
    done: int
    failed: int
    refused: int
    expired: int
    cancelled: int
    seconds: float


def attempt(work: Callable[[], Made], cancellation: Cancellation) -> tuple[Made | None, BaseException | None]:
    """Do something, whatever becomes of it: what it makes, and the error that it raises.

    What would end the loop of events or a coroutine instead of being handled there comes as an ordinary error.
    """
    try:
        with cancellation:
            return work(), None
    except BaseException as error:  # noqa: BLE001 (a worker outlives whatever it does)
        if isinstance(error, Exception) and not isinstance(error, StopIteration):
            return None, error
        ended = MatteboxError(f"the work ended with {type(error).__name__}")
        ended.__cause__ = error
        return None, ended
