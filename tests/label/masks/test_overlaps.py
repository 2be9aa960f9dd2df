import numpy as np
import pytest
from hypothesis import given
from scipy import ndimage

from mask_making import mask_set, pairs_of_stacks, unhurried
from mattebox.errors import BadParameter
from mattebox.evaluate.metrics import boundary_iou as boundary_iou_of_one
from mattebox.label.masks import overlaps as module
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.overlaps import boundary_f, boundary_iou, box_overlaps, coco_overlaps, overlaps
from mattebox.label.masks.rle import packed_runs


def plainly(first, second, part, whole):
    """A matrix by comparing every pixel of every pair."""
    part = np.array([[part(a, b) for b in second] for a in first], float)
    whole = np.array([[whole(a, b) for b in second] for a in first], float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def check_all(first, second):
    found = overlaps(MaskSet.of(first), MaskSet.of(second))
    both, either = (lambda a, b: np.minimum(a, b).sum()), (lambda a, b: np.maximum(a, b).sum())
    np.testing.assert_allclose(found.iou, plainly(first, second, both, either))
    np.testing.assert_allclose(
        found.dice, plainly(first, second, lambda a, b: 2 * both(a, b), lambda a, b: a.sum() + b.sum())
    )
    np.testing.assert_allclose(found.of_smaller, plainly(first, second, both, lambda a, b: min(a.sum(), b.sum())))
    np.testing.assert_allclose(found.of_first, plainly(first, second, both, lambda a, _: a.sum()))
    np.testing.assert_allclose(found.of_second, plainly(first, second, both, lambda _, b: b.sum()))


@unhurried
@given(pairs_of_stacks())
def test_hard_masks_pixel_by_pixel(stacks):
    check_all(*stacks)


@unhurried
@given(pairs_of_stacks(soft=True))
def test_soft_masks_pixel_by_pixel(stacks):
    check_all(*stacks)


@unhurried
@given(pairs_of_stacks(soft=True))
def test_soft_masks_do_not_depend_on_how_they_are_cut_into_bands(stacks):
    first, second = map(MaskSet.of, stacks)
    whole = overlaps(first, second).shared
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAIRS", 3)
        np.testing.assert_allclose(overlaps(first, second).shared, whole)


def test_a_set_with_itself_and_with_nothing():
    masks = mask_set("##.", ".##", "...")
    assert overlaps(masks).shared.tolist() == [[2, 1, 0], [1, 2, 0], [0, 0, 0]]
    assert overlaps(masks, MaskSet.empty((1, 3))).iou.shape == (3, 0)
    assert overlaps(MaskSet.empty((1, 3))).iou.shape == (0, 0)


def test_packed_runs_are_compared_without_a_mask():
    masks = mask_set("##.", ".##")
    packed = [packed_runs(piece, masks.size) for piece in masks.pieces()]
    assert coco_overlaps(packed, packed).shared.tolist() == [[2, 1], [1, 2]]


def test_masks_of_two_pictures_are_not_compared():
    with pytest.raises(BadParameter, match=r"\(1, 2\) and \(1, 3\)"):
        overlaps(mask_set("##"), mask_set("###"))


def test_boxes():
    found = box_overlaps([[0, 0, 2, 4], [5, 5, 5, 9]], [[1, 2, 3, 6], [0, 0, 2, 4], [9, 9, 8, 8]])
    assert found.shared.tolist() == [[2, 8, 0], [0, 0, 0]]
    assert found.iou[0].tolist() == [2 / 14, 1, 0]


def squares():
    """A square, and one a fifth of whose outline is off, on a picture whose edge cuts them."""
    masks = np.zeros((2, 60, 80), bool)
    masks[:, :30, 20:50] = True
    masks[1, 20:30, 20:40] = False
    return masks


def test_boundary_iou_is_that_of_single_masks():
    first = squares()
    alphas = first.astype(np.float32)
    found = boundary_iou(MaskSet.of(first))
    np.testing.assert_allclose(found, [[boundary_iou_of_one(a, b) for b in alphas] for a in alphas])
    assert found[0, 1] < overlaps(MaskSet.of(first)).iou[0, 1]


def test_boundary_f_by_distance_to_the_other_outline():
    masks = MaskSet.of(squares())
    lines = [mask & ~ndimage.binary_erosion(mask, np.ones((3, 3))) for mask in squares()]
    near = [ndimage.distance_transform_edt(~line) <= 2 for line in lines]
    shares = [(lines[0] & near[1]).sum() / lines[0].sum(), (lines[1] & near[0]).sum() / lines[1].sum()]
    found = boundary_f(masks, tolerance=2)
    np.testing.assert_allclose(found[0, 1], 2 * shares[0] * shares[1] / sum(shares))
    np.testing.assert_allclose(np.diag(found), 1)
    assert found[0, 1] < boundary_f(masks, tolerance=0.1)[0, 1] <= 1


def test_empty_masks_have_no_boundary():
    masks = mask_set("...\n...", "##.\n##.")
    assert boundary_iou(masks).tolist() == boundary_f(masks).tolist() == [[0, 0], [0, 1]]
