from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mattebox.errors import BadParameter
from mattebox.evaluate import saliency

PARITY = Path(__file__).parent.parent / "parity"
REFERENCE = json.loads((PARITY / "saliency.json").read_text())["cases"]
MEASURES = {name: getattr(saliency, name) for name in REFERENCE["00"]}

levels = st.integers(0, 255).map(lambda level: np.float32(level / 255))
pairs = st.tuples(st.integers(1, 12), st.integers(2, 12)).flatmap(
    lambda shape: st.tuples(*(arrays(np.float32, shape, elements=levels) for _ in range(2)))
)


def recorded(case: str, *names: str) -> list[np.ndarray]:
    with np.load(PARITY / "saliency.npz") as stored:
        return [stored[f"{case}_{name}"] for name in names]


@pytest.mark.parametrize("case", REFERENCE)
def test_measures_are_those_of_the_reference(case: str) -> None:
    alpha, truth = (array.astype(np.float32) / 255 for array in recorded(case, "alpha", "truth"))
    found = {name: measure(alpha, truth) for name, measure in MEASURES.items()}
    assert found == pytest.approx(REFERENCE[case], abs=2e-7)
    f_curve, e_curve = recorded(case, "f_curve", "e_curve")
    np.testing.assert_allclose(saliency.f_measure_curve(alpha, truth), f_curve, atol=1e-7)
    np.testing.assert_allclose(saliency.e_measure_curve(alpha, truth), e_curve, atol=1e-7)


def test_the_reference_sees_all_kinds_of_pictures() -> None:
    shares = [float((recorded(case, "truth")[0] > 128).mean()) for case in REFERENCE]
    assert {0.0, 1.0} < set(shares)
    ranges = [int(np.ptp(recorded(case, "alpha")[0])) for case in REFERENCE]
    assert {0, 255} < set(ranges)


@pytest.mark.parametrize("measure", MEASURES.values())
@given(pair=pairs)
def test_measures_stay_in_their_range(measure: Callable[..., float], pair: tuple[np.ndarray, np.ndarray]) -> None:
    pixels = pair[0].size
    # The E-measure is divided by one pixel less than there are, as published.
    most = pixels / (pixels - 1) if measure.__name__.startswith("e_") else 1
    assert 0 <= measure(*pair) <= most + 1e-6


@given(pairs)
def test_a_hard_mask_that_is_right_is_best(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth = (pair[0] > 0.5).astype(np.float32)
    if not 0 < truth.mean() < 1:
        return
    for name in ("f_measure_max", "f_measure_adaptive", "weighted_f_measure", "s_measure"):
        assert MEASURES[name](truth, truth) == pytest.approx(1, abs=1e-6)


def disc(radius: float, row: float = 40, column: float = 40, size: int = 100) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    return (np.hypot(y - row, x - column) < radius).astype(np.float32)


def test_weighted_f_measure_counts_far_false_alarms_most() -> None:
    truth = disc(15)
    near, far = (np.maximum(truth, disc(3, 40, column)) for column in (58, 92))
    assert near.sum() == pytest.approx(far.sum(), abs=3)
    assert saliency.weighted_f_measure(near, truth) > saliency.weighted_f_measure(far, truth)


def test_s_measure_wants_the_same_structure_and_not_the_same_pixels() -> None:
    truth = disc(20)
    rng = np.random.default_rng(1)
    scattered = np.where(rng.random(truth.shape) < 0.1, 1 - truth, truth).astype(np.float32)
    smaller = disc(18)
    assert saliency.s_measure(smaller, truth) > saliency.s_measure(scattered, truth)


def test_how_strong_an_alpha_is_does_not_matter() -> None:
    truth = disc(15)
    alpha = np.clip(truth + disc(20) * 0.4, 0, 1).astype(np.float32)
    faint = np.rint(alpha * 5 * 17) / np.float32(255)
    for measure in MEASURES.values():
        assert measure(faint, truth) == pytest.approx(measure(alpha, truth), abs=1e-6)


@pytest.mark.parametrize("measure", MEASURES.values())
def test_other_shapes_are_refused_with_both(measure: Callable[..., float]) -> None:
    with pytest.raises(BadParameter, match=r"\(2, 3\).*\(3, 2\)"):
        measure(np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32))
