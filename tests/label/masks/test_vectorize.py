import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mask_making import drawn, hard_masks, unhurried
from mattebox.errors import BadParameter
from mattebox.label.masks.rasterize import fill
from mattebox.label.masks.vectorize import joined, outline, polygons, separate, simplified


@unhurried
@given(hard_masks())
def test_exact_outlines_bring_the_very_mask_back(mask):
    rings = outline(mask)
    np.testing.assert_array_equal(fill(rings, mask.shape), mask)
    np.testing.assert_array_equal(fill([ring for part in polygons(mask) for ring in part], mask.shape), mask)
    moved = outline(mask, top=3, left=5)
    np.testing.assert_array_equal(fill(moved, (20, 20))[3:, 5:][: mask.shape[0], : mask.shape[1]], mask)


@unhurried
@given(hard_masks())
def test_outlines_have_the_area_and_turn_at_every_corner(mask):
    parts = polygons(mask)
    area = sum(shapely.Polygon(part[0]).area - sum(shapely.Polygon(hole).area for hole in part[1:]) for part in parts)
    assert area == mask.sum()
    for ring in outline(mask):
        steps = np.diff(ring, axis=0, append=ring[:1])
        assert ((steps == 0).sum(axis=1) == 1).all()
        assert ((steps[:, 0] == 0)[1:] != (steps[:, 0] == 0)[:-1]).all()
        signed = (ring[:, 0] * np.roll(ring[:, 1], -1) - np.roll(ring[:, 0], -1) * ring[:, 1]).sum()
        assert signed > 0  # clockwise as seen, y going down


@pytest.mark.parametrize(
    ("mask", "corners"),
    [
        (drawn("...", ".#.", "..."), [[[1, 1], [2, 1], [2, 2], [1, 2]]]),
        (drawn("###"), [[[0, 0], [3, 0], [3, 1], [0, 1]]]),
        (drawn("#.", ".#"), [[[0, 0], [1, 0], [1, 1], [0, 1]], [[1, 1], [2, 1], [2, 2], [1, 2]]]),
        (drawn(".#", "#."), [[[1, 0], [2, 0], [2, 1], [1, 1]], [[0, 1], [1, 1], [1, 2], [0, 2]]]),
        (drawn("..."), []),
        (np.zeros((0, 0), bool), []),
    ],
)
def test_dots_lines_and_pixels_that_touch_at_a_corner(mask, corners):
    assert [ring.tolist() for ring in outline(mask)] == corners


def test_a_part_has_its_outer_ring_first_and_its_holes_after():
    mask = drawn("#####..", "#.#.#..", "#####.#")
    (ring, *holes), (dot,) = polygons(mask)
    assert len(ring) == 4
    assert sorted(hole[0].tolist() for hole in holes) == [[1, 1], [3, 1]]
    assert dot.min(axis=0).tolist() == [6, 2]


def test_simple_outlines_of_a_disc_are_short_and_close():
    y, x = np.mgrid[:200, :200]
    disc = (x - 99.5) ** 2 + (y - 99.5) ** 2 < 80**2
    (ring,) = outline(disc, 1.0)
    again = fill([ring], disc.shape)
    assert len(ring) < len(outline(disc)[0]) / 6
    assert (again & disc).sum() / (again | disc).sum() > 0.985


@unhurried
@given(hard_masks(), st.floats(0.1, 20))
def test_nothing_vanishes_however_much_is_simplified(mask, epsilon):
    assert len(outline(mask, epsilon)) == len(outline(mask))
    assert all(len(ring) > 2 for ring in outline(mask, epsilon))


def test_a_simple_outline_does_not_lose_digits_far_from_the_origin():
    ring = np.array([[0, 0], [10, 0.25], [10, 10], [0.125, 10]]) + 60_000.5
    np.testing.assert_array_equal(np.sort(simplified(ring, 0.01), axis=0), np.sort(ring, axis=0))


@pytest.mark.parametrize("epsilon", [-1, float("nan")])
def test_a_negative_epsilon_is_refused(epsilon):
    with pytest.raises(BadParameter, match="epsilon"):
        outline(drawn("#"), epsilon)


@unhurried
@given(hard_masks())
def test_rings_go_into_a_row_and_come_back(mask):
    rings = outline(mask)
    again = separate(*joined(rings))
    assert len(again) == max(len(rings), 1)
    assert all((ring == other).all() for ring, other in zip(rings, again, strict=False))


@pytest.mark.parametrize(("points", "lengths"), [([1, 2, 3], ()), ([1, 2, 3, 4], (3,)), ([1, 2, 3, 4], (3, -1))])
def test_rings_that_do_not_add_up_are_refused(points, lengths):
    with pytest.raises(BadParameter, match="coordinates"):
        separate(points, lengths)
