from __future__ import annotations

import numpy as np
import pytest

from mattebox.overlap import overlap


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 1, 0, 0], [1, 1, 0, 0], 1),
        ([1, 1, 0, 0], [0, 1, 1, 0], 1 / 3),
        ([1, 0, 0, 0], [1, 1, 1, 1], 1 / 4),
        ([1, 0, 0, 0], [0, 1, 0, 0], 0),
        ([0, 0, 0, 0], [0, 0, 0, 0], 0),
    ],
)
def test_overlap_by_hand(one: list[int], other: list[int], expected: float) -> None:
    regions = np.array([one], bool), np.array([other], bool)
    assert overlap(*regions) == overlap(*reversed(regions)) == expected
