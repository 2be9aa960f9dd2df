from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from mattebox.loading import load_engine
from mattebox.stages.refine import TILE, USED, band_tiles, level_sizes, recover_detail, refine_level, uncertain
from mattebox.zoo.registry import find_card

DETAIL = find_card("detail")


class KeepsCoarse:
    """An engine that answers with the coarse alpha that it is given, and counts tiles."""

    device = "cpu"

    def __init__(self) -> None:
        self.tiles = 0

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        assert batch.shape[1:] == (4, TILE, TILE)
        self.tiles += len(batch)
        return (batch[:, 3:],)


@pytest.mark.parametrize(
    ("size", "coarse"),
    [((3000, 4000), (320, 320)), ((20, 5000), (320, 320)), ((1, 1), (320, 320)), ((700, 640), (320, 320))],
)
def test_levels_end_at_the_pictures_size_and_step_little(size: tuple[int, int], coarse: tuple[int, int]) -> None:
    sizes = level_sizes(size, coarse)
    assert sizes[-1] == size
    assert max(sizes[0]) <= 3.2 * max(coarse) or min(sizes[0]) == 1
    for below, above in pairwise(sizes):
        assert max(above) <= 2 * max(below) + 1


def test_only_the_uncertain_band_is_looked_at_and_changed() -> None:
    alpha = np.zeros((1000, 1000), np.float32)
    alpha[:, 500:] = 1
    alpha[:, 499] = 0.5
    engine = KeepsCoarse()
    out = refine_level(np.zeros((1000, 1000, 3), np.uint8), alpha, engine)
    np.testing.assert_array_equal(out, alpha)
    assert 0 < engine.tiles <= 2 * -(-1000 // USED)


def test_a_sure_mask_needs_no_work() -> None:
    alpha = np.zeros((300, 300), np.float32)
    alpha[100:200, 100:200] = 1
    engine = KeepsCoarse()
    np.testing.assert_array_equal(refine_level(np.zeros((300, 300, 3), np.uint8), alpha, engine), alpha)
    assert engine.tiles == 0


def test_tiles_cover_the_band() -> None:
    rng = np.random.default_rng(0)
    band = uncertain((rng.random((333, 517)) > 0.9995).astype(np.float32) * 0.5, reach=2)
    covered = np.zeros_like(band)
    for tile in band_tiles(band):
        assert not covered[tile].any()
        covered[tile] = 255
    assert band.any()
    assert (covered >= band).all()


@pytest.mark.parametrize("shape", [(1, 1), (20, 900), (130, 131)])
def test_any_size_is_answered(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 255, (*shape, 3), np.uint8)
    out = recover_detail(rgb, rng.random((32, 32), np.float32), load_engine(DETAIL, "cpu"))
    assert out.shape == shape
    assert out.min() >= 0
    assert out.max() <= 1


def test_tiles_leave_no_seams(disc: tuple[np.ndarray, np.ndarray]) -> None:
    """Shifting the picture shifts the tiles under it; the answer must shift with the picture and not with the tiles."""
    rgb, alpha = (cv2.resize(part, (640, 480), interpolation=cv2.INTER_LINEAR) for part in disc)
    coarse = cv2.GaussianBlur(alpha, (0, 0), 4)
    engine = load_engine(DETAIL, "cpu")
    whole = refine_level(rgb, coarse, engine)
    shifted = refine_level(rgb[36:, 20:], coarse[36:, 20:], engine)  # by whole blocks of the network
    np.testing.assert_allclose(whole[80:400, 80:560], shifted[44:364, 60:540], atol=2e-3)


def test_detail_is_nearer_to_the_truth_than_an_enlarged_mask() -> None:
    y, x = np.mgrid[:480, :640]
    alpha = np.clip(160.5 - np.hypot(y - 240, x - 320), 0, 1).astype(np.float32)
    rgb = np.array([220, 20, 30]) * alpha[..., None] + np.array([20, 190, 60]) * (1 - alpha[..., None])
    enlarged = cv2.resize(cv2.resize(alpha, (160, 120), interpolation=cv2.INTER_AREA), (640, 480))
    refined = refine_level(rgb.astype(np.uint8), enlarged, load_engine(DETAIL, "cpu"))
    assert np.abs(refined - alpha).sum() < 0.4 * np.abs(enlarged - alpha).sum()
