"""Rectangles told by their corners, against rectangles that were turned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattebox.label.formats.common.turned import turned_rectangle
from mattebox.label.masks.rasterize import rectangle


@given(
    left=st.floats(-100, 100),
    top=st.floats(-100, 100),
    width=st.floats(1, 100),
    height=st.floats(1, 100),
    rotation=st.floats(0, 359),
)
def test_turning_back_and_forth(left: float, top: float, width: float, height: float, rotation: float) -> None:
    corners = rectangle(left, top, left + width, top + height, rotation)
    found = turned_rectangle(corners.ravel().tolist())
    assert found is not None
    assert found.points == pytest.approx((left, top, left + width, top + height), abs=1e-6)
    assert np.cos(np.radians(found.rotation - rotation)) == pytest.approx(1)


@given(rotation=st.floats(0, 359))
def test_corners_the_other_way_round_are_the_same_area(rotation: float) -> None:
    corners = rectangle(0, 0, 8, 3, rotation)
    found = turned_rectangle(corners[::-1].ravel().tolist())
    assert found is not None
    again = rectangle(*found.points, found.rotation)
    assert np.linalg.norm(again[:, None] - corners, axis=2).min(axis=1).max() < 1e-6


@pytest.mark.parametrize(
    "corners", [(0, 0, 4, 0, 4, 4, 1, 6), (0, 0, 4, 0, 6, 4, 2, 4), (1, 1, 1, 1, 1, 1, 1, 1), (0, 0, 1, 0, 1, 1)]
)
def test_what_is_no_rectangle(corners: tuple[float, ...]) -> None:
    assert turned_rectangle(corners) is None
