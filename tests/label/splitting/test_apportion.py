from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mattebox.label.splitting.apportion import apportion, misfit

SHARES = np.array([0.8, 0.1, 0.1])


def amounts_of(groups: list[list[int]]) -> NDArray[np.float64]:
    return np.array(groups, np.float64)


def test_the_misfit_is_worked_by_hand() -> None:
    # Frames: parts have 3/4 and 1/4 of 4, wanted halves: 1/4 + 1/4. The label: 1 and 0: 1/2 + 1/2.
    amounts = amounts_of([[3, 2], [1, 0]])
    assert misfit(amounts, np.array([0, 1]), np.array([0.5, 0.5])) == pytest.approx(0.5 + 1.0)


def test_a_label_without_rows_and_a_group_without_frames_count_for_nothing() -> None:
    amounts = amounts_of([[1, 0], [1, 0], [0, 0]])
    assert misfit(amounts, np.array([0, 1, 1]), np.array([0.5, 0.5])) == pytest.approx(0)


def test_the_rare_label_is_shared_though_the_frames_would_allow_anything() -> None:
    amounts = amounts_of([[10, 5, 0]] * 8 + [[10, 5, 1]] * 2)
    parts = apportion(amounts, np.array([0.5, 0.5]))
    assert np.bincount(parts[8:], minlength=2).tolist() == [1, 1]
    assert np.bincount(parts, minlength=2).tolist() == [5, 5]


def test_exact_shares_are_found_where_there_are_any() -> None:
    amounts = amounts_of([[1, 1, 0]] * 10 + [[1, 0, 1]] * 10)
    assert misfit(amounts, apportion(amounts, SHARES), SHARES) == pytest.approx(0)


def test_a_part_that_should_have_nothing_has_nothing() -> None:
    parts = apportion(amounts_of([[0, 0], [3, 1], [2, 5], [4, 4]]), np.array([0.6, 0.0, 0.4]), seed=3)
    assert set(parts.tolist()) == {0, 2}


def test_every_part_gets_a_group_as_long_as_there_are_enough() -> None:
    assert sorted(apportion(amounts_of([[100, 3], [1, 0], [1, 0]]), SHARES).tolist()) == [0, 1, 2]
    assert 0 in apportion(amounts_of([[100, 3], [1, 0]]), SHARES)


def test_no_groups_are_no_parts() -> None:
    assert apportion(np.empty((0, 3)), SHARES).tolist() == []


groups = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9), st.integers(0, 3)).map(list), min_size=1, max_size=7)


@settings(max_examples=40, deadline=None)
@given(groups=groups, shares=st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.3, 0.2), (0.7, 0.3, 0.0)]))
def test_small_cases_are_nearly_as_good_as_the_best_of_all(groups: list[list[int]], shares: tuple[float, ...]) -> None:
    amounts, wanted = amounts_of(groups), np.array(shares)
    allowed = np.flatnonzero(wanted).tolist()
    best = min(misfit(amounts, np.array(each), wanted) for each in itertools.product(allowed, repeat=len(groups)))
    assert misfit(amounts, apportion(amounts, wanted), wanted) <= best + 0.1


@settings(max_examples=20, deadline=None)
@given(groups=groups, seed=st.integers(0, 5))
def test_the_same_seed_gives_the_same_parts(groups: list[list[int]], seed: int) -> None:
    amounts = amounts_of(groups)
    assert apportion(amounts, SHARES, seed).tolist() == apportion(amounts, SHARES, seed).tolist()
