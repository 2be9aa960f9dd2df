from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hub import write_card
from mattebox import loading
from mattebox.engines.onnx import OnnxEngine
from mattebox.engines.torch import TorchEngine
from mattebox.errors import EngineFailed, MissingExtra, WeightsUnavailable
from mattebox.loading import load_engine, own_weights
from mattebox.zoo.card import Card
from mattebox.zoo.registry import find_card
from parity.golden import state_of


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the small U2-Net, as published ones come."""
    path = tmp_path_factory.mktemp("weights") / "small.pth"
    torch.save(state_of("u2netp"), path)
    return path


@pytest.fixture
def small(checkpoint: Path) -> Card:
    return own_weights(replace(find_card("u2net"), options={"stages": "small"}, input_size=(64, 64)), checkpoint)


def test_weights_of_ones_own_take_the_place_of_the_published_ones(home: Path, small: Card, checkpoint: Path) -> None:
    assert (small.name, small.weights.size) == ("small", checkpoint.stat().st_size)
    assert small.weights.digest != find_card("u2net").weights.digest


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match=r"gone\.pth: cannot be read \(No such file"):
        own_weights(find_card("u2net"), tmp_path / "gone.pth")


@pytest.mark.slow
def test_a_checkpoint_runs_in_either_engine_with_the_same_answer(
    home: Path, small: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_cpu = load_engine(small, "cpu", 1)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "runs_in_torch", lambda *_, **__: True)
        in_torch = load_engine(small, "auto", 1)
    assert (type(on_cpu), type(in_torch)) == (OnnxEngine, TorchEngine)
    picture = np.random.default_rng(0).normal(size=(2, 3, 70, 90)).astype(np.float32)
    np.testing.assert_allclose(on_cpu.run(picture)[0], in_torch.run(picture)[0], atol=1e-5)
    assert load_engine(small, "cpu", 1) is on_cpu


def test_a_gpu_that_is_not_there_is_told_before_weights_are_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(EngineFailed, match="device 'cuda' was asked for"):
        load_engine(find_card("isnet"), "cuda")


def test_weights_that_are_not_here_are_told_with_the_ways_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEBOX_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match=r"model 'isnet': its weights are not here; .*mattebox models import"):
        load_engine(find_card("isnet"), "cpu")


@pytest.mark.slow
def test_a_card_of_ones_own_is_used_on_the_command_line(
    home: Path, checkpoint: Path, lemur_path: Path, tmp_path: Path
) -> None:
    card = write_card(tmp_path / "cards", "own", checkpoint.read_bytes(), of="u2net", file=str(checkpoint))
    card.write_text(card.read_text().replace("[weights]", '[options]\nstages = "small"\n\n[weights]'))
    words = ["remove", lemur_path, "-o", tmp_path / "cut.png", "-m", card, "--refine", "none", "--overwrite"]
    first, second = (
        subprocess.run([sys.executable, "-m", "mattebox", *words], capture_output=True, text=True, check=False)
        for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "own: used for the first time" in first.stderr
    assert "first time" not in second.stderr
    assert (tmp_path / "cut.png").is_file()


def test_half_precision_that_cannot_be_done_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_engine(find_card("lite"), "cpu", 2, half=True)
    assert "'lite' computes in float32" in caplog.text


@pytest.mark.parametrize(
    ("device", "driver", "gpus", "in_torch"),
    [
        ("cpu", True, 1, False),
        ("auto", False, 0, False),
        ("auto", True, 0, False),
        ("auto", True, 1, True),
        ("cuda", True, 1, True),
        ("cuda:1", True, 2, True),
        ("directml", True, 1, False),
    ],
)
def test_checkpoints_run_in_pytorch_on_gpus_only(
    monkeypatch: pytest.MonkeyPatch, device: str, driver: bool, gpus: int, in_torch: bool
) -> None:
    monkeypatch.setattr(loading, "has_nvidia_driver", lambda: driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert loading.runs_in_torch(find_card("isnet"), device) is in_torch
    assert not loading.runs_in_torch(find_card("rembg_u2net"), device)


def test_what_cannot_run_is_told_before_anything_is_fetched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(EngineFailed, match="device 'cuda' was asked for"):
        loading.check_engine(find_card("isnet"), "cuda")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtra, match="pip install 'mattebox\\[torch\\]'"):
        loading.check_engine(find_card("isnet"), "cpu")
    loading.check_engine(find_card("lite"), "cpu")
