"""What holds for every solver."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.errors import BadParameter, MissingExtra
from mattebox.solvers import ALIASES, SOLVERS, find_solver
from solvers.scenes import disc, lemur

PADDLE = Path(__file__).parents[1] / "parity/paddle"
# The tolerances of the reference outputs, which say how far their own solver was from the solution.
TOLERANCES = {
    "CloseFormMatting": 1e-3,
    "KNNMatting": 2e-3,
    "LearningBasedMatting": 1e-3,
    "FastMatting": 1e-3,
    "RandomWalksMatting": 1e-2,
}
every_solver = pytest.mark.parametrize("name", SOLVERS)


@pytest.mark.parametrize("name", [name for name in ALIASES if name != "fast"])
def test_unknown_pixels_are_those_of_the_reference(name):
    with np.load(PADDLE / "classical.npz") as stored:
        rgb, trimap, reference = stored["image"], stored["trimap"], stored[name]
    unknown = trimap == 128
    alpha = find_solver(name)(rgb, trimap)
    assert np.abs(alpha - reference)[unknown].max() <= TOLERANCES[name]
    assert np.abs(reference - 0.5)[unknown].mean() > 0.2


@every_solver
def test_a_subject_that_stands_out_gets_nearly_its_true_alpha(name):
    rgb, trimap, truth = disc()
    error = np.abs(find_solver(name)(rgb, trimap) - truth)[trimap == 128].mean()
    assert error < {"knn": 0.08, "random-walk": 0.08}.get(name, 0.01)


@pytest.mark.parametrize(("name", "bound"), [("closed-form", 0.1), ("learning-based", 0.12), ("random-walk", 0.2)])
def test_the_hair_of_a_photo_is_found(name, bound):
    rgb, trimap, truth = lemur(0.5)
    unknown = trimap == 128
    assert np.abs(find_solver(name)(rgb, trimap) - truth)[unknown].mean() < bound
    assert np.abs(0.5 - truth)[unknown].mean() > 0.4


@every_solver
@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(2, 40), st.integers(0, 2**32 - 1), st.sampled_from(["noise", "flat", "ramp"]))
def test_any_trimap_of_any_picture_gets_an_alpha_that_keeps_what_is_known(name, height, width, seed, content):
    random = np.random.default_rng(seed)
    rgb = {
        "noise": random.integers(0, 256, (height, width, 3), np.uint8),
        "flat": np.full((height, width, 3), 77, np.uint8),
        "ramp": np.repeat(np.linspace(0, 255, height * width).reshape(height, width, 1), 3, 2).astype(np.uint8),
    }[content]
    trimap = random.choice(np.array([0, 100, 128, 255], np.uint8), (height, width), p=[0.1, 0.2, 0.6, 0.1])
    trimap.flat[0], trimap.flat[-1] = 0, 255
    alpha = find_solver(name)(rgb, trimap)
    assert alpha.shape == trimap.shape
    assert alpha.dtype == np.float32
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()
    assert ((alpha >= 0) & (alpha <= 1)).all()


@every_solver
def test_where_nothing_is_unknown_nothing_is_solved(name):
    trimap = np.array([[0, 255], [0, 0]], np.uint8)
    rgb = np.zeros((2, 2, 3), np.uint8)
    assert np.array_equal(find_solver(name)(rgb, trimap), trimap / np.float32(255))
    assert not find_solver(name)(rgb, np.zeros((2, 2), np.uint8)).any()


@every_solver
@pytest.mark.parametrize(
    ("rgb", "trimap", "message"),
    [
        (np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 128, np.uint8), "knows no subject"),
        (np.zeros((4, 4, 3), np.uint8), np.array([[128, 0]] * 4, np.uint8).repeat(2, 1), "knows no subject"),
        (np.zeros((4, 4, 3), np.uint8), np.array([[128, 255]] * 4, np.uint8).repeat(2, 1), "knows no background"),
        (np.zeros((4, 5, 3), np.uint8), np.zeros((4, 4), np.uint8), "the picture is 4 x 5 pixels and the trimap 4 x 4"),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), r"rgb must be \(H, W, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), np.zeros((0, 4), np.uint8), r"not \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.uint8), "must be uint8, not float32"),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), bool), "must be uint8, not uint8 and bool"),
    ],
)
def test_what_cannot_be_solved_is_refused(name, rgb, trimap, message):
    with pytest.raises(BadParameter, match=message):
        find_solver(name)(rgb, trimap)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("closed-form", {"epsilon": 0}),
        ("closed-form", {"radius": 0}),
        ("learning-based", {"confidence": float("nan")}),
        ("large-kernel", {"epsilon": -1}),
        ("random-walk", {"sharpness": 0}),
        ("knn", {"neighbours": ()}),
        ("knn", {"neighbours": (5,)}),
    ],
)
def test_options_without_a_meaning_are_refused(name, options):
    with pytest.raises(BadParameter):
        find_solver(name)(*disc()[:2], **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("closed-form", {"radius": 2}),
        ("learning-based", {"epsilon": 1e-2}),
        ("large-kernel", {"radius": 3}),
        ("random-walk", {"sharpness": 50}),
        ("knn", {"neighbours": (8,), "place_weights": (1.0,)}),
    ],
)
def test_options_change_the_answer_and_not_its_sense(name, options):
    rgb, trimap, truth = disc()
    usual, other = find_solver(name)(rgb, trimap), find_solver(name)(rgb, trimap, **options)
    assert not np.allclose(usual, other, atol=1e-3)
    assert np.abs(other - truth)[trimap == 128].mean() < 0.2


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(BadParameter, match="did you mean 'closed-form'"):
        find_solver("close-form")


def test_without_scipy_the_extra_is_named(monkeypatch):
    for module in [known for known in sys.modules if known.startswith("mattebox.solvers.")]:
        monkeypatch.delitem(sys.modules, module)
    for module in ("scipy", "scipy.sparse", "scipy.spatial"):
        monkeypatch.setitem(sys.modules, module, None)
    for name in set(SOLVERS) - {"large-kernel"}:
        with pytest.raises(MissingExtra, match=r"pip install 'mattebox\[solvers\]'"):
            find_solver(name)
    assert find_solver("large-kernel")
