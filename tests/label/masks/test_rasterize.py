import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mask_making import drawn, unhurried
from mattebox.errors import BadParameter
from mattebox.label.masks.rasterize import ellipse, fill, fill_soft, filled, rectangle

coordinates = st.integers(-40, 120).map(lambda value: value / 8 + 0.013)
rings = st.integers(3, 7).flatmap(lambda count: arrays(np.float64, (count, 2), elements=coordinates))


def centres(size):
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    return x, y


@unhurried
@given(rings)
def test_a_polygon_has_the_pixels_whose_centres_it_encloses(ring):
    polygon = shapely.Polygon(ring)
    assume(polygon.is_valid)
    x, y = centres((11, 13))
    clear = shapely.distance(polygon.exterior, shapely.points(x, y)) > 1e-9
    np.testing.assert_array_equal(fill([ring], (11, 13))[clear], shapely.contains_xy(polygon, x, y)[clear])


@unhurried
@given(rings, rings)
def test_what_an_odd_number_of_rings_encloses_is_inside(first, second):
    both = fill([first, second], (9, 9))
    np.testing.assert_array_equal(both, fill([first], (9, 9)) ^ fill([second], (9, 9)))


@unhurried
@given(rings)
def test_only_the_box_is_filled_and_nothing_else_differs(ring):
    top, left, crop = filled([ring], (11, 13))
    whole = np.zeros((11, 13), bool)
    whole[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    np.testing.assert_array_equal(whole, fill([ring], (11, 13)))
    np.testing.assert_array_equal(fill([ring], (5, 6), top=2, left=3), fill([ring], (11, 13))[2:7, 3:9])


@unhurried
@given(
    arrays(np.float64, (2, 2), elements=st.integers(-20, 60).map(lambda value: value / 7)),
    st.floats(0, 8),
    st.floats(0, 8),
)
def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none(edge, x, y):
    a, b = edge
    left, right = np.array([a, b, [x - 20, y]]), np.array([b, a, [x + 20, y]])
    whole = fill([np.array([a, [x + 20, y], b, [x - 20, y]])], (9, 9))
    np.testing.assert_array_equal(fill([left], (9, 9)) ^ fill([right], (9, 9)), whole)


def test_a_hole_is_left_out_and_lines_without_area_have_no_pixel():
    outer, inner = rectangle(0, 0, 5, 3), rectangle(1, 1, 2, 2)
    assert fill([outer, inner], (3, 5)).tolist() == drawn("#####", "#.###", "#####").tolist()
    assert not fill([np.array([[0, 0.5], [4, 0.5]])], (3, 5)).any()
    assert not fill([], (3, 5)).any()
    assert filled([], (3, 5)).crop.size == filled([rectangle(9, 9, 12, 12)], (3, 5)).crop.size == 0


@unhurried
@given(rings, st.sampled_from([1, 2, 4]))
def test_soft_filling_is_the_share_of_samples(ring, samples):
    soft = fill_soft([ring], (6, 7), samples=samples)
    assert soft.dtype == np.float32
    np.testing.assert_array_equal(soft * samples**2 % 1, 0)
    if samples == 1:
        np.testing.assert_array_equal(soft.astype(bool), fill([ring], (6, 7)))
    square = rectangle(0.25, 0.5, 2, 2)
    np.testing.assert_allclose(fill_soft([square], (2, 2)), [[0.375, 0.5], [0.75, 1]])


def test_soft_filling_needs_a_sample():
    with pytest.raises(BadParameter, match="samples"):
        fill_soft([rectangle(0, 0, 1, 1)], (2, 2), samples=0)


def test_rectangles_turn_clockwise_as_seen():
    assert fill([rectangle(1, 2, 5, 4, 90)], (6, 6)).tolist() == fill([rectangle(2, 1, 4, 5)], (6, 6)).tolist()
    # A quarter of a right angle lifts the left end and lowers the right one.
    slanted = fill([rectangle(0, 4, 10, 6, 22.5)], (10, 10))
    assert np.flatnonzero(slanted[:, 2])[0] < np.flatnonzero(slanted[:, 7])[0]


@unhurried
@given(st.floats(0, 12), st.floats(0, 12), st.floats(0.2, 9), st.floats(0.2, 9), st.floats(-360, 360))
def test_an_ellipse_is_the_polygon_on_its_curve_but_for_its_rim(x, y, across, down, turned):
    top, left, crop = ellipse(x, y, across, down, (12, 12), turned)
    whole = np.zeros((12, 12), bool)
    whole[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    curve = shapely.affinity.rotate(
        shapely.Polygon(np.stack([x + across * np.cos(angle), y + down * np.sin(angle)], axis=1)), turned, origin=(x, y)
    )
    inner, outer = curve.buffer(-0.01), curve.buffer(0.01)
    assert (whole | ~shapely.contains_xy(inner, *centres((12, 12)))).all()
    assert (~whole | shapely.contains_xy(outer, *centres((12, 12)))).all()


def test_an_ellipse_without_width_has_no_pixel():
    assert not ellipse(3, 3, 0, 2, (6, 6)).crop.any()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_coordinates_that_are_no_numbers_are_refused(bad):
    for shape in (
        lambda: fill([rectangle(0, 0, bad, 2)], (3, 3)),
        lambda: filled([rectangle(0, 0, bad, 2)], (3, 3)),
        lambda: ellipse(bad, 1, 1, 1, (3, 3)),
    ):
        with pytest.raises(BadParameter, match="finite"):
            shape()


def test_coordinates_beyond_all_bounds_cost_nothing():
    assert fill([rectangle(-1e300, -1e300, 1e300, 1e300)], (3, 3)).all()
    assert ellipse(1, 1, 1e150, 1e150, (3, 3)).crop.all()
