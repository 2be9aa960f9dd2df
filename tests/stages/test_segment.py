from __future__ import annotations

import json
import logging
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.stages import segment as stage
from mattebox.stages.segment import LONGEST, network_input, network_size, segment
from mattebox.zoo.card import Card
from mattebox.zoo.registry import built_in_cards, find_card

LITE = find_card("lite")
SIZES = json.loads((Path(__file__).parent.parent / "parity" / "paddle" / "sizes.json").read_text())
"""Sizes of pictures and what PaddleSeg's networks see of them, by the names of their files."""


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


PUBLISHED = [card for card in built_in_cards().values() if card.family == "paddleseg" and card.name != "rvm"]
BANNER = (33, 500)


@pytest.mark.parametrize("card", PUBLISHED, ids=lambda card: card.name)
def test_a_network_of_paddleseg_sees_pictures_as_large_as_published(card: Card) -> None:
    (rows,) = (rows for name, rows in SIZES.items() if fnmatch(card.weights.file, f"{name}.pdparams"))
    for picture, seen in rows:
        if max(seen) <= LONGEST * min(card.input_size):
            assert list(network_size(card, None, tuple(picture))) == seen


@pytest.mark.parametrize(
    ("fit", "seen"), [("short", (512, 1536)), ("limit-short", (32, 480)), ("limit-long", (32, 480))]
)
def test_a_banner_does_not_fill_the_memory(fit: str, seen: tuple[int, int]) -> None:
    card = replace(find_card("modnet_hrnet_w18"), fit=fit)
    assert network_size(card, None, BANNER) == seen
    assert network_input(np.zeros((*BANNER, 3), np.uint8), card).shape == (1, 3, *seen)


class Seeing:
    """Notes the size of what it is shown."""

    def __init__(self, device: str = "cpu") -> None:
        self.device, self.seen = device, [0, 0]

    def run(self, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        self.seen = batch.shape[2:]
        return (np.zeros((len(batch), 1, *self.seen), np.float32),)


@pytest.mark.parametrize(
    ("model", "pixel_bytes", "whole"),
    [("humanmatting", 500, (2048, 2688)), ("ppmatting_composition", 2300, (1536, 2048))],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_picture_is_seen_with_fewer_pixels_where_memory_is_short(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    model: str,
    pixel_bytes: int,
    whole: tuple[int, int],
    mirrored: bool,
) -> None:
    monkeypatch.setattr(stage, "_told", set())
    card, picture, engine = replace(find_card(model), mirrored=mirrored), np.zeros((1536, 2048, 3), np.uint8), Seeing()
    free = 2_000_000_000
    monkeypatch.setattr(stage, "free_memory", lambda: free)
    with caplog.at_level(logging.WARNING, "mattebox"):
        for _ in range(2):
            segment(picture, engine, card)
    height, width = engine.seen
    taken = height * width * pixel_bytes * (1 + mirrored)
    assert 0.5 * free < taken < stage.SHARE * free
    assert height % card.multiple == width % card.multiple == 0
    assert width / height == pytest.approx(4 / 3, rel=0.1)
    (told,) = caplog.messages
    assert told.startswith(f"model '{model}': too little memory is free for ")
    assert told.endswith(f" pixels, so it sees {height} x {width} and finds less detail")
    for plenty, device in ((50_000_000_000, "cpu"), (None, "cpu"), (0, "cuda")):
        monkeypatch.setattr(stage, "free_memory", lambda plenty=plenty: plenty)
        elsewhere = Seeing(device)
        segment(picture, elsewhere, card)
        assert elsewhere.seen == whole
    assert len(caplog.messages) == 1


def test_a_picture_is_never_seen_at_less_than_one_multiple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "free_memory", lambda: 0)
    engine = Seeing()
    segment(np.zeros((60, 80, 3), np.uint8), engine, find_card("humanmatting"))
    assert engine.seen == (128, 128)


def test_a_small_network_does_not_ask_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "free_memory", lambda: 0)
    engine = Seeing()
    segment(np.zeros((60, 80, 3), np.uint8), engine, replace(LITE, architecture="MyOwn", mirrored=False))
    assert engine.seen == LITE.input_size


@pytest.mark.parametrize("fit", ["short", "limit-short", "limit-long"])
@pytest.mark.parametrize("picture", [(1, 1), (3, 4000), (31, 33), (4000, 3000)])
def test_every_picture_is_seen_in_multiples_and_at_least_one(fit: str, picture: tuple[int, int]) -> None:
    card = replace(find_card("humanmatting"), fit=fit, input_size=(256, 256))
    seen = network_size(card, None, picture)
    assert all(length >= 128 and length % 128 == 0 for length in seen)


def test_a_size_that_is_asked_for_takes_the_place_of_the_cards() -> None:
    card = find_card("ppmattingv2")
    assert network_size(card, 256, (1080, 1920)) == (256, 448)
    assert network_size(card, 300, (1080, 1920)) == (288, 512)
    assert network_size(card, 2048, (1080, 1920)) == (1056, 1920)
    assert network_size(card, None) == (512, 512)
