"""The workers: a few threads that do the pictures, a queue that is no longer than can be done in time, and its door.

Whoever asks is served within the deadline or told when to come back, at once where that can be foreseen. What nobody
waits for any longer is not begun, and what was begun is stopped.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Iterable
from threading import Condition, Thread
from typing import Any, Literal, TypeVar

from mattebox.cancelling import Cancelled
from mattebox.errors import MatteboxError
from mattebox.memory import free_memory
from mattebox.serve.refusals import Refusal
from mattebox.serve.workers.pace import Pace, weight
from mattebox.serve.workers.pieces import End, Piece, Stats, attempt
from mattebox.serve.workers.turns import Turns

__all__ = ["Pool"]

Made = TypeVar("Made")

WEIGHT_BYTES = 30_000_000
"""Memory for a unit of weight, measured with the embedded networks and some to spare."""
AWAY = (0.5, 1.0)
"""Least and greatest share of the time that what waits will take for which clients are sent away: there is room again
long before all is done, workers are not to run out of work, and clients are not to come back together."""
STUCK = 5
"""Deadlines after which work that was given up, and does not end, is held to be stuck."""
STOPPING = 1.0
"""Seconds that cancelled work is waited for at the end."""


class Pool:
    """Does pictures in a fixed number of threads.

    Args:
        workers: threads.
        queue: pictures that may wait; as many again in the background.
        megapixels: that may be worked on and wait together; a larger one is taken when nothing else is there.
        deadline: seconds in which a picture is done, from when it was taken, unless said otherwise.
    """

    def __init__(self, workers: int, queue: int, megapixels: float, deadline: float) -> None:
        self.workers = workers
        self._queue, self._megapixels, self._deadline = queue, megapixels, deadline
        self._people, self._later = Turns[Piece](), Turns[Piece]()
        self._running: set[Piece] = set()
        self._changed = Condition()
        self._pace = Pace()
        self._ends: dict[End, int] = dict.fromkeys(("done", "failed", "refused", "expired", "cancelled"), 0)
        self._seconds = 0.0
        self._open = self._over = False

    @property
    def ready(self) -> bool:
        """Whether work is taken, and no worker is stuck."""
        with self._changed:
            begun = min((piece.begun for piece in self._running if piece.answer.done()), default=math.inf)
        return self._open and time.monotonic() - begun < STUCK * self._deadline

    def start(self, prepare: Callable[[], None] | None = None) -> None:
        """Begin to take work.

        Args:
            prepare: done before, in this thread: loads models, does a first picture. Its errors are raised.
        """
        if prepare is not None:
            prepare()
        for number in range(self.workers):
            Thread(target=self._labour, name=f"worker-{number}", daemon=True).start()
        self._open = True

    async def drain(self, grace: float) -> None:
        """Take no more, finish what was begun and what waits as far as there is time, and end the workers.

        What is left then, and what waits in the background, is refused with `server_busy`.

        Args:
            grace: seconds for it.
        """
        self._open = False
        self._refuse(self._later)
        await asyncio.to_thread(self._wait_until_idle, grace)
        self._refuse(self._people, self._running)
        await asyncio.to_thread(self._wait_until_idle, STOPPING)
        with self._changed:
            self._over = True
            self._changed.notify_all()

    async def run(
        self,
        work: Callable[[], Made],
        *,
        megapixels: float,
        deadline: float | None = None,
        owner: str = "",
        priority: Literal["people", "background"] = "people",
    ) -> Made:
        """Have something done by a worker; when this is cancelled, so is the work.

        Args:
            work: what is done, in the context of a `Cancellation`.
            megapixels: of its picture.
            deadline: seconds in which it is to be done; None for the pool's own, or for none in the background.
            owner: whose it is; owners take turns.
            priority: `background` work is done when no other waits, and leaves a worker free where there are several.

        Raises:
            Refusal: `server_busy` at once when it cannot be done in time, `deadline_exceeded` when it was not; both say
                when to come back.
            Exception: whatever the work raises.
        """
        background = priority == "background"
        if deadline is None:
            deadline = math.inf if background else self._deadline
        piece = Piece(work, megapixels, owner, background, deadline, time.monotonic())
        self._take(piece)
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[None] = loop.create_future()
        # Not asyncio.wrap_future, which ties answer and loop together in a cycle, so that results outlive their use.
        piece.answer.add_done_callback(lambda _: loop.call_soon_threadsafe(answered.set_result, None))
        try:
            done, _ = await asyncio.wait({answered}, timeout=None if math.isinf(deadline) else deadline)
            if not done:
                self._give_up(piece, "expired", self._refusal("deadline_exceeded"))
            return piece.answer.result()
        except asyncio.CancelledError:
            self._give_up(piece, "cancelled", Cancelled())
            raise
        finally:
            del piece  # its answer may hold an error, which holds on to this frame, and would be held by it

    def stats(self) -> Stats:
        """What the pool does now and has done."""
        with self._changed:
            waiting = len(self._people) + len(self._later)
            return Stats(
                self.workers, len(self._running), waiting, self._in_house(), **self._ends, seconds=self._seconds
            )

    def _take(self, piece: Piece) -> None:
        """Let a piece wait for a worker.

        Raises:
            Refusal: it cannot be done in time.
        """
        with self._changed:
            objection = self._objection(piece)
            if objection is not None:
                self._ends["refused"] += 1
                raise self._refusal("server_busy", objection)
            self._line(piece).put(piece.owner, piece)
            self._changed.notify_all()

    def _objection(self, piece: Piece) -> str | None:
        """Why a piece cannot be taken; where it can, there is a place for it in its queue."""
        if not self._open:
            return "The server is starting or being stopped."
        idle = self.workers - len(self._running)  # these are about to take what waits
        if not piece.background:
            house = self._in_house()
            if house and house + piece.megapixels > self._megapixels:
                return "Too many large pictures are being worked on."
            free = free_memory()
            if free is not None and weight(piece.megapixels) * WEIGHT_BYTES > free:
                return "Too little memory is free for a picture of this size."
            ahead = self._people.before(piece.owner)
            # Where nothing is to be waited for, nobody is refused: an estimate that is wrong would never be put right.
            if len(ahead) >= idle and self._seconds_for(ahead) + self._pace.expect(piece.megapixels) > piece.deadline:
                return "The picture would not be done in time."
        line = self._line(piece)
        if len(line) >= self._queue + (0 if piece.background else idle):
            yielding = line.yield_place(piece.owner)
            if yielding is None:
                return "Too many pictures are waiting."
            self._end(yielding, "refused", error=self._refusal("server_busy", "Too many of your pictures are waiting."))
        return None

    def _refusal(self, code: Literal["server_busy", "deadline_exceeded"], detail: str | None = None) -> Refusal:
        """Send somebody away until some of what waits now will have been done."""
        with self._changed:
            seconds = self._seconds_for(self._people)
        again = math.ceil(max(1.0, seconds * random.uniform(*AWAY)))
        return Refusal(code, detail, headers={"Retry-After": str(again)})

    def _seconds_for(self, ahead: Iterable[Piece]) -> float:
        """Seconds until what is being worked on, and some of what waits, will have been done."""
        now = time.monotonic()
        left = sum(max(0.0, self._pace.expect(piece.megapixels) - (now - piece.begun)) for piece in self._running)
        return (left + sum(self._pace.expect(piece.megapixels) for piece in ahead)) / self.workers

    def _in_house(self) -> float:
        """Megapixels that are being worked on or wait, but for those that wait in the background."""
        return sum(piece.megapixels for line in (self._people, self._running) for piece in line)

    def _line(self, piece: Piece) -> Turns[Piece]:
        return self._later if piece.background else self._people

    def _labour(self) -> None:
        """What a worker does all its life."""
        while self._work_on_next():
            pass

    def _work_on_next(self) -> bool:
        """Wait for a piece and do it; nothing of it is left when the next is waited for. Tell whether to go on."""
        piece = self._begin_next()
        if piece is None:
            return False
        made, error = attempt(piece.work, piece.cancellation)
        with self._changed:
            seconds = time.monotonic() - piece.begun
            self._running.remove(piece)
            self._seconds += seconds
            # What was broken off says nothing of the time it takes, unless it has taken longer than was expected.
            if not piece.answer.done() or seconds > self._pace.expect(piece.megapixels):
                self._pace.note(piece.megapixels, seconds)
            self._end(piece, "done" if error is None else "failed", made, error)
            self._changed.notify_all()
        del piece, made, error  # an error holds on to what is named here, and would be held by it
        return True

    def _begin_next(self) -> Piece | None:
        """Wait for a piece, and take it to work; None when there is no more to do."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._over or self._next_line() is not None)
                line = self._next_line()
                if line is None:
                    return None
                piece = line.take()
                piece.begun = time.monotonic()
                left = piece.taken + piece.deadline - piece.begun
                # Whoever has waited long and would not be served in time leaves the worker to others.
                if left >= min(piece.deadline / 2, self._pace.expect(piece.megapixels)):
                    self._running.add(piece)
                    return piece
                self._end(piece, "expired", error=self._refusal("deadline_exceeded"))
                self._changed.notify_all()

    def _next_line(self) -> Turns[Piece] | None:
        """The queue of which a worker may take the next piece now; None while it has to wait."""
        line = self._people or self._later
        piece = line.first
        if piece is None:
            return None
        if piece.background and sum(other.background for other in self._running) >= max(1, self.workers - 1):
            return None
        if self._running:
            # What has just been begun has not taken its memory yet.
            needed = sum(weight(each.megapixels) for each in (piece, *self._running)) * WEIGHT_BYTES
            free = free_memory()
            if free is not None and needed > free:
                return None
        return line

    def _end(self, piece: Piece, end: End, made: Any = None, error: BaseException | None = None) -> bool:
        """Decide what becomes of a piece, and answer. Tell whether that was not decided before."""
        if piece.answer.done():
            return False
        self._ends[end] += 1
        if error is None:
            piece.answer.set_result(made)
        else:
            piece.answer.set_exception(error)
        return True

    def _give_up(self, piece: Piece, end: End, error: MatteboxError) -> None:
        """Take a piece out of its queue, or stop the work on it, unless its end was decided before."""
        with self._changed:
            if self._end(piece, end, error=error):
                self._line(piece).drop(piece.owner, piece)
                piece.cancellation.cancel()
                self._changed.notify_all()

    def _refuse(self, *groups: Iterable[Piece]) -> None:
        """Send away what was taken, begun or not."""
        with self._changed:
            for piece in [piece for group in groups for piece in group]:
                self._give_up(piece, "refused", self._refusal("server_busy", "The server is being stopped."))

    def _wait_until_idle(self, seconds: float) -> None:
        """Wait until nothing waits and nothing is worked on, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not self._running and not self._people, seconds)
