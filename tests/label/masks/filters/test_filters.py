import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_making import mask_set, shown, stacks, unhurried
from mattebox.encode import encode, write_file
from mattebox.errors import BadParameter
from mattebox.label.masks.filters import (
    FILTERS,
    Chain,
    CutSmallFromLarge,
    Decompose,
    DropByArea,
    DropDuplicates,
    FillHoles,
    KeepLargest,
    MajorObject,
    Morphology,
    Partition,
    SplitParts,
    parse_filters,
)
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import closed, dilate, erode, opened

EVERY = [
    DropByArea(2, 0.5),
    DropDuplicates(0.5),
    Morphology("open", 1),
    Morphology("dilate", 0.3),
    FillHoles(),
    SplitParts(),
    KeepLargest(4),
    Decompose(0.5),
    CutSmallFromLarge(0.5),
    Partition("nearest", gap=1),
]


@unhurried
@given(stacks() | stacks(soft=True), st.lists(st.sampled_from(EVERY), min_size=1, max_size=3))
def test_ids_are_kept_and_whoever_is_gone_is_told(masks, chain):
    before = MaskSet.of(masks, ids=10 + np.arange(len(masks)), scores=np.arange(len(masks)))
    before = before.take(before.areas > 0)
    after, dropped = Chain(tuple(chain))(before)
    assert set(after.ids) <= set(before.ids)
    assert set(before.ids) - set(after.ids) <= {each.id for each in dropped}
    assert (after.scores == after.ids - 10).all()
    assert (after.areas > 0).all()
    assert all(each.reason and each.code for each in dropped)


@unhurried
@given(stacks(soft=True), st.sampled_from([each for each in EVERY if not isinstance(each, Partition)]))
def test_soft_masks_stay_soft(masks, each):
    after, _ = each(MaskSet.of(masks))
    assert after.soft or not len(after)
    assert all(0 <= crop.min() <= crop.max() <= 1 for crop in after.crops if crop.size)


def test_areas_in_pixels_and_as_shares():
    masks = mask_set("#.........", "###.......", "######....", ids=[5, 6, 7])
    assert DropByArea(2)(masks).masks.ids.tolist() == [6, 7]
    assert DropByArea(0.3, 0.5)(masks).masks.ids.tolist() == [6]
    assert DropByArea(most=3)(masks).masks.ids.tolist() == [5, 6]
    (gone,) = DropByArea(2)(masks).dropped
    assert gone == (5, "area", "1 pixels, and at least 2 are asked for")


def test_of_duplicates_the_best_score_stays_then_the_largest():
    masks = mask_set("####..", "#####.", "....##", scores=[0.9, 0.5, 0.1])
    assert DropDuplicates(0.8)(masks).masks.ids.tolist() == [0, 2]
    assert DropDuplicates(0.8)(mask_set("####..", "#####.", "....##")).masks.ids.tolist() == [1, 2]
    assert DropDuplicates(0.81)(masks).dropped == ()
    assert DropDuplicates(0.8)(masks).dropped[0].reason == "IoU 0.80 with mask 0"


def test_a_duplicate_of_a_duplicate_stays():
    masks = mask_set("####...", ".####..", "..####.", scores=[3, 2, 1])
    assert DropDuplicates(0.6)(masks).masks.ids.tolist() == [0, 2]


@unhurried
@given(stacks(count=2, most=9), st.sampled_from(["dilate", "erode", "open", "close"]), st.sampled_from([1, 2, 0.5]))
def test_morphology_of_crops_is_that_of_the_picture(masks, operation, radius):
    function = {"dilate": dilate, "erode": erode, "open": opened, "close": closed}[operation]
    after, _ = Morphology(operation, radius)(MaskSet.of(masks))
    expected = [function(mask, radius) for mask in masks]
    np.testing.assert_array_equal(
        after.stack(), np.array([mask for mask in expected if mask.any()]).reshape(-1, *after.size)
    )


def test_parts_become_masks_and_the_largest_may_stay_alone():
    masks = mask_set("##.#.###", "........\n".strip(), ids=[4, 5])
    split = SplitParts()(masks).masks
    assert split.ids.tolist() == [4, 4, 4]
    assert shown(split) == [[".....###"], ["##......"], ["...#...."]]
    largest, dropped = KeepLargest()(masks.take(np.array([0])))
    assert shown(largest) == [[".....###"]]
    assert dropped == ((4, "smaller-part", "2 smaller parts of the mask"),)


def test_holes_are_filled():
    assert shown(FillHoles()(mask_set("###\n#.#\n###")).masks) == [["###", "###", "###"]]


def test_decomposing_adds_what_is_left_of_the_larger():
    masks = mask_set("########", "##......", ".....#..", ids=[1, 2, 3])
    after, dropped = Decompose(rounds=1)(masks)
    assert shown(after)[3:] == [["..######"], ["#####.##"]]
    assert after.ids.tolist() == [1, 2, 3, 1, 1]
    assert dropped == ()
    again = Decompose(rounds=5)(masks).masks
    assert shown(again)[5:] == [["..###.##"]]  # less both, once
    few, told = Decompose(rounds=5, most=4)(masks)
    assert len(few) == 4
    assert {each.code for each in told} == {"too-many"}


def test_small_masks_are_cut_out_of_those_they_lie_in():
    masks = mask_set("########", "##......", ".....##.", "......##")
    assert shown(CutSmallFromLarge()(masks).masks)[0] == ["..###..."]
    partly = mask_set("######..", ".....##.")
    assert shown(CutSmallFromLarge(0.6)(partly).masks) == shown(partly)
    assert shown(CutSmallFromLarge(0.5)(partly).masks)[0] == ["#####..."]


def test_the_major_object_is_the_one_closest_to_the_template():
    masks = mask_set("#########.", "..####....", "...##.....", "........##", ids=[1, 2, 3, 4])
    template = np.array([[False, False, True, True, True, True, True, False, False, False]])
    after, dropped = MajorObject(template)(masks)
    assert after.ids.tolist() == [1, 2, 4]
    assert shown(after)[:2] == [["##....###."], ["..####...."]]
    assert dropped == ((3, "inside-major", "100% of it lies in the major object, mask 2"),)


def test_without_a_major_object_all_stay():
    masks = mask_set("##..", ".##.")
    assert MajorObject(np.array([[False, False, False, True]]))(masks).masks is masks
    assert len(MajorObject(np.ones((1, 4), bool))(MaskSet.empty((1, 4))).masks) == 0
    with pytest.raises(BadParameter, match="cannot be compared"):
        MajorObject(np.ones((2, 4), bool))(masks)


def test_twins_of_the_major_object_are_dropped():
    masks = mask_set(".##.", ".##.")
    assert MajorObject(np.array([[False, True, True, False]]))(masks).masks.ids.tolist() == [0]


def test_a_partition_drops_what_nothing_is_left_of():
    after, dropped = Partition()(mask_set("##..", "##..", "..##"))
    assert after.ids.tolist() == [1, 2]
    assert [(each.id, each.code) for each in dropped] == [(0, "nothing-left")]


@pytest.mark.parametrize(
    "build",
    [
        lambda: DropByArea(-1),
        lambda: DropByArea(1.5),
        lambda: DropByArea(float("nan")),
        lambda: DropDuplicates(0),
        lambda: DropDuplicates(float("nan")),
        lambda: Morphology("melt", 1),
        lambda: Morphology("open", -1),
        lambda: Decompose(0),
        lambda: CutSmallFromLarge(2),
        lambda: MajorObject(np.ones((2, 2), bool), 0),
        lambda: Partition("largest"),
        lambda: Partition(gap=-1),
    ],
)
def test_settings_that_make_no_sense_are_refused(build):
    with pytest.raises(BadParameter):
        build()


def test_every_filter_can_be_written(tmp_path):
    template = tmp_path / "a template.png"
    write_file(template, encode(np.array([[0, 0, 255, 255]], np.uint8), "png"))
    values = {"AREA": "0.1", "IOU": "0.9", "RADIUS": "1", "SHARE": "1", "RULE": "score", "PIXELS": "4", "": ""}
    masks = mask_set("##..", "..##")
    left = {
        name: len(parse_filters(f" {name} {values.get(word.value, template)}")(masks).masks)
        for name, word in FILTERS.items()
    }
    assert left == dict.fromkeys(FILTERS, 2) | {"area<=": 0}


def test_a_chain_is_read_in_order_with_pixels_and_shares():
    chain = parse_filters("area>=50, area<=20%,close=0.02 ,partition=nearest,gaps<=3,grow<=inf")
    assert chain.filters == (
        DropByArea(least=50),
        DropByArea(most=0.2),
        Morphology("close", 0.02),
        Partition("nearest"),
        Partition(gap=3),
        Partition(grow=float("inf")),
    )


@pytest.mark.parametrize(
    "text", ["", "area", "area>50", "area>=", "area>=many", "split=2", "partition=big", "melt", "split;fill", "open=-1"]
)
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(BadParameter):
        parse_filters(text)


def test_an_unknown_filter_lists_all():
    with pytest.raises(BadParameter, match=r"no filter 'melt'; valid: area>=AREA, .*, split, .*gaps<=PIXELS"):
        parse_filters("melt")
