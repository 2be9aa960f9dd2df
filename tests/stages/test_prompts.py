from __future__ import annotations

import numpy as np
import pytest

from mattebox.overlap import overlap
from mattebox.stages.prompts import Point, mask_at_points, mask_in_box

LEFT, RIGHT = (60, 50), (60, 150)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """Two discs of different colours on a dull ground with some noise, and where they are."""
    y, x = np.mgrid[:120, :200]
    discs = np.stack([np.hypot(y - row, x - column) < 30 for row, column in (LEFT, RIGHT)])
    rgb = np.select([discs[0, ..., None], discs[1, ..., None]], [[200, 60, 50], [60, 80, 210]], [110, 120, 100])
    noise = np.random.default_rng(0).integers(-8, 9, rgb.shape)
    return (rgb + noise).astype(np.uint8), discs


def test_of_what_the_network_found_the_piece_that_was_pointed_at_is_kept_with_its_soft_edge() -> None:
    rgb, (left, right) = scene()
    mask = np.where(left | right, np.float32(0.9), np.float32(0))
    mask[25:30, 45:55] = 0.3
    kept = mask_at_points(rgb, mask, (Point(*LEFT),))
    np.testing.assert_array_equal(kept > 0.5, left)
    assert (kept[27:30, 48:52] == np.float32(0.3)).all()


def test_soft_hair_stays_with_its_piece_however_far_it_reaches() -> None:
    rgb, (left, right) = scene()
    mask = (left | right).astype(np.float32)
    mask[2:30, 48:52] = 0.4
    mask[2:30, 148:152] = 0.4
    kept = mask_at_points(rgb, mask, (Point(*LEFT),))
    assert (kept[2:28, 48:52] == np.float32(0.4)).all()
    assert not kept[:, 101:].any()


def test_a_point_beside_the_subject_drops_its_piece() -> None:
    rgb, (left, right) = scene()
    mask = (left | right).astype(np.float32)
    np.testing.assert_array_equal(mask_at_points(rgb, mask, (Point(*RIGHT, subject=False),)), left)


def test_where_the_network_found_nothing_the_colours_decide() -> None:
    rgb, (_, right) = scene()
    found = mask_at_points(rgb, np.zeros(rgb.shape[:2], np.float32), (Point(*RIGHT),))
    assert overlap(found > 0.5, right) > 0.9


def test_a_piece_that_holds_both_is_cut_by_its_colours() -> None:
    rgb, (left, _) = scene()
    both = np.zeros(rgb.shape[:2], np.float32)
    both[20:100, 10:190] = 1
    found = mask_at_points(rgb, both, (Point(*LEFT), Point(*RIGHT, subject=False), Point(60, 100, subject=False)))
    assert overlap(found > 0.5, left) > 0.9


def test_a_box_is_filled_by_what_differs_from_outside() -> None:
    rgb, (left, _) = scene()
    assert overlap(mask_in_box(rgb, (25, 15, 95, 85)) > 0.5, left) > 0.9


def test_the_same_question_has_the_same_answer() -> None:
    rgb, _ = scene()
    empty = np.zeros(rgb.shape[:2], np.float32)
    first, again = (mask_at_points(rgb, empty, (Point(*LEFT),)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_large_pictures_are_cut_on_a_copy() -> None:
    rgb, _ = scene()
    large = np.kron(rgb, np.ones((6, 6, 1), np.uint8))
    found = mask_at_points(large, np.zeros(large.shape[:2], np.float32), (Point(6 * LEFT[0], 6 * LEFT[1]),))
    assert found.shape == (288, 480)
    assert found[6 * LEFT[0] * 288 // 720, 6 * LEFT[1] * 480 // 1200] == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2)])
def test_any_size_is_answered(size: tuple[int, int]) -> None:
    rgb, empty = np.zeros((*size, 3), np.uint8), np.zeros(size, np.float32)
    assert mask_at_points(rgb, empty, (Point(0, 0),)).shape == size
    assert mask_in_box(rgb, (0, 0, *size)).all()
