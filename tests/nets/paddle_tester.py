"""What the networks of PaddleSeg and ViTMatte have to show: the same as every other, by records of another maker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from nets.tester import PARITY, Answers, Inputs, NetworkTests, Spec, assert_near
from parity import weights_paddle as maker

PYTORCH = {"_mean": "running_mean", "_variance": "running_var", "scale": "weight"}
"""What PyTorch calls the weights of normalisations."""
COUNTER = "num_batches_tracked"
"""What only PyTorch counts."""


class PaddleNetworkTests(NetworkTests):
    """Inherit from it, and the tests come along.

    Attributes:
        fixture: name of the record, below `tests/parity`.
        trimap: the network takes a trimap of 0, 128 and 255 beside the picture.
        joined: the trimap, divided by 255, is the picture's fourth channel.
        tolerance: largest error of an answer, by its name; of all others `tolerance[""]`.
    """

    trimap: ClassVar[bool] = False
    joined: ClassVar[bool] = False
    tolerance: ClassVar[dict[str, float]] = {"": 1e-4} | dict.fromkeys(
        ("semantic_logits", "detail_logit", "focus_logit"), 1e-3
    )

    @classmethod
    def record(cls) -> Spec:
        spec = super().record()
        rows = ("picture", "trimap") if cls.trimap else ("picture",)
        spec["cases"] = [
            {
                "id": name,
                "inputs": [(row, row, size_of(name), spec["seed"]) for row in rows],
                "outputs": recorded_outputs(cls.fixture, name),
            }
            for name in spec["cases"]
        ]
        keys = [(in_pytorch(name), *rest) for name, *rest in spec["keys"]]
        counted = (name.removesuffix("running_var") for name, *_ in keys if name.endswith(".running_var"))
        spec["published"] = spec["keys"]
        spec["keys"] = keys + [(name + COUNTER, [], "int64") for name in counted]
        limits = {name: {"max_abs": most, "mean_abs": most} for name, most in cls.tolerance.items()}
        return spec | {"tolerance": limits[""], "tolerances": limits}

    @classmethod
    def state(cls, spec: Spec) -> dict[str, np.ndarray]:
        published = maker.make_state(spec["published"], spec["seed"])
        assert maker.state_hash(published) == spec["state_sha256"]
        state = {in_pytorch(name): array for name, array in published.items()}
        return state | {name: np.zeros((), np.int64) for name, *_ in spec["keys"] if name.endswith(COUNTER)}

    @classmethod
    def inputs(cls, case: Mapping[str, Any], size: tuple[int, int] | None = None, seed: int = 0) -> Inputs:
        height, width = size or case["inputs"][0][2]
        name = f"{cls.fixture.rpartition('/')[2]}/{height}x{width}"
        picture = maker.to_nchw(maker.image_u8(name, height, width, seed=seed))
        if not cls.trimap and not cls.joined:
            return (torch.from_numpy(picture),)
        trimap = maker.trimap_u8(maker.alpha_u8(name, height, width, seed), 3).astype(np.float32)[None, None]
        if cls.joined:
            return (torch.from_numpy(np.concatenate((picture, trimap / 255), 1)),)
        return torch.from_numpy(picture), torch.from_numpy(trimap)

    @classmethod
    def black(cls, case: Mapping[str, Any]) -> Inputs:
        picture, *trimap = (torch.full_like(x, fill) for x, fill in zip(cls.inputs(case), (-1, 128), strict=False))
        picture[:, 3:] = 128 / 255
        return picture, *trimap

    def assert_recorded(self, answers: Answers, golden: Mapping[str, np.ndarray], case: Mapping[str, Any]) -> None:
        for name in case["outputs"]:
            assert_near(answers[name], torch.from_numpy(golden[f"{case['id']}/{name}"]), self.record(), name)


def recorded_outputs(fixture: str, case: str) -> list[str]:
    """Names of the answers that are recorded of a case."""
    path = PARITY / f"{fixture}.npz"
    if not path.is_file():
        return []
    with np.load(path) as golden:
        return [name.removeprefix(f"{case}/") for name in golden.files if name.startswith(f"{case}/")]


def size_of(case: str) -> tuple[int, int]:
    """Height and width in the name of a case."""
    height, width = case.split("x")
    return int(height), int(width)


def in_pytorch(name: str) -> str:
    """The name of a weight of Paddle's in a state dict of PyTorch."""
    stem, dot, leaf = name.rpartition(".")
    return stem + dot + PYTORCH.get(leaf, leaf)
