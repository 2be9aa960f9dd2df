from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mattebox.engines.torch import TorchEngine
from mattebox.errors import BadParameter
from mattebox.nets.cascadepsp import CascadePsp, CoarseStep, FineStep
from mattebox.stages.cascade import Cascade, refine_mask, run_padded
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from parity import weights

PARITY = Path(__file__).parent.parent / "parity"
Inputs = tuple[np.ndarray, ...]


class Graph:
    """In place of a graph of CascadePSP: answers by a rule, and a record of what was shown."""

    device = "cpu"

    def __init__(self, rule: Callable[..., Inputs]) -> None:
        self.rule = rule
        self.seen: list[Inputs] = []

    def run(self, *inputs: np.ndarray) -> Inputs:
        self.seen.append(inputs)
        return self.rule(*inputs)


def blurred_mask(_: np.ndarray, mask: np.ndarray) -> Inputs:
    answer = np.stack([cv2.GaussianBlur(each[0] / 2 + 0.5, (0, 0), 2)[None] for each in mask])
    return answer, answer


def bright(picture: np.ndarray, *_: np.ndarray) -> Inputs:
    """The subject is what is brighter than half."""
    return ((picture[:, :1] * IMAGENET_DEVIATION[0] + IMAGENET_MEAN[0] > 0.5).astype(np.float32),)


def disc(height: int, width: int, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A bright disc on a dark ground, and its mask."""
    y, x = np.mgrid[:height, :width]
    mask = (np.hypot(y - height / 2, x - width / 2) < radius).astype(np.float32)
    return np.repeat((mask * 200 + 20)[..., None], 3, 2).astype(np.uint8), mask


def stand_ins() -> Cascade:
    return Cascade(Graph(blurred_mask), Graph(bright))


@pytest.mark.parametrize("shape", [(240, 320), (97, 131), (64, 64)])
def test_a_coarse_outline_becomes_that_of_the_picture(shape: tuple[int, int]) -> None:
    rgb, truth = disc(*shape, radius=25)
    coarse = cv2.resize(truth, (shape[1] // 8, shape[0] // 8), interpolation=cv2.INTER_AREA)
    refined = refine_mask(rgb, coarse, stand_ins(), side=96)
    np.testing.assert_array_equal(refined, truth)


def test_the_overview_keeps_proportions_and_tiles_are_alike() -> None:
    rgb, truth = disc(300, 400, radius=120)
    networks = stand_ins()
    refine_mask(rgb, truth, networks, side=128)
    assert [inputs[0].shape for inputs in networks.coarse.seen] == [(1, 3, 96, 128)]
    tiles = {inputs[0].shape for inputs in networks.fine.seen}
    assert len(tiles) == 1
    assert max(tiles.pop()[2:]) <= 128


def test_only_tiles_with_an_unsure_answer_are_looked_at() -> None:
    rgb, truth = disc(400, 400, radius=150)
    networks = stand_ins()
    refine_mask(rgb, truth, networks, side=64)
    looked, everywhere = sum(len(inputs[0]) for inputs in networks.fine.seen), (400 // 48) ** 2
    assert 20 < looked < everywhere


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_sure_answer_is_left(value: float) -> None:
    networks = stand_ins()
    refined = refine_mask(np.zeros((90, 70, 3), np.uint8), np.full((90, 70), value, np.float32), networks, side=64)
    assert not networks.fine.seen
    assert (refined == value).all()


def test_a_thin_part_is_looked_at_too() -> None:
    """The original skips a tile of which less than a tenth is subject."""
    rgb, truth = np.full((128, 128, 3), 20, np.uint8), np.zeros((128, 128), np.float32)
    rgb[:, 60:64], truth[:, 60:64] = 220, 1
    np.testing.assert_array_equal(refine_mask(rgb, truth, stand_ins(), side=128), truth)


def test_batches_change_nothing_but_the_number_of_runs() -> None:
    rgb, truth = disc(200, 300, radius=80)
    coarse = cv2.resize(truth, (40, 30), interpolation=cv2.INTER_AREA)
    one, four = stand_ins(), stand_ins()
    alone, together = refine_mask(rgb, coarse, one, side=64), refine_mask(rgb, coarse, four, side=64, batch=4)
    np.testing.assert_array_equal(alone, together)
    assert len(four.fine.seen) == -(-len(one.fine.seen) // 4)


def test_a_large_picture_is_worked_on_as_a_smaller_copy() -> None:
    rgb, truth = disc(600, 900, radius=250)
    networks = stand_ins()
    refined = refine_mask(rgb, truth, networks, side=128, largest=150)
    assert refined.shape == (600, 900)
    assert len(networks.fine.seen) <= 4
    assert np.abs(refined - truth).mean() < 0.02


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (33, 5)])
def test_any_size_is_answered(shape: tuple[int, int]) -> None:
    refined = refine_mask(np.zeros((*shape, 3), np.uint8), np.ones((4, 4), np.float32), stand_ins(), side=64)
    assert refined.shape == shape


def test_padding_goes_on_with_the_rim_and_is_cut_off_again() -> None:
    graph = Graph(lambda picture, mask: (picture[:, :1], mask))
    picture, mask = (np.random.default_rng(0).random((1, channels, 9, 16), np.float32) for channels in (3, 1))
    answers = run_padded(graph, picture, mask)
    np.testing.assert_array_equal(answers[0], picture[:, :1])
    np.testing.assert_array_equal(answers[1], mask)
    for padded, own in zip(graph.seen[0], (picture, mask), strict=True):
        assert padded.shape[2:] == (16, 16)
        np.testing.assert_array_equal(padded[:, :, 9:], np.repeat(own[:, :, 8:], 7, 2))


@pytest.mark.parametrize(("side", "batch"), [(63, 1), (64, 0)])
def test_settings_without_a_meaning_are_refused(side: int, batch: int) -> None:
    rgb, mask = disc(40, 40, 10)
    with pytest.raises(BadParameter, match=f"side={side}, batch={batch}: must be at least 64 and 1"):
        refine_mask(rgb, mask, stand_ins(), side=side, batch=batch)


@pytest.mark.slow
def test_the_real_networks_do_not_care_about_batches() -> None:
    network = CascadePsp().eval()
    arrays = weights.state_dict_arrays(json.loads((PARITY / "cascadepsp.json").read_text()))
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    engines = Cascade(TorchEngine(CoarseStep(network), "cpu"), TorchEngine(FineStep(network), "cpu"))
    rgb, mask = weights.image((97, 131), 1), weights.mask((97, 131), 1) / np.float32(255)
    alone, together = (refine_mask(rgb, mask, engines, side=64, batch=batch) for batch in (1, 3))
    assert np.ptp(alone) > 0.3
    np.testing.assert_allclose(together, alone, atol=1e-3)
