from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mattebox.engines.torch import TorchEngine, torch_device
from mattebox.errors import EngineFailed


class Both(nn.Module):
    """The sum and the difference of two pictures, after a normalisation that only training would change."""

    def __init__(self) -> None:
        super().__init__()
        self.normalise = nn.BatchNorm2d(3)
        nn.init.constant_(self.normalise.running_mean, 1)

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        return self.normalise(one + other), one - other


def test_inputs_and_answers_keep_their_order_and_the_network_only_answers() -> None:
    one, other = (np.full((2, 3, 4, 5), value, np.float32) for value in (3, 1))
    added, taken = TorchEngine(Both(), "cpu").run(one, other)
    np.testing.assert_allclose(added, 3, rtol=1e-4)
    np.testing.assert_array_equal(taken, 2)
    assert (added.dtype, added.shape) == (np.float32, (2, 3, 4, 5))


def test_a_single_answer_is_a_tuple_of_one() -> None:
    (answer,) = TorchEngine(nn.ReLU(), "cpu").run(np.float32([[[[-1, 2]]]]))
    np.testing.assert_array_equal(answer, [[[[0, 2]]]])


@pytest.mark.parametrize("able", [True, False])
def test_half_precision_is_bfloat16_on_a_cpu_that_multiplies_so(
    able: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able})
    value = np.full((1, 1, 1, 1), 1 + 2**-12, np.float32)
    once = nn.Conv2d(1, 1, 1, bias=False)
    once.weight.data.fill_(1)
    with caplog.at_level(logging.WARNING):
        (answer,) = TorchEngine(once, "cpu", half=True).run(value)
    assert answer.dtype == np.float32
    assert answer.item() == (1 if able else value.item())
    assert ("computing in float32" in caplog.text) != able


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "mps"])
def test_a_device_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(EngineFailed, match=f"device '{device}' was asked for, but this PyTorch .* finds 0"):
        torch_device(device)


def test_a_device_beyond_the_last_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert torch_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(EngineFailed, match="device 'cuda:2' was asked for"):
        torch_device("cuda:2")


def test_a_device_of_no_name_is_an_error() -> None:
    with pytest.raises(EngineFailed, match="device 'gpu': PyTorch knows no such device"):
        torch_device("gpu")


def test_a_batch_of_a_wrong_shape_is_an_error() -> None:
    engine = TorchEngine(nn.Conv2d(3, 1, 1), "cpu")
    with pytest.raises(EngineFailed, match=r"PyTorch failed on a batch of shape \(1, 4, 8, 8\) on cpu"):
        engine.run(np.zeros((1, 4, 8, 8), np.float32))
