from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mattebox import Remover
from mattebox.cli import main
from mattebox.train.recipe import SHIPPED
from mattebox.zoo.registry import find_card

TINY = """
network = "lite"
seed = 1
batch = 2
workers = 0
cache_gigabytes = 0.1
licences = "any"
optimizer = "adamw"
learning_rate = 1e-3
weight_decay = 0.01
warmup_steps = 1
ema_decay = 0.9
gradient_clip = 1.0
validate_every = 2
checkpoint_every = 1
input_size = 64

[[phases]]
steps = 2
size = 64
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:::lightning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_one_command_leads_from_pictures_to_a_model(
    material: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text(TINY)
    out = tmp_path / "run"
    words = ["train", str(recipe), "--data", str(material), "--out", str(out), "--seed", "4", "--licences", "open"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert re.search(r"^\d{4}-\d\d-\d\d \S+ step 2/2, size 64, loss ", said.err, re.MULTILINE)
    assert "on the held-out pictures: iou" in said.err
    assert f"use it with --model {out / 'lite.toml'}" in said.err
    assert not any(word in said.err for word in ("GPU available", "litlogger", "Warning", "Replaced initializer"))
    remover = Remover(model=str(out / "lite.toml"))
    assert remover(np.full((70, 80, 3), 90, np.uint8)).size == (70, 80)
    training = find_card(str(out / "lite.toml")).training
    assert (training["seed"], training["steps"], training["licences"]) == (4, 2, "open")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.toml", "--data", "."], "nothing.toml"),
        (["lite", "--data", ".", "--device", "tpu"], "device 'tpu': must be cpu, or cuda"),
        (["lite", "--data", ".", "--licences", "free"], "licences='free'"),
        (["lite", "--data", "nowhere"], "nowhere"),
        (["litle", "--data", "."], "did you mean 'lite'"),
        (["detail", "--data", ".", "--coarse", "gone.ckpt"], "gone.ckpt: no such file"),
        (["lite", "--data", ".", "--coarse", "gone.ckpt"], "--coarse is for the detail network"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_the_recipes_that_ship_are_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(path.stem in said for path in SHIPPED.glob("*.toml"))
