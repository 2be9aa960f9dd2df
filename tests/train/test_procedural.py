from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.train.procedural import MATERIALS, WEIGHTS, procedural_ground, procedural_subject
from mattebox.train.procedural.canvas import Canvas, spread
from mattebox.train.procedural.noise import fractal, palette, shades
from mattebox.train.procedural.outlines import any_outline, circle, coverage, fit, keep_inside
from mattebox.train.procedural.solids import HIT, Part, ball, trace

SIZE = 96
SEEDS = range(6)

PARTIAL = {
    "head": 0.04,
    "hair": 0.08,
    "fur": 0.05,
    "smoke": 0.2,
    "glass": 0.15,
    "lace": 0.15,
    "foliage": 0.03,
    "wires": 0.05,
    "shape": 0.008,
    "solid": 0.008,
    "text": 0.02,
    "logo": 0.008,
    "sticker": 0.01,
    "chart": 0.01,
    "panel": 0.005,
}
"""The least share of pixels, on average, that are neither subject nor background."""

NEVER_SOLID = {"smoke", "glass", "lace", "text", "panel"}
"""Materials that may be transparent throughout."""


@pytest.fixture(scope="module", params=MATERIALS)
def drawn(request: pytest.FixtureRequest) -> tuple[str, list[tuple[np.ndarray, np.ndarray]]]:
    maker = MATERIALS[request.param]
    return request.param, [maker(SIZE, np.random.default_rng(seed)) for seed in SEEDS]


def test_form_of_every_material(drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    for colours, alpha in drawn[1]:
        assert (colours.shape, colours.dtype) == ((SIZE, SIZE, 3), np.uint8)
        assert (alpha.shape, alpha.dtype) == ((SIZE, SIZE), np.float32)
        assert np.isfinite(alpha).all()
        assert alpha.min() >= 0
        assert alpha.max() <= 1


def test_subject_is_in_the_middle_and_ends_before_the_edge(
    drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]],
) -> None:
    for seed, (_, alpha) in enumerate(drawn[1]):
        rows, columns = np.flatnonzero(alpha.max(1) > 0.05), np.flatnonzero(alpha.max(0) > 0.05)
        assert max(np.ptp(rows), np.ptp(columns)) >= 0.3 * SIZE, seed
        assert abs((rows[0] + rows[-1]) / 2 / SIZE - 0.5) < 0.25, seed
        assert abs((columns[0] + columns[-1]) / 2 / SIZE - 0.5) < 0.25, seed
        border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        assert border.max() < 0.02, seed


def test_neither_empty_nor_full(drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    name, samples = drawn
    for _, alpha in samples:
        assert 0.002 < alpha.mean() < 0.85
        assert alpha.max() > 0.15
    assert name in NEVER_SOLID or np.mean([alpha.max() for _, alpha in samples]) > 0.9


def test_partial_pixels(drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    name, samples = drawn
    assert np.mean([np.mean((alpha > 0.01) & (alpha < 0.99)) for _, alpha in samples]) > PARTIAL[name]


def test_colours_go_on_under_alpha_0(drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    for colours, alpha in drawn[1]:
        near = (cv2.dilate(alpha, np.ones((3, 3))) > 0.05) & (alpha == 0)
        touching = cv2.dilate(np.where(alpha[..., None] > 0, colours, 0), np.ones((3, 3)))
        assert near.sum() == 0 or colours[near].max(-1).mean() > 0.5 * touching[near].max(-1).mean() - 8


def test_equal_generators_give_equal_subjects(drawn: tuple[str, list[tuple[np.ndarray, np.ndarray]]]) -> None:
    name, samples = drawn
    again = MATERIALS[name](SIZE, np.random.default_rng(SEEDS[0]))
    assert all(np.array_equal(a, b) for a, b in zip(samples[0], again, strict=True))
    assert not np.array_equal(samples[0][1], samples[1][1])


@pytest.mark.parametrize("size", [32, 77])
@pytest.mark.parametrize("name", MATERIALS)
def test_any_size_will_do(name: str, size: int) -> None:
    colours, alpha = MATERIALS[name](size, np.random.default_rng(1))
    assert colours.shape == (size, size, 3)
    assert 0 < alpha.mean() < 1


def test_every_material_has_odds() -> None:
    assert set(WEIGHTS) <= set(MATERIALS)
    assert min(WEIGHTS.values()) > 0
    names = {procedural_subject(32, np.random.default_rng(seed))[2] for seed in range(40)}
    assert len(names) > len(MATERIALS) / 2
    assert names <= set(MATERIALS)


def test_grounds_are_reproducible_and_varied() -> None:
    grounds = [procedural_ground(64, np.random.default_rng(seed)) for seed in range(40)]
    assert all((g.shape, g.dtype) == ((64, 64, 3), np.uint8) for g in grounds)
    assert np.array_equal(grounds[0], procedural_ground(64, np.random.default_rng(0)))
    means = np.array([g.mean((0, 1)) for g in grounds])
    assert means.std(0).min() > 30
    detail = [np.abs(np.diff(g.astype(int), axis=1)).mean() for g in grounds]
    assert min(detail) < 3
    assert max(detail) > 15


def test_coats_cover_what_is_below_and_average_to_exact_alpha() -> None:
    canvas = Canvas(16)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.5
    canvas.fill([square], np.array([200, 0, 0]))
    canvas.erase([square * 0.5])
    canvas.fill([square * 0.25], np.array([0, 200, 0]))
    alpha = canvas.finish(np.random.default_rng(0))[1]
    assert alpha.sum() == pytest.approx(64 - 16 + 4, abs=5)
    assert alpha[8, 8] == 1


def test_thin_strokes_are_partial() -> None:
    canvas = Canvas(32)
    canvas.stroke([np.array([[-0.8, 0.013], [0.8, 0.013]])], np.full(3, 255.0), 0.001)
    alpha = canvas.finish(np.random.default_rng(0))[1]
    assert alpha.max() == pytest.approx(0.25, abs=0.01)
    assert alpha.sum() == pytest.approx(0.25 * 25.6, rel=0.1)


def test_spread_keeps_known_colours_and_fills_the_rest() -> None:
    weight = np.zeros((40, 40), np.float32)
    weight[10:20, 12:25] = 1
    weight[20] = 0.3
    colours = spread(np.array([200, 100, 50], np.float32) * weight[..., None], weight)
    assert np.abs(colours - [200, 100, 50]).max() < 1


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_outlines_lie_in_the_unit_circle(seed: int) -> None:
    assert np.linalg.norm(any_outline(np.random.default_rng(seed)), axis=-1).max() < 1.2


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_fit_and_keep_inside_stay_on_the_square(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = [rng.normal(3, 5, (7, 2)), rng.normal(-2, 1, (4, 2))]
    fitted = np.concatenate(fit(curves, rng, (0.5, 0.9)))
    assert np.abs(fitted).max() < 0.97
    assert np.ptp(fitted, axis=0).max() > 0.99
    kept = keep_inside(curves[0])
    assert np.abs(kept).max() < 0.97
    assert np.array_equal(kept[np.abs(curves[0]) <= 0.8], curves[0][np.abs(curves[0]) <= 0.8])


def test_cover_of_a_ring_is_its_area() -> None:
    ring = coverage([circle(200) * 0.8, circle(200) * 0.5], 64)
    assert ring.sum() / 32**2 == pytest.approx(np.pi * (0.64 - 0.25), rel=0.03)
    assert ring[32, 32] == 0


def test_traced_ball_covers_its_disc_and_half_a_pixel_more() -> None:
    part = Part(ball, np.eye(3, dtype=np.float32), np.zeros(3, np.float32), 0.6, np.ones(3, np.float32))
    pixels, closest, nearest = trace([part], 64)
    cover = np.clip(1 + HIT - nearest * 32, 0, 1)
    assert cover.sum() / 32**2 == pytest.approx(np.pi * (0.6 + 1 / 64) ** 2, rel=0.01)
    hit = closest[:, cover == 1]
    assert np.abs(np.linalg.norm(hit, axis=0) - 0.6).max() < 0.02
    assert len(set(pixels)) == len(pixels)


def test_a_thing_behind_another_is_not_lost() -> None:
    eye, dims = np.eye(3, dtype=np.float32), np.ones(3, np.float32)
    front = Part(ball, eye, np.array([-0.5, 0, -0.8], np.float32), 0.3, dims)
    back = Part(ball, eye, np.array([0.15, 0, 0.6], np.float32), 0.5, dims)
    both, alone = (np.sum(trace(parts, 64)[2] < 0.005) for parts in ([front, back], [back]))
    assert both > alone * 1.2


@given(st.integers(0, 10_000), st.floats(1, 20), st.integers(1, 7))
@settings(max_examples=15, deadline=None)
def test_noise_fills_0_to_1(seed: int, cells: float, octaves: int) -> None:
    field = fractal(40, np.random.default_rng(seed), cells, octaves)
    assert field.shape == (40, 40)
    assert (field.min(), field.max()) == (pytest.approx(0), pytest.approx(1))


def test_palettes_and_shades_are_colours() -> None:
    rng = np.random.default_rng(0)
    colours = np.concatenate([palette(rng, 4) for _ in range(50)])
    assert colours.min() >= 0
    assert colours.max() <= 255
    assert colours.std(0).min() > 40
    tones = shades(np.array([120, 80, 40]), 5)
    assert np.all(np.diff(tones, axis=0) > 0)
    assert tones[2] == pytest.approx([120, 80, 40])
