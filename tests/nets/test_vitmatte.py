from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import nn
from torch.nn import functional

from mattebox.nets.vitmatte import PATCH, Decode, Encode, ViTMatte
from mattebox.zoo.export import export_onnx
from nets.paddle_tester import PaddleNetworkTests
from nets.tester import PARITY, Spec, assert_near, stack

TINY = {
    "details": (8, 16, 24),
    "fused": (32, 16, 12, 8),
    "depth": 4,
    "every": 2,
    "window": 3,
    "side": 8,
    "pretrained": 4,
}


class ViTMatteTests(PaddleNetworkTests):
    outputs = ("alpha",)
    joined, multiple, refuses = True, 32, True


class TestTinyViTMatte(ViTMatteTests):
    fixture, build = "vitmatte/vitmatte-tiny", partial(ViTMatte, 48, 3, **TINY)

    @pytest.mark.slow
    def test_the_exported_graph_answers_alike_at_any_size(self, network: nn.Module, spec: Spec, tmp_path: Path) -> None:
        halves = {
            "encode": (Encode(network), {"picture": self.inputs(spec["cases"][0])[0]}, 32),
            "decode": (
                Decode(network),
                {"features": torch.zeros(1, 48, 4, 5), "patches": torch.zeros(1, 1024, 4, 5)},
                1,
            ),
        }
        sessions = {}
        for name, (half, inputs, multiple) in halves.items():
            path, names = tmp_path / f"{name}.onnx", {"input_names": list(inputs), "output_names": ["answer"]}
            export_onnx(half.eval(), tuple(inputs.values()), path, **names, multiple=multiple)
            sessions[name] = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for count, size in zip((1, 3), self.other_sizes(spec), strict=True):
            (pictures,) = stack([self.inputs(spec["cases"][0], size, seed) for seed in range(count)])
            (features,) = sessions["encode"].run(None, {"picture": pictures.numpy()})
            patches = functional.pixel_unshuffle(pictures, PATCH).numpy()
            (alpha,) = sessions["decode"].run(None, {"features": features, "patches": patches})
            assert_near(torch.from_numpy(alpha), self.ask(network, (pictures,))["alpha"], spec)

    def test_its_halves_are_the_whole(self, network: ViTMatte, spec: Spec) -> None:
        (picture,) = self.inputs(spec["cases"][1])
        with torch.inference_mode():
            features = Encode(network)(picture)
            alpha = Decode(network)(features, functional.pixel_unshuffle(picture, PATCH))
        assert torch.equal(alpha, self.ask(network, (picture,))["alpha"])

    def test_the_interlaced_network_has_the_same_weights_and_is_another(self, network: nn.Module, spec: Spec) -> None:
        near = ViTMatte(48, 3, **TINY, grid=2).eval()
        near.load_state_dict(network.state_dict())
        pictures = self.inputs(spec["cases"][2])
        difference = self.ask(near, pictures)["alpha"] - self.ask(network, pictures)["alpha"]
        assert 1e-3 < difference.abs().mean() < 0.1


class TestSmallViTMatte(ViTMatteTests):
    fixture, build = "vitmatte/vitmatte-small", staticmethod(ViTMatte)
    # Twelve blocks, each of which sees the rounding of those before: 0.056.
    rounding = 0.07
    # The tiny one has the same graphs, and is exported in a quarter of the time.
    test_the_exported_graph_answers_alike_at_any_size = None


def test_the_base_network_has_the_published_keys_and_shapes() -> None:
    keys = json.loads((PARITY / "vitmatte/vitmatte-base.json").read_text())["keys"]
    with torch.device("meta"):
        state = ViTMatte(768, 12).state_dict()
    assert {name: list(value.shape) for name, value in state.items()} == {name: shape for name, shape, *_ in keys}
