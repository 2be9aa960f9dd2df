from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mattebox.errors import BadParameter
from mattebox.evaluate import metrics

PARITY = Path(__file__).parent.parent / "parity"
REFERENCE = json.loads((PARITY / "metrics.json").read_text())["cases"]
REFERENCE_FIGURES = {
    "sad": metrics.sad,
    "mse": metrics.mse,
    "grad": metrics.gradient_error,
    "conn": metrics.connectivity_error,
}
ERRORS = [metrics.sad, metrics.mad, metrics.mse, metrics.gradient_error, metrics.connectivity_error]
SHARES = [metrics.iou, metrics.boundary_iou]

Figure = Callable[..., float]

levels = st.integers(0, 255).map(lambda level: level / 255)
pairs = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: st.tuples(*(arrays(np.float32, shape, elements=levels.map(np.float32)) for _ in range(2)))
)


def square(top: int, left: int, side: int, size: int = 40) -> np.ndarray:
    alpha = np.zeros((size, size), np.float32)
    alpha[top : top + side, left : left + side] = 1
    return alpha


@pytest.mark.parametrize("case", REFERENCE)
@pytest.mark.parametrize("figure", REFERENCE_FIGURES)
def test_errors_are_those_of_the_reference(case: str, figure: str) -> None:
    row = REFERENCE[case]
    with np.load(PARITY / "metrics.npz") as stored:
        alpha, truth = (stored[row[name]].astype(np.float32) / 255 for name in ("pred", "gt"))
        trimap = None if row["trimap"] is None else stored[row["trimap"]]
    region = None
    if trimap is not None:
        alpha, region = metrics.within_trimap(alpha, trimap)
    found = REFERENCE_FIGURES[figure](alpha, truth, region)
    assert found == pytest.approx(row["values"][figure], rel=2e-6, abs=1e-9)


def connected_by_definition(common: np.ndarray) -> np.ndarray:
    """Up to which of ten levels each pixel lies in the largest piece of every level."""
    connected, last = np.ones(common.shape, bool), np.zeros(common.shape)
    for step in range(1, 11):
        level = (common >= np.float32(step / 10)).astype(np.uint8)
        _, labels, statistics, _ = cv2.connectedComponentsWithStats(level, connectivity=4)
        largest = 1 + np.argmax(statistics[1:, cv2.CC_STAT_AREA]) if level.any() else -1
        connected &= labels == largest
        last += connected
    return last / 10


@pytest.mark.parametrize("seed", range(40))
def test_connectivity_is_what_its_definition_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grain = rng.uniform(0.5, 5)
    alpha, truth = (cv2.GaussianBlur(rng.random((37, 53), np.float32), (0, 0), grain) for _ in range(2))
    # Some of them are one large piece, some fall into many small ones, and level by level into others.
    alpha, truth = (np.clip((one - 0.5) * rng.uniform(2, 12) + rng.uniform(0.3, 0.7), 0, 1) for one in (alpha, truth))
    alpha, truth = (np.rint(one * 255).astype(np.float32) / 255 for one in (alpha, truth))
    last = connected_by_definition(np.minimum(alpha, truth)).astype(np.float32)
    loose = [np.where(one - last >= 0.15, one - last, 0) for one in (alpha, truth)]
    expected = np.abs(loose[0] - loose[1]).sum(dtype=np.float64) / 1000
    assert expected > 0
    assert metrics.connectivity_error(alpha, truth) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("function", "expected"),
    [(metrics.sad, 0.0013), (metrics.mad, 1.3 / 4), (metrics.mse, (0.25 + 0.64) / 4)],
)
def test_plain_errors_by_hand(function: Figure, expected: float) -> None:
    alpha, truth = np.float32([[0.5, 1], [0, 0.8]]), np.float32([[0, 1], [0, 0]])
    assert function(alpha, truth) == pytest.approx(expected, rel=1e-6)


def test_a_region_is_all_that_counts() -> None:
    alpha, truth = np.float32([[0.5, 1], [0, 0.75]]), np.float32([[0, 1], [0, 0]])
    region = np.array([[False, True], [True, True]])
    assert metrics.sad(alpha, truth, region) == pytest.approx(0.00075)
    assert metrics.mad(alpha, truth, region) == pytest.approx(0.25)
    assert metrics.mse(alpha, truth, region) == pytest.approx(0.1875)
    for error in ERRORS:
        assert error(alpha, truth, np.zeros((2, 2), bool)) == 0


@pytest.mark.parametrize("error", ERRORS)
@given(pair=pairs, split=st.integers(0, 12))
def test_errors_of_two_regions_make_up_that_of_both(error: Figure, pair: tuple, split: int) -> None:
    alpha, truth = pair
    rows = np.zeros(alpha.shape, bool)
    rows[:split] = True
    means = error in {metrics.mad, metrics.mse}
    parts = [error(alpha, truth, part) * (part.mean() if means else 1) for part in (rows, ~rows)]
    assert sum(parts) == pytest.approx(error(alpha, truth), rel=1e-5, abs=1e-9)


def test_gradient_error_of_a_step_is_that_of_its_blurred_slope() -> None:
    x = np.arange(-4, 5)
    ramp = x * np.exp(-(x**2) / 3.92)
    ramp /= np.linalg.norm(ramp)
    bell = np.exp(-(x**2) / 3.92)
    bell /= np.linalg.norm(bell)
    step = np.zeros((21, 30), np.float32)
    step[:, 15:] = 0.5  # stretched to one
    profile = [abs(ramp[x >= distance].sum()) * bell.sum() for distance in range(-4, 5)]
    assert metrics.gradient_error(step, np.zeros_like(step)) == pytest.approx(21 * np.square(profile).sum() / 1000)


def test_gradient_error_ignores_how_strong_an_alpha_is() -> None:
    alpha = square(10, 10, 15)
    assert metrics.gradient_error(alpha * 0.5 + 0.25, alpha) == pytest.approx(0, abs=1e-9)
    assert metrics.sad(alpha * 0.5 + 0.25, alpha) > 0


def test_what_hangs_loose_counts_in_full_and_what_is_faint_not_at_all() -> None:
    truth = square(5, 5, 20)
    island, faint = truth.copy(), truth.copy()
    island[35:38, 35:38] = 0.5
    faint[35:38, 35:38] = 0.14
    assert metrics.connectivity_error(island, truth) == pytest.approx(9 * 0.5 / 1000)
    assert metrics.connectivity_error(faint, truth) == 0


def test_pieces_that_touch_at_a_corner_are_two() -> None:
    truth = np.maximum(square(5, 5, 10), square(15, 15, 5))
    half = np.where(square(15, 15, 5) > 0, np.float32(0.5), truth)
    joined = truth.copy()
    joined[14, 15] = 1
    assert metrics.connectivity_error(half, truth) == pytest.approx(25 * 0.5 / 1000)
    assert metrics.connectivity_error(np.minimum(half, joined), joined) > metrics.connectivity_error(half, truth)


@pytest.mark.parametrize(
    ("alpha", "truth", "expected"),
    [
        (square(0, 0, 10), square(0, 5, 10), 1 / 3),
        (square(0, 0, 10), square(20, 20, 10), 0),
        (square(0, 0, 10) * 0.5, square(0, 0, 10), 0),  # one half is not more than half
        (square(0, 0, 10) * 0.6, square(0, 0, 10), 1),
        (square(0, 0, 0), square(0, 0, 0), 0),
    ],
)
def test_iou_by_hand(alpha: np.ndarray, truth: np.ndarray, expected: float) -> None:
    assert metrics.iou(alpha, truth) == pytest.approx(expected)


def test_boundary_iou_compares_rims_of_two_per_cent_of_the_diagonal() -> None:
    truth, shifted = square(20, 20, 60, size=100), square(20, 23, 60, size=100)
    hollow = truth.copy()
    hollow[23:77, 23:77] = 0  # the rim, 3 wide, is all that is left
    assert metrics.boundary_iou(hollow, truth) == 1
    rim, shared = 60 * 60 - 54 * 54, 2 * 3 * 57
    assert metrics.boundary_iou(shifted, truth) == shared / (2 * rim - shared)
    assert metrics.iou(shifted, truth) == 57 / 63


def test_the_edge_of_the_picture_is_an_outline() -> None:
    full = np.ones((100, 100), np.float32)
    rim = full.copy()
    rim[3:97, 3:97] = 0
    assert metrics.boundary_iou(rim, full) == 1


@given(pairs)
def test_equal_alphas_have_no_error(pair: tuple[np.ndarray, np.ndarray]) -> None:
    alpha, _ = pair
    for error in ERRORS:
        assert error(alpha, alpha.copy()) == pytest.approx(0, abs=1e-12)
    for share in SHARES:
        assert share(alpha, alpha.copy()) == (1 if (alpha > 0.5).any() else 0)


@given(pairs)
def test_errors_do_not_care_which_one_is_true(pair: tuple[np.ndarray, np.ndarray]) -> None:
    alpha, truth = pair
    for function in (*ERRORS, metrics.iou, metrics.boundary_iou):
        assert function(alpha, truth) == pytest.approx(function(truth, alpha), rel=1e-6, abs=1e-12)


@given(pairs)
def test_figures_stay_in_their_range(pair: tuple[np.ndarray, np.ndarray]) -> None:
    alpha, truth = pair
    for share in (*SHARES, metrics.mad, metrics.mse):
        assert 0 <= share(alpha, truth) <= 1
    assert metrics.mse(alpha, truth) <= metrics.mad(alpha, truth) + 1e-7
    assert 0 <= metrics.sad(alpha, truth) <= alpha.size / 1000
    assert metrics.sad(alpha, truth) == pytest.approx(metrics.mad(alpha, truth) * alpha.size / 1000, rel=1e-5)
    assert 0 <= metrics.connectivity_error(alpha, truth) <= alpha.size / 1000


@pytest.mark.parametrize("function", [*ERRORS, *SHARES])
def test_other_shapes_are_refused_with_both(function: Figure) -> None:
    with pytest.raises(BadParameter, match=r"\(2, 3\).*\(3, 2\)"):
        function(np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32))
    with pytest.raises(BadParameter, match=r"\(2, 3, 1\)"):
        function(np.zeros((2, 3, 1), np.float32), np.zeros((2, 3, 1), np.float32))


@pytest.mark.parametrize("region", [np.ones((2, 2), bool), np.ones((2, 3), np.uint8)])
def test_a_region_of_another_shape_or_type_is_refused(region: np.ndarray) -> None:
    alpha = np.zeros((2, 3), np.float32)
    for error in ERRORS:
        with pytest.raises(BadParameter, match=r"region .* \(2, 3\)"):
            error(alpha, alpha, region)
    with pytest.raises(BadParameter, match="different shapes"):
        metrics.within_trimap(alpha, np.zeros((3, 2), np.uint8))
