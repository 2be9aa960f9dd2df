from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mattebox.compat.trimap import probability_trimap
from mattebox.stages.trimap import make_trimap

MASKS = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.floats(0, 1, width=32))


def half(width: int, edge: int, value: float = 1) -> np.ndarray:
    """A mask of 8 rows that is `value` from column `edge` on."""
    mask = np.zeros((8, width), np.float32)
    mask[:, edge:] = value
    return mask


def test_at_2048_pixels_a_straight_edge_has_the_band_of_carvekit() -> None:
    mask = half(2048, 1000)
    trimap = make_trimap(mask)
    np.testing.assert_array_equal(np.flatnonzero(trimap[4] == 128), np.arange(1000 - 30, 1000 + 5))
    np.testing.assert_array_equal(trimap, probability_trimap((mask * 255).astype(np.uint8)))


@pytest.mark.parametrize(("width", "outside", "inside"), [(512, 7, 1), (4096, 60, 10), (6144, 90, 15)])
def test_the_band_grows_with_the_picture(width: int, outside: int, inside: int) -> None:
    row = make_trimap(half(width, width // 2))[4]
    assert (row[: width // 2] == 128).sum() == outside
    assert (row[width // 2 :] == 128).sum() == inside


def test_the_band_is_round() -> None:
    mask = np.zeros((201, 201), np.float32)
    mask[100, 100] = 1
    trimap = make_trimap(mask, band=30 / 201)
    y, x = np.mgrid[-100:101, -100:101]
    np.testing.assert_array_equal(trimap == 128, np.hypot(y, x) <= 30)


def test_a_sure_plateau_that_is_not_quite_one_gets_its_band() -> None:
    np.testing.assert_array_equal(make_trimap(half(2048, 1000, 240 / 255)), make_trimap(half(2048, 1000)))


def test_doubt_is_unknown_and_haze_is_background() -> None:
    mask = half(2048, 1000)
    mask[:, :300], mask[:, 300:600] = 0.09, 0.3
    row = make_trimap(mask)[4]
    assert (row[:300] == 0).all()
    assert (row[300:600] == 128).all()
    assert (row[600:970] == 0).all()


def test_a_thin_part_in_doubt_gets_a_band_too() -> None:
    mask = half(2048, 1000, 0.6)
    mask[:, 1002:] = 0
    row = make_trimap(mask)[4]
    np.testing.assert_array_equal(np.flatnonzero(row == 128), np.arange(970, 1032))
    assert not (row == 255).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 31), (7, 5), (31, 31), (400, 300)])
@pytest.mark.parametrize(("value", "known"), [(0, 0), (1, 255)])
def test_a_mask_without_an_edge_leaves_nothing_unknown(shape: tuple[int, int], value: float, known: int) -> None:
    assert (make_trimap(np.full(shape, value, np.float32)) == known).all()


@given(MASKS)
def test_every_mask_gives_three_values_and_what_is_known_agrees_with_it(mask: np.ndarray) -> None:
    trimap = make_trimap(mask)
    assert trimap.dtype == np.uint8
    assert set(np.unique(trimap)) <= {0, 128, 255}
    assert (mask[trimap == 255] > 0.9).all()
    assert (mask[trimap == 0] <= 0.1).all()


@given(MASKS)
def test_a_mirrored_mask_has_the_mirrored_trimap(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(make_trimap(mask[:, ::-1]), make_trimap(mask)[:, ::-1])


def test_the_picture_border_is_no_edge() -> None:
    assert (make_trimap(half(2048, 0)) == 255).all()
