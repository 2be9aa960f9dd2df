from __future__ import annotations

from typing import Any

import pytest

from mattebox.serve.incoming.holding import Holding
from mattebox.serve.refusals import Refusal


def test_what_does_not_fit_is_sent_away_until_others_are_answered() -> None:
    holding, first, second = Holding(100), dict[str, Any](), dict[str, Any]()
    holding.take(first, 50)
    holding.take(first, 30)
    with pytest.raises(Refusal) as told:
        holding.take(second, 30)
    assert told.value.code == "server_busy"
    assert int(told.value.headers["Retry-After"]) >= 1
    holding.release(first)
    holding.take(second, 30)
    holding.release(second)
    holding.release(second)
    assert holding.bytes == 0


def test_a_single_request_is_taken_however_large_it_is() -> None:
    Holding(100).take({}, 1000)


def test_little_free_memory_lets_less_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattebox.serve.incoming.holding.free_memory", lambda: 400)
    holding = Holding()
    holding.take({}, 60)
    holding.take({}, 100)
    with pytest.raises(Refusal):
        holding.take({}, 101)
