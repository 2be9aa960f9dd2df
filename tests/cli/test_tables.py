from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mattebox import EngineFailed, load_cards, load_presets, remover
from mattebox.cli import doctor
from mattebox.engines.base import Tensor
from mattebox.zoo import places
from standins import BrightSubject, Command

pytestmark = pytest.mark.usefixtures("home")


def test_every_model_is_listed_with_its_licence(mattebox: Command) -> None:
    said = mattebox("models", "list")
    assert said.code == 0
    text = said.out.decode()
    for card in load_cards().values():
        (line,) = (line for line in text.splitlines() if line.split()[:1] == [card.name])
        assert card.licence.weights in line
        assert line.split()[-1] == ("embedded" if card.weights.embedded else "here")
    assert "\x1b" not in text
    assert mattebox("models").out == said.out


def test_the_whole_card_is_shown(mattebox: Command) -> None:
    card = load_cards()["lite"]
    text = mattebox("models", "info", "lite").out.decode()
    for value in (card.title, card.licence.data, card.description, card.weights.sha256, "256 x 256"):
        assert f"{value}\n" in text
    for name in (*card.figures, *card.training):
        assert name.replace("_", " ") in text


def test_models_are_data_too(mattebox: Command) -> None:
    records = json.loads(mattebox("models", "list", "--json").out)
    assert [record["name"] for record in records] == list(load_cards())
    record = json.loads(mattebox("models", "info", "lite", "--json").out)
    assert record in records
    assert record["weights"]["state"] == "embedded"


def test_presets_are_listed_with_rule_and_source(mattebox: Command) -> None:
    said = mattebox("presets", "list")
    text = said.out.decode()
    for preset in load_presets().values():
        assert f"{preset.width} x {preset.height}" in text
        assert preset.name in text
        assert preset.rule in text
        assert preset.source in text
    assert mattebox("presets").out == said.out
    assert [record["name"] for record in json.loads(mattebox("presets", "--json").out)] == list(load_presets())


def test_the_doctor_says_what_is_here(mattebox: Command) -> None:
    said = mattebox("doctor", "--json")
    record = json.loads(said.out)
    assert (said.code, said.err, record["ok"]) == (0, "", True)
    assert record["trial"]["result"] == "works"
    assert record["trial"]["device used"] == "cpu"
    assert "cpu" in record["devices"].split(", ")
    assert record["versions"].keys() >= {"mattebox", "python", "numpy", "onnxruntime", "pillow", "typer", "rich"}
    for name, card in load_cards().items():
        assert record["weights"][name] == ("match their digests" if card.weights.embedded else "not fetched")
    assert "works\n" in mattebox("doctor").out.decode()


@pytest.mark.parametrize("broken", ["lite", "detail"])
def test_the_doctor_tries_both_networks(mattebox: Command, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    class Broken(BrightSubject):
        def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
            raise EngineFailed("broken in two")

    with monkeypatch.context() as patch:
        patch.setattr(
            remover, "load_engine", lambda card, *_, **__: Broken() if card.name == broken else BrightSubject()
        )
        said = mattebox("doctor", "--json")
    assert said.code == 1
    assert json.loads(said.out)["trial"]["result"] == "failed"
    assert "broken in two" in said.err


def test_missing_extras_are_told_with_the_line_that_installs_them(
    mattebox: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "version_of", {"pillow-heif": "9.9"}.get)
    extras = json.loads(mattebox("doctor", "--json").out)["extras"]
    assert extras["heif"] == "pillow-heif 9.9"
    assert extras["train"] == "missing; pip install 'mattebox[train]'"


def test_the_doctor_finds_damaged_weights(mattebox: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(places.EMBEDDED / "lite", tmp_path / "lite")
    with (tmp_path / "lite" / "detail.onnx").open("ab") as file:
        file.write(b"x")
    monkeypatch.setattr(places, "EMBEDDED", tmp_path)
    said = mattebox("doctor", "--json")
    assert said.code == 1
    states = json.loads(said.out)["weights"]
    assert (states["detail"], states["lite"]) == ("damaged or missing", "match their digests")
    assert said.err.startswith("error: model 'detail'")


@pytest.mark.parametrize(("device", "code"), [("directml", 1), ("gpu", 2)])
def test_a_device_that_is_not_there_is_an_error(
    capfdbinary: pytest.CaptureFixture[bytes], device: str, code: int
) -> None:
    from mattebox.cli import main

    assert main(["doctor", "--device", device]) == code
    err = capfdbinary.readouterr().err.decode()
    assert err.startswith("error: ")
    assert f"'{device}'" in err
