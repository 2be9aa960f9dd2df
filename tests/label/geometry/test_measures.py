import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from label_rows import mask_row, one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import areas, boxes, centres, lengths, regions
from mattebox.label.geometry.coordinates import corners_of, points_of, turning
from mattebox.label.table import Table

coordinate = st.floats(-500, 500).map(lambda value: round(value, 3))
angle = st.floats(0, 360)


@pytest.mark.parametrize(
    ("shape", "points", "more", "expected"),
    [
        ("rectangle", (1, 2, 5, 8), {}, (1, 2, 5, 8)),
        ("rectangle", (0, 0, 10, 4), {"rotation": 90}, (3, -3, 7, 7)),
        (
            "rectangle",
            (0, 0, 2, 2),
            {"rotation": 45},
            (1 - math.sqrt(2), 1 - math.sqrt(2), 1 + math.sqrt(2), 1 + math.sqrt(2)),
        ),
        ("ellipse", (10, 20, 14, 18), {}, (6, 18, 14, 22)),
        ("ellipse", (10, 20, 14, 18), {"rotation": 90}, (8, 16, 12, 24)),
        ("polygon", (0, 0, 4, 1, 2, 5), {}, (0, 0, 4, 5)),
        ("polyline", (3, 3, 1, 9), {}, (1, 3, 3, 9)),
        ("points", (7, 8), {}, (7, 8, 7, 8)),
        ("cuboid", (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1, 1, 1, -2), {}, (0, -2, 8, 9)),
    ],
)
def test_boxes_are_known_for_every_shape(shape, points, more, expected):
    np.testing.assert_allclose(boxes(one(shape, points, **more)), [expected], atol=1e-12)


def test_a_mask_reaches_to_the_far_edge_of_its_last_pixels():
    assert boxes(table(mask_row(["##", "##"], top=3, left=5))).tolist() == [[5, 3, 7, 5]]


def test_a_skeleton_has_the_box_of_its_elements_on_its_own_frame():
    parts = [row("points", point, parent=9, frame=frame) for point, frame in (((1, 2), 0), ((5, 3), 0), ((80, 80), 1))]
    hidden = row("points", (90, 90), parent=9, outside=True)
    found = boxes(table(row("skeleton", (), object=9), *parts, hidden, row("tag", ()), row("skeleton", ())))
    assert found[0].tolist() == [1, 2, 5, 3]
    assert np.isnan(found[-2:]).all()


@given(coordinate, coordinate, st.floats(0.1, 300), st.floats(0.1, 300), angle)
def test_a_box_holds_a_turned_shape_and_touches_it_on_all_sides(x, y, across, down, degrees):
    turned = table(
        row("rectangle", (x - across, y - down, x + across, y + down), rotation=degrees),
        row("ellipse", (x, y, x + across, y - down), rotation=degrees),
    )
    corners = corners_of(turned, np.array([0]))[0]
    t = np.radians(np.linspace(0, 360, 3601))
    wave = np.stack((across * np.cos(t), down * np.sin(t)))
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    curve = wave.T @ np.array([[cosine, sine], [-sine, cosine]]) + np.array([x, y])
    for found, points, error in zip(boxes(turned), (corners, curve), (1e-6, 1e-3), strict=True):
        np.testing.assert_allclose(found[:2], points.min(axis=0), atol=error)
        np.testing.assert_allclose(found[2:], points.max(axis=0), atol=error)


def test_quarter_turns_are_exact():
    cosine, sine = turning([0, 90, 180, 270, 360, -90])
    assert cosine.tolist() == [1, 0, -1, 0, 1, 0]
    assert sine.tolist() == [0, 1, 0, -1, 0, -1]
    assert turning(30)[1] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("shape", "points", "more", "expected"),
    [
        ("rectangle", (1, 2, 5, 8), {"rotation": 33}, 24),
        ("ellipse", (10, 20, 14, 18), {"rotation": 33}, 8 * math.pi),
        ("polygon", (0, 0, 0, 4, 4, 4, 4, 0), {}, 16),
        ("polygon", (0, 0, 4, 0, 4, 4, 0, 4), {}, 16),
        ("polygon", (0, 0, 10, 0, 10, 10, 0, 10, 2, 2, 4, 2, 4, 4, 2, 4), {"rings": (4, 4)}, 96),
        ("polygon", (0, 0, 10, 0, 10, 10, 0, 10, 20, 20, 24, 20, 24, 24, 20, 24), {"rings": (4, 4)}, 116),
        # Two squares of 100 that share 25: what both enclose is outside.
        ("polygon", (0, 0, 10, 0, 10, 10, 0, 10, 5, 5, 15, 5, 15, 15, 5, 15), {"rings": (4, 4)}, 150),
        # A ring in a ring in a ring.
        ("polygon", (0, 0, 9, 0, 9, 9, 0, 9, 1, 1, 8, 1, 8, 8, 1, 8, 2, 2, 4, 2, 4, 4, 2, 4), {"rings": (4, 4, 4)}, 36),
        # A hole whose side lies on the outline.
        ("polygon", (0, 0, 10, 0, 10, 10, 0, 10, 0, 2, 4, 2, 4, 4, 0, 4), {"rings": (4, 4)}, 92),
        # A bow tie: two triangles of 25, whose signed areas are opposite.
        ("polygon", (0, 0, 10, 10, 10, 0, 0, 10), {}, 50),
        ("polygon", (0, 0, 4, 4), {}, 0),
        ("polygon", (0, 0, math.nan, 4, 4, 4), {}, 0),
        ("cuboid", (0, 0, 0, 4, 4, 0, 4, 4, 1, 1, 1, 3, 3, 1, 3, 3), {}, 16),
        ("polyline", (0, 0, 4, 4, 0, 4), {}, 0),
        ("points", (0, 0), {}, 0),
        ("tag", (), {}, 0),
    ],
)
def test_areas_are_never_negative_and_follow_the_even_odd_rule(shape, points, more, expected):
    assert areas(one(shape, points, **more)).tolist() == pytest.approx([expected])


def test_the_area_of_a_mask_is_its_pixels():
    assert areas(table(mask_row(["#.#", ".#."], top=4), mask_row(["#"]))).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("shape", "points", "more", "expected"),
    [
        ("polyline", (0, 0, 3, 4, 3, 9), {}, 10),
        ("polygon", (0, 0, 3, 0, 3, 4), {}, 12),
        ("polygon", (0, 0, 3, 0, 3, 4, 9, 9, 12, 9, 12, 13), {"rings": (3, 3)}, 24),
        ("rectangle", (0, 0, 3, 4), {"rotation": 20}, 14),
        ("ellipse", (0, 0, 5, -5), {}, 10 * math.pi),
        ("ellipse", (0, 0, 3, 0), {}, 12),  # collapsed: there and back
        ("points", (0, 0, 3, 4), {}, 0),
    ],
)
def test_lengths_are_along_lines_and_outlines(shape, points, more, expected):
    assert lengths(one(shape, points, **more)).tolist() == pytest.approx([expected])


def test_centres_are_those_of_the_boxes():
    assert centres(one("rectangle", (0, 0, 10, 4), rotation=70)).tolist()[0] == pytest.approx([5, 2])


def test_rows_that_are_not_sound_are_named():
    with pytest.raises(BadParameter, match="row 1 has 3 coordinates"):
        points_of(table(row("points", (1, 2)), row("points", (1, 2, 3))).points)
    with pytest.raises(BadParameter, match="row 0 has 6 coordinates in place of 4"):
        boxes(one("ellipse", (1, 2, 3, 4, 5, 6)))
    with pytest.raises(BadParameter, match="row 0: its rings"):
        regions(one("polygon", (0, 0, 1, 0, 1, 1), rings=(3, 3)))


def test_nothing_is_measured_of_no_rows():
    empty = Table.empty()
    assert boxes(empty).shape == (0, 4)
    assert areas(empty).size == lengths(empty).size == len(regions(empty)) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=7), min_size=1, max_size=3)
)
def test_a_region_is_what_an_odd_number_of_lines_separates_from_the_outside(rings):
    flat = [value for ring in rings for point in ring for value in point]
    region = regions(one("polygon", flat, rings=tuple(map(len, rings)) if len(rings) > 1 else ()))[0]
    # Off the lattice of the corners, so that no sample lies on a line between them.
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0.1234567, 6, 0.37), np.arange(0.0765432, 6, 0.41)))
    odd = np.zeros(x.shape, bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if y0 != y1:
                odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    np.testing.assert_array_equal(shapely.contains_xy(region, x, y), odd)
