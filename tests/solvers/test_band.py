import logging

import cv2
import numpy as np
import pytest

from mattebox.errors import EngineFailed
from mattebox.solvers import SOLVERS, band, conjugate, find_solver, twogrid
from solvers.scenes import disc, lemur


@pytest.fixture
def big_disc():
    """A band that is long and thin."""
    rgb, trimap, truth = disc(400, 420, 5)
    return rgb, trimap, truth


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "knn")) for name in SOLVERS])
def test_a_band_too_large_for_the_memory_is_solved_in_tiles_and_this_is_said(name, big_disc, monkeypatch, caplog):
    rgb, trimap, _ = big_disc
    unknown = trimap == 128
    solve = find_solver(name)
    whole = solve(rgb, trimap)
    assert not caplog.text
    monkeypatch.setattr(band, "SMALLEST_TILE", 100)
    monkeypatch.setattr(band, "free_memory", lambda: 10_000)
    with caplog.at_level(logging.WARNING):
        tiled = solve(rgb, trimap)
    assert "the result is approximate" in caplog.text
    assert np.array_equal(tiled[~unknown], whole[~unknown])
    assert 0 < np.abs(tiled - whole)[unknown].mean() < 0.01


def test_seams_between_tiles_do_not_show(big_disc, monkeypatch):
    rgb, trimap, truth = big_disc
    trimap = np.where(cv2.erode(truth, np.ones((61, 61))) == 1, 255, np.where(truth > 0, 128, trimap)).astype(np.uint8)
    monkeypatch.setattr(band, "SMALLEST_TILE", 200)
    monkeypatch.setattr(band, "free_memory", lambda: 10_000)
    error = np.abs(find_solver("closed-form")(rgb, trimap) - truth)
    assert error[trimap == 128].mean() < 0.01


def test_known_pixels_that_no_coarser_picture_holds_are_still_known(monkeypatch):
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (300, 310, 3), np.uint8)
    for known in ([0, 255], [0, 0, 255]):
        trimap = np.full((300, 310), 128, np.uint8)
        trimap[::2, :: len(known)], trimap[1::2, 1 :: len(known)] = known[0], known[-1]
        monkeypatch.setattr(band, "free_memory", lambda: 10_000)
        monkeypatch.setattr(band, "SMALLEST_TILE", 100)
        alpha = find_solver("closed-form")(rgb, trimap)
        assert (alpha[trimap == 0] == 0).all()
        assert (alpha[trimap == 255] == 1).all()
        assert np.isfinite(alpha).all()


def test_half_a_problem_keeps_what_is_known():
    alpha = np.float32([[0, 0, 0, 1, 1, 0, 1]] * 3)
    unknown = np.array([[True, False, True, True, False, False, False]] * 3)
    half = band.halved(band.Problem(np.zeros((3, 7, 3), np.uint8), alpha, unknown, alpha.shape))
    assert half.unknown.tolist() == [[False, True, True, False]] * 2
    assert half.alpha[:, [0, 3]].tolist() == [[0, 1]] * 2
    assert half.size == (2, 4)


def test_equations_that_are_not_solved_are_an_error_and_no_alpha(monkeypatch):
    rgb, trimap, _ = lemur(0.5)
    monkeypatch.setattr(conjugate, "MOST_STEPS", 2)
    monkeypatch.setattr(twogrid, "DIRECT", 10)
    with pytest.raises(EngineFailed, match="were not solved in 2 steps"):
        find_solver("closed-form")(rgb, trimap)
