from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.serve.workers.turns import Turns

OWNERS = st.lists(st.sampled_from("abcd"), max_size=40)


def filled(owners: list[str] | str) -> Turns[tuple[str, int]]:
    turns = Turns[tuple[str, int]]()
    for number, owner in enumerate(owners):
        turns.put(owner, (owner, number))
    return turns


def emptied(turns: Turns[tuple[str, int]]) -> list[tuple[str, int]]:
    return [turns.take() for _ in range(len(turns))]


@given(OWNERS)
def test_owners_take_turns_and_each_keeps_its_order(owners: list[str]) -> None:
    served = emptied(filled(owners))
    assert sorted(served, key=lambda item: item[1]) == list(zip(owners, range(len(owners)), strict=True))
    left, had = Counter(owners), Counter[str]()
    for place, (owner, number) in enumerate(served):
        assert all(other > number for name, other in served[place + 1 :] if name == owner)
        had[owner] += 1
        # Nobody who still has something is two turns behind.
        assert all(had[owner] - had[other] <= 1 for other in left if had[other] < left[other])


@given(OWNERS)
def test_what_is_first_is_taken_first(owners: list[str]) -> None:
    turns = filled(owners)
    while (first := turns.first) is not None:
        assert turns.take() == first
    assert len(turns) == 0


@given(OWNERS, st.sampled_from("abcde"))
def test_what_is_before_a_newcomer_is_what_is_served_before_it(owners: list[str], owner: str) -> None:
    before = filled(owners).before(owner)
    turns = filled(owners)
    turns.put(owner, (owner, -1))
    served = emptied(turns)
    earlier = served[: served.index((owner, -1))]
    assert set(earlier) <= set(before)
    assert len(before) - len(earlier) <= len(set(owners))


@given(OWNERS.filter(bool), st.data())
def test_what_is_dropped_is_not_served(owners: list[str], data: st.DataObject) -> None:
    turns = filled(owners)
    item = data.draw(st.sampled_from(list(turns)))
    turns.drop(*(item[0], item))
    turns.drop(*(item[0], item))
    assert item not in list(turns)
    assert len(emptied(turns)) == len(owners) - 1


@pytest.mark.parametrize(
    ("owners", "newcomer", "yields"),
    [("aaab", "c", ("a", 2)), ("aaab", "b", ("a", 2)), ("aab", "b", None), ("aaa", "a", None), ("ab", "c", None)],
)
def test_whoever_has_most_yields_to_one_who_has_less(
    owners: str, newcomer: str, yields: tuple[str, int] | None
) -> None:
    turns = filled(owners)
    assert turns.yield_place(newcomer) == yields
    assert len(turns) == len(owners) - (yields is not None)
