from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mattebox.engines.torch import TorchEngine
from mattebox.nets.vitmatte import Decode, Encode, ViTMatte
from mattebox.stages import vitmatte
from mattebox.stages.matte import matte
from mattebox.stages.vitmatte import Halves, prepare, vitmatte_look
from mattebox.zoo.registry import find_card
from nets.test_vitmatte import TestTinyViTMatte as Tiny
from parity import weights_paddle as maker

PARITY = Path(__file__).parent.parent / "parity/vitmatte"
CARD = replace(find_card("fba"), multiple=32)
HALF = 128 / 255


@pytest.fixture(scope="module")
def network() -> ViTMatte:
    spec = Tiny.record()
    network = Tiny.build().eval()
    network.load_state_dict({name: torch.from_numpy(array) for name, array in Tiny.state(spec).items()})
    return network


class Counting(TorchEngine):
    """Keeps the sizes of what it was shown."""

    def run(self, *batches: np.ndarray) -> tuple[np.ndarray, ...]:
        self.shown = [*getattr(self, "shown", []), batches[0].shape[2:]]
        return super().run(*batches)


def halves_of(network: ViTMatte) -> Halves:
    return Halves(Counting(Encode(network), "cpu"), Counting(Decode(network), "cpu"))


def scene(height: int, width: int, name: str = "scene") -> tuple[np.ndarray, np.ndarray]:
    name = f"{name}/{height}x{width}"
    return maker.image_u8(name, height, width, seed=0), maker.trimap_u8(maker.alpha_u8(name, height, width, 0), 3)


def whole(network: ViTMatte, rgb: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """What the network says of a picture at once, by our own arithmetic."""
    colours = (rgb / 255 - np.array(CARD.mean)) / np.array(CARD.deviation)
    known = np.where(trimap == 128, 0.5, trimap / 255)
    pixels = np.dstack([colours, known]).transpose(2, 0, 1)[None].astype(np.float32)
    height, width = trimap.shape
    pixels = np.pad(pixels, ((0, 0), (0, 0), (0, -height % 32), (0, -width % 32)))
    with torch.inference_mode():
        return network(torch.from_numpy(pixels))[0, 0, :height, :width].numpy()


OPTIONS = {
    "size_divisor": lambda value: {"multiple": value},
    "do_pad": lambda value: {"multiple": 32 if value else 1},
    "do_normalize": lambda value: {} if value else {"mean": (0, 0, 0), "deviation": (1, 1, 1)},
    "image_mean": lambda value: {"mean": value},
    "image_std": lambda value: {"deviation": value},
}
"""What the options of the published processor are with us."""


@pytest.mark.parametrize("case", json.loads((PARITY / "vitmatte-processor.json").read_text())["cases"].items())
def test_the_published_processor_gives_the_same_numbers(case: tuple[str, dict]) -> None:
    name, record = case
    height, width = record["size"]
    rgb, trimap = scene(height, width, "proc")
    options = {"mean": (0.5, 0.5, 0.5), "deviation": (0.5, 0.5, 0.5)}
    for option, value in record["options"].items():
        options |= OPTIONS[option](value)
    with np.load(PARITY / "vitmatte-processor.npz") as golden:
        recorded = golden[name] if name in golden.files else None
    ours = prepare(rgb, trimap, unknown=HALF, **options)
    assert list(ours.shape) == record["output"]
    np.testing.assert_allclose(ours[0, :, -1, -1], record["corner_values"], rtol=0, atol=1e-6)
    if recorded is not None:
        np.testing.assert_allclose(ours, recorded, rtol=0, atol=1e-6)


def test_unknown_is_a_half_unless_told_otherwise() -> None:
    rgb, trimap = scene(40, 50)
    shown = prepare(rgb, trimap)
    assert shown.shape == (1, 4, 64, 64)
    assert shown.dtype == np.float32
    assert set(np.unique(shown[0, 3])) == {0, 0.5, 1}
    assert not shown[0, :, 40:].any()
    assert not shown[0, :, :, 50:].any()


@pytest.mark.parametrize("size", [(96, 128), (75, 201), (20, 30)])
def test_the_answer_is_that_of_the_whole_network_where_the_trimap_does_not_know(
    size: tuple[int, int], network: ViTMatte
) -> None:
    rgb, trimap = scene(*size)
    halves = halves_of(network)
    alpha, colours = matte(rgb, trimap, vitmatte_look(halves, CARD))
    assert colours is None
    expected = np.where(trimap == 128, whole(network, rgb, trimap), trimap / 255)
    np.testing.assert_allclose(alpha, expected, rtol=0, atol=1e-5)
    assert (trimap == 128).any()
    np.testing.assert_array_equal(alpha[trimap != 128], (trimap / np.float32(255))[trimap != 128])


def test_parts_of_the_decoder_make_up_the_whole(network: ViTMatte, monkeypatch: pytest.MonkeyPatch) -> None:
    rgb, trimap = scene(320, 256)
    trimap[:] = 128
    at_once, _ = matte(rgb, trimap, vitmatte_look(halves_of(network), CARD))
    monkeypatch.setattr(vitmatte, "PART", 3)
    halves = halves_of(network)
    alpha, _ = matte(rgb, trimap, vitmatte_look(halves, CARD))
    assert len(halves.decode.shown) > 20
    np.testing.assert_allclose(alpha, at_once, rtol=0, atol=1e-5)
    # The decoder sees 46 pixels far; what is further than 32 weighs little, so that one place less would hardly show.
    monkeypatch.setattr(vitmatte, "RIM", vitmatte.RIM - 2)
    shorter, _ = matte(rgb, trimap, vitmatte_look(halves_of(network), CARD))
    assert np.abs(shorter - at_once).max() > 1e-5


def test_only_what_is_unknown_is_decoded(network: ViTMatte) -> None:
    rgb, trimap = scene(320, 320)
    trimap[:] = 0
    trimap[150:170, 150:160] = 128
    halves = halves_of(network)
    matte(rgb, trimap, vitmatte_look(halves, CARD))
    (shown,) = halves.decode.shown
    assert shown == (2 + 2 * vitmatte.RIM, 1 + 2 * vitmatte.RIM)
