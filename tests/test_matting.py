from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mattebox import BadParameter, Card, EngineFailed, ModelNotFound, Settings, find_card
from mattebox.engines.base import Tensor
from mattebox.matting import METHODS, load_matter
from mattebox.solvers import SOLVERS
from mattebox.zoo.registry import load_cards

RGB = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
TRIMAP = np.select([np.arange(90) < 30, np.arange(90) < 60], [0, 128], 255).astype(np.uint8) * np.ones(
    (70, 1), np.uint8
)


class Red:
    """In place of a network: opacity is how red it is, and it keeps what it was shown."""

    device = "cpu"

    def __init__(self) -> None:
        self.shown: list[tuple[Tensor, ...]] = []

    def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
        self.shown.append(batches)
        return (batches[0][:, :1].copy(),)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    """A card of a network that takes a picture and its trimap."""
    card = replace(find_card("fba"), name="own", architecture="Dim", multiple=32, mean=(0.5,) * 3, deviation=(0.5,) * 3)
    monkeypatch.setattr("mattebox.zoo.registry.load_cards", lambda: {"own": card})
    return card


def test_a_network_sees_picture_and_trimap_as_its_card_says(own: Card) -> None:
    engine = Red()
    alpha, colours = load_matter("own", lambda *_, **__: engine, largest=1024)(RGB, TRIMAP)
    ((picture, known),) = engine.shown
    assert (picture.shape, known.shape) == ((1, 3, 96, 96), (1, 1, 96, 96))
    assert set(np.unique(known)) == {0, 128, 255}
    rows, columns = 70, 90
    np.testing.assert_allclose(picture[0, :, :rows, :columns], (RGB / 255 - 0.5).transpose(2, 0, 1) / 0.5, atol=1e-6)
    assert colours is None
    expected = np.clip(RGB[..., 0] / 255 * 2 - 1, 0, 1)
    np.testing.assert_allclose(alpha, np.where(TRIMAP == 128, expected, TRIMAP / 255), atol=1e-6)


def test_every_card_for_matting_has_a_way_to_be_asked() -> None:
    assert {card.architecture for card in load_cards().values() if card.task == "matte"} <= set(METHODS)


def test_an_architecture_without_a_way_is_named(own: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mattebox.zoo.registry.load_cards", lambda: {"own": replace(own, architecture="Magic")})
    with pytest.raises(BadParameter, match="model 'own': no architecture that mattes 'Magic'"):
        load_matter("own", lambda *_, **__: Red(), largest=64)


def test_unknown_methods_are_told_with_models_and_solvers() -> None:
    with pytest.raises(ModelNotFound, match=r"no model 'fbaa'; did you mean 'fba'\?.*solvers: .*closed-form"):
        Settings(matte="fbaa")


def test_a_solver_is_a_method_and_needs_no_weights() -> None:
    for name in SOLVERS:
        settings = Settings(matte=name)
        assert name not in settings.asked
        assert not settings.large


def test_sizes_that_differ_are_refused_by_solvers_too() -> None:
    with pytest.raises(BadParameter, match="picture is 70 x 90 pixels and the trimap 70 x 89"):
        load_matter("closed-form", lambda *_, **__: Red(), largest=64)(RGB, TRIMAP[:, :89])


def test_tiles_that_do_not_fit_into_memory_become_smaller_and_that_is_told(
    own: Card, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rgb, trimap = np.zeros((400, 300, 3), np.uint8), np.full((400, 300), 128, np.uint8)
    engine = Red()
    find = load_matter("own", lambda *_, **__: engine, largest=1024)
    monkeypatch.setattr("mattebox.stages.matte.free_memory", lambda: 2 * 150**2 * METHODS["Dim"].bytes)
    with caplog.at_level(logging.WARNING, "mattebox"):
        find(rgb, trimap)
    assert "tiles of 656 x 556 pixels would take 0.5 GB, and 0.1 GB are free; taking tiles of 128" in caplog.text
    assert max(side for picture, _ in engine.shown for side in picture.shape[2:]) == 128
    caplog.clear()
    monkeypatch.setattr("mattebox.stages.matte.free_memory", lambda: None)
    engine.shown.clear()
    find(rgb, trimap)
    assert len(engine.shown) == 1
    assert not caplog.text


def test_the_memory_of_the_machine_says_nothing_about_a_gpu(own: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Red()
    engine.device = "cuda"
    monkeypatch.setattr("mattebox.stages.matte.free_memory", lambda: 1)
    load_matter("own", lambda *_, **__: engine, largest=1024)(RGB, np.full((70, 90), 128, np.uint8))
    assert len(engine.shown) == 1


def test_small_pictures_are_continued_and_other_greys_are_unknown(own: Card) -> None:
    engine = Red()
    find = load_matter("own", lambda *_, **__: engine)
    trimap = np.full((20, 10), 100, np.uint8)
    find(RGB[:20, :10], trimap)
    ((picture, known),) = engine.shown
    assert picture.shape == (1, 3, 32, 32)
    assert (known == 128).all()


@pytest.mark.parametrize(("grid", "message"), [(2, ""), (3, "grid=3 does not divide the 2 places"), (0.5, "grid=0.5")])
def test_interlaced_attention_is_told_to_be_approximate(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, grid: float, message: str
) -> None:
    card = replace(find_card("vitmatte_small"), options={"grid": grid})
    monkeypatch.setattr("mattebox.zoo.registry.load_cards", lambda: {card.name: card})
    if message:
        with pytest.raises(BadParameter, match=message):
            load_matter(card.name, lambda *_, **__: Red())
    else:
        load_matter(card.name, lambda *_, **__: Red())
        assert "attends over 4 interlaced pictures: its answers are approximate" in caplog.text


def test_damaged_weights_are_told(own: Card) -> None:
    class Broken(Red):
        def run(self, *batches: Tensor) -> tuple[Tensor, ...]:
            return (np.full_like(batches[0][:, :1], np.nan),)

    with pytest.raises(EngineFailed, match="its weights are damaged"):
        load_matter("own", lambda *_, **__: Broken(), largest=1024)(RGB, TRIMAP)
