from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mattebox.engines.onnx import OnnxEngine, available_devices, choose_device
from mattebox.errors import BadParameter, EngineFailed
from mattebox.zoo.registry import find_card
from mattebox.zoo.weights import verified_weights

WEIGHTS = verified_weights(find_card("lite"))


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, 3, 256, 256)).astype(np.float32)


def test_batch_size_threads_and_neighbours_do_not_change_the_answer() -> None:
    one, two = OnnxEngine(WEIGHTS, "cpu", 1), OnnxEngine(WEIGHTS, "cpu", 2)
    batch = np.concatenate([picture(1), picture(2), picture(3)])
    together = one.run(batch)[0]
    for index in range(3):
        for engine in (one, two):
            np.testing.assert_allclose(engine.run(batch[index : index + 1])[0][0], together[index], atol=1e-5)


def test_many_threads_share_one_engine() -> None:
    engine = OnnxEngine(WEIGHTS, "cpu", 1)
    alone = [engine.run(picture(seed))[0] for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(lambda seed: engine.run(picture(seed))[0], range(4)))
    for a, b in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_black_picture_gives_numbers() -> None:
    mask, score, kinds = OnnxEngine(WEIGHTS, "cpu").run(np.zeros((1, 3, 256, 256), np.float32))
    assert np.isfinite(mask).all()
    assert 0 <= float(score[0]) <= 1
    np.testing.assert_allclose(kinds.sum(), 1, atol=1e-5)


def test_auto_is_a_device_that_is_there() -> None:
    assert choose_device("auto") in available_devices()


def test_an_unknown_device_lists_the_valid_ones() -> None:
    with pytest.raises(BadParameter, match=r"no device 'cud'; did you mean 'cuda'\?"):
        choose_device("cud")


def test_a_device_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(EngineFailed, match=r"device 'cuda' was asked for, but this ONNX Runtime .* offers only cpu"):
        choose_device("cuda")


def test_auto_goes_on_when_the_gpu_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattebox.engines.onnx.uses", lambda *_: False)
    assert OnnxEngine(WEIGHTS, "auto").device == "cpu"
    with pytest.raises(EngineFailed, match="did not use it"):
        OnnxEngine(WEIGHTS, "cpu")


def test_a_file_that_is_no_model_is_an_error() -> None:
    with pytest.raises(EngineFailed, match="cannot load the model"):
        OnnxEngine(b"not a model")


def test_a_batch_of_a_wrong_shape_is_an_error() -> None:
    with pytest.raises(EngineFailed, match=r"failed on a batch of shape \(1, 4, 8, 8\)"):
        OnnxEngine(WEIGHTS, "cpu").run(np.zeros((1, 4, 8, 8), np.float32))


@pytest.mark.slow
def test_nothing_is_noted_or_told_about_what_is_run(tmp_path: Path) -> None:
    """The runtime would keep a file about this computer in the home of the user, and send reports."""
    code = "import mattebox; assert not mattebox.remove('examples/lemur.jpg').empty"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[2])
    assert [path for path in tmp_path.rglob("*") if "mattebox" not in str(path).lower()] == []
