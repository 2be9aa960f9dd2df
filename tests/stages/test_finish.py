from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mattebox.stages.finish import drop_specks, feather, keep_largest, set_edge

alphas = arrays(np.float32, (9, 11), elements=st.floats(0, 1, width=32))


@given(alphas)
def test_softness_one_changes_nothing(alpha: np.ndarray) -> None:
    np.testing.assert_allclose(set_edge(alpha, 0.5, 1.0), alpha, atol=1e-6)


@given(alphas, st.floats(0, 1), st.floats(0, 1))
def test_edge_is_monotone_and_bounded(alpha: np.ndarray, threshold: float, softness: float) -> None:
    out = set_edge(alpha, threshold, softness)
    assert out.min() >= 0
    assert out.max() <= 1
    order = np.argsort(alpha.ravel(), kind="stable")
    assert (np.diff(out.ravel()[order]) >= -1e-6).all()


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_is_opaque_or_transparent_stays_so(threshold: float, softness: float) -> None:
    ends = np.array([[0, 1]], np.float32)
    if threshold > 0.01:
        np.testing.assert_allclose(set_edge(ends, threshold, softness), ends, atol=1e-6)


@given(st.floats(0.05, 0.95), st.floats(0.1, 1))
def test_the_threshold_becomes_one_half(threshold: float, softness: float) -> None:
    assert set_edge(np.array([[threshold]], np.float32), threshold, softness) == pytest.approx(0.5, abs=1e-4)


def test_softness_zero_is_a_hard_edge_at_the_threshold() -> None:
    alpha = np.array([[0.0, 0.29, 0.3, 0.9]], np.float32)
    np.testing.assert_array_equal(set_edge(alpha, 0.3, 0), [[0, 0, 1, 1]])


@given(alphas, st.floats(0.5, 4))
def test_feather_never_shows_more(alpha: np.ndarray, radius: float) -> None:
    assert (feather(alpha, radius) <= alpha + 1e-6).all()


def test_feather_makes_the_edge_softer_inwards() -> None:
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:30, 10:30] = 1
    soft = feather(alpha, 3)
    assert soft[20, 20] == 1
    assert 0 < soft[20, 11] < 1
    assert soft[20, 9] == 0
    np.testing.assert_array_equal(feather(alpha, 0), alpha)


@pytest.fixture
def two_pieces() -> np.ndarray:
    alpha = np.zeros((60, 60), np.float32)
    alpha[5:40, 5:40] = 1
    alpha[40, 5:40] = 0.05
    alpha[50:54, 50:54] = 0.8
    return alpha


def test_keep_largest_drops_the_rest_and_keeps_the_soft_rim(two_pieces: np.ndarray) -> None:
    out = keep_largest(two_pieces)
    assert out[50:54, 50:54].max() == 0
    np.testing.assert_array_equal(out[:45, :45], two_pieces[:45, :45])


@pytest.mark.parametrize(("share", "kept"), [(0.0, True), (0.005, True), (0.05, False), (1.0, False)])
def test_drop_specks_goes_by_share_of_the_largest(two_pieces: np.ndarray, share: float, kept: bool) -> None:
    out = drop_specks(two_pieces, share)
    assert bool(out[51, 51]) is kept
    assert out[20, 20] == 1


def test_nothing_stays_nothing() -> None:
    empty = np.zeros((5, 6), np.float32)
    for out in (keep_largest(empty), drop_specks(empty, 0.5), feather(empty, 2), set_edge(empty, 0.5, 0)):
        np.testing.assert_array_equal(out, empty)
