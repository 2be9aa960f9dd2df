import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from mask_making import SIXTEENTHS, drawn, hard_masks, unhurried
from mattebox.errors import BadParameter
from mattebox.label.masks.sets import (
    area,
    box,
    closed,
    difference,
    dilate,
    edges,
    erode,
    fill_holes,
    intersection,
    invert,
    opened,
    parts,
    pixels,
    symmetric_difference,
    union,
)

soft_masks = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, (3, *shape), elements=SIXTEENTHS)
)
triples = soft_masks | st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(lambda shape: arrays(bool, (3, *shape)))


def circle(radius):
    reach = int(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return y * y + x * x <= radius * radius


@unhurried
@given(triples)
def test_laws_of_sets(masks):
    a, b, c = masks
    same = np.testing.assert_array_equal
    same(union(a, b, c), union(c, b, a))
    same(intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c)))
    same(invert(union(a, b)), intersection(invert(a), invert(b)))
    same(invert(invert(a)), a)
    same(union(a, intersection(a, b)), a)
    same(difference(a, b), intersection(a, invert(b)))
    same(symmetric_difference(a, b), symmetric_difference(b, a))
    assert union(a, b).dtype == difference(a, b).dtype == a.dtype


def test_hard_masks_keep_their_own_sense_of_difference():
    a, b = drawn("##.."), drawn(".##.")
    assert difference(a, b).tolist() == drawn("#...").tolist()
    assert symmetric_difference(a, b).tolist() == drawn("#.#.").tolist()


def test_masks_of_two_sizes_are_refused():
    with pytest.raises(BadParameter, match=r"\(1, 2\), \(1, 3\)"):
        union(drawn("##"), drawn("###"))
    with pytest.raises(BadParameter, match="must be there"):
        union()


@unhurried
@given(hard_masks(), st.sampled_from([0, 1, 2, 3, 5]))
def test_hard_morphology_is_that_of_a_circle(mask, radius):
    # scipy takes what is beyond the picture for a value of our choice; unknown is what changes nothing.
    grown = ndimage.binary_dilation(mask, circle(radius), border_value=0)
    shrunk = ndimage.binary_erosion(mask, circle(radius), border_value=1)
    np.testing.assert_array_equal(dilate(mask, radius), grown)
    np.testing.assert_array_equal(erode(mask, radius), shrunk)


@pytest.mark.parametrize("radius", [10, 11, 17])
def test_large_circles_too(radius):
    mask = np.random.default_rng(1).random((50, 60)) > 0.995
    mask[20:, 30:] = True
    np.testing.assert_array_equal(dilate(mask, radius), ndimage.binary_dilation(mask, circle(radius)))
    np.testing.assert_array_equal(erode(mask, radius), ndimage.binary_erosion(mask, circle(radius), border_value=1))


@unhurried
@given(soft_masks, st.sampled_from([0, 1, 2]))
def test_soft_morphology_agrees_with_hard_at_every_level(masks, radius):
    mask = masks[0]
    for level in (0.25, 0.5, 1):
        np.testing.assert_array_equal(dilate(mask, radius) >= level, dilate(mask >= level, radius))
        np.testing.assert_array_equal(erode(mask, radius) >= level, erode(mask >= level, radius))


@unhurried
@given(hard_masks(), st.sampled_from([1, 2]))
def test_opening_is_within_and_closing_around_and_both_are_done_at_once(mask, radius):
    inner, outer = opened(mask, radius), closed(mask, radius)
    assert not difference(inner, mask).any()
    assert not difference(mask, outer).any()
    np.testing.assert_array_equal(opened(inner, radius), inner)
    np.testing.assert_array_equal(closed(outer, radius), outer)


def test_a_share_is_of_the_root_of_the_area():
    square = np.zeros((30, 30), bool)
    square[10:20, 10:20] = True
    assert pixels(0.2, square) == 2
    assert (dilate(square, 0.2) == dilate(square, 2)).all()
    assert dilate(square, 0.2).sum() == 10 * 10 + 4 * 10 * 2 + 4  # a circle of 2 adds one pixel diagonally at a corner


@pytest.mark.parametrize("radius", [-1, -0.5, float("nan"), float("inf")])
def test_radii_that_make_no_sense_are_refused(radius):
    with pytest.raises(BadParameter, match="radius"):
        dilate(np.ones((3, 3), bool), radius)


def test_an_object_is_not_eroded_where_the_picture_cuts_it():
    assert erode(drawn("###..", "###.."), 1).tolist() == drawn("##...", "##...").tolist()
    assert edges(drawn("###..", "###..")).tolist() == drawn("..#..", "..#..").tolist()


def test_parts_are_largest_first_and_corners_connect_unless_told():
    mask = drawn("#..##", ".#.##", ".....")
    assert [(top, left, crop.tolist()) for top, left, crop in parts(mask)] == [
        (0, 3, [[True, True], [True, True]]),
        (0, 0, [[True, False], [False, True]]),
    ]
    assert len(parts(mask, connectivity=4)) == 3
    assert parts(np.zeros((2, 2), bool)) == parts(np.zeros((0, 0), bool)) == []


def test_parts_of_a_soft_mask_keep_its_values():
    (piece,) = parts(np.float32([[0, 0.25, 1]]))
    assert (piece.left, piece.crop.tolist()) == (1, [[0.25, 1.0]])


@unhurried
@given(hard_masks())
def test_parts_make_up_the_mask(mask):
    again = np.zeros_like(mask)
    for top, left, crop in parts(mask, connectivity=4):
        place = again[top : top + crop.shape[0], left : left + crop.shape[1]]
        assert not (place & crop).any()
        place |= crop
    np.testing.assert_array_equal(again, mask)


@unhurried
@given(hard_masks())
def test_holes_are_filled_as_scipy_fills_them(mask):
    np.testing.assert_array_equal(fill_holes(mask), ndimage.binary_fill_holes(mask))


def test_holes_of_a_soft_mask_become_one():
    mask = np.full((3, 3), 0.25, np.float32)
    mask[1, 1] = 0
    assert fill_holes(mask)[1].tolist() == [0.25, 1, 0.25]


def test_box_and_area():
    mask = drawn(".....", "..#..", "...#.")
    assert box(mask) == (1, 2, 3, 4)
    assert area(mask) == 2
    assert area(np.float32([[0.5, 0.25]])) == 0.75
    assert box(np.zeros((3, 3), bool)) is None
    assert box(np.zeros((0, 3), bool)) is None
