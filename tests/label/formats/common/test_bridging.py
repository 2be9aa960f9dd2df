import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from label_sets import box, polygon
from mattebox.label.formats.common.bridging import bridged, one_ring
from mattebox.label.geometry import areas
from mattebox.label.masks.rasterize import fill
from mattebox.label.masks.vectorize import outline
from mattebox.label.table import Table


def square(left: float, top: float, side: float) -> np.ndarray:
    return np.array([[left, top], [left + side, top], [left + side, top + side], [left, top + side]], np.float64)


def test_a_hole_stays_a_hole_and_parts_stay_parts():
    rings = [square(0, 0, 10), square(3, 3, 4), square(20, 0, 5)]
    ring = bridged(rings)
    assert np.array_equal(fill([ring], (12, 30)), fill(rings, (12, 30)))


def test_opencv_fills_the_ring_as_the_rings_but_for_the_bridges_themselves():
    rings = [square(0, 0, 40), square(10, 10, 20)]
    drawn = np.zeros((50, 50), np.uint8)
    cv2.fillPoly(drawn, [np.rint(bridged(rings)).astype(np.int32)], 1)
    assert drawn[20, 20] == 0
    assert drawn[5, 20] == 1
    assert abs(int(drawn.sum()) - (41 * 41 - 19 * 19)) < 25


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=3, max_size=6))
def test_any_mask_survives_as_one_ring(rows):
    mask = np.array(rows, bool)
    rings = outline(mask)
    if rings:
        assert np.array_equal(fill([bridged(rings)], mask.shape), mask)


def test_only_polygons_of_several_rings_change():
    hole = polygon("cat", 0, *square(0, 0, 10).ravel(), *square(3, 3, 4).ravel(), rings=(4, 4))
    table = Table.from_rows([box("cat", 0, 1, 2, 3, 4), hole, polygon("dog", 0, 0, 0, 5, 0, 5, 5)])
    made = one_ring(table)
    assert made.points.lengths.tolist() == [4, 2 * (4 + 5 + 1), 6]
    assert made.rings.lengths.tolist() == [0, 0, 0]
    assert np.allclose(areas(made), areas(table))
    assert one_ring(made) is made
