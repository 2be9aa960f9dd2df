"""What every published network has to show; a new one states its fixture, its class and the names of its answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from mattebox.zoo.export import export_onnx
from parity import weights

PARITY = Path(__file__).parent.parent / "parity"

BLACK = {"tensor": -2.0, "unit_tensor": 0.0, "two_channel": 0.0, "signed_mask": -1.0, "signed_field": -1.0}
"""What each kind of input holds for a black picture of which nothing is known."""

Spec = dict[str, Any]
Inputs = tuple[Tensor, ...]
Answers = dict[str, Tensor]


class NetworkTests:
    """Inherit from it, and the tests come along.

    Attributes:
        fixture: name of the record in `tests/parity`.
        build: makes the network; called without arguments.
        outputs: names of what the network answers to the first case, in order.
        multiple: what the sides of a picture must be multiples of.
        refuses: a picture whose sides are no such multiples is an error, and not answered somehow.
        rounding: largest mean error of an answer in bfloat16, as a share of that answer's deviation; U2-Net's is 0.02,
            and 0.07 when the picture goes through an eight-bit cast.
        example: size of the picture that the exporter tries the network on; that of the first record, unless given.
    """

    fixture: ClassVar[str]
    build: ClassVar[Callable[[], nn.Module]]
    outputs: ClassVar[tuple[str, ...]]
    multiple: ClassVar[int] = 1
    refuses: ClassVar[bool] = False
    rounding: ClassVar[float] = 0.05
    example: ClassVar[tuple[int, int] | None] = None

    @classmethod
    def record(cls) -> Spec:
        """What is recorded of the network."""
        return json.loads((PARITY / f"{cls.fixture}.json").read_text())

    @classmethod
    def state(cls, spec: Spec) -> dict[str, np.ndarray]:
        """Its weights, by the names in its state dict."""
        return weights.state_dict_arrays(spec)

    @classmethod
    def inputs(cls, case: Mapping[str, Any], size: tuple[int, int] | None = None, seed: int = 0) -> Inputs:
        """What a recorded case shows it; at another size, or another picture, if asked for."""
        return make_inputs(case, size, seed)

    @classmethod
    def black(cls, case: Mapping[str, Any]) -> Inputs:
        """A black picture of which nothing is known."""
        rows = zip(cls.inputs(case), case["inputs"], strict=True)
        return tuple(torch.full_like(x, BLACK[maker]) for x, (_, maker, *_) in rows)

    def assert_recorded(self, answers: Answers, golden: Mapping[str, np.ndarray], case: Mapping[str, Any]) -> None:
        """Hold the answers to a case to what is recorded of it."""
        for name in case["outputs"]:
            assert_near(answers[name], torch.from_numpy(golden[f"{case['id']}.{name}"]), self.record(), name)

    @pytest.fixture(scope="class")
    @classmethod
    def spec(cls) -> Spec:
        return cls.record()

    @pytest.fixture(scope="class")
    @classmethod
    def network(cls, spec: Spec) -> nn.Module:
        network = cls.build().eval()
        network.load_state_dict({name: torch.from_numpy(array) for name, array in cls.state(spec).items()})
        return network

    def test_keys_and_shapes_are_those_of_the_published_checkpoint(self, spec: Spec) -> None:
        with torch.device("meta"):
            state = self.build().state_dict()
        ours = {name: (list(value.shape), str(value.dtype)) for name, value in state.items()}
        assert ours == {name: (shape, f"torch.{dtype}") for name, shape, dtype, *_ in spec["keys"]}

    def test_answers_are_those_of_the_original(self, network: nn.Module, spec: Spec) -> None:
        with np.load(PARITY / f"{self.fixture}.npz") as golden:
            for case in spec["cases"]:
                self.assert_recorded(self.ask(network, self.inputs(case)), golden, case)

    def test_neighbours_in_a_batch_do_not_matter(self, network: nn.Module, spec: Spec) -> None:
        pictures = [self.inputs(spec["cases"][0], seed=seed) for seed in range(3)]
        together = self.ask(network, stack(pictures))
        for row, picture in enumerate(pictures):
            for name, alone in self.ask(network, picture).items():
                assert_near(together[name][row : row + 1], alone, spec, name)

    def test_smaller_and_larger_pictures_are_answered(self, network: nn.Module, spec: Spec) -> None:
        for size in self.other_sizes(spec):
            answers = self.ask(network, self.inputs(spec["cases"][0], size))
            assert tuple(answers) == self.outputs
            assert all(answer.isfinite().all() and answer.std() > 0 for answer in answers.values())

    def test_sides_that_are_no_multiples(self, network: nn.Module, spec: Spec) -> None:
        misfit = self.inputs(spec["cases"][0], (2 * self.multiple + 1, 3 * self.multiple - 1))
        if self.refuses:
            with pytest.raises(RuntimeError, match=r"(?i)sizes? of tensor"):
                self.ask(network, misfit)
        else:
            assert all(answer.isfinite().all() for answer in self.ask(network, misfit).values())

    def test_half_precision_is_near(self, network: nn.Module, spec: Spec) -> None:
        picture = self.inputs(spec["cases"][0])
        half = self.ask(copy.deepcopy(network).bfloat16(), tuple(x.bfloat16() for x in picture))
        for name, exact in self.ask(network, picture).items():
            assert half[name].dtype == torch.bfloat16
            assert (half[name].float() - exact).abs().mean() < self.rounding * exact.std(), name

    def test_a_black_picture_gives_numbers(self, network: nn.Module, spec: Spec) -> None:
        answers = self.ask(network, self.black(spec["cases"][0]))
        assert all(answer.isfinite().all() for answer in answers.values())

    @pytest.mark.slow
    def test_the_exported_graph_answers_alike_at_any_size(self, network: nn.Module, spec: Spec, tmp_path: Path) -> None:
        case = spec["cases"][0]
        names = [name for name, *_ in case["inputs"]]
        path = tmp_path / "network.onnx"
        example = self.inputs(case, self.example)
        export_onnx(network, example, path, input_names=names, output_names=self.outputs, multiple=self.multiple)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for count, size in zip((1, 3), self.other_sizes(spec), strict=True):
            pictures = stack([self.inputs(case, size, seed) for seed in range(count)])
            answers = session.run(None, {name: x.numpy() for name, x in zip(names, pictures, strict=True)})
            for (name, ours), theirs in zip(self.ask(network, pictures).items(), answers, strict=True):
                assert_near(torch.from_numpy(theirs), ours, spec, name)

    def ask(self, network: nn.Module, inputs: Inputs) -> Answers:
        """What a network answers, by name; an answer that does not exist in this pass is left out."""
        with torch.inference_mode():
            answer = network(*inputs)
        if isinstance(answer, Tensor):
            answer = (answer,)
        if hasattr(answer, "_asdict"):
            answer = answer._asdict()
        if not isinstance(answer, Mapping):
            answer = dict(zip(self.outputs, answer, strict=True))
        return {name: value for name, value in answer.items() if value is not None}

    def other_sizes(self, spec: Spec) -> tuple[tuple[int, int], tuple[int, int]]:
        """A size below and one beyond those of the record; odd ones where any size will do."""
        step = self.multiple
        steps = [side // step for case in spec["cases"] for _, _, size, *_ in case["inputs"] for side in size]
        below, beyond = (min(steps) - 1) * step, (max(steps) + 1) * step
        odd = int(step == 1)
        return (below | odd, below | odd), (beyond | odd, below | odd)


def make_inputs(case: Mapping[str, Any], size: tuple[int, int] | None = None, seed: int = 0) -> Inputs:
    """What a recorded case shows the network; at another size, or another picture, if asked for."""
    rows = [(name, maker, size or own, first + seed, *rest) for name, maker, own, first, *rest in case["inputs"]]
    return tuple(torch.from_numpy(array) for array in weights.inputs_for({"inputs": rows}).values())


def stack(pictures: list[Inputs]) -> Inputs:
    """Inputs of several pictures as one batch."""
    return tuple(torch.cat(rows) for rows in zip(*pictures, strict=True))


def assert_near(ours: Tensor, theirs: Tensor, spec: Spec, name: str = "") -> None:
    """Hold two answers of a name to the record's limits on the largest and the mean difference, or to that name's."""
    limits = spec.get("tolerances", {}).get(name, spec["tolerance"])
    assert ours.shape == theirs.shape, name
    error = (ours - theirs).abs()
    assert error.max() <= limits["max_abs"], name
    assert error.mean() <= limits["mean_abs"], name
