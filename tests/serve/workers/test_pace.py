from __future__ import annotations

import pytest

from mattebox.serve.workers.pace import Pace, weight


def test_what_was_done_says_how_long_the_next_takes() -> None:
    pace = Pace()
    for megapixels in (0.25, 12, 2, 25, 1) * 20:
        pace.note(megapixels, 0.1 * weight(megapixels))
    for megapixels in (0.1, 3, 50):
        assert pace.expect(megapixels) == pytest.approx(0.1 * weight(megapixels), rel=0.01)


def test_small_pictures_do_not_make_large_ones_look_endless() -> None:
    pace = Pace()
    for _ in range(50):
        pace.note(0.01, 0.1)
    assert pace.expect(12) < 2


def test_it_follows_a_change() -> None:
    pace = Pace()
    for seconds in [0.1] * 50 + [3.0] * 20:
        pace.note(1, seconds)
    assert 2.5 < pace.expect(1) < 3
