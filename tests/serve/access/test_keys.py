from __future__ import annotations

import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from mattebox import BadParameter
from mattebox.serve.access import keys as module
from mattebox.serve.access.keys import Key, Keys
from mattebox.serve.store import Store, open_store
from waiting import until


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(open_store("memory:")) as opened:
        yield opened


def test_a_secret_opens_its_own_key(store: Store) -> None:
    keys = Keys(store)
    first, secret = keys.add("shop", rate=20, credits=3)
    second, other = keys.add("blog")
    assert re.fullmatch(r"mbx_[\w-]{32}", secret)
    assert keys.check(secret) == first == Key(first.id, "shop", first.created, 20, 3)
    assert keys.check(other) == second == Key(second.id, "blog", second.created, 500, None)
    assert len({first.id, second.id}) == 2


@pytest.mark.parametrize(
    "wrong",
    ["", "mbx_", "{}x", " {}", "{}\n", "{:.35}", "{:.12}" + "A" * 24, "MBX{:.0}", "ключ", "\udcff", "x" * 10**6],
)
def test_another_secret_opens_nothing(store: Store, wrong: str) -> None:
    keys = Keys(store)
    _, secret = keys.add("shop")
    assert keys.check(wrong.format(secret)) is None


def test_secrets_of_two_keys_cannot_be_mixed(store: Store) -> None:
    keys = Keys(store)
    (_, one), (_, two) = keys.add("one"), keys.add("two")
    assert keys.check(one[:12] + two[12:]) is None


def test_no_secret_is_kept(tmp_path: Path) -> None:
    with closing(open_store(str(tmp_path / "state.sqlite"))) as store:
        _, secret = Keys(store).add("shop")
        kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"shop" in kept
        assert secret.encode() not in kept
        assert secret[12:].encode() not in kept
        assert secret[12:] not in repr(Keys(store).list())


def test_a_revoked_key_opens_nothing_and_its_name_is_free(store: Store) -> None:
    keys = Keys(store)
    old, secret = keys.add("shop")
    assert keys.revoke("shop").revoked
    assert keys.check(secret) is None
    new, other = keys.add("shop")
    assert [(key.id, key.revoked) for key in keys.list()] == [(old.id, True), (new.id, False)]
    keys.revoke(old.id)
    assert keys.check(other) is not None
    keys.revoke(new.id)
    assert keys.check(other) is None
    with pytest.raises(BadParameter, match="no key 'shop'"):
        keys.revoke("shop")


def test_a_key_that_another_process_revokes_stops_here_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 0.02)
    here, there = Keys(store), Keys(store)
    _, secret = here.add("shop")
    assert here.check(secret) is not None
    there.revoke("shop")
    until(lambda: here.check(secret) is None)


def test_the_store_is_not_asked_each_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 1e9)
    keys, ask, asked = Keys(store), store.get, []
    key, secret = keys.add("shop")
    monkeypatch.setattr(store, "get", lambda *what: asked.append(what) or ask(*what))
    for _ in range(20):
        assert keys.check(secret) is not None
    assert asked == [("key", key.id)]


def test_the_day_of_use_is_noted_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(store)
    _, secret = keys.add("shop")
    assert [key.used for key in keys.list()] == [None]
    before = datetime.now(timezone.utc).date()
    keys.check(secret)
    (used,) = (key.used for key in keys.list())
    assert used in {str(before), str(datetime.now(timezone.utc).date())}
    monkeypatch.setattr(store, "update", lambda *_: pytest.fail("noted again"))
    keys.check(secret)


def test_a_wrong_secret_is_no_use(store: Store) -> None:
    keys = Keys(store)
    _, secret = keys.add("shop")
    keys.check(secret[:12] + "A" * 24)
    assert [key.used for key in keys.list()] == [None]


def test_a_key_that_is_revoked_is_not_brought_back_by_its_use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRESH", 1e9)
    here = Keys(store)
    _, secret = here.add("shop")
    Keys(store).revoke("shop")
    here.check(secret)
    assert [key.revoked for key in here.list()] == [True]


def test_names_are_unique(store: Store) -> None:
    keys = Keys(store)
    keys.add("shop")
    with pytest.raises(BadParameter, match="there is a key 'shop' already"):
        keys.add("shop")
    assert len(keys.list()) == 1


def test_of_many_who_take_a_name_at_once_one_gets_it(store: Store) -> None:
    keys = Keys(store)

    def take(_: int) -> bool:
        try:
            keys.add("shop")
        except BadParameter:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(24))) == 1
    assert [key.name for key in keys.list()] == ["shop"]


@pytest.mark.parametrize("name", ["", " ", " shop", "a\nb", "x" * 65, "\x1b[2J", "\udcff"])
def test_a_name_that_cannot_be_shown_is_refused(store: Store, name: str) -> None:
    with pytest.raises(BadParameter, match="1 to 64 printable"):
        Keys(store).add(name)


@pytest.mark.parametrize("number", [-1.0, math.inf, math.nan])
def test_limits_that_make_no_sense_are_refused(store: Store, number: float) -> None:
    keys = Keys(store)
    with pytest.raises(BadParameter, match=f"rate={number}: must be above 0"):
        keys.add("shop", rate=number)
    with pytest.raises(BadParameter, match=f"credits={number}: must be above 0"):
        keys.add("shop", credits=number)
    assert keys.list() == []


@pytest.mark.parametrize("name", ["shpo", "\udcff"])
def test_a_key_that_is_not_there_cannot_be_revoked(store: Store, name: str) -> None:
    keys = Keys(store)
    keys.add("shop")
    with pytest.raises(BadParameter, match=r"no key '.*Valid: shop"):
        keys.revoke(name)


def test_keys_of_the_environment_are_any_text(store: Store) -> None:
    fixed = Keys(store, fixed=["hunter 2", "ключ", ""], rate=7)
    first, second = fixed.check("hunter 2"), fixed.check("ключ")
    assert first is not None
    assert second is not None
    assert (first.rate, first.credits, first.revoked) == (7, None, False)
    assert first == Keys(store, fixed=["hunter 2"], rate=7).check("hunter 2")
    assert first.id != second.id
    assert "hunter" not in repr(first)
    assert [fixed.check(wrong) for wrong in ("", "hunter", "Hunter 2", first.id)] == [None] * 4
    assert fixed.list() == []


def test_whether_somebody_has_a_key(store: Store) -> None:
    keys = Keys(store)
    assert not keys.any()
    assert Keys(store, fixed=["hunter"]).any()
    keys.add("shop")
    assert keys.any()
    keys.revoke("shop")
    assert not keys.any()


def test_everybody_is_one_key_without_a_limit_where_none_is_asked_for() -> None:
    key = Keys.anonymous()
    assert key == Keys.anonymous()
    assert key.credits is None
    assert key.rate > 100_000
