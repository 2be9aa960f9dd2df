from __future__ import annotations

import numpy as np
import pytest

from mattebox.stages.segment import network_input, segment
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
    stripes = np.zeros((200, 6400, 3), np.uint8)
    stripes[:, ::2] = 255
    small = network_input(stripes, LITE)[0]
    assert np.ptp(small, axis=(1, 2)).max() < 0.1


def test_a_network_without_a_score_is_as_sure_as_its_surest_pixel() -> None:
    class MaskOnly:
        device = "cpu"

        def run(self, _: np.ndarray) -> tuple[np.ndarray, ...]:
            return (np.linspace(0, 0.875, 4, dtype=np.float32).reshape(1, 1, 2, 2),)

    assert segment(np.zeros((10, 12, 3), np.uint8), MaskOnly(), LITE)[1] == 0.875


def test_mask_and_score_come_from_the_engine() -> None:
    class Fixed:
        device = "cpu"

        def run(self, _: np.ndarray) -> tuple[np.ndarray, ...]:
            return np.full((1, 1, 320, 320), 0.25, np.float32), np.array([0.75], np.float32)

    mask, score = segment(np.zeros((10, 12, 3), np.uint8), Fixed(), LITE)
    assert mask.shape == (320, 320)
    assert score == 0.75
