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


def of(key: str) -> dict[str, Any]:
    return {"state": {"key": key}}


def test_a_single_request_is_taken_however_large_it_is() -> None:
    holding, alone = Holding(100), of("one")
    holding.take(alone, 500)
    holding.take(alone, 500)
    with pytest.raises(Refusal):
        holding.take(of("two"), 1)


def test_nobody_gets_more_than_half_of_what_the_others_leave() -> None:
    holding = Holding(1000)
    for _ in range(10):
        holding.take(of("many"), 50)
    with pytest.raises(Refusal):
        holding.take(of("many"), 1)
    holding.take(of("other"), 250)
    with pytest.raises(Refusal):
        holding.take(of("other"), 1)
    holding.take(of("third"), 125)
    assert holding.bytes == 875


def test_little_free_memory_lets_less_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattebox.serve.incoming.holding.free_memory", lambda: 400)
    holding = Holding()
    holding.take(of("one"), 60)
    holding.take(of("two"), 50)
    with pytest.raises(Refusal):
        holding.take(of("three"), 51)


def test_what_no_request_brings_is_held_meanwhile() -> None:
    holding = Holding(100)
    with holding.held("key") as came:
        came(40)
        came(20)
        assert holding.bytes == 60
        with pytest.raises(Refusal):
            holding.take(of("key"), 1)
    assert holding.bytes == 0
