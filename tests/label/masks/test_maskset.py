import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_making import drawn, mask_set, shown, stacks, unhurried
from mattebox.errors import BadParameter
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece


@unhurried
@given(stacks() | stacks(soft=True))
def test_what_is_kept_comes_back(masks):
    kept = MaskSet.of(masks)
    np.testing.assert_array_equal(kept.stack(), masks)
    np.testing.assert_array_equal(kept.areas, masks.sum(axis=(1, 2), dtype=np.float64))
    for (top, left, bottom, right), crop in zip(kept.boxes, kept.crops, strict=True):
        assert crop.shape == (bottom - top, right - left)
        if crop.size:  # as small as can be
            assert all(side.any() for side in (crop[0], crop[-1], crop[:, 0], crop[:, -1]))


@unhurried
@given(stacks(), st.integers(-5, 5))
def test_turning_and_mirroring_are_those_of_the_picture(masks, quarters):
    kept = MaskSet.of(masks)
    turned = kept.turned(quarters)
    np.testing.assert_array_equal(turned.stack(), np.rot90(masks, quarters, (1, 2)))
    assert turned.size == turned.stack().shape[1:]
    np.testing.assert_array_equal(kept.flipped().stack(), masks[:, :, ::-1])
    np.testing.assert_array_equal(kept.flipped(upside_down=True).stack(), masks[:, ::-1])
    np.testing.assert_array_equal(kept.flipped().flipped().boxes, kept.boxes)


def test_what_lies_beside_the_picture_is_cut_off():
    kept = MaskSet.of_pieces((2, 3), [Piece(-1, -1, np.ones((2, 2), bool)), Piece(5, 5, np.ones((2, 2), bool))])
    assert shown(kept) == [["#..", "..."], ["...", "..."]]
    assert kept.boxes.tolist() == [[0, 0, 1, 1], [0, 0, 0, 0]]


def test_ids_and_scores_go_along():
    kept = mask_set("#.", ".#", ids=[7, 9], scores=[0.5, 0.25]).take(np.array([1, 0, 1]))
    assert kept.ids.tolist() == [9, 7, 9]
    assert kept.scores.tolist() == [0.25, 0.5, 0.25]
    assert kept.with_pieces(kept.pieces()).ids.tolist() == [9, 7, 9]
    assert np.isnan(mask_set("#.").scores).all()
    assert len(kept.take(np.zeros(3, bool))) == 0


def test_a_small_object_does_not_keep_its_picture_alive():
    picture = np.zeros((100, 100), bool)
    picture[3, 4] = True
    assert MaskSet.of([picture]).crops[0].base is None


def test_a_mask_is_seen_in_any_box_and_with_a_margin():
    kept = mask_set("#....\n.....\n.....")
    assert kept.seen_in(0, (-1, -1, 2, 2)).tolist() == drawn("...", ".#.", "...").tolist()
    assert kept.around(0, 2).crop.shape == (3, 3)
    assert kept.around(0, float("inf")).crop.shape == (3, 5)


def test_soft_masks_are_made_hard_at_one_half():
    kept = MaskSet.of(np.float32([[[0.5, 0.75, 1]]]))
    assert kept.soft
    assert shown(kept.hardened()) == [[".##"]]
    assert not kept.hardened().soft


def test_no_masks_are_a_set_too():
    assert MaskSet.empty((3, 4)).stack().shape == (0, 3, 4)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([], "must be there"),
        ([np.ones((2, 2), bool), np.ones((2, 3), bool)], "one"),
        ([np.ones((2, 2), np.uint8)], "uint8"),
    ],
)
def test_what_is_no_mask_is_refused(masks, message):
    with pytest.raises(BadParameter, match=message):
        MaskSet.of(masks)


def test_an_id_too_few_is_refused():
    with pytest.raises(BadParameter, match="2 masks, 1 ids"):
        mask_set("#.", ".#", ids=[1])
