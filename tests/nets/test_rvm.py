from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from mattebox.errors import BadParameter
from mattebox.nets.rvm import RefinedStep, Rvm, RvmMatte, RvmSequence, small_size, usual_ratio
from mattebox.zoo.export import quiet
from nets.paddle_tester import COUNTER, in_pytorch
from nets.tester import PARITY
from parity import weights_paddle as maker

RECORD: dict[str, Any] = json.loads((PARITY / "paddle/rvm-mobilenetv3.json").read_text())
TOLERANCE = 5e-5
STATES = {"r1": 16, "r2": 20, "r3": 40, "r4": 64}
"""Channels of what is remembered."""
ANSWERS = ("alpha", "foreground", *(f"next_{name}" for name in STATES))


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    with np.load(PARITY / "paddle/rvm-mobilenetv3.npz") as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    published = maker.make_state(RECORD["keys"], RECORD["seed"])
    assert maker.state_hash(published) == RECORD["state_sha256"]
    return {in_pytorch(name): torch.from_numpy(array) for name, array in published.items()}


@pytest.fixture(scope="module")
def network(state: dict[str, Tensor]) -> Rvm:
    return load(Rvm(), state)


@pytest.fixture(scope="module")
def unlearnt(state: dict[str, Tensor]) -> Rvm:
    return load(Rvm("fast"), {name: value for name, value in state.items() if not name.startswith("refiner.")})


def load(network: Rvm, state: dict[str, Tensor]) -> Rvm:
    counters = {name: value for name, value in network.state_dict().items() if name.endswith(COUNTER)}
    network.load_state_dict(state | counters)
    return network.eval()


def make_frame(size: tuple[int, int], number: int) -> Tensor:
    """A frame of the record, (1, 3, H, W) in [0, 1]."""
    height, width = size
    name = f"{RECORD['name']}/{height}x{width}/t{number}"
    return torch.from_numpy(maker.to_nchw(maker.image_u8(name, height, width, seed=RECORD["seed"]), 0.0, 1.0))


def make_clips(size: tuple[int, int], count: int, length: int) -> Tensor:
    """Clips (count, length, 3, H, W) of frames that are all different."""
    frames = torch.cat([make_frame(size, number) for number in range(count * length)])
    return frames.unflatten(0, (count, length))


def matte(network: nn.Module, *inputs: Tensor, ratio: float = 1.0) -> RvmMatte:
    with torch.inference_mode():
        answer: RvmMatte = network(*inputs, downsample_ratio=ratio)
    return answer


def assert_near(ours: Tensor, theirs: Tensor, tolerance: float = TOLERANCE) -> None:
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= tolerance


def published(answer: RvmMatte) -> dict[str, Tensor]:
    """An answer by the names and in the order of colours of PaddleSeg's network."""
    alpha, foreground, *states = answer
    return {"pha": alpha, "fgr": foreground.flip(-3)} | dict(zip(STATES, states, strict=True))


def test_keys_and_shapes_are_those_of_the_published_checkpoint() -> None:
    with torch.device("meta"):
        ours = {name: list(value.shape) for name, value in Rvm().state_dict().items() if not name.endswith(COUNTER)}
    assert ours == {in_pytorch(name): shape for name, shape, *_ in RECORD["keys"]}


@pytest.mark.parametrize("case", RECORD["cases"])
def test_frames_in_order_are_answered_as_by_the_original(network: Rvm, golden: dict[str, Tensor], case: str) -> None:
    facts = RECORD["cases"][case]
    height, width = map(int, case.partition("_")[0].split("x"))
    memory: tuple[Tensor, ...] = ()
    compared = 0
    for number in range(facts["frames"]):
        answer = matte(network, make_frame((height, width), number), *memory, ratio=facts["downsample_ratio"])
        memory = answer[2:]
        for name, ours in published(answer).items():
            if f"{case}/t{number}/{name}" in golden:
                assert_near(ours, golden[f"{case}/t{number}/{name}"])
                compared += 1
        for name, told in (("pha", answer.alpha), ("fgr", answer.foreground)):
            assert told.mean() == pytest.approx(facts[name][number]["mean"], abs=TOLERANCE)
    assert compared == sum(name.startswith(f"{case}/") for name in golden)
    without = matte(network, make_frame((height, width), 1), ratio=facts["downsample_ratio"])
    change = (answer.alpha - without.alpha).abs().mean()
    assert change == pytest.approx(facts["mean_change_of_frame1_due_to_memory"], abs=TOLERANCE)


def test_a_clip_is_answered_as_its_frames(network: Rvm, golden: dict[str, Tensor]) -> None:
    answer = matte(network, make_clips((64, 80), 1, 2))
    for number in range(2):
        assert_near(answer.alpha[:, number], golden[f"64x80_ratio1/t{number}/pha"])
    assert_near(answer.foreground[:, 1].flip(1), golden["64x80_ratio1/t1/fgr"])
    assert_near(answer.r4, golden["64x80_ratio1/t1/r4"])


def test_segmentation_is_that_of_the_original(network: Rvm, golden: dict[str, Tensor]) -> None:
    with torch.inference_mode():
        answer = network(make_frame((64, 80), 0), segmentation=True)
    assert_near(answer.segmentation, golden["segmentation/64x80"])
    assert_near(answer.r1, matte(network, make_frame((64, 80), 0)).r1)


def test_segmentation_is_told_at_the_size_that_the_encoder_sees(network: Rvm) -> None:
    with torch.inference_mode():
        answer = network(make_clips((64, 80), 1, 2), downsample_ratio=0.5, segmentation=True)
    assert answer.segmentation.shape == (1, 2, 1, 32, 40)


def test_the_unlearnt_filter_answers_as_the_original(unlearnt: Rvm, golden: dict[str, Tensor]) -> None:
    # Where the picture is flat the rounding of its variance shows: the original in float32 is 3.3e-5 from exact.
    answer = matte(copy.deepcopy(unlearnt).double(), make_frame((128, 160), 0).double(), ratio=0.25)
    assert_near(answer.alpha.float(), golden["fast_guided_filter/128x160"])
    probe = RECORD["fast_guided_filter"]["output"]
    assert answer.alpha.mean() == pytest.approx(probe["mean"], abs=TOLERANCE)


def test_neighbours_in_a_batch_do_not_matter(network: Rvm) -> None:
    clips = make_clips((50, 38), 2, 2)
    together = matte(network, clips, ratio=0.5)
    for row, clip in enumerate(clips):
        first = matte(network, clip[:1], ratio=0.5)
        second = matte(network, clip[1:], *first[2:], ratio=0.5)
        for alone, number in ((first, 0), (second, 1)):
            assert_near(together.alpha[row, number], alone.alpha[0])
            assert_near(together.foreground[row, number], alone.foreground[0])
        for ours, theirs in zip(together[2:], second[2:], strict=True):
            assert_near(ours[row : row + 1], theirs)


def test_zeros_of_one_pixel_are_an_empty_memory(network: Rvm) -> None:
    frame = make_frame((33, 47), 0)
    for ours, theirs in zip(matte(network, frame, *nothing(1)), matte(network, frame), strict=True):
        assert torch.equal(ours, theirs)


def nothing(count: int) -> list[Tensor]:
    return [torch.zeros(count, channels, 1, 1) for channels in STATES.values()]


@pytest.mark.parametrize("size", [(1, 1), (17, 200)])
@pytest.mark.parametrize("ratio", [1.0, 0.3])
def test_small_and_long_frames_are_answered(network: Rvm, size: tuple[int, int], ratio: float) -> None:
    answer = matte(network, make_frame(size, 0), ratio=ratio)
    assert answer.alpha.shape == (1, 1, *size)
    assert all(value.isfinite().all() for value in answer)


@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_a_black_frame_gives_numbers(network: Rvm, unlearnt: Rvm, ratio: float) -> None:
    for model in (network, unlearnt):
        assert all(value.isfinite().all() for value in matte(model, torch.zeros(1, 3, 64, 48), ratio=ratio))


@pytest.mark.parametrize("ratio", [1.0, 0.5])
def test_half_precision_is_near(network: Rvm, ratio: float) -> None:
    clip = make_clips((64, 80), 1, 2)
    half = matte(copy.deepcopy(network).bfloat16(), clip.bfloat16(), ratio=ratio)
    for ours, exact in zip(half, matte(network, clip, ratio=ratio), strict=True):
        assert ours.dtype == torch.bfloat16
        assert (ours.float() - exact).abs().mean() < 0.05 * exact.std()


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1.5, float("nan")])
def test_a_ratio_that_is_none_is_named(network: Rvm, ratio: float) -> None:
    with pytest.raises(BadParameter, match=f"ratio of downsampling is {ratio}"):
        network(torch.zeros(1, 3, 32, 32), downsample_ratio=ratio)


def test_a_refiner_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadParameter, match="no refiner 'slow'"):
        Rvm("slow")


def test_a_sequence_remembers_until_the_size_changes_or_it_is_told_to_forget(network: Rvm) -> None:
    first, second = make_frame((40, 32), 0), make_frame((40, 32), 1)
    fresh = matte(network, first, ratio=0.5)
    sequence = RvmSequence(network, downsample_ratio=0.5)
    assert torch.equal(sequence(first).alpha, fresh.alpha)
    assert torch.equal(sequence(second).alpha, matte(network, second, *fresh[2:], ratio=0.5).alpha)
    other = make_frame((32, 40), 0)
    assert torch.equal(sequence(other).alpha, matte(network, other, ratio=0.5).alpha)
    sequence.forget()
    assert torch.equal(sequence(other).alpha, matte(network, other, ratio=0.5).alpha)
    assert not torch.equal(sequence(other).alpha, matte(network, other, ratio=0.5).alpha)


def test_a_sequence_chooses_the_usual_ratio(network: Rvm) -> None:
    assert usual_ratio(1024, 768) == 0.5
    answer = RvmSequence(network)(torch.zeros(1, 3, 1024, 32))
    assert answer.alpha.shape == (1, 1, 1024, 32)
    assert answer.r1.shape == (1, 16, 256, 8)


@pytest.mark.slow
def test_the_graph_of_a_step_answers_alike_at_any_size(network: Rvm, tmp_path: Path) -> None:
    session = export_step(network, {"frame": torch.zeros(2, 3, 45, 61)}, tmp_path / "step.onnx")
    for count, size in ((1, (40, 56)), (3, (51, 35))):
        ours: tuple[Tensor, ...] = ()
        theirs = [state.numpy() for state in nothing(count)]
        for frames in make_clips(size, count, 2).unbind(1):
            answer = matte(network, frames, *ours)
            answers = session.run(None, {"frame": frames.numpy()} | dict(zip(STATES, theirs, strict=True)))
            ours, theirs = answer[2:], answers[2:]
            for exact, value in zip(answer, answers, strict=True):
                assert_near(torch.from_numpy(value), exact)


@pytest.mark.slow
def test_the_graph_of_a_refined_step_answers_alike_at_any_size_and_ratio(network: Rvm, tmp_path: Path) -> None:
    example = {"frame": torch.zeros(2, 3, 90, 122), "small": torch.zeros(2, 3, 45, 61)}
    session = export_step(RefinedStep(network).eval(), example, tmp_path / "refined.onnx")
    for count, size, ratio in ((1, (80, 112), 0.5), (3, (101, 68), 0.25)):
        ours: tuple[Tensor, ...] = ()
        theirs = [state.numpy() for state in nothing(count)]
        for frames in make_clips(size, count, 2).unbind(1):
            small = functional.interpolate(frames, size=small_size(*size, ratio), mode="bilinear", align_corners=False)
            answer = matte(network, frames, *ours, ratio=ratio)
            pictures = {"frame": frames.numpy(), "small": small.numpy()}
            answers = session.run(None, pictures | dict(zip(STATES, theirs, strict=True)))
            ours, theirs = answer[2:], answers[2:]
            for exact, value in zip(answer, answers, strict=True):
                assert_near(torch.from_numpy(value), exact)


def export_step(step: nn.Module, pictures: dict[str, Tensor], path: Path) -> onnxruntime.InferenceSession:
    """The graph of a step in which pictures and states have sizes of their own."""
    sizes = ((23, 31), (12, 16), (6, 8), (3, 4))
    states = [torch.zeros(2, channels, *size) for channels, size in zip(STATES.values(), sizes, strict=True)]
    names = (*pictures, *STATES)
    axes = [{0: "batch", 2: f"{name}_height", 3: f"{name}_width"} for name in names]
    with quiet():
        program = torch.onnx.export(
            step,
            (*pictures.values(), *states),
            input_names=names,
            output_names=ANSWERS,
            dynamic_shapes=tuple({axis: torch.export.Dim(name) for axis, name in row.items()} for row in axes),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.save(path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
