import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from label_rows import drawn, mask_row, one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import areas, boxes, flip, regions, resize, rot90, rotate, scale, shift
from mattebox.label.geometry.moves import moved

SIZE = (12, 20)
EVERYTHING = table(
    row("rectangle", (1, 2, 7, 5)),
    row("rectangle", (3, 3, 9, 6), rotation=25),
    row("ellipse", (8, 6, 12, 3)),
    row("ellipse", (8, 6, 12, 4), rotation=300),
    row("polygon", (0, 0, 9, 1, 7, 8, 2, 2, 3, 2, 3, 3), rings=(3, 3)),
    row("polyline", (1, 1, 5, 9, 9, 1)),
    row("points", (1, 1, 5, 9)),
    row("cuboid", (0, 0, 0, 4, 4, 1, 4, 5, 6, 0, 6, 3, 9, 1, 9, 5)),
    mask_row(["##.", ".##", "..#"], top=4, left=6),
    row("tag", ()),
)


def outlines(rows):
    return regions(rows.take(rows.is_shape("rectangle", "ellipse", "polygon", "cuboid")))


def assert_same_regions(one, other):
    np.testing.assert_allclose(shapely.hausdorff_distance(one, other), 0, atol=1e-9)
    np.testing.assert_allclose(shapely.area(one), shapely.area(other))


def test_shifts_are_exact_and_keep_everything_else():
    after = shift(EVERYTHING, 3, -2)
    for before, now in zip(EVERYTHING.rows(), after.rows(), strict=True):
        step = np.tile([3, -2], len(before.points) // 2)
        assert now.points == tuple(np.array(before.points) + step)
        assert (now.shape, now.rotation, now.rings, now.runs) == (
            before.shape,
            before.rotation,
            before.rings,
            before.runs,
        )


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 360), st.floats(-20, 20), st.floats(-20, 20))
def test_a_turn_turns_the_areas(degrees, x, y):
    after = rotate(EVERYTHING, degrees, (x, y))
    assert after.is_shape("rectangle").tolist() == EVERYTHING.is_shape("rectangle").tolist()
    expected = shapely.transform(
        outlines(EVERYTHING),
        lambda p: (p - (x, y)) @ [[np.cos(a := np.radians(degrees)), np.sin(a)], [-np.sin(a), np.cos(a)]] + (x, y),
    )
    assert_same_regions(outlines(after), expected)
    back = rotate(after, -degrees, (x, y))
    np.testing.assert_allclose(
        back.points.take(~back.is_shape("mask")).values,
        EVERYTHING.points.take(~back.is_shape("mask")).values,
        atol=1e-9,
    )


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 5), st.floats(0.2, 5))
def test_stretching_keeps_ellipses_and_makes_polygons_of_turned_rectangles(x, y):
    after = scale(EVERYTHING, x, y)
    assert after.is_shape("ellipse").tolist() == EVERYTHING.is_shape("ellipse").tolist()
    polygons, ellipses = ~after.is_shape("ellipse"), after.is_shape("ellipse")
    stretched = shapely.transform(outlines(EVERYTHING.take(polygons)), lambda p: p * (x, y))
    assert_same_regions(outlines(after.take(polygons)), stretched)
    np.testing.assert_allclose(areas(after)[ellipses], areas(EVERYTHING)[ellipses] * x * y)
    exact = shapely.transform(regions(EVERYTHING.take(ellipses)), lambda p: p * (x, y))
    np.testing.assert_allclose(boxes(after)[ellipses], shapely.bounds(exact), atol=0.02 * max(x, y))


def test_a_turned_rectangle_is_stretched_into_a_polygon_and_an_upright_one_is_not():
    turned, upright, alike = (
        scale(one("rectangle", (0, 0, 10, 4), rotation=angle), x, y)
        for angle, x, y in ((30, 2, 1), (0, 2, 1), (30, 2, 2))
    )
    assert turned.is_shape("polygon").all()
    assert turned.rotation.tolist() == [0]
    assert upright.row(0).points == (0, 0, 20, 4)
    assert (alike.row(0).points, alike.row(0).rotation) == ((0, 0, 20, 8), 30)


def test_flips_and_quarter_turns_are_those_of_the_picture():
    picture = drawn(EVERYTHING.take(EVERYTHING.is_shape("mask")), SIZE)[0]
    for change, expected in (
        (lambda rows: flip(rows, SIZE), picture[:, ::-1]),
        (lambda rows: flip(rows, SIZE, upside_down=True), picture[::-1]),
        (lambda rows: rot90(rows, SIZE), np.rot90(picture)),
        (lambda rows: rot90(rows, SIZE, 2), np.rot90(picture, 2)),
        (lambda rows: rot90(rows, SIZE, -1), np.rot90(picture, -1)),
    ):
        after = change(EVERYTHING)
        masks = after.take(after.is_shape("mask"))
        np.testing.assert_array_equal(drawn(masks, expected.shape)[0], expected)
        np.testing.assert_allclose(areas(after), areas(EVERYTHING))
    assert flip(EVERYTHING, SIZE).row(0).points == (13, 2, 19, 5)
    assert rot90(EVERYTHING, SIZE).row(0).points == (2, 13, 5, 19)
    assert rot90(EVERYTHING, SIZE, 0).equals(EVERYTHING)


def test_mirrored_twice_is_what_it_was():
    twice = flip(flip(EVERYTHING, SIZE), SIZE)
    assert_same_regions(outlines(twice), outlines(EVERYTHING))
    round_trip = rot90(rot90(EVERYTHING, SIZE), SIZE[::-1], 3)
    np.testing.assert_allclose(round_trip.points.values, EVERYTHING.points.values, atol=1e-12)


def test_a_resized_mask_has_the_pixels_whose_centres_were_inside():
    mask = table(mask_row(["#.", ".#"], top=1, left=2))
    larger = resize(mask, (4, 8), (8, 16))
    assert larger.row(0).points == (4, 2, 7, 5)
    np.testing.assert_array_equal(drawn(larger, (8, 16))[0], np.kron(drawn(mask, (4, 8))[0], np.ones((2, 2), bool)))
    assert drawn(resize(larger, (8, 16), (4, 8)), (4, 8))[0].tolist() == drawn(mask, (4, 8))[0].tolist()


def test_a_mask_that_no_centre_of_a_pixel_comes_from_is_one_empty_pixel():
    gone = resize(table(mask_row(["#"], top=2, left=2)), (100, 100), (10, 10))
    assert (areas(gone).tolist(), gone.row(0).runs) == ([0], (1,))


def test_a_mask_is_turned_as_the_area_that_it_covers():
    disc = ["".join("#" if (x - 14.5) ** 2 + (y - 9.5) ** 2 / 2 < 60 else "." for x in range(30)) for y in range(20)]
    mask = table(mask_row(disc))
    turned = rotate(mask, 37, (15, 10))
    expected = shapely.transform(
        regions(mask),
        lambda p: (p - (15, 10)) @ [[np.cos(a := np.radians(37)), np.sin(a)], [-np.sin(a), np.cos(a)]] + (15, 10),
    )
    common = shapely.area(shapely.intersection(regions(turned), expected))
    assert common[0] / shapely.area(shapely.union(regions(turned), expected))[0] > 0.9
    assert areas(turned)[0] == pytest.approx(areas(mask)[0], rel=0.02)


def test_any_affine_map_is_followed():
    matrix, offset = np.array([[1.0, 0.4], [-0.2, 1.3]]), np.array([2.0, 1.0])
    solid = EVERYTHING.take(EVERYTHING.is_shape("rectangle", "polygon"))
    expected = shapely.transform(outlines(solid), lambda p: p @ matrix.T + offset)
    assert_same_regions(outlines(moved(solid, matrix, offset)), expected)


def test_factors_must_be_positive():
    with pytest.raises(BadParameter, match="must be positive"):
        scale(EVERYTHING, 0)
    with pytest.raises(BadParameter, match="must be positive"):
        scale(EVERYTHING, 1, -1)
