from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.streaming import in_order


@given(st.lists(st.integers(-100, 100), max_size=30), st.integers(1, 4), st.integers(1, 8))
def test_results_come_in_the_order_of_the_items(items: list[int], workers: int, ahead: int) -> None:
    def slowly(item: int) -> int:
        time.sleep((item % 3) / 2000)
        return item * 2

    with ThreadPoolExecutor(workers) as pool:
        assert list(in_order(pool, slowly, items, ahead=ahead)) == [item * 2 for item in items]


@pytest.mark.parametrize("ahead", [1, 3])
def test_no_more_is_read_than_is_ahead(ahead: int) -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(20):
            read += 1
            yield number

    with ThreadPoolExecutor(2) as pool:
        for taken, _ in enumerate(in_order(pool, abs, items(), ahead=ahead)):
            assert read <= taken + ahead


def test_an_error_is_raised_in_its_turn() -> None:
    with ThreadPoolExecutor(2) as pool:
        results = in_order(pool, lambda number: 1 // number, [1, 1, 0, 1], ahead=3)
        assert [next(results), next(results)] == [1, 1]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_what_was_begun_is_finished_when_the_caller_stops_and_the_rest_is_not_begun() -> None:
    begun, finished, let_go = [], [], Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            let_go.wait(5)
        finished.append(number)
        return number

    with ThreadPoolExecutor(1) as pool:
        results = in_order(pool, work, range(10), ahead=4)
        next(results)
        while begun != [0, 1]:
            time.sleep(0.001)
        let_go.set()
        results.close()
        assert finished == begun
        assert len(begun) < 10
