from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mattebox.errors import BadParameter
from mattebox.nets.lite import LiteNet, LiteOutput
from mattebox.train.checkpoint import load_averaged
from mattebox.train.composition import Composer, Mix, place, reframe, studio_ground, tighten
from mattebox.train.data import Record, read_cutout, read_manifest, read_pair, split_validation
from mattebox.train.degradation import band_patch, coarse_mask
from mattebox.train.loop import Samples, Trainer
from mattebox.train.losses import alpha_loss, boundary_weight, lite_loss, structure_loss
from mattebox.train.package import SHARPNESS, SUBJECT_LOGIT, fold_normalisation, package
from mattebox.train.recipe import Phase, Recipe
from mattebox.train.tasks import DetailTask, LiteTask, find_task

RECIPES = Path(__file__).parents[2] / "src" / "mattebox" / "train" / "recipes"


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data folder of the documented layout: discs on stripes."""
    root = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    rows = []
    for folder in ("images", "masks", "fg", "bg"):
        (root / folder).mkdir()
    for index in range(24):
        height, width = int(rng.integers(150, 200)), int(rng.integers(150, 200))
        y, x = np.mgrid[:height, :width]
        alpha = np.clip(rng.integers(30, 60) - np.hypot(y - height / 2, x - width / 2), 0, 1)
        ground = np.dstack([((x // 9) % 2) * 90 + 40, ((y // 7) % 2) * 80 + 50, np.full_like(x, 60)])
        rgb = (ground * (1 - alpha[..., None]) + rng.integers(150, 255, 3) * alpha[..., None]).astype(np.uint8)
        name = f"{['pets', 'ecssd'][index % 2]}_{index:03}"
        cv2.imwrite(str(root / f"images/{name}.webp"), rgb)
        cv2.imwrite(str(root / f"masks/{name}.png"), (alpha * 255).astype(np.uint8))
        cv2.imwrite(str(root / f"fg/cut-{index}.webp"), np.dstack([rgb, (alpha * 255).astype(np.uint8)]))
        cv2.imwrite(str(root / f"bg/wall_{index}.webp"), ground.astype(np.uint8))
        rows += [
            (f"images/{name}.webp", f"masks/{name}.png", "pair", "soft, drawn"),
            (f"fg/cut-{index}.webp", "", "fg", ""),
            (f"bg/wall_{index}.webp", "", "bg", ""),
        ]
    with (root / "manifest.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "mask", "type", "mask_quality"))
        writer.writerows(rows)
    return root


@pytest.fixture
def tiny() -> Recipe:
    phases = (Phase(3, 64), Phase(2, 96, decay=True))
    return replace(
        Recipe.read(RECIPES / "lite.toml"), batch=2, workers=0, validate_every=5, checkpoint_every=1, phases=phases
    )


def test_manifest_is_read(material: Path) -> None:
    records = read_manifest(material)
    assert [r.type for r in records[:3]] == ["pair", "fg", "bg"]
    assert {r.source for r in records if r.type == "pair"} == {"pets", "ecssd"}
    rgb, mask = read_pair(records[0])
    assert rgb.shape[:2] == mask.shape
    assert mask.max() == 1
    assert read_cutout(records[1])[1].max() == 1


def test_a_missing_picture_is_named(material: Path) -> None:
    gone = Record(material / "images/gone.webp", material / "masks/gone.png", "pair", "pets", soft=True)
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        read_pair(gone)


def test_the_split_never_moves_and_never_overlaps(material: Path) -> None:
    records = read_manifest(material)
    train, held = split_validation(records, share=0.3)
    again, _ = split_validation(list(reversed(records)), share=0.3)
    assert held
    assert not set(held) & set(train)
    assert set(train) == set(again)
    assert all(record.type == "pair" for record in held)


def test_samples_are_whole_and_repeatable(material: Path) -> None:
    composer = Composer(read_manifest(material))
    for seed in range(40):
        rgb, alpha = composer.sample(64, np.random.default_rng(seed))
        again, again_alpha = composer.sample(64, np.random.default_rng(seed))
        assert (rgb.shape, rgb.dtype, alpha.shape, alpha.dtype) == ((64, 64, 3), np.uint8, (64, 64), np.float32)
        assert 0 <= alpha.min() <= alpha.max() <= 1
        np.testing.assert_array_equal(rgb, again)
        np.testing.assert_array_equal(alpha, again_alpha)


def test_material_of_sources_nobody_knows_is_drawn_evenly(material: Path) -> None:
    records = [replace(record, source=f"own{i}") for i, record in enumerate(read_manifest(material))]
    composer = Composer(records, Mix(0, 0))
    seen = {composer.sample(64, np.random.default_rng(seed))[0].tobytes() for seed in range(12)}
    drawn = {int(np.searchsorted(composer._pair_odds, share)) for share in np.linspace(0.01, 0.99, 24)}
    assert len(seen) == 12
    assert len(drawn) == 24


@pytest.mark.parametrize("kind", ["pair", "bg"])
def test_material_that_lacks_a_kind_is_refused(material: Path, kind: str) -> None:
    with pytest.raises(BadParameter, match="one of them is missing"):
        Composer([record for record in read_manifest(material) if record.type != kind])


@pytest.mark.parametrize(("mix", "visible"), [(Mix(0, 1), False), (Mix(1, 0), True), (Mix(0, 0), True)])
def test_the_mix_decides_what_is_shown(material: Path, mix: Mix, visible: bool) -> None:
    composer = Composer(read_manifest(material), mix)
    shown = [composer.sample(64, np.random.default_rng(seed))[1].max() > 0.5 for seed in range(20)]
    assert np.mean(shown) > 0.8 if visible else not any(shown)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_placed_and_reframed_subjects_stay_registered(seed: int) -> None:
    """Colours and alpha move together: a white disc stays white exactly where alpha is one."""
    y, x = np.mgrid[:120, :90]
    alpha = (np.hypot(y - 60, x - 40) < 30).astype(np.float32)
    rgb = np.repeat((alpha * 255).astype(np.uint8)[..., None], 3, 2)
    rng = np.random.default_rng(seed)
    placed, matte = place(rgb, alpha, 80, rng, largest=1.0)
    assert np.abs(placed[..., 0] / 255 - matte)[matte > 0].sum() <= 0.05 * matte.sum()
    framed, matte = reframe(rgb, alpha, 80, rng)
    assert np.abs(framed[..., 0] / 255 - matte).max() < 0.02


def test_hand_made_masks_are_drawn_in_and_soft_ones_left() -> None:
    hard = np.zeros((60, 60), np.float32)
    hard[20:40, 20:40] = 1
    rgb = np.zeros((60, 60, 3), np.uint8)
    assert tighten(rgb, hard)[1].sum() < hard.sum()
    soft = cv2.GaussianBlur(hard, (0, 0), 6)
    np.testing.assert_array_equal(tighten(rgb, soft)[1], soft)


def test_studio_paper_is_smooth() -> None:
    paper = studio_ground(64, np.random.default_rng(3)).astype(float)
    assert np.abs(np.diff(cv2.GaussianBlur(paper, (0, 0), 2), axis=0)).max() < 6


def test_coarse_masks_err_but_not_wildly() -> None:
    y, x = np.mgrid[:200, :200]
    alpha = (np.hypot(y - 100, x - 100) < 60).astype(np.float32)
    errors = [float(np.abs(coarse_mask(alpha, np.random.default_rng(seed)) - alpha).mean()) for seed in range(30)]
    assert 0.001 < np.mean(errors) < 0.05


def test_band_patches_lie_on_the_edge() -> None:
    y, x = np.mgrid[:200, :200]
    alpha = np.clip(60.5 - np.hypot(y - 100, x - 100), 0, 1).astype(np.float32)
    rgb = np.repeat((alpha * 255).astype(np.uint8)[..., None], 3, 2)
    rng = np.random.default_rng(0)
    tile, truth = band_patch(rgb, alpha, coarse_mask(alpha, rng), 64, rng)  # type: ignore[misc]
    assert tile.shape == (4, 64, 64)
    assert 0 < float(truth.mean()) < 1
    assert band_patch(rgb, alpha * 0, alpha * 0, 64, rng) is None
    missed = np.full_like(alpha, 0.5)
    assert band_patch(np.zeros_like(rgb), np.zeros_like(alpha), missed, 64, rng) is None


def test_losses_fall_to_the_truth() -> None:
    truth = torch.zeros(2, 1, 64, 64)
    truth[..., 16:48, 16:48] = 1
    right, wrong = (truth - 0.5) * 20, (0.5 - truth) * 20
    weight = boundary_weight(truth)
    assert weight.min() >= 1
    assert weight[0, 0, 16, 30] > weight[0, 0, 32, 32]
    assert structure_loss(right, truth, weight) < 0.01
    assert structure_loss(wrong, truth, weight) > 2
    sides = (right[..., ::4, ::4],)
    present = torch.full((2,), 9.0)
    good, bad = (lite_loss(LiteOutput(mask, sides, present), truth) for mask in (right, wrong))
    assert good < 0.1 < bad
    assert alpha_loss(truth, truth) == 0 < alpha_loss(truth * 0.9, truth)


def test_the_rate_rises_holds_and_falls() -> None:
    recipe = Recipe.read(RECIPES / "lite.toml")
    rates = [recipe.rate(step) for step in range(recipe.steps)]
    held = sum(phase.steps for phase in recipe.phases if not phase.decay)
    assert rates[0] < recipe.learning_rate / 100
    assert rates[held - 1] == recipe.learning_rate
    assert rates[-1] < recipe.learning_rate / 100
    assert all(a >= b for a, b in zip(rates[held:], rates[held + 1 :], strict=False))


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.toml")))
def test_every_recipe_that_ships_can_be_read_and_has_a_task(name: str) -> None:
    recipe = Recipe.read(RECIPES / f"{name}.toml")
    assert find_task(recipe.network)
    assert recipe.steps > 0


def test_a_recipe_with_a_wrong_setting_names_it(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text((RECIPES / "lite.toml").read_text().replace("batch =", "bach ="))
    with pytest.raises(BadParameter, match=r"wrong\.toml: missing or unknown settings: bach, batch"):
        Recipe.read(path)


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(BadParameter, match="Valid: detail, lite"):
        find_task("litle")


@pytest.mark.slow
def test_a_stopped_run_ends_where_an_unbroken_one_does(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    Trainer(tiny, LiteTask(material), tmp_path / "whole").run()
    short = replace(tiny, phases=tiny.phases[:1])
    Trainer(short, LiteTask(material), tmp_path / "parts").run()
    Trainer(tiny, LiteTask(material), tmp_path / "parts").run()
    whole, parts = (
        torch.load(tmp_path / run / "checkpoint.pt", weights_only=True)["network"] for run in ("whole", "parts")
    )
    for key, value in whole.items():
        torch.testing.assert_close(parts[key], value, atol=1e-4, rtol=1e-3)
    names = {line.split(",")[2] for line in (tmp_path / "parts" / "metrics.csv").read_text().splitlines()}
    assert {"loss", "pictures_per_second", "iou", "mae"} <= names


@pytest.mark.slow
def test_a_worker_process_composes_the_same_samples(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, workers=1, validate_every=1, phases=(Phase(1, 64), Phase(1, 96)))
    Trainer(recipe, LiteTask(material), tmp_path / "worker").run()
    Trainer(replace(recipe, workers=0), LiteTask(material), tmp_path / "none").run()
    worker, none = (
        torch.load(tmp_path / run / "checkpoint.pt", weights_only=True)["network"] for run in ("worker", "none")
    )
    torch.testing.assert_close(worker, none, atol=1e-4, rtol=1e-3)


@pytest.mark.slow
def test_training_learns_discs(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    recipe = replace(tiny, batch=8, warmup_steps=5, ema_decay=0.5, validate_every=1000, phases=(Phase(30, 64),))
    trainer = Trainer(recipe, LiteTask(material), tmp_path)
    before = trainer.task.loss(trainer.network, batch_of(trainer))
    trainer.run()
    assert trainer.task.loss(trainer.network, batch_of(trainer)) < 0.8 * before


def batch_of(trainer: Trainer) -> list[torch.Tensor]:
    samples = Samples(trainer.task, 64, seed=9, first=0, count=8)
    return [torch.stack(part) for part in zip(*(samples[i] for i in range(8)), strict=True)]


@pytest.mark.slow
def test_detail_trains_on_the_coarse_networks_masks(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    Trainer(replace(tiny, phases=(Phase(1, 64),)), LiteTask(material), tmp_path / "lite").run()
    task = DetailTask(material, tmp_path / "lite" / "checkpoint.pt")
    Trainer(replace(tiny, phases=(Phase(2, 64),)), task, tmp_path / "detail").run()
    assert (tmp_path / "detail" / "checkpoint.pt").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_packaged_file_answers_as_the_checkpoint(material: Path, tiny: Recipe, tmp_path: Path) -> None:
    Trainer(replace(tiny, phases=(Phase(2, 64),)), LiteTask(material), tmp_path).run()
    package("lite", tmp_path / "checkpoint.pt", tmp_path / "lite.onnx", 64)
    assert str(Path(package.__code__.co_filename).parent).encode() not in (tmp_path / "lite.onnx").read_bytes()
    network = load_averaged(LiteNet(), tmp_path / "checkpoint.pt")
    picture = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        expected = network(picture)
        fold_normalisation(network)
        folded = network(picture)
    torch.testing.assert_close(folded.mask, expected.mask, atol=1e-3, rtol=1e-3)
    mask, score = onnxruntime.InferenceSession(tmp_path / "lite.onnx").run(None, {"picture": picture.numpy()})
    np.testing.assert_allclose(mask, torch.sigmoid(SHARPNESS * expected.mask).numpy(), atol=1e-2)
    np.testing.assert_allclose(score, torch.sigmoid(expected.subject - SUBJECT_LOGIT).numpy(), atol=5e-3)


def test_the_command_says_what_it_takes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from mattebox.train.__main__ import main

    monkeypatch.setattr("sys.argv", ["train", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "--data" in capsys.readouterr().out
