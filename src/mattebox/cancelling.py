"""Work that is given up while it runs: whoever waits for it says so, and what takes long asks now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from threading import Lock
from types import TracebackType

from mattebox.errors import MatteboxError

__all__ = ["Cancellation", "Cancelled", "check_cancelled", "when_cancelled"]


class Cancelled(MatteboxError):
    """The work was given up by whoever had asked for it."""

    def __init__(self) -> None:
        super().__init__("the work was cancelled; ask again if it is still wanted")


class Cancellation:
    """Says that some work is no longer wanted; used as a context, it holds for what is done inside, in this thread.

    Example:
        >>> with Cancellation() as cancellation:
        ...     check_cancelled()
        ...     cancellation.cancel()
        ...     try:
        ...         check_cancelled()
        ...     except Cancelled as error:
        ...         print(error)
        the work was cancelled; ask again if it is still wanted
    """

    def __init__(self) -> None:
        self._cancelled = False
        self._lock = Lock()
        self._callbacks: dict[object, Callable[[], None]] = {}
        self._before: list[Token[Cancellation | None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the work was given up."""
        return self._cancelled

    def cancel(self) -> None:
        """Give the work up; from any thread, and as often as one likes."""
        with self._lock:
            self._cancelled = True
            callbacks, self._callbacks = list(self._callbacks.values()), {}
        for callback in callbacks:
            callback()

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have something stopped that cannot ask.

        Args:
            callback: called once if the work is given up meanwhile, at once if it already was; in the thread that gives
                it up, so it must be quick. It may still be running when this ends.
        """
        key = object()
        with self._lock:
            late = self._cancelled
            if not late:
                self._callbacks[key] = callback
        if late:
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.pop(key, None)

    def __enter__(self) -> Cancellation:
        self._before.append(_current.set(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _current.reset(self._before.pop())


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


def check_cancelled() -> None:
    """Go on, unless the work that this thread does was given up.

    Raises:
        Cancelled: it was.
    """
    cancellation = _current.get()
    if cancellation is not None and cancellation.cancelled:
        raise Cancelled


def when_cancelled(callback: Callable[[], None]) -> AbstractContextManager[None]:
    """Have something stopped if the work that this thread does is given up meanwhile; see `Cancellation.on_cancel`."""
    cancellation = _current.get()
    return nullcontext() if cancellation is None else cancellation.on_cancel(callback)
