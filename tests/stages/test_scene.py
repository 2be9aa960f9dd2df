from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.stages.scene import rank, scene_input
from mattebox.stages.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from parity import weights

PARITY = Path(__file__).parents[1] / "parity"
ROWS = json.loads((PARITY / "pipelines.json").read_text())["rows"]
ENTRIES = next(row["entries"] for row in ROWS if row["file"] == "pipe_SceneClassifier")
SCENES = ("hard", "soft", "digital")


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["id"] for entry in ENTRIES])
def test_preparation_and_ranking_are_carvekits(entry: dict) -> None:
    _, size, seed = entry["image"]
    prepared = scene_input(weights.image(size, seed))
    assert prepared.shape == (1, 3, 224, 224)
    assert prepared.dtype == np.float32
    colours = prepared * np.float32(IMAGENET_DEVIATION)[:, None, None] + np.float32(IMAGENET_MEAN)[:, None, None]
    means = prepared.mean((2, 3))
    with np.load(PARITY / "pipe_SceneClassifier.npz") as golden:
        np.testing.assert_array_equal(np.rint(255 * colours[..., ::4, ::4]), golden[f"{entry['id']}.crop"])
        np.testing.assert_allclose(means, golden[f"{entry['id']}.crop_mean_rgb"], rtol=1e-6)
    # The stand-in network of the record answers three times each channel's mean.
    scenes, shares = zip(*rank(3 * means[0], SCENES, top=3), strict=True)
    assert list(scenes) == entry["result"][0]
    assert shares == pytest.approx(entry["result"][1], abs=1e-6)


@pytest.mark.parametrize("size", [(224, 256), (600, 400), (31, 517), (1, 1)])
def test_the_middle_of_any_picture_is_shown(size: tuple[int, int]) -> None:
    grey = np.full((*size, 3), 128, np.uint8)
    expected = (np.float32(128) / 255 - np.float32(IMAGENET_MEAN)) / np.float32(IMAGENET_DEVIATION)
    np.testing.assert_array_equal(scene_input(grey)[0], np.broadcast_to(expected[:, None, None], (3, 224, 224)))


def test_large_logits_are_ranked() -> None:
    assert rank(np.float32([1000, -1000, 999]), SCENES, top=2) == [
        ("hard", pytest.approx(0.731059, abs=1e-6)),
        ("digital", pytest.approx(0.268941, abs=1e-6)),
    ]


@pytest.mark.parametrize("top", [0, 4])
def test_more_or_fewer_than_there_are_cannot_be_named(top: int) -> None:
    with pytest.raises(BadParameter, match=f"top {top}.*1 to 3"):
        rank(np.zeros(3, np.float32), SCENES, top=top)


def test_names_must_fit_the_logits() -> None:
    with pytest.raises(BadParameter, match="3 classes do not fit logits of shape"):
        rank(np.zeros(4, np.float32), SCENES)
