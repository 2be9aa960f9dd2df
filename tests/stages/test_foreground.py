import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mattebox.errors import BadParameter, MissingExtra
from mattebox.solvers import foreground as solver
from mattebox.stages import foreground as module
from mattebox.stages.foreground import (
    FOREGROUND_METHODS,
    estimate_background,
    estimate_foreground,
    estimate_foreground_blur_fusion,
    estimate_foreground_closed_form,
    estimate_foreground_multilevel,
)
from parity import weights_paddle as maker

TESTS = Path(__file__).parents[1]
CASES = ["lemur", "disc", "fur"]
COLOUR = st.tuples(*[st.integers(0, 255)] * 3)


def synthetic(name, height=180, width=240):
    """A subject of smoothly changing colours before stripes: picture, alpha, true colours."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = np.arctan2(y - height / 2, x - width / 2)
    reach = {"disc": 60 + 0 * angle, "fur": 55 + 10 * np.sin(40 * angle)}[name]
    distance = np.hypot(y - height / 2, x - width / 2)
    alpha = np.rint(np.clip(0.5 + (reach - distance) / 12, 0, 1) * 255) / 255
    true = np.stack([120 + 100 * np.sin(x / 40), 90 + 70 * np.cos(y / 25), 200 - 0.5 * x], axis=2)
    behind = np.stack([90 + 80 * np.sin(y / 6), 140 + 90 * np.sin(x / 9 + 1), 60 + 0.4 * y], axis=2)
    picture = alpha[..., None] * true + (1 - alpha[..., None]) * behind
    return np.rint(picture).astype(np.uint8), alpha.astype(np.float32), np.rint(true)


def case(name):
    if name != "lemur":
        return synthetic(name)[:2]
    with Image.open(TESTS / "data/lemur_400.jpg") as picture, Image.open(TESTS / "data/lemur_400.alpha.png") as alpha:
        return np.asarray(picture), np.asarray(alpha) / np.float32(255)


def flat(subject, behind, height=80, width=100):
    """A disc of one colour before another colour."""
    y, x = np.mgrid[:height, :width]
    alpha = np.clip(0.5 + (25 - np.hypot(y - 40, x - 45)) / 10, 0, 1).astype(np.float32)
    picture = alpha[..., None] * np.float32(subject) + (1 - alpha[..., None]) * np.float32(behind)
    return np.rint(picture).astype(np.uint8), alpha


def difference(one, other, weight):
    """Mean absolute difference of colours in steps of 1/255, weighted."""
    return float((np.abs(np.float32(one) - np.float32(other)).mean(2) * weight).sum() / weight.sum())


# The reference was made with pymatting 1.1.16:
# np.savez_compressed("tests/parity/foreground.npz", **{name: np.rint(255 * pymatting.estimate_foreground_ml(
#     case(name)[0] / 255, case(name)[1])).astype(np.uint8) for name in CASES})
@pytest.mark.parametrize("name", CASES)
def test_multilevel_agrees_with_pymatting(name):
    rgb, alpha = case(name)
    with np.load(TESTS / "parity/foreground.npz") as stored:
        reference = stored[name]
    ours = estimate_foreground_multilevel(rgb, alpha)
    assert difference(ours, reference, alpha) <= 1
    assert difference(rgb, reference, alpha) > 1.5


@pytest.mark.parametrize("name", ["disc", "fur"])
def test_multilevel_is_nearest_to_the_true_colours(name):
    rgb, alpha, true = synthetic(name)
    band = alpha * (alpha < 1)
    errors = {method: difference(estimate_foreground(rgb, alpha, method), true, band) for method in FOREGROUND_METHODS}
    assert errors["multilevel"] < errors["blur-fusion"] < errors["none"]
    assert errors["multilevel"] < 0.3 * errors["none"]


@settings(max_examples=30, deadline=None)
@given(COLOUR, COLOUR)
def test_flat_colours_are_recovered_in_the_band_and_just_outside(subject, behind):
    rgb, alpha = flat(subject, behind)
    near = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((2 * module.CELL + 1,) * 2)) > 0
    found = estimate_foreground(rgb, alpha)
    assert np.abs(found[near] - np.float32(subject)).max() <= 1


@settings(max_examples=30, deadline=None)
@given(COLOUR, COLOUR)
def test_background_of_flat_colours_is_flat(subject, behind):
    found = estimate_background(*flat(subject, behind))
    assert np.abs(found - np.float32(behind)).max() <= 1


def test_colours_far_from_the_outline_stay():
    rgb, alpha, _ = synthetic("disc", 400, 400)
    found = estimate_foreground(rgb, alpha)
    assert np.array_equal(found[alpha == 1], rgb[alpha == 1])
    assert np.array_equal(found[:90], rgb[:90])


def test_spread_leaves_nothing_of_the_background():
    rgb, alpha = flat((250, 10, 10), (10, 10, 250), 200, 300)
    found = estimate_foreground_multilevel(rgb, alpha, spread=True)
    assert np.abs(found - np.float32((250, 10, 10))).max() <= 4


@pytest.mark.parametrize("method", FOREGROUND_METHODS)
@pytest.mark.parametrize("value", [0, 0.001, 0.999, 1])
def test_nothing_see_through_leaves_the_picture_alone(method, value):
    rgb = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    found = estimate_foreground(rgb, np.full((40, 50), value, np.float32), method)
    assert np.array_equal(found, rgb)
    assert not np.shares_memory(found, rgb)


@pytest.mark.parametrize("method", FOREGROUND_METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 5000), (5000, 3), (257, 31)])
def test_any_shape_and_any_content(method, shape):
    rng = np.random.default_rng(2)
    rgb = rng.integers(0, 256, (*shape, 3), np.uint8)
    alpha = np.clip(rng.normal(0.5, 0.6, shape), 0, 1).astype(np.float32)
    with np.errstate(all="raise", under="ignore"):
        found = estimate_foreground(rgb, alpha, method)
        behind = estimate_background(rgb, alpha)
    assert found.shape == behind.shape == rgb.shape
    assert found.dtype == behind.dtype == np.uint8
    assert np.array_equal(found[alpha == 1], rgb[alpha == 1])
    assert np.array_equal(behind[alpha == 0], rgb[alpha == 0])


def test_evenly_half_transparent_picture_keeps_its_colours():
    rgb = np.full((64, 64, 3), 77, np.uint8)
    assert np.array_equal(estimate_foreground(rgb, np.full((64, 64), 0.5, np.float32)), rgb)


@pytest.mark.parametrize(
    "estimate", [estimate_foreground_blur_fusion, partial(estimate_foreground_multilevel, solve_pixels=5000)]
)
def test_tiles_do_not_show(estimate, monkeypatch):
    rgb, alpha, _ = synthetic("fur", 700, 900)
    rectangles = module._rectangles(alpha, 32)
    assert len(rectangles) > 5
    rows = slice(rectangles[0][0].start, rectangles[-1][0].stop)
    columns = slice(min(span.start for _, span in rectangles), max(span.stop for _, span in rectangles))
    tiled = estimate(rgb, alpha)
    monkeypatch.setattr(module, "_rectangles", lambda *_, **__: [(rows, columns)])
    whole = estimate(rgb, alpha)
    visible = alpha > 0
    assert np.abs(tiled[visible] - np.float32(whole[visible])).max() <= 2


@pytest.mark.parametrize("method", ["multilevel", "blur-fusion"])
def test_place_in_the_picture_hardly_matters(method):
    rgb, alpha, _ = synthetic("fur", 400, 500)
    here = estimate_foreground(rgb, alpha, method)[13:, 7:]
    moved = estimate_foreground(rgb[13:, 7:].copy(), alpha[13:, 7:].copy(), method)
    assert difference(here, moved, alpha[13:, 7:]) < 0.5


def test_coarse_solve_is_close_to_the_full_one():
    rgb, alpha, _ = synthetic("disc", 400, 400)
    coarse = estimate_foreground_multilevel(rgb, alpha, solve_pixels=10_000)
    assert difference(coarse, estimate_foreground_multilevel(rgb, alpha), alpha) < 0.5


def test_blur_fusion_follows_the_published_formula():
    rgb, alpha, _ = synthetic("fur", 300, 600)
    picture, opacity = rgb / 255, alpha[..., None].astype(np.float64)
    subject = background = picture
    for width in (90, 6):
        share = cv2.blur(opacity, (width, width))[..., None]
        mean = cv2.blur(subject * opacity, (width, width)) / (share + 1e-5)
        background = cv2.blur(background * (1 - opacity), (width, width)) / (1 - share + 1e-5)
        subject = np.clip(mean + opacity * (picture - opacity * mean - (1 - opacity) * background), 0, 1)
    found = estimate_foreground_blur_fusion(rgb, alpha)
    visible = alpha > 0.01
    assert np.abs(found[visible] - 255 * subject[visible]).max() <= 1


def test_blur_fusion_radii_grow_with_the_picture():
    rgb, alpha, _ = synthetic("fur")
    grown = estimate_foreground_blur_fusion(rgb, alpha, radii=(20, 4), side=120)
    assert np.array_equal(grown, estimate_foreground_blur_fusion(rgb, alpha, radii=(40, 8)))
    assert not np.array_equal(grown, estimate_foreground_blur_fusion(rgb, alpha, radii=(20, 4)))


@pytest.mark.parametrize(
    ("rgb", "alpha", "method", "message"),
    [
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), "multi", "did you mean 'multilevel'"),
        (np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4), np.float32), "none", r"not \(4, 4, 4\)"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.float32), "blur-fusion", r"and \(4, 5\)"),
        (np.zeros((0, 4, 3), np.uint8), np.zeros((0, 4), np.float32), "multilevel", r"not \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.float32), "multilevel", "must be uint8"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), "multilevel", "alpha float32"),
    ],
)
def test_unfit_arguments_are_refused(rgb, alpha, method, message):
    with pytest.raises(BadParameter, match=message):
        estimate_foreground(rgb, alpha, method)


@pytest.mark.parametrize("setting", [{"regularisation": 0}, {"solve_pixels": 0}])
def test_settings_without_a_solution_are_refused(setting):
    with pytest.raises(BadParameter, match="regularisation must be above 0"):
        estimate_foreground_multilevel(*synthetic("disc")[:2], **setting)


def reference():
    """The picture, the alpha and the colours that PaddleSeg's estimator, pymatting's by other hands, finds."""
    rgb, alpha = maker.image_u8("fg/img", 40, 56, seed=1), maker.alpha_u8("fg/a", 40, 56, 1) / np.float32(255)
    with np.load(TESTS / "parity/paddle/foreground.npz") as stored:
        return rgb, alpha, 255 * stored["F"]


def test_multilevel_agrees_with_paddleseg_where_noise_lets_it():
    # Ours moves its colours to those that compose to the picture exactly, so on noise the two differ by design.
    rgb, alpha, colours = reference()
    assert difference(estimate_foreground(rgb, alpha), colours, alpha) < 3
    assert difference(rgb, colours, alpha) > 7


# The reference was made with pymatting 1.1.16:
# np.savez_compressed("tests/parity/foreground_closed_form.npz", F=np.rint(255 * pymatting.estimate_foreground_cf(
#     rgb / 255, alpha.astype(float))).astype(np.uint8)) with `rgb`, `alpha` of `synthetic("fur")`.
def test_closed_form_agrees_with_pymatting():
    rgb, alpha, true = synthetic("fur")
    with np.load(TESTS / "parity/foreground_closed_form.npz") as stored:
        colours = stored["F"]
    found = estimate_foreground(rgb, alpha, "closed-form")
    visible = (alpha > 0.01) & (alpha < 1)
    assert np.abs(found[visible] - np.float32(colours[visible])).max() <= 2
    assert difference(found, true, alpha * (alpha < 1)) < 4


def test_closed_form_without_a_regularisation_is_refused():
    with pytest.raises(BadParameter, match="regularisation must be above 0"):
        estimate_foreground_closed_form(*synthetic("disc")[:2], regularisation=0)


def test_tiles_of_closed_form_do_not_show(monkeypatch):
    rgb, alpha, _ = synthetic("fur")
    whole = estimate_foreground(rgb, alpha, "closed-form")
    monkeypatch.setattr(solver, "TILE", 64)
    tiled = estimate_foreground(rgb, alpha, "closed-form")
    assert np.abs(tiled - np.float32(whole))[alpha > 0.05].max() <= 2


def test_closed_form_without_scipy_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "mattebox.solvers.foreground")
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(MissingExtra, match=r"mattebox\[solvers\]"):
        estimate_foreground(*synthetic("disc")[:2], "closed-form")
