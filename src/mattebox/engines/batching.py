"""Calls of several threads made into one run: a GPU does eight pictures in little more time than one."""

from __future__ import annotations

from concurrent.futures import Future
from contextvars import Context
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TypeAlias

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.engines.base import Engine, Tensor
from mattebox.engines.onnx import OnnxEngine

__all__ = ["BatchingEngine", "worth_batching"]

Shapes: TypeAlias = tuple[tuple[int, ...], ...]
"""Of single pictures, one for each input."""
Answers: TypeAlias = tuple[Tensor, ...]


@dataclass(eq=False, slots=True)
class Group:
    """Calls that become one run.

    Attributes:
        shapes: of the pictures of all of them.
        calls: what each was given.
        full: set when no further call is waited for.
        answers: for each call.
    """

    shapes: Shapes
    calls: list[tuple[Tensor, ...]]
    full: Event = field(default_factory=Event)
    answers: Future[list[Answers]] = field(default_factory=Future)

    @property
    def pictures(self) -> int:
        """How many pictures the calls have together."""
        return sum(len(call[0]) for call in self.calls)


class BatchingEngine:
    """An engine that does pictures of several threads in one run; what each gets is its own answer all the same.

    A call that comes alone is run at once. While others are at work, a call waits a moment for more of its shape, and
    the first of them runs them all. It takes no more memory than as many runs at the same time, and is no `Engine` for
    networks whose answers are not (N, ...) for N pictures.

    Args:
        engine: what runs the network.
        largest: pictures in one run, but for a call that has more by itself.
        wait: seconds that a call waits for others.
    """

    def __init__(self, engine: Engine, largest: int = 8, wait: float = 0.003) -> None:
        self._engine, self._largest, self._wait = engine, largest, wait
        self._lock = Lock()
        self._inside = 0
        self._open: dict[Shapes, Group] = {}

    @property
    def device(self) -> str:
        """Where the network runs."""
        return self._engine.device

    def run(self, *batches: Tensor) -> Answers:
        """Run float32 batches (N, C, H, W), one for each input, and return the outputs in order.

        A call that is cancelled while it is one of several is not stopped, because the others are still wanted.
        """
        with self._lock:
            self._inside += 1
            alone = self._inside == 1
        try:
            answers = self._engine.run(*batches) if alone else self._run_with_others(batches)
        finally:
            with self._lock:
                self._inside -= 1
        check_cancelled()
        return answers

    def _run_with_others(self, batches: tuple[Tensor, ...]) -> Answers:
        check_cancelled()
        shapes = tuple(batch.shape[1:] for batch in batches)
        with self._lock:
            group = self._open.get(shapes)
            joined = group is not None and group.pictures + len(batches[0]) <= self._largest
            if group is None or not joined:
                if group is not None:
                    group.full.set()
                group = self._open[shapes] = Group(shapes, [])
            place = len(group.calls)
            group.calls.append(batches)
            if group.pictures >= self._largest:
                group.full.set()
        if not joined:
            self._lead(group)
        return group.answers.result()[place]

    def _lead(self, group: Group) -> None:
        """Wait for others, run what there is then, and give everyone the answer or the error."""
        try:
            group.full.wait(self._wait)
            with self._lock:
                if self._open.get(group.shapes) is group:
                    del self._open[group.shapes]
            joined = [np.concatenate(parts) for parts in zip(*group.calls, strict=True)]
            # An empty context: whoever leads may be cancelled, and the others are still wanted.
            answers = Context().run(self._engine.run, *joined)
            ends = np.cumsum([len(call[0]) for call in group.calls])[:-1]
            group.answers.set_result(list(zip(*(np.split(each, ends) for each in answers), strict=True)))
        except BaseException as error:  # noqa: BLE001 (the others must not wait for ever)
            group.answers.set_exception(error)


def worth_batching(engine: Engine) -> bool:
    """Whether several pictures in one run take less time than one after the other.

    On a GPU one alone leaves most of it idle. On two cores the embedded networks took up to twice the time of runs
    beside each other (`python -m benchmarks.batching`).
    """
    return engine.device != "cpu" and not (isinstance(engine, OnnxEngine) and engine.fixed_batch)
