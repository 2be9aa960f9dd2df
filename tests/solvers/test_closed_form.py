import numpy as np
import pytest

from mattebox.solvers import twogrid
from mattebox.solvers.closed_form import solve
from solvers.scenes import disc, lemur


def laplacian(rgb, epsilon, radius=1):
    """Equation 12 of the paper, window by window, as a dense matrix."""
    height, width = rgb.shape[:2]
    colours, numbers = rgb.reshape(-1, 3) / 255, np.arange(height * width).reshape(height, width)
    total = np.zeros((numbers.size,) * 2)
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            window = numbers[y - radius : y + radius + 1, x - radius : x + radius + 1].ravel()
            centred = colours[window] - colours[window].mean(0)
            covariance = centred.T @ centred / window.size + epsilon / window.size * np.eye(3)
            affinity = (1 + centred @ np.linalg.solve(covariance, centred.T)) / window.size
            total[np.ix_(window, window)] += np.eye(window.size) - affinity
    return total


def test_the_band_alone_gives_what_the_whole_picture_gives():
    rgb, trimap, _ = disc(44, 46, reach=2)
    unknown, known = np.flatnonzero(trimap == 128), np.flatnonzero(trimap != 128)
    assert 0.2 < unknown.size / trimap.size < 0.6
    whole = laplacian(rgb, 1e-5)
    right = -whole[np.ix_(unknown, known)] @ (trimap.ravel()[known] == 255)
    expected = np.clip(np.linalg.solve(whole[np.ix_(unknown, unknown)], right), 0, 1)
    assert np.abs(solve(rgb, trimap, epsilon=1e-5).ravel()[unknown] - expected).max() < 1e-6


def test_colours_on_a_line_give_their_alpha():
    rgb, trimap, truth = disc()
    assert np.abs(solve(rgb, trimap) - truth)[trimap == 128].mean() < 0.03


def test_what_surrounds_the_band_changes_nothing():
    rgb, trimap, _ = disc(110, 120)
    band = np.flatnonzero((trimap == 128).any(1))
    part = slice(band[0] - 4, band[-1] + 5)
    assert part.stop - part.start < 100
    assert np.abs(solve(rgb, trimap)[part] - solve(rgb[part].copy(), trimap[part].copy())).max() < 1e-6


def test_steps_lead_where_elimination_leads(monkeypatch):
    # Half of this photo is unknown, and much of it dark and flat: plain steps go nowhere here.
    rgb, trimap, _ = lemur()
    unknown = trimap == 128
    stepped = solve(rgb, trimap)
    monkeypatch.setattr(twogrid, "DIRECT", 1 << 20)
    assert 0 < np.abs(stepped - solve(rgb, trimap))[unknown].mean() < 5e-4


@pytest.mark.parametrize("content", ["flat", "ramp", "noise"])
def test_pictures_that_tell_nothing_are_solved(content):
    shape = (90, 100)
    random = np.random.default_rng(0)
    grey = {
        "flat": np.full(shape, 9),
        "ramp": np.arange(9000).reshape(shape) // 40,
        "noise": random.integers(256, size=shape),
    }
    trimap = np.full(shape, 128, np.uint8)
    trimap[0, 0], trimap[-1, -1] = 0, 255
    alpha = solve(np.dstack([grey[content]] * 3).astype(np.uint8), trimap)
    assert np.isfinite(alpha).all()
    assert np.ptp(alpha[trimap == 128]) > 0.1


def test_runs_are_the_same():
    rgb, trimap, _ = lemur()
    assert np.array_equal(solve(rgb, trimap), solve(rgb, trimap))
