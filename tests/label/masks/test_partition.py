import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from mask_making import mask_set, shown, stacks, unhurried
from mattebox.errors import BadParameter
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.partition import RULES, owners, partition

rules = st.sampled_from(RULES)


@unhurried
@given(stacks(), rules)
def test_every_pixel_of_the_union_goes_to_one_that_had_it(masks, rule):
    after = partition(MaskSet.of(masks, scores=np.arange(len(masks))), rule).stack()
    np.testing.assert_array_equal(after.sum(axis=0), masks.any(axis=0))
    assert not (after & ~masks).any()


@unhurried
@given(stacks(), rules)
def test_what_only_one_has_stays_its_own(masks, rule):
    alone = masks & (masks.sum(axis=0) == 1)
    after = partition(MaskSet.of(masks), rule, gap=2, grow=1).stack()
    assert not (alone & ~after).any()


@unhurried
@given(stacks(), rules)
def test_a_whole_picture_is_shared_out(masks, rule):
    after = partition(MaskSet.of(masks), rule, grow=math.inf).stack()
    assert (after.sum(axis=0) == masks.any()).all()


@unhurried
@given(stacks(), st.sampled_from([1, 2, 3]))
def test_what_grows_goes_to_the_nearest_within_reach(masks, reach):
    union = masks.any(axis=0)
    held = owners(MaskSet.of(masks), grow=reach)
    before = owners(MaskSet.of(masks))
    if not union.any():
        assert (held == -1).all()
        return
    far = ndimage.distance_transform_edt(~union)
    # Within two per cent: (2, 1) is sqrt(5) = 2.236 away, and 2.197 is found.
    assert (held[far <= reach * 0.98] >= 0).all()
    assert (held[far > reach * 1.03] == -1).all()
    for index in range(len(masks)):
        mine = before == index
        if (held == index).any():
            assert (
                ndimage.distance_transform_edt(~mine)[held == index] <= np.maximum(far * 1.05, 0.01)[held == index]
            ).all()


def test_rules_of_who_wins():
    masks = mask_set("######....", "....######", "...###....", scores=[0.9, 0.5, float("nan")])
    assert shown(partition(masks, "smaller")) == [["###......."], ["......####"], ["...###...."]]
    assert shown(partition(masks, "score")) == [["######...."], ["......####"], [".........."]]
    # The third has no pixel of its own, so it lies on top.
    assert shown(partition(masks, "nearest")) == [["###......."], ["......####"], ["...###...."]]


def test_by_distance_the_middle_is_the_border():
    masks = mask_set("########..", "..########")
    assert shown(partition(masks, "nearest")) == [["#####....."], [".....#####"]]
    assert shown(partition(masks, "smaller")) != shown(partition(masks, "nearest"))


def test_distance_counts_only_for_those_who_had_the_pixel():
    # Next to the disputed pixels lies a third mask, which has no part in them.
    masks = mask_set(
        "#####......\n...........",
        "...########\n...........",
        "...........\n...##......",
    )
    assert shown(partition(masks, "nearest"))[2] == ["...........", "...##......"]
    assert shown(partition(masks, "nearest"))[0] == ["####.......", "..........."]


def test_gaps_are_shared_and_the_outside_is_not():
    masks = mask_set("###.......\n###.......\n###.......", "......####\n......####\n......####")
    assert partition(masks, gap=3).areas.tolist() in ([15, 15], [12, 18])
    assert partition(masks, gap=2).areas.tolist() == [9, 12]


def test_only_what_a_circle_does_not_fit_into_is_filled():
    masks = np.zeros((2, 40, 60), bool)
    masks[0, 10:30, 10:28] = masks[1, 10:30, 31:50] = True
    filled = owners(MaskSet.of(masks), gap=4) >= 0
    added = filled & ~masks.any(axis=0)
    assert added[12:28, 28:31].all()
    assert added[10:30, 28:31].sum() == added.sum()


def test_ids_and_scores_stay_and_an_empty_mask_too():
    after = partition(mask_set("##", "..", "##", ids=[5, 6, 7], scores=[1, 2, 3]))
    assert after.ids.tolist() == [5, 6, 7]
    assert after.scores.tolist() == [1, 2, 3]
    assert sorted(after.areas.tolist()) == [0, 0, 2]
    assert len(partition(MaskSet.empty((3, 3)), grow=5)) == 0


def test_soft_masks_are_taken_at_one_half():
    soft = MaskSet.of(np.float32([[[1, 0.75, 0.25]], [[0, 0.5, 1]]]))
    assert shown(partition(soft)) == [["##."], ["..#"]]


@pytest.mark.parametrize("wrong", [{"rule": "larger"}, {"gap": -1}, {"grow": float("nan")}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadParameter, match=r"larger|gap="):
        partition(mask_set("#"), **wrong)
