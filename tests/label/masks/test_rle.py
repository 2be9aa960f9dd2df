import numpy as np
import pytest
from hypothesis import given
from pycocotools import mask as coco

from mask_making import drawn, hard_masks, stacks, unhurried
from mattebox.errors import BadParameter
from mattebox.label.columns import Ragged
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.rle import (
    areas_of_runs,
    bad_runs,
    boxes_of_runs,
    coco_of_piece,
    crop_of_runs,
    crops_of_runs,
    piece_of_coco,
    piece_of_row,
    row_of_piece,
    runs_of_crop,
)
from mattebox.label.masks.sets import Piece, box


def test_runs_go_row_by_row_and_begin_with_background():
    assert runs_of_crop(drawn(".##", "#..")).tolist() == [1, 3, 2]
    assert runs_of_crop(drawn("#.", ".#")).tolist() == [0, 1, 2, 1]
    assert runs_of_crop(drawn("##", "##")).tolist() == [0, 4]
    assert runs_of_crop(drawn("..")).tolist() == [2]


@unhurried
@given(hard_masks())
def test_runs_bring_the_mask_back(mask):
    np.testing.assert_array_equal(crop_of_runs(runs_of_crop(mask), mask.shape), mask)


@unhurried
@given(stacks())
def test_many_at_once_are_each_of_them(masks):
    runs = Ragged.from_lists([[9], *(runs_of_crop(mask) for mask in masks)], np.int32).take(1 + np.arange(len(masks)))
    sizes = np.array([mask.shape for mask in masks])
    assert bad_runs(runs, sizes) == {}
    assert areas_of_runs(runs).tolist() == [mask.sum() for mask in masks]
    assert [tuple(each) for each in boxes_of_runs(runs, sizes[:, 1]).tolist()] == [
        box(mask) or (0, 0, 0, 0) for mask in masks
    ]
    np.testing.assert_array_equal(crops_of_runs(runs, sizes), masks)


def test_a_row_has_the_smallest_box_and_its_last_pixels_included():
    points, runs = row_of_piece(Piece(10, 20, drawn("....", "..#.", ".##.")))
    assert points.tolist() == [21, 11, 22, 12]
    assert runs.tolist() == [1, 3]
    top, left, crop = piece_of_row(points, runs)
    assert (top, left, crop.tolist()) == (11, 21, drawn(".#", "##").tolist())


@pytest.mark.parametrize(
    ("points", "runs", "message"),
    [
        ((0, 0, 1, 1), (1, 2), "3 pixels in all, and their box of 2 x 2 has 4"),
        ((0, 0, 1, 1), (1, -1, 4), "-1 pixels"),
        ((0, 0, 1, 1), (1.5, 2.5), "whole numbers"),
        ((0, 0, 1, 1), (float("nan"), 4), "whole numbers"),
        ((0, 0, 1, 1), ("a", "b"), "whole numbers"),
        ((0, 0, 1.5, 1), (4,), "whole pixels"),
        ((0, 0, float("nan"), 1), (4,), "whole pixels"),
        ((0, 0, 1), (4,), "whole pixels"),
        ((3, 0, 1, 1), (4,), "2 x -1"),
        ((0, 0, 99_999, 99_999), (10_000_000_000,), "too large"),
    ],
)
def test_rows_that_are_no_mask_are_refused(points, runs, message):
    with pytest.raises(BadParameter, match=message):
        piece_of_row(points, runs)


def test_of_many_the_bad_ones_are_named():
    runs = Ragged.from_lists([[4], [1, 2], [5, -1], [0, 4], []], np.int32)
    found = bad_runs(runs, np.array([[2, 2]] * 5))
    assert sorted(found) == [1, 2, 4]
    assert "a run of -1" in found[2]


def test_an_empty_mask_has_no_row():
    with pytest.raises(BadParameter, match="without pixels"):
        row_of_piece(Piece(0, 0, drawn("..")))


@unhurried
@given(hard_masks())
def test_coco_texts_are_those_of_pycocotools_and_come_back(mask):
    masks = MaskSet.of([mask])
    told = coco_of_piece(masks.piece(0), mask.shape)
    assert told == {
        "size": list(mask.shape),
        "counts": coco.encode(np.asfortranarray(mask, np.uint8))["counts"].decode(),
    }
    counts = runs_of_crop(mask.T).tolist()
    for counted in (told["counts"], told["counts"].encode(), counts):
        again = MaskSet.of_pieces(mask.shape, [piece_of_coco({"size": mask.shape, "counts": counted})])
        np.testing.assert_array_equal(again.mask(0), mask)


def test_long_runs_survive_their_packing():
    piece = Piece(1000, 2000, np.ones((3, 1500), bool))
    told = coco_of_piece(piece, (4000, 6000))
    top, left, crop = piece_of_coco(told)
    assert (top, left, crop.shape, crop.all()) == (1000, 2000, (3, 1500), True)


@pytest.mark.parametrize(
    ("rle", "message"),
    [
        ({"size": [10, 10], "counts": "zzzz"}, "cut off"),  # pycocotools makes a mask of other memory of it
        ({"size": [10, 10], "counts": "52203"}, "10 x 10"),
        ({"size": [10, 10], "counts": ""}, "empty"),
        ({"size": [10, 10], "counts": "\x01"}, "means nothing"),
        ({"size": [10, 10], "counts": "é"}, "ASCII"),
        ({"size": [10, 10], "counts": "P" * 30 + "0"}, "beyond all bounds"),
        ({"size": [10, 10], "counts": [3, 5]}, "8 pixels in all"),
        ({"size": [10, 10], "counts": [-3, 103]}, "-3 pixels"),
        ({"size": [10, 10], "counts": []}, "0 pixels"),
        ({"size": [0, 10], "counts": [0]}, "10 x 0"),
        ({"size": [10], "counts": [100]}, "size"),
        ({"counts": [100]}, "size"),
        ({"size": [10, 10]}, "counts"),
    ],
)
def test_coco_runs_that_are_none_are_refused(rle, message):
    with pytest.raises(BadParameter, match=message):
        piece_of_coco(rle)


def test_an_empty_coco_mask_is_an_empty_piece():
    assert piece_of_coco({"size": [2, 3], "counts": [6]}).crop.size == 0
