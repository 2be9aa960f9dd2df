from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.serve.access.allowance import Allowance
from mattebox.serve.access.keys import Key, Keys
from mattebox.serve.refusals import Refusal
from mattebox.serve.store import Store, open_store

SHOP = Key("shop", "shop", 0.0)
PREPAID = Key("prepaid", "prepaid", 0.0, credits=2)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(open_store("memory:")) as opened:
        yield opened


@pytest.fixture
def allowance(store: Store) -> Allowance:
    return Allowance(store)


@pytest.mark.parametrize(("megapixels", "left"), [(0.01, 499), (1, 499), (1.2, 498), (2, 498), (12.5, 487), (50, 450)])
def test_a_picture_counts_by_its_megapixels(allowance: Allowance, megapixels: float, left: int) -> None:
    before = math.ceil(time.time())
    headers = allowance.spend(SHOP, megapixels, 1).headers
    assert headers.keys() == {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Credits-Charged"}
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("500", str(left))
    assert before + 60 <= int(headers["X-RateLimit-Reset"]) <= math.ceil(time.time()) + 60


def test_what_is_over_the_limit_of_a_minute_is_refused(allowance: Allowance) -> None:
    last = [allowance.spend(SHOP, 50) for _ in range(10)][-1]
    with pytest.raises(Refusal, match="500 megapixel pictures a minute") as raised:
        allowance.spend(SHOP, 0.1)
    refusal = raised.value
    assert (refusal.status, refusal.code) == (429, "rate_limit_exceeded")
    wait = refusal.headers.pop("Retry-After")
    assert 1 <= int(wait) <= 60
    assert refusal.headers == {
        "X-RateLimit-Limit": "500",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": last.headers["X-RateLimit-Reset"],
    }


def test_every_key_has_a_minute_of_its_own(allowance: Allowance) -> None:
    small, other = replace(SHOP, rate=2), replace(SHOP, id="other", rate=2)
    allowance.spend(small, 2)
    allowance.spend(other, 2)
    for key in (small, other):
        with pytest.raises(Refusal):
            allowance.spend(key, 1)


def test_a_picture_larger_than_a_minute_takes_all_of_it(allowance: Allowance) -> None:
    small = replace(SHOP, rate=10.5)
    assert allowance.spend(small, 50).headers["X-RateLimit-Remaining"] == "0"
    with pytest.raises(Refusal):
        allowance.spend(small, 1)


def test_after_a_minute_there_is_a_new_one(allowance: Allowance, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(SHOP, rate=1)
    spent = allowance.spend(small, 1)
    monkeypatch.setattr(time, "time", lambda: spent.resets - 0.5)
    with pytest.raises(Refusal) as raised:
        allowance.spend(small, 1)
    assert raised.value.headers["Retry-After"] == "1"
    monkeypatch.setattr(time, "time", lambda: spent.resets)
    allowance.spend(small, 1)


def test_what_failed_is_given_back(allowance: Allowance) -> None:
    first = allowance.spend(PREPAID, 100, 1)
    assert allowance.left(PREPAID) == 1
    allowance.refund(first, begun=False)
    assert allowance.left(PREPAID) == 2
    assert allowance.spend(PREPAID, 1, 1).headers["X-RateLimit-Remaining"] == "499"


def test_work_that_failed_costs_no_credits_and_counts_for_the_minute(allowance: Allowance) -> None:
    allowance.refund(allowance.spend(PREPAID, 100, 1), begun=True)
    assert allowance.left(PREPAID) == 2
    assert allowance.spend(PREPAID, 1, 1).headers["X-RateLimit-Remaining"] == "399"


def test_what_was_paid_before_is_not_charged_again_but_can_be_given_back(allowance: Allowance) -> None:
    allowance.spend(PREPAID, 1, 1)
    again = allowance.spend(PREPAID, 1, 1, paid=True)
    assert allowance.left(PREPAID) == 1
    allowance.refund(again, begun=True)
    assert allowance.left(PREPAID) == 2


def test_what_was_spent_in_a_minute_that_is_over_is_not_given_back_in_the_next(
    allowance: Allowance, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(SHOP, rate=10)
    old = allowance.spend(small, 9)
    monkeypatch.setattr(time, "time", lambda: old.resets)
    allowance.spend(small, 4)
    allowance.refund(old, begun=False)
    assert allowance.spend(small, 1).headers["X-RateLimit-Remaining"] == "5"


def test_credits_are_charged_where_there_is_a_limit(allowance: Allowance) -> None:
    charged = [allowance.spend(PREPAID, 1, cost).headers["X-Credits-Charged"] for cost in (0.25, 1, 0.0)]
    assert charged == ["0.25", "1", "0"]
    assert allowance.left(PREPAID) == 0.75
    assert allowance.spend(SHOP, 1, 0.25).headers["X-Credits-Charged"] == "0"
    assert allowance.left(SHOP) is None


def test_without_credits_a_picture_is_refused_and_nothing_taken(allowance: Allowance) -> None:
    for _ in range(7):
        allowance.spend(PREPAID, 1, 0.25)
    with pytest.raises(Refusal, match=r"costs 1, and the key has 0\.25 left") as raised:
        allowance.spend(PREPAID, 100, 1)
    assert (raised.value.status, raised.value.code) == (402, "insufficient_credits")
    assert allowance.spend(PREPAID, 1, 0.25).headers["X-RateLimit-Remaining"] == "492"
    assert allowance.left(PREPAID) == 0
    with pytest.raises(Refusal):
        allowance.spend(PREPAID, 1, 0.25)


def test_many_at_once_spend_no_more_than_there_is(allowance: Allowance) -> None:
    def spend(_: int) -> bool:
        try:
            allowance.spend(PREPAID, 1, 0.25)
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(spend, range(40))) == 8
    assert allowance.spend(PREPAID, 1).headers["X-RateLimit-Remaining"] == "491"


@settings(max_examples=60, deadline=None)
@given(pictures=st.lists(st.tuples(st.floats(0, 60), st.sampled_from([0.0, 0.25, 1.0]), st.booleans()), max_size=20))
def test_whatever_fails_in_between_the_books_balance(pictures: list[tuple[float, float, bool]]) -> None:
    spent = 0.0
    with closing(open_store("memory:")) as store:
        allowance = Allowance(store)
        for megapixels, cost, fails in pictures:
            try:
                allowed = allowance.spend(PREPAID, megapixels, cost)
            except Refusal:
                continue
            if fails:
                allowance.refund(allowed, begun=False)
            else:
                spent += cost
        assert spent <= 2
        assert allowance.left(PREPAID) == 2 - spent


def test_the_account_of_a_key_without_a_limit(allowance: Allowance) -> None:
    assert allowance.balance(Keys.anonymous()) == {
        "credits": {"total": 99999.0, "subscription": 99999.0, "payg": 99999.0, "enterprise": 99999.0},
        "api": {"free_calls": 99999, "sizes": "all"},
    }


def test_the_account_of_a_key_with_credits(allowance: Allowance) -> None:
    allowance.spend(PREPAID, 1, 0.25)
    account = allowance.balance(PREPAID)
    assert account == {
        "credits": {"total": 1.75, "subscription": 0.0, "payg": 1.75, "enterprise": 0.0},
        "api": {"free_calls": 0, "sizes": "all"},
    }
    assert {type(number) for number in account["credits"].values()} == {float}
    assert type(account["api"]["free_calls"]) is int
