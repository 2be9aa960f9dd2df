from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mattebox import Remover
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
    """In place of every network: sees the kind, the scene and the object that it was made to see."""

    device = "cpu"

    def __init__(self, card: Card, kind: str, scene: str, thing: str) -> None:
        self.card, self.kind, self.scene, self.thing = card, kind, scene, thing

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        picture = batches[0]
        if self.card.name == "scene_classifier":
            return (np.float32([[scene == self.scene for scene in SCENES]]),)
        if self.card.name == "yolov4":
            return np.float32([[[[0, 0, 1, 1]]]]), np.float32([[[0.9 * (name == self.thing) for name in OBJECTS]]])
        mask = (picture[:, :1] > 0).astype(np.float32)
        kinds = np.float32([[kind == self.kind for kind in KINDS]] * len(picture))
        return (mask, np.ones(len(picture), np.float32), kinds) if self.card.name == "lite" else (mask,)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each model was loaded from its file; what is asked for again is the same."""
    engines: dict[str, Seer] = {}
    loads: Counter[str] = Counter()
    sights = {"kind": "animal", "scene": "hard", "thing": "car"}

    def load(card: Card, **_: object) -> Seer:
        if card.name not in engines:
            loads[card.name] += 1
            engines[card.name] = Seer(card, **sights)
        return engines[card.name]

    monkeypatch.setattr("mattebox.remover.load_engine", load)
    return loads


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


def test_each_network_is_loaded_once_and_the_choice_is_in_the_report(
    monkeypatch: pytest.MonkeyPatch, loaded: Counter[str], tmp_path: Path
) -> None:
    here(monkeypatch, "isnet", "scene_classifier")
    settings = Settings(model="auto", refine="none", device="cpu")
    jobs = [
        Job(str(photo(tmp_path / f"{number}.png")), tmp_path / f"{number}_out.png", settings, threads=1)
        for number in range(6)
    ]
    outcomes = list(run_jobs(jobs, workers=2))
    assert [outcome.status for outcome in outcomes] == ["done"] * 6
    assert {outcome.model for outcome in outcomes} == {"isnet"}
    assert all("hard scene with animals" in outcome.choice for outcome in outcomes)
    assert set(loaded.values()) == {1}
