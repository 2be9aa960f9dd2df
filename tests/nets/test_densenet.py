"""No answer of this network is recorded: it is held against its published structure and the paper's formula."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.nets.densenet import DenseNet161
from nets.tester import NetworkTests, Spec, make_inputs

GROWTH, BLOCKS = 48, (6, 12, 36, 24)


def normalisation(name: str, channels: int) -> Iterator[tuple[str, list[int], str]]:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", [channels], "float32"
    yield f"{name}.num_batches_tracked", [], "int64"


def published_keys() -> Iterator[tuple[str, list[int], str]]:
    """Names, shapes and kinds of the weights of torchvision's DenseNet-161 with three classes."""
    yield "features.conv0.weight", [96, 3, 7, 7], "float32"
    yield from normalisation("features.norm0", 96)
    for block, (inputs, depth) in enumerate(zip((96, 192, 384, 1056), BLOCKS, strict=True), 1):
        for layer in range(depth):
            name, channels = f"features.denseblock{block}.denselayer{layer + 1}", inputs + GROWTH * layer
            yield from normalisation(f"{name}.norm1", channels)
            yield f"{name}.conv1.weight", [192, channels, 1, 1], "float32"
            yield from normalisation(f"{name}.norm2", 192)
            yield f"{name}.conv2.weight", [48, 192, 3, 3], "float32"
        if block < len(BLOCKS):
            outputs = inputs + GROWTH * depth
            yield from normalisation(f"features.transition{block}.norm", outputs)
            yield f"features.transition{block}.conv.weight", [outputs // 2, outputs, 1, 1], "float32"
    yield from normalisation("features.norm5", 2208)
    yield "classifier.weight", [3, 2208], "float32"
    yield "classifier.bias", [3], "float32"


class Formula:
    """The paper's formula on a state dict: x_l = H([x_0, ..., x_l-1]), H being BN, ReLU, 1x1, BN, ReLU, 3x3."""

    def __init__(self, state: dict[str, Tensor]) -> None:
        self.state = state

    def rectified(self, name: str, x: Tensor) -> Tensor:
        mean, variance, weight, bias = (
            self.state[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return ((x - mean) / (variance + 1e-5).sqrt() * weight + bias).clamp(min=0)

    def convolved(self, name: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        return functional.conv2d(x, self.state[f"{name}.weight"], stride=stride, padding=padding)

    def __call__(self, rgb: Tensor) -> Tensor:
        x = self.rectified("features.norm0", self.convolved("features.conv0", rgb, 2, 3))
        x = functional.max_pool2d(x, 3, 2, 1)
        for block, depth in enumerate(BLOCKS, 1):
            maps = [x]
            for layer in range(1, depth + 1):
                name = f"features.denseblock{block}.denselayer{layer}"
                new = self.convolved(f"{name}.conv1", self.rectified(f"{name}.norm1", torch.cat(maps, 1)))
                maps.append(self.convolved(f"{name}.conv2", self.rectified(f"{name}.norm2", new), padding=1))
            x = torch.cat(maps, 1)
            if block < len(BLOCKS):
                name = f"features.transition{block}"
                x = functional.avg_pool2d(self.convolved(f"{name}.conv", self.rectified(f"{name}.norm", x)), 2)
        mean = self.rectified("features.norm5", x).mean((2, 3))
        return mean @ self.state["classifier.weight"].T + self.state["classifier.bias"]


class TestDenseNet161(NetworkTests):
    build, outputs, multiple = staticmethod(DenseNet161), ("logits",), 32

    @pytest.fixture(scope="class")
    @classmethod
    def spec(cls) -> Spec:
        return {
            "keys": [*published_keys()],
            "cases": [
                {"id": name, "inputs": [["x", "tensor", size, 0]]} for name, size in (("a", [64, 64]), ("b", [75, 101]))
            ],
            "tolerance": {"max_abs": 1e-4, "mean_abs": 1e-4},
        }

    def test_answers_are_those_of_the_original(self, network: nn.Module, spec: Spec) -> None:
        formula = Formula(network.state_dict())
        for case in spec["cases"]:
            (rgb,) = make_inputs(case)
            torch.testing.assert_close(self.ask(network, (rgb,))["logits"], formula(rgb))


def test_the_weights_are_as_many_as_the_paper_says() -> None:
    with torch.device("meta"):
        network = DenseNet161(1000)
    assert sum(parameter.numel() for parameter in network.parameters()) == 28_681_000
