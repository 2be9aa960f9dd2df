from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.stages.segment import network_input, network_size, segment
from mattebox.zoo.registry import find_card

LITE = find_card("lite")


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 5000, 3), (640, 480, 3), (100, 900, 3)])
def test_any_picture_becomes_the_networks_input(shape: tuple[int, int, int]) -> None:
    batch = network_input(np.full(shape, 255, np.uint8), LITE)
    assert batch.shape == (1, 3, *LITE.input_size)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0, :, 5, 5], (1 - np.array(LITE.mean)) / np.array(LITE.deviation), rtol=1e-5)


def test_channels_stay_in_rgb_order() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 255
    batch = network_input(red, LITE)
    assert batch[0, 0, 0, 0] > 1
    assert batch[0, 2, 0, 0] < 0


def test_a_long_banner_is_averaged_and_not_sampled() -> None:
    stripes = np.zeros((200, 5120, 3), np.uint8)
    stripes[:, ::2] = 255
    small = network_input(stripes, LITE)[0]
    assert np.ptp(small, axis=(1, 2)).max() < 0.1


def test_a_network_without_a_score_is_as_sure_as_its_surest_pixel() -> None:
    class MaskOnly:
        device = "cpu"

        def run(self, _: np.ndarray) -> tuple[np.ndarray, ...]:
            return (np.linspace(0, 0.875, 4, dtype=np.float32).reshape(1, 1, 2, 2),)

    assert segment(np.zeros((10, 12, 3), np.uint8), MaskOnly(), replace(LITE, mirrored=False)).score == 0.875


class Fixed:
    """Sees the left half as the subject, whatever it is shown, and says what it was told of the kinds."""

    device = "cpu"

    def __init__(self, kinds: tuple[float, ...] = ()) -> None:
        self.kinds = kinds

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        self.seen = batch
        count = len(batch)
        mask = np.zeros((count, 1, 320, 320), np.float32)
        mask[..., :160] = 1
        answers = mask, np.linspace(0.5, 1, count, dtype=np.float32)
        return (*answers, np.tile(np.float32(self.kinds), (count, 1))) if self.kinds else answers


def test_mask_and_score_come_from_the_engine() -> None:
    found = segment(np.zeros((10, 12, 3), np.uint8), Fixed(), replace(LITE, mirrored=False))
    assert found.mask.shape == (320, 320)
    assert found.mask.mean() == 0.5
    assert (found.score, found.kind) == (0.5, None)


def test_a_mirrored_model_answers_with_the_mean_of_both_looks() -> None:
    engine = Fixed()
    ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], (90, 1, 3))
    found = segment(ramp, engine, replace(LITE, mirrored=True))
    np.testing.assert_array_equal(engine.seen[1], engine.seen[0, ..., ::-1])
    np.testing.assert_array_equal(found.mask, 0.5)
    assert found.score == 0.75


@pytest.mark.parametrize(("odds", "kind"), [((0.1, 0.9), "animal"), ((0.7, 0.3), "person"), ((0.4, 0.4), None)])
def test_only_a_kind_that_is_likely_is_told(odds: tuple[float, ...], kind: str | None) -> None:
    card = replace(LITE, kinds=("person", "animal"))
    assert segment(np.zeros((10, 12, 3), np.uint8), Fixed(odds), card).kind == kind


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        ("lite", 320, "segment_size=320: model 'lite' works at 256 x 256 pixels only"),
        ("rembg_u2net", 640, "segment_size=640: model 'rembg_u2net' works at 320 x 320 pixels only"),
        ("tracer_b7", 500, "segment_size=500: model 'tracer_b7' works at multiples of 32 pixels"),
    ],
)
def test_a_size_that_a_network_cannot_work_at_is_refused(model: str, size: int, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        network_size(find_card(model), size)


def test_a_size_that_a_network_can_work_at_is_taken() -> None:
    assert network_size(find_card("tracer_b7"), 640) == (640, 640)
    assert network_size(find_card("lite"), 256) == (256, 256)
    assert network_size(find_card("isnet"), None) == (1024, 1024)


def test_pixels_are_divided_by_the_pictures_own_maximum_where_the_card_says_so() -> None:
    grey = np.full((40, 40, 3), 100, np.uint8)
    card = replace(find_card("u2net"), mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
    np.testing.assert_array_equal(network_input(grey, card), 1)
    assert not network_input(np.zeros_like(grey), card).any()
    np.testing.assert_allclose(network_input(grey, replace(card, scale="255")), 100 / 255, rtol=1e-6)
