from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mattebox.engines.torch import TorchEngine
from mattebox.errors import BadParameter, EngineFailed
from mattebox.nets.fba import FbaMatting
from mattebox.stages.fba import distance_channels, fba_look
from mattebox.stages.matte import Seen, matte
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from parity import weights

PARITY = Path(__file__).parent.parent / "parity"
Inputs = tuple[np.ndarray, ...]


class Answers:
    """In place of FBA: opacity and colours by a rule, and a record of what was shown."""

    device = "cpu"

    def __init__(self, rule: Callable[..., np.ndarray]) -> None:
        self.rule = rule
        self.seen: list[Inputs] = []

    def run(self, *inputs: np.ndarray) -> Inputs:
        self.seen.append(inputs)
        opacity = self.rule(*inputs)
        return (np.concatenate([opacity, inputs[0][:, ::-1], inputs[0]], 1).astype(np.float32),)


def red(picture: np.ndarray, *_: np.ndarray) -> np.ndarray:
    return picture[:, :1]


def scene(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Any colours, and the trimap of a ring."""
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2, x - width / 2) / min(height, width)
    return rgb, np.select([distance < 0.25, distance < 0.4], [255, 128], 0).astype(np.uint8)


@pytest.mark.parametrize("largest", [64, 100, 1024])
def test_only_the_unknown_is_changed_and_tiles_leave_no_trace(largest: int) -> None:
    rgb, trimap = scene(190, 301)
    engine = Answers(red)
    alpha, foreground = matte(rgb, trimap, fba_look(engine), largest=largest)
    unknown = trimap == 128
    np.testing.assert_array_equal(alpha[~unknown], trimap[~unknown] / np.float32(255))
    np.testing.assert_array_equal(foreground[~unknown], rgb[~unknown])
    np.testing.assert_allclose(alpha[unknown], rgb[unknown][:, 0] / 255, atol=1e-6)
    seen_through = unknown & (rgb[..., 0] < 255)
    np.testing.assert_allclose(foreground[seen_through], rgb[seen_through][:, ::-1], atol=1)
    assert (len(engine.seen) > 1) == (largest < 200)
    for picture, *_ in engine.seen:
        assert max(picture.shape[2:]) <= -(-largest // 8) * 8


def test_colours_are_red_first_and_normalised() -> None:
    rgb, trimap = scene(64, 80)
    engine = Answers(red)
    matte(rgb, trimap, fba_look(engine))
    ((picture, known, normalised, near),) = engine.seen
    assert picture.shape == normalised.shape == (1, 3, 64, 80)
    assert (known.shape, near.shape) == ((1, 2, 64, 80), (1, 6, 64, 80))
    np.testing.assert_allclose(picture[0].transpose(1, 2, 0), rgb / 255, atol=1e-6)
    expected = (rgb / 255 - IMAGENET_MEAN) / IMAGENET_DEVIATION
    np.testing.assert_allclose(normalised[0].transpose(1, 2, 0), expected, atol=1e-5)
    np.testing.assert_array_equal(known[0], np.stack([trimap == 0, trimap == 255]))
    np.testing.assert_array_equal(near[0, [0, 3]] == 1, known[0] == 1)


def test_a_tile_knows_how_far_what_it_does_not_see_is() -> None:
    trimap = np.full((64, 800), 128, np.uint8)
    trimap[:, 0] = 255
    rgb = np.zeros((64, 800, 3), np.uint8)
    whole, tiled = (
        matte(rgb, trimap, fba_look(Answers(lambda *i: i[3][:, 5:])), largest=side)[0] for side in (1024, 64)
    )
    assert whole[0, 90] > 0.2
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_only_the_surroundings_of_the_band_are_looked_at() -> None:
    trimap = np.zeros((900, 1200), np.uint8)
    trimap[400:420, 600:650] = 128
    engine = Answers(red)
    matte(np.zeros((900, 1200, 3), np.uint8), trimap, fba_look(engine), largest=256)
    assert [inputs[0].shape for inputs in engine.seen] == [(1, 3, 88, 120)]


@pytest.mark.parametrize("known", [0, 255])
def test_with_nothing_unknown_the_network_is_not_run(known: int) -> None:
    rgb, _ = scene(40, 50)
    engine = Answers(red)
    alpha, foreground = matte(rgb, np.full((40, 50), known, np.uint8), fba_look(engine))
    assert not engine.seen
    assert (alpha == known / 255).all()
    assert foreground is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (13, 7), (33, 500)])
def test_any_size_is_answered(shape: tuple[int, int]) -> None:
    rgb = np.full((*shape, 3), 51, np.uint8)
    alpha, foreground = matte(rgb, np.full(shape, 128, np.uint8), fba_look(Answers(red)), largest=64)
    np.testing.assert_allclose(alpha, np.full(shape, 0.2), atol=1e-6)
    np.testing.assert_array_equal(foreground, rgb)


def test_faint_opacity_is_kept() -> None:
    rgb, trimap = scene(64, 64)
    alpha, _ = matte(rgb, trimap, fba_look(Answers(lambda *i: np.full_like(i[0][:, :1], 0.05))))
    np.testing.assert_allclose(alpha[trimap == 128], 0.05, atol=1e-6)


def test_a_network_without_colours_gives_none_and_its_answers_are_held_to_their_range() -> None:
    rgb, trimap = scene(64, 64)
    alpha, foreground = matte(rgb, trimap, lambda rgb, _, tile: Seen(rgb[tile][..., 0] / np.float32(100) - 1))
    assert foreground is None
    expected = np.clip(rgb[..., 0] / np.float32(100) - 1, 0, 1)
    np.testing.assert_allclose(alpha[trimap == 128], expected[trimap == 128], atol=1e-6)


def test_answers_that_are_no_numbers_are_an_error() -> None:
    rgb, trimap = scene(64, 64)
    with pytest.raises(EngineFailed, match="no numbers"):
        matte(rgb, trimap, lambda rgb, _, tile: Seen(np.full(rgb[tile].shape[:2], np.nan, np.float32)))


def test_arguments_are_left_alone_and_must_make_sense() -> None:
    rgb, trimap = scene(40, 50)
    before = rgb.copy(), trimap.copy()
    matte(rgb, trimap, fba_look(Answers(red)))
    np.testing.assert_array_equal(rgb, before[0])
    np.testing.assert_array_equal(trimap, before[1])
    with pytest.raises(BadParameter, match="picture is 40 x 50 pixels and the trimap 40 x 49"):
        matte(rgb, trimap[:, :49], fba_look(Answers(red)))
    with pytest.raises(BadParameter, match="largest=63: the network must see at least 64"):
        matte(rgb, trimap, fba_look(Answers(red)), largest=63)


def test_the_real_network_is_asked_in_its_own_order() -> None:
    network = FbaMatting().eval()
    arrays = weights.state_dict_arrays(json.loads((PARITY / "fba_resnet50_gn_ws.json").read_text()))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    rgb, trimap = weights.image((64, 72), 0), weights.trimap((64, 72), 0)
    with torch.inference_mode():
        picture = torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255
        mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        known = torch.from_numpy(np.stack([trimap == 0, trimap == 255])[None].astype(np.float32))
        near = torch.from_numpy(distance_channels(trimap)[None])
        answer = network(picture, known, (picture - mean) / deviation, near)[0].numpy()
    alpha, foreground = matte(rgb, trimap, fba_look(TorchEngine(network, "cpu")))
    unknown = trimap == 128
    np.testing.assert_allclose(alpha[unknown], answer[0][unknown], atol=3e-3)
    soft = unknown & (alpha < 1)
    np.testing.assert_allclose(foreground[soft], 255 * answer[1:4].transpose(1, 2, 0)[soft], atol=2)
