from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mattebox.serve.stopping import when_told_to_stop


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What was called; whoever runs the program notes `before`."""
    called: list[str] = []
    handler = signal.signal(signal.SIGTERM, lambda *_: called.append("before"))
    yield called
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize(("pass_on", "expected"), [(True, ["now", "before"]), (False, ["now"])])
def test_what_is_to_be_done_is_done_at_once(told: list[str], pass_on: bool, expected: list[str]) -> None:
    with when_told_to_stop(lambda: told.append("now"), pass_on=pass_on):
        signal.raise_signal(signal.SIGTERM)
    assert told == expected
    signal.raise_signal(signal.SIGTERM)
    assert told == [*expected, "before"]


def test_other_threads_leave_signals_alone(told: list[str]) -> None:
    def inside() -> object:
        with when_told_to_stop(lambda: told.append("now"), pass_on=True):
            return signal.getsignal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() is signal.getsignal(signal.SIGTERM)
