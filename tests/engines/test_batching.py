from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import Any

import numpy as np
import pytest

from mattebox import loading
from mattebox.cancelling import Cancellation, Cancelled, check_cancelled
from mattebox.engines.base import Tensor
from mattebox.engines.batching import BatchingEngine, worth_batching
from mattebox.engines.onnx import OnnxEngine
from mattebox.errors import EngineFailed
from mattebox.stages.refine import TILE
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import verified_weights

LONG = 60.0
"""Seconds that a call waits for others where a test lets them come."""


class Gate:
    """An engine whose runs begin when they are let, and that notes them; it answers with its input, twice as large."""

    device = "cuda"

    def __init__(self) -> None:
        self.runs: list[tuple[int, ...]] = []
        self.entered, self.let = Event(), Event()
        self.error: Exception | None = None

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        self.runs.append(batches[0].shape)
        self.entered.set()
        if len(self.runs) == 1:
            self.let.wait(LONG)
        check_cancelled()
        if self.error is not None:
            raise self.error
        return tuple(2 * batch for batch in batches)


def full(value: float, *shape: int) -> Tensor:
    return np.full(shape or (1, 1, 2, 2), value, np.float32)


class Crowd:
    """Callers of an engine that is at work already, so that none of them is alone."""

    def __init__(self, engine: BatchingEngine, gate: Gate) -> None:
        self._engine, self._gate = engine, gate
        self._pool = ThreadPoolExecutor(12)
        self.first = self._pool.submit(engine.run, full(0))
        assert gate.entered.wait(LONG)

    def call(self, *batches: Tensor) -> Future[tuple[Tensor, ...]]:
        return self._pool.submit(copy_context().run, self._engine.run, *batches)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: Any) -> None:
        self._gate.let.set()
        self._pool.shutdown()


def test_calls_of_one_shape_become_one_run_and_everyone_gets_his_own_answer() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=4, wait=LONG)
    with Crowd(engine, gate) as crowd:
        calls = [crowd.call(full(value), full(10 * value)) for value in (1, 2, 3, 4)]
        answers = [call.result() for call in calls]
    for value, (one, other) in enumerate(answers, 1):
        np.testing.assert_array_equal(one, full(2 * value))
        np.testing.assert_array_equal(other, full(20 * value))
    assert gate.runs == [(1, 1, 2, 2), (4, 1, 2, 2)]
    np.testing.assert_array_equal(crowd.first.result()[0], full(0))


def test_calls_of_several_pictures_are_not_torn_apart() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=4, wait=LONG)
    with Crowd(engine, gate) as crowd:
        pairs = [crowd.call(full(value, 2, 1, 2, 2)) for value in (1, 2)]
        for value, call in enumerate(pairs, 1):
            np.testing.assert_array_equal(call.result()[0], full(2 * value, 2, 1, 2, 2))
    assert gate.runs == [(1, 1, 2, 2), (4, 1, 2, 2)]


def test_no_run_grows_beyond_the_largest_but_by_one_call() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=3, wait=0.01)
    with Crowd(engine, gate) as crowd:
        for call in [crowd.call(full(1, count, 1, 2, 2)) for count in (2, 2, 5)]:
            call.result()
    assert sorted(shape[0] for shape in gate.runs) == [1, 2, 2, 5]


def test_other_shapes_are_other_runs() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=2, wait=LONG)
    with Crowd(engine, gate) as crowd:
        calls = [crowd.call(full(1, 1, 1, side, 2)) for side in (2, 3, 3, 2)]
        assert [call.result()[0].shape[2] for call in calls] == [2, 3, 3, 2]
    assert sorted(gate.runs[1:]) == [(2, 1, 2, 2), (2, 1, 3, 2)]


def test_a_call_does_not_wait_for_ever() -> None:
    gate = Gate()
    with Crowd(BatchingEngine(gate, wait=0.001), gate) as crowd:
        np.testing.assert_array_equal(crowd.call(full(3)).result()[0], full(6))


def test_a_lone_call_does_not_wait() -> None:
    gate = Gate()
    gate.let.set()
    engine = BatchingEngine(gate, wait=1e6)
    for _ in range(3):
        engine.run(full(1))
    assert gate.runs == [(1, 1, 2, 2)] * 3


def test_an_error_goes_to_everyone_and_the_next_call_is_served() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=2, wait=LONG)
    with Crowd(engine, gate) as crowd:
        gate.error = EngineFailed("out of memory")
        for call in [crowd.call(full(1)), crowd.call(full(2))]:
            with pytest.raises(EngineFailed, match="out of memory"):
                call.result()
        gate.error = None
        for call in [crowd.call(full(1)), crowd.call(full(2))]:
            assert call.result()[0].shape == (1, 1, 2, 2)


def test_who_is_cancelled_does_not_take_the_others_with_him() -> None:
    gate = Gate()
    engine = BatchingEngine(gate, largest=2, wait=LONG)
    with Crowd(engine, gate) as crowd:
        with Cancellation() as cancellation:
            leading = crowd.call(full(1))
        while not engine._open:
            pass
        cancellation.cancel()
        np.testing.assert_array_equal(crowd.call(full(2)).result()[0], full(4))
        with pytest.raises(Cancelled):
            leading.result()
    assert len(gate.runs) == 2


@pytest.mark.parametrize(
    ("name", "shape"), [("lite", (3, 256, 256)), ("detail", (4, TILE, TILE))], ids=["lite", "detail"]
)
def test_answers_of_real_networks_are_those_of_single_runs(name: str, shape: tuple[int, ...]) -> None:
    real = OnnxEngine(verified_weights(find_card(name)), "cpu", 1)
    sizes: list[int] = []

    class Counted:
        device = "cpu"

        def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
            sizes.append(len(batches[0]))
            return real.run(*batches)

    engine = BatchingEngine(Counted(), wait=LONG, largest=3)
    pictures = np.random.default_rng(0).random((6, 1, *shape), np.float32)
    with ThreadPoolExecutor(6) as pool:
        engine._inside = 1  # one caller more, so that none is alone
        together = list(pool.map(engine.run, pictures))
    assert sizes == [3, 3]
    for picture, answers in zip(pictures, together, strict=True):
        for answer, alone in zip(answers, real.run(picture), strict=True):
            np.testing.assert_allclose(answer, alone, atol=1e-5)


@pytest.mark.parametrize(("device", "worth"), [("cpu", False), ("cuda", True), ("cuda:1", True), ("mps", True)])
def test_it_is_worth_it_beside_the_cpu(device: str, worth: bool) -> None:
    gate = Gate()
    gate.device = device
    assert worth_batching(gate) == worth


def of_batch(axis: int | str) -> bytes:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [axis, 1, 2, 2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


@pytest.mark.parametrize(("axis", "worth"), [(1, False), ("batch", True)])
def test_a_file_of_one_picture_a_run_is_left_alone(
    axis: int | str, worth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxEngine, "device", "cuda")
    assert worth_batching(OnnxEngine(of_batch(axis), "cpu")) == worth


@pytest.mark.parametrize(("device", "kind"), [("cpu", Gate), ("cuda", BatchingEngine)])
def test_engines_are_loaded_as_it_pays(
    device: str, kind: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    gate.device = device
    monkeypatch.setattr(loading, "OnnxEngine", lambda *_, **__: gate)
    loading._load_engine.cache_clear()
    engine = loading.load_engine(find_card("lite"), device)
    loading._load_engine.cache_clear()
    assert (type(engine), engine.device) == (kind, device)
