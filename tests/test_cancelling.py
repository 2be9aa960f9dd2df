from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event

import numpy as np
import pytest

from mattebox.cancelling import Cancellation, Cancelled, check_cancelled, when_cancelled
from mattebox.engines.onnx import OnnxEngine
from mattebox.errors import EngineFailed, MatteboxError
from mattebox.solvers import SOLVERS, find_solver, windows
from mattebox.solvers.band import Problem
from mattebox.solvers.conjugate import conjugate_gradients
from mattebox.solvers.equations import region_of
from mattebox.stages.foreground import estimate_foreground
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import verified_weights


def test_work_goes_on_until_it_is_given_up() -> None:
    with Cancellation() as cancellation:
        check_cancelled()
        cancellation.cancel()
        with pytest.raises(Cancelled, match="the work was cancelled"):
            check_cancelled()
    assert issubclass(Cancelled, MatteboxError)


def test_it_holds_inside_alone() -> None:
    outer, inner = Cancellation(), Cancellation()
    inner.cancel()
    with outer:
        with inner, pytest.raises(Cancelled):
            check_cancelled()
        check_cancelled()
        outer.cancel()
        with pytest.raises(Cancelled):
            check_cancelled()
    check_cancelled()


def test_other_threads_are_not_concerned_unless_they_are_given_the_context() -> None:
    with Cancellation() as cancellation, ThreadPoolExecutor(1) as pool:
        cancellation.cancel()
        pool.submit(check_cancelled).result()
        with pytest.raises(Cancelled):
            pool.submit(copy_context().run, check_cancelled).result()


def test_a_callback_is_called_once_and_only_while_it_is_wanted() -> None:
    called = []
    with Cancellation() as cancellation:
        with when_cancelled(lambda: called.append("early")):
            pass
        with when_cancelled(lambda: called.append("in time")), when_cancelled(lambda: called.append("too")):
            cancellation.cancel()
            cancellation.cancel()
        with when_cancelled(lambda: called.append("late")):
            assert called == ["in time", "too", "late"]


def test_nothing_can_be_cancelled_where_nobody_said_so() -> None:
    with when_cancelled(lambda: pytest.fail("called")):
        check_cancelled()


class Watched(Cancellation):
    """Tells when something can be stopped by it."""

    def __init__(self) -> None:
        super().__init__()
        self.armed = Event()

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        with super().on_cancel(callback):
            self.armed.set()
            yield


def test_a_run_of_a_network_stops_on_its_way() -> None:
    engine = OnnxEngine(verified_weights(find_card("lite")), "cpu", 1)
    batch = np.zeros((64, 3, 256, 256), np.float32)
    cancellation = Watched()

    def work() -> None:
        with cancellation:
            engine.run(batch)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        assert cancellation.armed.wait(60)
        time.sleep(0.05)
        cancellation.cancel()
        error = running.exception()
    assert isinstance(error, Cancelled)
    assert "terminate flag" in str(error.__context__)
    # Others on the same engine are not touched by it.
    assert len(engine.run(batch[:1])[0]) == 1


def test_a_run_is_not_begun_when_the_work_was_given_up_before() -> None:
    engine = OnnxEngine(verified_weights(find_card("lite")), "cpu", 1)
    with Cancellation() as cancellation:
        cancellation.cancel()
        with pytest.raises(Cancelled):
            engine.run(np.zeros((1, 3, 256, 256), np.float32))


def test_a_run_that_fails_by_itself_is_no_cancelled_one() -> None:
    engine = OnnxEngine(verified_weights(find_card("lite")), "cpu", 1)
    with Cancellation(), pytest.raises(EngineFailed, match="failed on a batch"):
        engine.run(np.zeros((1, 4, 8, 8), np.float32))


def test_torch_does_not_begin_what_was_given_up() -> None:
    from torch import nn

    from mattebox.engines.torch import TorchEngine

    with Cancellation() as cancellation:
        engine = TorchEngine(nn.ReLU(), "cpu")
        engine.run(np.zeros((1, 1, 2, 2), np.float32))
        cancellation.cancel()
        with pytest.raises(Cancelled):
            engine.run(np.zeros((1, 1, 2, 2), np.float32))


def test_steps_towards_a_solution_stop() -> None:
    cancellation, steps = Cancellation(), []

    def improve(rest: np.ndarray) -> np.ndarray:
        steps.append(rest)
        if len(steps) == 3:
            cancellation.cancel()
        return rest

    strengths = np.linspace(1, 100, 50)
    with cancellation, pytest.raises(Cancelled):
        conjugate_gradients(lambda x: strengths * x, np.ones(50), np.zeros(50), improve, 1e-9)
    assert len(steps) == 3


def test_writing_out_the_equations_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "CHUNK", 10)
    cancellation, chunks = Cancellation(), []

    def factors(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chunks.append(colours)
        cancellation.cancel()
        return colours, colours

    unknown = np.ones((12, 12), bool)
    problem = Problem(np.zeros((12, 12, 3), np.uint8), np.zeros((12, 12), np.float32), unknown, (12, 12))
    with cancellation, pytest.raises(Cancelled):
        windows.window_links(problem, region_of(unknown), factors, 1)
    assert len(chunks) == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_stop(solver: str) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    trimap = np.full((40, 40), 128, np.uint8)
    trimap[:10], trimap[-10:] = 0, 255
    with Cancellation() as cancellation:
        find_solver(solver)(rgb, trimap)
        cancellation.cancel()
        with pytest.raises(Cancelled):
            find_solver(solver)(rgb, trimap)


@pytest.mark.parametrize("method", ["blur-fusion", "closed-form"])
def test_slow_estimates_of_colours_stop(method: str) -> None:
    rgb, alpha = np.zeros((40, 40, 3), np.uint8), np.full((40, 40), 0.5, np.float32)
    with Cancellation() as cancellation:
        estimate_foreground(rgb, alpha, method)
        cancellation.cancel()
        with pytest.raises(Cancelled):
            estimate_foreground(rgb, alpha, method)
