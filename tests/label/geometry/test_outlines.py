import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from label_rows import mask_row, one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import (
    areas,
    bridges_to_rings,
    contours_to_rings,
    lengths,
    regions,
    simplify,
    to_polygons,
    to_rectangles,
)
from mattebox.label.geometry.contours import split_contours
from mattebox.label.geometry.regions import outlines_of
from mattebox.label.report import Report


def test_shapes_with_an_area_become_polygons_in_place():
    rows = table(
        row("points", (1, 1)),
        row("rectangle", (0, 0, 10, 4), rotation=90),
        row("ellipse", (10, 10, 14, 8)),
        row("cuboid", (0, 0, 0, 4, 4, 0, 4, 4, 1, 1, 1, 3, 3, 1, 3, 3)),
        mask_row(["###", "#.#", "###"], top=5, left=6),
        row("polygon", (0, 0, 1, 0, 1, 1)),
    )
    after = to_polygons(rows)
    assert [each.shape for each in after.rows()] == ["points", *["polygon"] * 5]
    assert after.row(1).points == (7, -3, 7, 7, 3, 7, 3, -3)
    assert after.row(1).rotation == 0
    assert after.points.lengths.tolist() == [2, 8, 128, 8, 16, 6]
    assert after.row(4).rings == (4, 4)
    assert after.row(4).runs == ()
    assert after.row(5) == rows.row(5)
    np.testing.assert_allclose(areas(after), [0, 40, 8 * np.pi * 0.9984, 16, 8, 0.5], rtol=1e-4)


def test_an_ellipse_has_all_corners_on_its_curve():
    x, y = to_polygons(one("ellipse", (10, 10, 14, 8)), corners=12).points.values.reshape(-1, 2).T
    assert len(x) == 12
    np.testing.assert_allclose((x - 10) ** 2 / 16 + (y - 10) ** 2 / 4, 1)
    assert (x[0], y[0], x[3], y[3]) == (14, 10, 10, 12)


def test_rectangles_are_the_boxes_around():
    rows = table(
        row("skeleton", (), object=4),
        row("points", (1, 2), parent=4),
        row("points", (5, 3), parent=4),
        row("ellipse", (10, 10, 14, 8), rotation=90),
        mask_row(["#"], top=2, left=3),
        row("tag", ()),
    )
    after = list(to_rectangles(rows).rows())
    assert [(each.shape, each.points) for each in after[:3]] == [
        ("rectangle", (1, 2, 5, 3)),
        ("rectangle", (8, 6, 12, 14)),
        ("rectangle", (3, 2, 4, 3)),
    ]
    assert [(each.object, each.runs, each.rotation) for each in after[:1]] == [(4, (), 0)]
    assert [each.shape for each in after[3:]] == ["tag"]


@given(arrays.arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.booleans()))
def test_the_outline_of_a_mask_encloses_its_pixels(bits):
    lines = ["".join(".#"[bit] for bit in line) for line in bits.astype(int)]
    mask = table(mask_row(lines, top=2, left=3))
    assert areas(to_polygons(mask)).tolist() == [bits.sum()]


def test_points_and_rings_come_back_from_regions():
    rows = table(
        row("polygon", (0, 0, 9, 0, 9, 9, 0, 9, 1, 1, 2, 1, 2, 2), rings=(4, 3)),
        row("points", (1, 1)),
        row("polygon", (0, 0, 9, 0, 9, 9)),
        row("polygon", (0, 0, 10, 10, 10, 0, 0, 10)),
    )
    points, rings = outlines_of(regions(rows))
    assert points.lengths.tolist() == [14, 0, 6, 12]
    assert [sorted(each) for each in rings.lists()] == [[3, 4], [], [], [3, 3]]


def test_points_on_a_straight_line_are_left_out():
    square = (5, 0, 10, 0, 10, 5, 10, 10, 0, 10, 0, 0)
    rows = table(row("polygon", square), row("polyline", (0, 0, 5, 0.5, 10, 0, 10, 9)), row("points", square))
    after = simplify(rows, 1)
    assert after.points.lengths.tolist() == [8, 6, 12]
    assert areas(after)[0] == 100
    assert after.row(1).points == (0, 0, 10, 0, 10, 9)
    assert simplify(rows, 0).points.lengths.tolist() == [8, 8, 12]


def test_rings_are_simplified_one_by_one_and_keep_three_points():
    rows = one("polygon", (0, 0, 50, 1, 100, 0, 100, 90, 0, 90, 10, 10, 11, 10, 12, 11, 11, 12), rings=(5, 4))
    after = simplify(rows, 5)
    assert after.row(0).rings == (4, 3)
    assert after.points.lengths.tolist() == [14]


def test_what_cannot_be_simplified_stays():
    rows = table(
        row("polygon", (0, 0, 1, 1)), row("polyline", (3, 3)), row("polygon", (0, 0, np.nan, 1, 5, 5)), row("tag", ())
    )
    assert simplify(rows, 2).equals(rows)
    with pytest.raises(BadParameter, match="at least 0"):
        simplify(rows, -1)


def test_numbers_next_to_zero_are_zero():
    """GEOS loops forever on such a line as it is."""
    line = one("polyline", (0, 5e-324, 1, 0, 2, -0.0, 3, -2.57))
    assert simplify(line, 1.1).points.lists() == [[0, 0, 2, 0, 3, -2.57]]
    assert areas(one("polygon", (0, 5e-324, 4, 0, 4, 4, 5e-324, 4))).tolist() == [16]


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=5, max_size=40), st.floats(0.1, 3))
def test_a_simplified_line_stays_close(heights, epsilon):
    import shapely

    line = [value for x, y in enumerate(heights) for value in (x, y)]
    before, after = one("polyline", line), simplify(one("polyline", line), epsilon)
    near = shapely.LineString(after.points.values.reshape(-1, 2)).buffer(epsilon + 1e-6)
    assert near.covers(shapely.LineString(before.points.values.reshape(-1, 2)))
    assert lengths(after)[0] <= lengths(before)[0] + 1e-9


OUTER, INNER = [(0, 0), (9, 0), (9, 9), (0, 9)], [(2, 2), (4, 2), (4, 4)]


def flat(*points):
    return tuple(value for point in points for value in point)


@pytest.mark.parametrize(
    ("points", "counts"),
    [
        ([*OUTER, OUTER[-1], *INNER, INNER[-1]], [4, 3]),
        ([*OUTER, OUTER[-1], *INNER], [4, 3]),  # the last one need not be ended
        ([*OUTER, OUTER[-1], OUTER[-1], *INNER], [4, 3]),  # three equal points
        ([*OUTER, OUTER[-1], *INNER, INNER[-1], *OUTER, OUTER[-1]], [4, 3, 4]),
        ([*OUTER, OUTER[-1]], [4]),
        ([OUTER[0], *OUTER], [4]),  # a point clicked twice is no contour of one point
        ([*OUTER[:2], *OUTER[1:]], [4]),
        (OUTER, [4]),
    ],
)
def test_contours_are_told_apart_by_their_repeated_ends(points, counts):
    contours = split_contours(np.array(points, float))
    assert [len(contour) for contour in contours] == counts
    assert contours[0].tolist() == [list(map(float, point)) for point in OUTER]


def test_contours_become_rings_and_what_is_unclear_stays():
    unclear = [*OUTER, *[OUTER[-1]] * 3, *INNER]
    rows = table(
        row("polygon", flat(*OUTER), frame=1),
        row("polygon", flat(*OUTER, OUTER[-1], *INNER, INNER[-1]), frame=2),
        row("polygon", flat(*unclear), frame=3),
        row("polyline", flat(*OUTER, OUTER[-1], *INNER), frame=4),
    )
    report = Report()
    after = contours_to_rings(rows, report, task="park")
    assert [each.rings for each in after.rows()] == [(), (4, 3), (), ()]
    assert after.row(1).points == flat(*OUTER, *INNER)
    assert [after.row(index) == rows.row(index) for index in (0, 2, 3)] == [True] * 3
    assert [(each.severity, each.task, each.frame, each.row) for each in report.entries] == [
        ("note", "park", 2, 1),
        ("problem", "park", 3, 2),
    ]
    assert "4 equal points" in report.entries[1].message
    assert areas(after)[1] == 81 - 2


def test_bridges_are_taken_out():
    hole = [(3, 3), (3, 6), (6, 6), (6, 3)]
    keyhole = flat(*OUTER, OUTER[0], *hole, hole[0])
    two_parts = flat((0, 0), (4, 0), (4, 4), (20, 4), (20, 0), (24, 0), (24, 4), (20, 4), (4, 4), (0, 4))
    rows = table(row("polygon", flat(*OUTER)), row("polygon", keyhole), row("polygon", two_parts))
    report = Report()
    after = bridges_to_rings(rows, report)
    assert [sorted(each.rings) for each in after.rows()] == [[], [4, 4], [4, 4]]
    assert areas(after).tolist() == [81, 72, 32]
    assert sorted(after.points[1].reshape(-1, 2).tolist()) == sorted(
        [list(map(float, point)) for point in (*OUTER, *hole)]
    )
    assert report.counts("note") == {"bridges": 2}
    assert after.row(0) == rows.row(0)
