from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mattebox import Remover
from mattebox._toml import tomllib
from mattebox.errors import BadParameter
from mattebox.nets.lite import SHARPNESS, LiteNet
from mattebox.train.checkpoint import load_averaged
from mattebox.train.loop import held_out_figures, train, train_and_package
from mattebox.train.package import as_toml, fold_normalisation, package
from mattebox.train.recipe import Phase, Recipe
from mattebox.train.samples import Samples
from mattebox.train.tasks import DetailTask, LiteTask
from mattebox.zoo.registry import find_card

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:::lightning", "ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*legacy.*:UserWarning", "ignore:.*ONNX.*:UserWarning"),
]


def raw_weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["current_model_state"]
    return state


def test_a_stopped_run_ends_where_an_unbroken_one_does(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    tiny = replace(tiny, warmup_steps=1)
    whole = train(tiny, LiteTask(tiny, material), tmp_path / "whole", half=False)
    short = replace(tiny, phases=tiny.phases[:1])
    train(short, LiteTask(tiny, material), tmp_path / "parts", half=False)
    parts = train(tiny, LiteTask(tiny, material), tmp_path / "parts", half=False)
    torch.testing.assert_close(raw_weights(parts), raw_weights(whole), atol=1e-6, rtol=1e-4)
    header, *rows = (tmp_path / "parts" / "figures" / "version_1" / "metrics.csv").read_text().splitlines()
    assert {"step", "loss", "iou", "mae", "iou_pets", "pictures_per_second", "waited"} <= set(header.split(","))
    assert rows
    events = EventAccumulator(str(tmp_path / "parts" / "events"))
    events.Reload()
    assert "iou" in events.Tags()["scalars"]
    assert "held out" in events.Tags()["images"]


def test_a_finished_run_is_left_alone(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    checkpoint = train(tiny, LiteTask(tiny, material), tmp_path, half=False)
    before = checkpoint.read_bytes()
    train(tiny, LiteTask(tiny, material), tmp_path, half=False)
    assert checkpoint.read_bytes() == before


def test_a_worker_process_composes_the_same_samples(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, workers=1, validate_every=1, phases=(Phase(1, 64), Phase(1, 96)))
    worker = train(recipe, LiteTask(recipe, material), tmp_path / "worker", half=False)
    recipe = replace(recipe, workers=0)
    none = train(recipe, LiteTask(recipe, material), tmp_path / "none", half=False)
    torch.testing.assert_close(raw_weights(worker), raw_weights(none), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("half", [False, True])
def test_training_learns_discs(material: Path, tiny: Recipe, tmp_path: Path, half: bool) -> None:
    recipe = replace(tiny, batch=8, warmup_steps=5, ema_decay=0.5, validate_every=1000, phases=(Phase(30, 64),))
    task = LiteTask(recipe, material)
    samples = Samples(recipe, task)
    batch = [torch.stack(part) for part in zip(*(samples[1000 + i] for i in range(8)), strict=True)]
    before = task.loss(task.new_network(), batch)
    network = load_averaged(task.new_network(), train(recipe, task, tmp_path, half=half))
    assert task.loss(network.train(), batch) < 0.8 * before


def test_detail_trains_on_the_coarse_networks_masks(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    lite = replace(tiny, phases=(Phase(1, 64),), validate_every=1)
    coarse = train(lite, LiteTask(lite, material), tmp_path / "lite")
    recipe = replace(lite, network="detail", phases=(Phase(2, 64),), input_size=96)
    task = DetailTask(recipe, material, coarse)
    card, figures = train_and_package(recipe, task, tmp_path / "detail")
    assert {"mae", "mae_coarse"} == set(figures)
    remover = Remover(refine=str(card))
    assert remover.settings.networks == ("lite", str(card))
    assert remover(np.full((400, 420, 3), 90, np.uint8)).size == (400, 420)


def test_the_packaged_file_answers_as_the_checkpoint(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, phases=(Phase(2, 64),), validate_every=2)
    checkpoint = train(recipe, LiteTask(recipe, material), tmp_path)
    package(load_averaged(LiteNet(), checkpoint), tmp_path / "lite.onnx", 64, subject_logit=0.7)
    assert str(Path(package.__code__.co_filename).parent).encode() not in (tmp_path / "lite.onnx").read_bytes()
    network = load_averaged(LiteNet(), checkpoint)
    picture = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = network(picture)
        fold_normalisation(network)
        folded = network(picture)
    torch.testing.assert_close(folded.mask, expected.mask, atol=1e-3, rtol=1e-3)
    mask, score, kinds = onnxruntime.InferenceSession(tmp_path / "lite.onnx").run(None, {"picture": picture.numpy()})
    np.testing.assert_allclose(mask, torch.sigmoid(SHARPNESS * expected.mask).numpy(), atol=1e-2)
    np.testing.assert_allclose(score, torch.sigmoid(expected.subject - 0.7).numpy(), atol=5e-3)
    np.testing.assert_allclose(kinds, torch.softmax(expected.kind, 1).numpy(), atol=5e-3)


def test_from_material_to_a_model_that_removes_backgrounds(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, phases=(Phase(2, 64),), input_size=96, validate_every=2, seed=7)
    task = LiteTask(recipe, material)
    card, figures = train_and_package(recipe, task, tmp_path)
    remover = Remover(model=str(card), subject_score=0)
    made = find_card(str(card))
    assert made.training["seed"] == 7
    assert made.figures["iou"] == pytest.approx(figures["iou"], abs=1e-4)
    assert made.kinds == ("person", "animal", "object", "vehicle", "graphic")
    assert (made.input_size, made.fixed) == ((96, 96), True)
    assert remover(np.zeros((80, 90, 3), np.uint8)).size == (80, 90)
    again = held_out_figures(task, load_averaged(LiteNet(), tmp_path / "last.ckpt"), 96)
    assert again == figures


@pytest.mark.parametrize(("steps", "every"), [(5, 3), (2, 100)])
def test_the_last_step_is_kept_whatever_the_interval(
    material: Path, tiny: Recipe, tmp_path: Path, steps: int, every: int
) -> None:
    recipe = replace(tiny, phases=(Phase(steps, 64),), checkpoint_every=every, validate_every=100)
    checkpoint = train(recipe, LiteTask(recipe, material), tmp_path)
    assert torch.load(checkpoint, weights_only=True)["global_step"] == steps


def test_a_run_goes_on_only_as_itself(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    short = replace(tiny, phases=tiny.phases[:1])
    train(short, LiteTask(short, material), tmp_path)
    other = replace(tiny, seed=9)
    with pytest.raises(BadParameter, match="holds a run with seed 1, not 9"):
        train(other, LiteTask(other, material), tmp_path)


class Breaks(LiteTask):
    """A task whose validation fails."""

    def judge(self, *_: object) -> dict[str, float]:
        raise RuntimeError("out of luck")


def test_a_run_that_breaks_in_a_validation_keeps_its_own_weights(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, phases=(Phase(4, 64),), validate_every=2, checkpoint_every=100, warmup_steps=1)
    with pytest.raises(RuntimeError, match="out of luck"):
        train(recipe, Breaks(recipe, material), tmp_path / "broken", half=False)
    gone_on = train(recipe, LiteTask(recipe, material), tmp_path / "broken", half=False)
    whole = train(recipe, LiteTask(recipe, material), tmp_path / "whole", half=False)
    torch.testing.assert_close(raw_weights(gone_on), raw_weights(whole), atol=1e-6, rtol=1e-4)


def test_what_a_card_says_is_toml_whatever_the_names() -> None:
    record = {"name": "lite", "sizes": [1, 2], "figures": {"iou of my photo (13).png": 0.5, "mae": float("nan")}}
    read = tomllib.loads(as_toml(record))
    assert read["figures"]["iou of my photo (13).png"] == 0.5
    assert read["sizes"] == [1, 2]
