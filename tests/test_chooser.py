from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mattebox import Remover, loading
from mattebox.batch import Job, run_jobs
from mattebox.engines.base import Tensor
from mattebox.settings import Settings
from mattebox.stages.detections import object_groups
from mattebox.zoo.card import Card
from mattebox.zoo.registry import find_card
from standins import draw, photo

KINDS = find_card("lite").kinds
SCENES = find_card("scene_classifier").kinds
OBJECTS = list(object_groups())


class Seer:
    """In place of every network: sees in a picture what its red, green and blue stand for."""

    device = "cpu"

    def __init__(self, card: Card) -> None:
        self.card = card

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        picture = batches[0]
        corner = picture[0, :, 0, 0]
        if self.card.name == "scene_classifier":
            return (np.float32([[scene == ("soft" if corner[1] > 0 else "hard") for scene in SCENES]]),)
        if self.card.name == "yolov4":
            return np.float32([[[[0, 0, 1, 1]]]]), np.float32([[[0.9 * (name == "car") for name in OBJECTS]]])
        mask = (picture[:, :1] > 0).astype(np.float32)
        kind = "vehicle" if corner[2] > 0 else "animal"
        kinds = np.float32([[name == kind for name in KINDS]] * len(picture))
        return (mask, np.ones(len(picture), np.float32), kinds) if self.card.name == "lite" else (mask,)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often each model was loaded from its file."""
    loads: Counter[str] = Counter()

    def load(card: Card) -> Card:
        loads[card.name] += 1
        return card

    monkeypatch.setattr(loading, "verified_weights", load)
    monkeypatch.setattr(loading, "onnx_file", lambda card, _: load(card))
    monkeypatch.setattr(loading, "OnnxEngine", lambda card, *_, **__: Seer(card))
    loading._load_engine.cache_clear()
    yield loads
    loading._load_engine.cache_clear()


def here(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let these models be ready to run, and no others."""
    monkeypatch.setattr("mattebox.chooser.is_ready", {"lite", *names}.__contains__)


@pytest.mark.parametrize(
    ("how", "weights", "model", "told"),
    [
        ("auto", ("isnet", "tracer_b7"), "isnet", "soft scene with animals (seen by lite): isnet"),
        ("autoscene", ("isnet", "tracer_b7"), "isnet", "soft scene (seen by lite): isnet"),
        ("auto", (), "lite", "mattebox models pull isnet"),
        ("auto", ("tracer_b7", "scene_classifier", "yolov4"), "tracer_b7", "seen by scene_classifier and yolov4"),
        ("auto", ("isnet", "scene_classifier"), "isnet", "hard scene with animals (seen by lite and scene_classifier)"),
        (
            "autoscene",
            ("tracer_b7", "scene_classifier", "yolov4"),
            "tracer_b7",
            "hard scene (seen by scene_classifier)",
        ),
        ("auto", ("tracer_b7", "yolov4"), "tracer_b7", "soft scene with cars (seen by lite and yolov4)"),
    ],
)
def test_the_model_that_suits_is_taken_and_the_reason_told(
    monkeypatch: pytest.MonkeyPatch, loaded: Counter[str], how: str, weights: tuple[str, ...], model: str, told: str
) -> None:
    here(monkeypatch, *weights)
    cutout = Remover(model=how, refine="none")(draw())
    assert cutout.model == model
    assert told in cutout.reason


def test_a_model_that_is_asked_for_is_never_replaced(monkeypatch: pytest.MonkeyPatch, loaded: Counter[str]) -> None:
    here(monkeypatch)
    cutout = Remover(model="u2net", refine="none")(draw())
    assert (cutout.model, cutout.reason) == ("u2net", "")
    assert loaded.keys() == {"u2net"}


def test_over_mixed_pictures_each_network_is_loaded_once_and_every_choice_is_in_the_report(
    monkeypatch: pytest.MonkeyPatch, loaded: Counter[str], tmp_path: Path
) -> None:
    here(monkeypatch, "isnet", "tracer_b7")
    settings = Settings(model="auto", refine="none", device="cpu")
    jobs = []
    for number in range(20):
        corner = (20, 60, 250) if number % 2 else (20, 60, 40)
        picture = draw()
        picture.putpixel((0, 0), corner)
        picture.paste(corner, (0, 0, 12, 12))
        picture.save(tmp_path / f"{number}.png")
        jobs.append(Job(str(tmp_path / f"{number}.png"), tmp_path / f"{number}_out.png", settings, threads=1))
    outcomes = list(run_jobs(jobs, workers=2))
    assert [outcome.status for outcome in outcomes] == ["done"] * 20
    assert [outcome.model for outcome in outcomes] == ["isnet", "tracer_b7"] * 10
    assert outcomes[0].choice == "soft scene with animals (seen by lite): isnet"
    assert outcomes[1].choice == "hard scene with cars (seen by lite): tracer_b7"
    assert loaded == {"lite": 1, "isnet": 1, "tracer_b7": 1}


def test_what_is_ready_decides_whether_a_result_is_to_be_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = Job(str(photo(tmp_path / "a.png")), tmp_path / "out.png", Settings(model="auto"))
    here(monkeypatch)
    before = job.digest
    assert job.digest == before
    here(monkeypatch, "isnet")
    assert job.digest != before
