"""The recorded wrappers of CarveKit, step by step: each step is fed with what was recorded of the one before."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image
from torch import nn

from mattebox.compat import cascade, fba, pixels, segmentation, trimap
from mattebox.engines.torch import TorchEngine
from mattebox.errors import BadParameter
from mattebox.nets.basnet import BasNet
from mattebox.nets.cascadepsp import CascadePsp, CoarseStep, FineStep
from mattebox.nets.deeplab import DeepLabV3
from mattebox.nets.fba import FbaMatting
from mattebox.nets.isnet import IsNet
from mattebox.nets.tracer import Tracer
from mattebox.nets.u2net import U2Net
from mattebox.stages.cascade import Cascade
from parity.golden import PARITY, PIPELINES, drawn, recorded, state_of

METHODS = {entry["id"]: entry for entry in PIPELINES["pipe_methods"]}


class Wrapper(NamedTuple):
    """A segmentation wrapper of CarveKit."""

    weights: str
    build: Callable[[], nn.Module]
    prepare: Callable[..., np.ndarray]
    finish: Callable[..., Image.Image]


WRAPPERS = {
    "U2NET": Wrapper("u2net", U2Net, segmentation.prepare_u2net, segmentation.finish_u2net),
    "BASNET": Wrapper("basnet", BasNet, segmentation.prepare_u2net, segmentation.finish_u2net),
    "ISNet": Wrapper("isnet", IsNet, segmentation.prepare_isnet, segmentation.finish_u2net),
    "DeepLabV3": Wrapper("deeplabv3_resnet101", DeepLabV3, segmentation.prepare_deeplab, segmentation.finish_deeplab),
    "TracerUniversalB7": Wrapper("tracer_b7", Tracer, segmentation.prepare_tracer, segmentation.finish_tracer),
}
SEGMENTED = [(name, entry) for name in WRAPPERS for entry in PIPELINES[f"pipe_{name}"]]
LABELS = [f"{name}-{entry['id']}" for name, entry in SEGMENTED]


def pair(size: int | list[int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


@lru_cache(maxsize=2)
def network(name: str, build: Callable[[], nn.Module]) -> nn.Module:
    module = build().eval()
    module.load_state_dict(state_of(name))
    return module


def assert_same_picture(ours: Image.Image, theirs: np.ndarray, *, any_step: bool = False, share: float = 0.005) -> None:
    """Hold two pictures to a difference of 1, or of anything, on at most a share of the pixels."""
    assert np.asarray(ours).shape == theirs.shape
    step = np.abs(np.asarray(ours).astype(int) - theirs)
    assert (step > 0).mean() <= share
    assert any_step or step.max() <= 1


def prepared(name: str, entry: dict[str, Any]) -> np.ndarray:
    size = pair(entry["args"]["input_image_size"])
    if name != "TracerUniversalB7":
        return WRAPPERS[name].prepare(drawn(entry["image"]), size)
    return segmentation.prepare_tracer(drawn(entry["image"]), size[::-1], antialias="WITH " in entry["note"])


@pytest.mark.parametrize(("name", "entry"), SEGMENTED, ids=LABELS)
def test_what_segmentation_networks_are_shown(name: str, entry: dict[str, Any]) -> None:
    expected = recorded(f"pipe_{name}", f"{entry['id']}.pre")
    ours = prepared(name, entry)
    assert ours.dtype == np.float32
    bound = 1e-4 if name == "TracerUniversalB7" else 1e-5
    np.testing.assert_allclose(ours, expected.reshape(ours.shape), rtol=0, atol=bound)


@pytest.mark.parametrize(("name", "entry"), SEGMENTED, ids=LABELS)
def test_masks_of_segmentation_networks(name: str, entry: dict[str, Any]) -> None:
    wrapper = WRAPPERS[name]
    answer = TorchEngine(network(wrapper.weights, wrapper.build), "cpu").run(prepared(name, entry))[0][0]
    mask = wrapper.finish(answer if name == "DeepLabV3" else answer[0], drawn(entry["image"]).size)
    assert_same_picture(mask, recorded(f"pipe_{name}", f"{entry['id']}.mask"), any_step=name == "DeepLabV3")


@pytest.mark.parametrize(
    ("name", "method"), [("U2NET", "interface"), ("U2NET", "interface_casmatting"), ("ISNet", "interface_matting")]
)
def test_masks_inside_the_interface(name: str, method: str) -> None:
    image, wrapper = drawn(METHODS[method]["image"]), WRAPPERS[name]
    engine = TorchEngine(network(wrapper.weights, wrapper.build), "cpu")
    mask = wrapper.finish(engine.run(wrapper.prepare(image, (96, 96)))[0][0, 0], image.size)
    assert_same_picture(mask, recorded("pipe_methods", f"{method}.mask"))


def alpha_of(image: Image.Image, known: Image.Image, options: dict[str, Any]) -> tuple[Image.Image, list[np.ndarray]]:
    """What FBAMatting does, and the inputs that its network was given."""
    size, batch = pair(options["input_tensor_size"]), options["batch_size"]
    picture = fba.prepare_picture(fba.working_copy(image, size, batch))
    about = fba.prepare_trimap(fba.working_copy(known, size, batch))
    inputs = [picture[0], about[0], picture[1], about[1]]
    (answer,) = TorchEngine(network("fba_resnet50_gn_ws", FbaMatting), "cpu").run(*inputs)
    return fba.finish(answer[0], known, keep_faint=options.get("disable_noise_filter", False)), inputs


@pytest.mark.parametrize("entry", PIPELINES["pipe_FBAMatting"], ids=lambda entry: entry["id"])
def test_fba_matting(entry: dict[str, Any]) -> None:
    alpha, inputs = alpha_of(drawn(entry["image"]), drawn(entry["trimap"]), entry["args"])
    assert [list(each.shape) for each in (inputs[0], inputs[2], inputs[1], inputs[3])] == entry["shapes"]
    with np.load(PARITY / "pipe_FBAMatting.npz") as golden:
        for name, ours in zip(("image", "two_chan", "image_n", "transformed"), inputs, strict=True):
            if f"{entry['id']}.{name}" in golden:
                np.testing.assert_allclose(ours, golden[f"{entry['id']}.{name}"], rtol=0, atol=1e-5)
        assert_same_picture(alpha, golden[f"{entry['id']}.alpha"], any_step=True)


class Counting:
    """An engine that remembers the shapes of the pictures that it is shown."""

    def __init__(self, module: nn.Module) -> None:
        self._engine = TorchEngine(module, "cpu")
        self.device = self._engine.device
        self.shapes: list[tuple[int, ...]] = []

    def run(self, *batches: np.ndarray) -> tuple[np.ndarray, ...]:
        self.shapes.append(batches[0].shape)
        return self._engine.run(*batches)


def cascade_engines() -> Cascade:
    module = network("cascadepsp", CascadePsp)
    return Cascade(Counting(CoarseStep(module)), Counting(FineStep(module)))


def refined(
    image: Image.Image, mask: Image.Image, engines: Cascade, options: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What CascadePSP is given, and its answer."""
    side, global_only = options["input_tensor_size"], options["global_step_only"]
    limit = options.get("processing_accelerate_image_size", 2048)
    picture, drawing = (
        cascade.working_copy(each, side, limit, batch=1, global_only=global_only) for each in (image, mask)
    )
    seg = cascade.prepare_mask(drawing, options.get("mask_binary_threshold", 127))
    answer = cascade.refine(cascade.prepare_picture(picture), seg, engines, side, global_only=global_only)
    return np.asarray(picture).transpose(2, 0, 1)[None], seg, answer


@pytest.mark.slow
@pytest.mark.parametrize("entry", PIPELINES["pipe_CascadePSP"], ids=lambda entry: entry["id"])
def test_cascade_psp(entry: dict[str, Any]) -> None:
    engines, own_mask = cascade_engines(), drawn(entry["mask"])
    picture, seg, answer = refined(drawn(entry["image"]), own_mask, engines, entry["args"])
    seen = engines.coarse.shapes + engines.fine.shapes
    padded = [cascade.padded(np.empty(json.loads(shape))).shape for shape in entry["forward_shapes"]]
    assert (len(seen), set(seen)) == (entry["forward_calls"], set(padded))
    in_tiles, stride = not entry["args"]["global_step_only"], entry["prob_stride"]
    with np.load(PARITY / "pipe_CascadePSP.npz") as golden:
        expected = {name.partition(".")[2]: golden[name] for name in golden if name.startswith(f"{entry['id']}.")}
    np.testing.assert_allclose(seg, expected["seg"], rtol=0, atol=1e-5)
    if "image" in expected:
        np.testing.assert_array_equal(picture, expected["image"])
    if "prob" in expected:
        step = np.abs(answer[..., ::stride, ::stride] - expected["prob"])
        assert (step > 1e-3).mean() <= (0.01 if in_tiles else 0)
    mask, share = cascade.finish(answer[0, 0], own_mask.size), 0.01 if in_tiles else 0.005
    assert_same_picture(mask, expected["mask"], any_step=in_tiles, share=share)


@pytest.mark.parametrize("method", ["casmatting", "interface_casmatting"])
def test_refinement_inside_a_method(method: str) -> None:
    entry = METHODS[method]
    mask = drawn(entry["mask"]) if "mask" in entry else Image.fromarray(recorded("pipe_methods", f"{method}.mask"))
    _, _, answer = refined(drawn(entry["image"]), mask, cascade_engines(), entry["cascadepsp"])
    assert_same_picture(cascade.finish(answer[0, 0], mask.size), recorded("pipe_methods", f"{method}.refined"))


@pytest.mark.parametrize(
    "entry", [entry for entry in METHODS.values() if "fba" in entry], ids=lambda entry: entry["id"]
)
def test_trimaps_inside_a_method(entry: dict[str, Any]) -> None:
    with np.load(PARITY / "pipe_methods.npz") as golden:
        names = [f"{entry['id']}.{step}" for step in ("refined", "mask") if f"{entry['id']}.{step}" in golden]
        mask = golden[names[0]] if names else np.asarray(drawn(entry["mask"]))
        expected = golden[f"{entry['id']}.trimap"]
    if "cv2_trimap" in entry:
        np.testing.assert_array_equal(trimap.dilated_trimap(mask, **entry["cv2_trimap"]), expected)
    else:
        np.testing.assert_array_equal(trimap.probability_trimap(mask, **entry["trimap"]), expected)


@pytest.mark.parametrize(
    "entry", [entry for entry in METHODS.values() if "fba" in entry], ids=lambda entry: entry["id"]
)
def test_matting_inside_a_method(entry: dict[str, Any]) -> None:
    known = Image.fromarray(recorded("pipe_methods", f"{entry['id']}.trimap"))
    alpha, _ = alpha_of(drawn(entry["image"]), known, entry["fba"])
    assert_same_picture(alpha, recorded("pipe_methods", f"{entry['id']}.alpha"), any_step=True)


@pytest.mark.parametrize("entry", METHODS.values(), ids=lambda entry: entry["id"])
def test_the_last_step_of_a_method(entry: dict[str, Any]) -> None:
    last = "alpha" if "alpha" in entry["results"] else "mask"
    ours = pixels.apply_mask(drawn(entry["image"]), Image.fromarray(recorded("pipe_methods", f"{entry['id']}.{last}")))
    np.testing.assert_array_equal(np.asarray(ours), recorded("pipe_methods", f"{entry['id']}.rgba"))


def test_an_answer_of_one_value_is_no_object() -> None:
    assert segmentation.finish_u2net(np.full((4, 4), 0.7, np.float32), (8, 8)).getextrema() == (0, 0)


def test_a_black_picture_has_a_largest_value_of_one() -> None:
    assert np.isfinite(segmentation.prepare_u2net(Image.new("RGB", (40, 40)), (32, 32))).all()


def test_pictures_of_a_batch_are_stretched() -> None:
    image = Image.new("RGB", (60, 40))
    options = {"side": 48, "batch": 2}
    assert cascade.working_copy(image, limit=100, global_only=False, **options).size == (100, 100)
    assert cascade.working_copy(image, limit=0, global_only=True, **options).size == (48, 48)
    with pytest.raises(BadParameter, match="processing_accelerate_image_size=0 with batch_size=2"):
        cascade.working_copy(image, limit=0, global_only=False, **options)


def test_a_side_without_room_for_tiles_is_refused() -> None:
    picture, mask = np.zeros((1, 3, 40, 40), np.float32), np.zeros((1, 1, 40, 40), np.float32)
    with pytest.raises(BadParameter, match="input_tensor_size=64: must be at least 66"):
        cascade.refine(picture, mask, Cascade(None, None), 64)
