from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

from mattebox.cli.app import app
from standins import Command, draw, photo


def dataset(folder: str, *names: str) -> None:
    """Discs with soft truth."""
    mask = (np.asarray(draw())[..., 0] > 128).astype(np.uint8) * 255
    Path(folder, "alpha").mkdir(parents=True)
    for name in names:
        photo(Path(folder, "images", f"{name}.png"))
        Image.fromarray(mask).save(Path(folder, "alpha", f"{name}.png"))


def test_models_are_compared_and_reported(mattebox: Command, home: Path) -> None:
    dataset("data", "a", "b")
    words = ("--models", "lite,u2net", "--data", "data", "--refine", "none", "--metrics", "sad,iou")
    said = mattebox("benchmark", *words, "--out", "report")
    assert said.code == 0, said.err
    text = said.out.decode()
    assert text.index("lite") < text.index("u2net") < text.index("decode ms")
    assert "[1/4] lite: data/images/a.png -> alpha" in said.err
    assert "error: u2net: weights are not here: mattebox models pull u2net\n" in said.err
    assert "report: report/report.html" in said.err
    written = {path.name for path in Path("report").iterdir()}
    assert written == {"alphas", "models.csv", "pictures.csv", "report.html", "report.json"}
    assert len(list(Path("report").rglob("*.png"))) == 2
    with Path("report/models.csv").open(newline="") as file:
        lite, u2net = csv.DictReader(file)
    assert 0.9 < float(lite["iou"]) <= 1
    assert u2net["iou"] == ""
    assert json.loads(Path("report/report.json").read_text())["models"][0]["settings"]["refine"] == "none"
    # What was kept can be measured again.
    again = mattebox("evaluate", "data", "--results", "report/alphas/lite", "--metrics", "iou", "--json")
    assert json.loads(again.out)["means"]["all"]["iou"] == pytest.approx(float(lite["iou"]), abs=1e-6)


def test_a_solver_needs_no_weights_and_the_table_may_be_json(mattebox: Command) -> None:
    pytest.importorskip("scipy")
    dataset("data", "a", "b")
    said = mattebox(
        "benchmark",
        "--models",
        "closed-form",
        "--data",
        "data",
        "--protocol",
        "unknown",
        "--limit",
        "1",
        "--metrics",
        "sad,mse",
        "--json",
        "-q",
    )
    assert (said.code, said.err) == (0, "")
    record = json.loads(said.out)
    assert (record["protocol"], record["pictures"], record["trimaps_made_of_the_truth"]) == ("unknown", 1, 1)
    (model,) = record["models"]
    assert model["means"] == {"sad": 0, "mse": 0}  # a disc of one colour on a ground of one colour
    assert model["evaluation"]["pictures"][0]["trimap"] == "made of the truth"
    assert not list(Path().glob("alphas"))


def test_what_could_not_be_measured_is_told_and_not_counted(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    dataset("data", "a", "b", "c", "d")
    Path("data/alpha/a.png").unlink()
    Image.new("L", (5, 5)).save("data/alpha/b.png")
    words = ("benchmark", "--models", "closed-form", "--data", "data", "--metrics", "sad", "-q")
    said = mattebox(*words)
    assert said.code == 0
    missing, other = said.err.splitlines()
    assert missing.startswith("error: closed-form: data/images/a.png: ")
    assert "data/alpha/a.png" in missing
    assert other.startswith("error: closed-form: data/images/b.png: ")
    assert re.search(r"closed-form +2 ", said.out.decode())

    monkeypatch.setattr("mattebox.cli.benchmark.TOLD", 1)
    assert mattebox(*words).err.splitlines() == [missing, "error: and 1 more; --out or --json lists all"]


def test_groups_are_shown_on_request(mattebox: Command) -> None:
    pytest.importorskip("scipy")
    dataset("data", "x_1", "x_2", "y_1")
    said = mattebox(
        "benchmark", "--models", "closed-form", "--data", "data", "--metrics", "sad", "--by", "source", "-q"
    )
    assert said.code == 0, said.err
    lines = [line.split() for line in said.out.decode().splitlines() if line.strip()]
    headings = [line for line in lines if "pictures" in line]
    assert headings == [[*name.split(), "pictures", "SAD"] for name in ("model", "source x", "source y")]
    assert [line[1] for line in lines if line[0] == "closed-form"][:3] == ["3", "2", "1"]


def test_no_model_at_all_is_an_error(mattebox: Command, home: Path) -> None:
    dataset("data", "a")
    said = mattebox("benchmark", "--models", "u2net", "--data", "data", "-q")
    assert (said.code, said.out) == (1, b"")
    assert said.err == "error: u2net: weights are not here: mattebox models pull u2net\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--models light --data data", "did you mean 'lite'"),
        ("--models detail --data data", "is for task 'refine'"),
        ("--models lite --data gone", "gone: no such folder"),
        ("--models lite --data data --metrics sda", "did you mean 'sad'"),
        ("--models lite --data data --protocol unknown --metrics iou", "a figure of whole pictures"),
        ("--models lite --data data --layout dis", "no layout 'dis'"),
        ("--models lite", "Missing option '--data'"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(mattebox: Command, words: str, message: str) -> None:
    dataset("data", "a")
    said = mattebox("benchmark", *words.split())
    assert (said.code, said.out) == (2, b"")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert message in said.err


def test_every_option_is_told_in_one_sentence() -> None:
    command = get_command(app).commands["benchmark"]  # type: ignore[attr-defined]
    for parameter in command.params:
        assert parameter.help, parameter.name
        assert parameter.help.endswith("."), parameter.name
