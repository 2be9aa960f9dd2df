from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from mattebox.errors import BadParameter
from mattebox.label.frames import FrameMap


@given(some.integers(0, 50), some.integers(0, 1000), some.integers(1, 30))
def test_thinning_and_back(size: int, start: int, step: int) -> None:
    frames = FrameMap(size, start, step)
    assert frames.thinned(frames.true(np.arange(size))).tolist() == list(range(size))


def test_frames_that_were_left_out_have_no_index() -> None:
    frames = FrameMap(3, start=10, step=5)
    assert frames.thinned([9, 10, 11, 20, 25]).tolist() == [-1, 0, -1, 2, -1]


def test_deleted_frames_are_not_kept() -> None:
    assert FrameMap(4, deleted=frozenset({0, 2, 9})).kept().tolist() == [1, 3]


@pytest.mark.parametrize("wrong", [{"size": -1}, {"size": 1, "start": -1}, {"size": 1, "step": 0}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadParameter):
        FrameMap(**wrong)
