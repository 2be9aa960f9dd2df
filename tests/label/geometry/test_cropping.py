import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from label_rows import drawn, mask_row, one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import areas, boxes, clip_to_picture, crop, regions, shift, tile_boxes

WINDOW = (10, 10, 30, 40)  # top, left, bottom, right


def test_what_lies_inside_only_moves():
    inside = table(
        row("rectangle", (12, 12, 20, 20), rotation=10),
        row("polygon", (12, 12, 20, 12, 20, 20), tracked=True),
        row("points", (10, 10, 40, 30)),
        mask_row(["##"], top=29, left=38),
        row("tag", ()),
    )
    assert crop(inside, WINDOW, keep=1).equals(shift(inside, -10, -10))


def test_rectangles_are_cut_short_and_stay_rectangles():
    cut = crop(one("rectangle", (0, 20, 20, 28), tracked=True, object=7), WINDOW)
    assert (cut.row(0).shape, cut.row(0).points, cut.row(0).object) == ("rectangle", (0, 10, 10, 18), 7)


@pytest.mark.parametrize(("keep", "kept"), [(0, 1), (0.25, 1), (0.26, 0), (1, 0)])
def test_a_row_needs_a_share_of_its_area(keep, kept):
    assert len(crop(one("rectangle", (0, 15, 13.333333333333334, 20)), WINDOW, keep=keep)) == kept


def test_nothing_is_kept_of_what_lies_beside_or_only_touches():
    beside = table(
        row("rectangle", (0, 0, 9, 9)),
        row("rectangle", (0, 10, 10, 30)),
        row("polygon", (0, 0, 60, 0, 60, 60, 50, 60, 50, 5, 0, 5)),  # around a corner: its box meets the window
        row("polyline", (0, 0, 9, 9)),
        row("points", (0, 0, 60, 60)),
        mask_row(["#..", "..."], top=9, left=9),  # meets it in empty pixels
    )
    assert len(crop(beside, WINDOW, keep=0)) == 0


def test_turned_shapes_become_polygons_of_what_remains():
    rows = table(
        row("rectangle", (5, 12, 15, 22), rotation=45),
        row("ellipse", (10, 20, 14, 14)),
        row("cuboid", (5, 15, 15, 15, 5, 25, 15, 25, 6, 16, 14, 16, 6, 24, 14, 24)),
    )
    cut = crop(rows, WINDOW, keep=0.4)
    assert cut.is_shape("polygon").all()
    assert not cut.rotation.any()
    np.testing.assert_allclose(areas(cut), [50, 12 * np.pi, 50], rtol=0.002)


def test_a_polygon_falls_into_rings():
    comb = (0, 15, 20, 15, 20, 18, 8, 18, 8, 22, 20, 22, 20, 25, 0, 25)  # two teeth from the left
    cut = crop(one("polygon", comb), WINDOW, keep=0.2).row(0)
    assert cut.rings == (4, 4)
    assert areas(table(cut)).tolist() == [60]


def test_a_hole_stays_a_hole():
    ring = one("polygon", (0, 12, 20, 12, 20, 22, 0, 22, 12, 14, 18, 14, 18, 20, 12, 20), rings=(4, 4))
    cut = crop(ring, WINDOW, keep=0)
    assert sorted(cut.row(0).rings) == [4, 4]
    assert areas(cut).tolist() == [100 - 36]


def test_a_polyline_falls_into_rows_and_the_longest_stays_the_object():
    line = row("polyline", (0, 12, 15, 12, 15, 5, 18, 5, 18, 20, 0, 20), object=3, tracked=True, attributes={"a": "b"})
    cut = crop(table(line, row("tag", (), object=8)), WINDOW, keep=0)
    parts = list(cut.rows())
    assert [part.points for part in parts[:2]] == [(8, 0, 8, 10, 0, 10), (0, 2, 5, 2, 5, 0)]
    assert [(part.object, part.tracked, part.rings) for part in parts] == [
        (3, True, ()),
        (9, False, ()),
        (8, False, ()),
    ]
    assert parts[1].attributes == {"a": "b"}


def test_a_polyline_that_crosses_itself_is_not_broken_there():
    knot = (5, 20, 30, 20, 30, 28, 20, 28, 20, 15)
    assert crop(one("polyline", knot), WINDOW).points.lists() == [[0, 10, 20, 10, 20, 18, 10, 18, 10, 5]]


def test_points_outside_are_left_out():
    rows = one("points", (0, 0, 15, 15, 20, 20))
    assert crop(rows, WINDOW, keep=0.6).row(0).points == (5, 5, 10, 10)
    assert len(crop(rows, WINDOW, keep=0.7)) == 0


def test_masks_lose_pixels_and_get_a_smaller_box():
    mask = table(mask_row(["####", ".#.#", "#..#"], top=9, left=8))
    cut = crop(mask, WINDOW, keep=0)
    expected = drawn(mask, (40, 50))[0][10:30, 10:40]
    np.testing.assert_array_equal(drawn(cut, (20, 30))[0], expected)
    assert cut.row(0).points == (1, 0, 1, 1)


def test_elements_go_with_their_skeleton_and_say_that_they_are_outside():
    person = [
        row("skeleton", (), label="person", object=5),
        row("points", (20, 20), label="head", object=6, parent=5),
        row("points", (30, 20), label="hand", object=7, parent=5),
        row("points", (60, 20), label="foot", object=8, parent=5),
    ]
    cut = crop(table(*person), WINDOW, keep=0.6)
    assert [(each.label, each.outside) for each in cut.rows()] == [
        ("person", False),
        ("head", False),
        ("hand", False),
        ("foot", True),
    ]
    assert len(crop(table(*person), WINDOW, keep=0.7)) == 0
    again = crop(shift(cut, 10, 10), WINDOW, keep=1)
    assert len(again) == 4  # what was outside before does not count against the skeleton


def test_rows_without_an_area_count_for_nothing_at_the_border():
    assert len(crop(one("rectangle", (5, 15, 15, 15)), WINDOW, keep=0)) == 0


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-10, 70), st.integers(-10, 50)), min_size=3, max_size=8),
    st.floats(0, 360),
    st.integers(13, 40),
)
def test_tiles_share_out_the_area_that_is_on_the_picture(points, degrees, tile):
    size = (40, 60)
    flat = [value for point in points for value in point]
    (left, top), (right, bottom) = np.min(points, axis=0), np.max(points, axis=0) + 1
    rows = table(row("polygon", flat), row("rectangle", (left, top, right, bottom), rotation=degrees))
    on_picture = shapely.area(shapely.intersection(regions(rows), shapely.box(0, 0, 60, 40)))
    tiles = [(y, x, min(y + tile, 40), min(x + tile, 60)) for y in range(0, 40, tile) for x in range(0, 60, tile)]
    parts = [crop(rows, box, keep=0) for box in tiles]
    for index, expected in enumerate(on_picture):
        shared = sum(areas(part)[part.object == index].sum() for part in parts)
        assert shared == pytest.approx(expected, abs=1e-6)
    assert areas(clip_to_picture(rows, size)).sum() == pytest.approx(on_picture.sum(), abs=1e-6)
    for (y, x, below, beyond), part in zip(tiles, parts, strict=True):
        found = boxes(part)
        assert (found > -1e-9).all()
        assert (found <= np.tile([beyond - x, below - y], 2) + 1e-9).all()


def test_wrong_use_is_told():
    with pytest.raises(BadParameter, match="is empty"):
        crop(one("points", (1, 1)), (5, 5, 5, 9))
    with pytest.raises(BadParameter, match="from 0 to 1"):
        crop(one("points", (1, 1)), WINDOW, keep=50)


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.tuples(st.integers(1, 120), st.integers(1, 120)),
    st.integers(0, 60),
)
def test_tiles_cover_the_picture_with_the_overlap_that_was_asked_for(size, tile, overlap):
    if overlap >= min(tile):
        with pytest.raises(BadParameter, match="overlap"):
            tile_boxes(size, tile, overlap)
        return
    found = np.array(tile_boxes(size, tile, overlap))
    shape = np.minimum(size, tile)
    assert (found[:, 2:] - found[:, :2] == shape).all()
    for axis in (0, 1):
        starts = np.unique(found[:, axis])
        assert starts[0] == 0
        assert starts[-1] + shape[axis] == size[axis]
        assert (np.diff(starts) <= shape[axis] - overlap).all()
        fewest = 1 if size[axis] <= tile[axis] else -(-(size[axis] - overlap) // (tile[axis] - overlap))
        assert len(starts) == fewest
    assert len(found) == len(np.unique(found, axis=0))


def test_tiles_of_nothing_are_refused():
    with pytest.raises(BadParameter, match="none may be empty"):
        tile_boxes((0, 5), 4)
