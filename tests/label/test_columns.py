from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mattebox.label.columns import Coded, Ragged, indices_of, put

LISTS = some.lists(some.lists(some.floats(-1e6, 1e6), max_size=5), max_size=8)
WORDS = some.lists(some.sampled_from(["cat", "dog", "", "кот"]), max_size=12)


@given(LISTS, some.randoms())
def test_taking_cells_takes_what_lists_hold(cells: list[list[float]], random: np.random.Generator) -> None:
    which = [random.randrange(len(cells)) for _ in range(5)] if cells else []
    column = Ragged.from_lists(cells)
    assert column.lists() == cells
    assert column.take(np.array(which, int)).lists() == [cells[index] for index in which]
    assert column.take(np.array([bool(cell) for cell in cells], bool)).lists() == [cell for cell in cells if cell]
    assert column.lengths.tolist() == [len(cell) for cell in cells]


@given(LISTS, LISTS)
def test_joined_lists_are_one_after_the_other(one: list[list[float]], other: list[list[float]]) -> None:
    assert Ragged.concat([Ragged.from_lists(one), Ragged.from_lists(other)]).lists() == one + other


def test_a_part_of_a_longer_column_is_joined_without_the_rest() -> None:
    part = Ragged(np.arange(6.0), np.array([2, 3, 5]))
    assert Ragged.concat([part, part]).lists() == [[2.0], [3.0, 4.0], [2.0], [3.0, 4.0]]


@given(WORDS, WORDS)
def test_values_are_kept_once(one: list[str], other: list[str]) -> None:
    joined = Coded.concat([Coded.from_values(one), Coded.from_values(other)])
    assert joined.lists() == one + other
    assert len(set(joined.values)) == len(joined.values)
    assert joined.isin(["cat", "dog"]).tolist() == [word in {"cat", "dog"} for word in one + other]
    assert joined.map(str.upper).lists() == [word.upper() for word in one + other]


def test_values_that_become_the_same_are_kept_once() -> None:
    assert Coded.from_values(["a", "A", "b"]).map(str.lower).values == ("a", "b")


def test_values_that_cannot_be_hashed_have_a_key() -> None:
    column = Coded.from_values([{"a": 1}, {"a": 1}], key=repr)
    assert (column.values, column[1]) == (({"a": 1},), {"a": 1})


@pytest.mark.parametrize("which", [np.array([3]), np.array([-4]), np.array([True])])
def test_rows_that_are_not_there_are_refused(which: np.ndarray) -> None:
    with pytest.raises(IndexError):
        indices_of(which, 3)


def test_rows_are_counted_from_the_end_too() -> None:
    assert Ragged.from_lists([[1.0], [2.0]])[-1].tolist() == [2.0]
    assert indices_of(np.array([-1, 0]), 3).tolist() == [2, 0]


def test_other_cells_are_put_in_the_columns_own_type() -> None:
    column = Ragged.from_lists([[1], [2, 3], []], np.int32)
    changed = put(column, np.array([2, 0]), Ragged.from_lists([[7.0, 8.0], []]))
    assert changed.lists() == [[], [2, 3], [7, 8]]
    assert changed.values.dtype == np.int32
