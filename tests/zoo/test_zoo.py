from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mattebox.errors import BadParameter, ModelNotFound, WeightsUnavailable
from mattebox.zoo.card import Card
from mattebox.zoo.registry import CARDS, DEFAULT, find_card, load_cards
from mattebox.zoo.weights import verified_weights, weights_path


def test_every_card_is_complete_and_its_embedded_file_is_the_recorded_one() -> None:
    for name, card in load_cards().items():
        assert name == card.name
        assert card.licence.code
        assert card.licence.weights
        assert card.licence.data
        assert len(verified_weights(card)) == card.weights.size


def test_everything_embedded_is_at_most_ten_megabytes() -> None:
    assert sum(card.weights.size for card in load_cards().values() if card.weights.embedded) <= 10_000_000


def test_the_default_is_a_segmentation_model() -> None:
    assert find_card(DEFAULT, "segment").architecture == "LiteNet"


def test_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ModelNotFound, match=r"no model 'lit'; did you mean 'lite'\?"):
        find_card("lit")


def test_a_model_of_another_task_is_not_found() -> None:
    with pytest.raises(ModelNotFound, match="no model 'detail'"):
        find_card("detail", "segment")


def test_damaged_and_missing_weights_are_refused(tmp_path: Path) -> None:
    card = find_card("lite")
    with pytest.raises(WeightsUnavailable, match="do not match the recorded SHA-256"):
        verified_weights(replace(card, weights=replace(card.weights, sha256="0" * 64)))
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        verified_weights(replace(card, weights=replace(card.weights, file="lite/gone.onnx")))


@pytest.mark.parametrize(
    ("change", "message"),
    [(("mean =", "meen ="), "unknown entries meen"), (('task = "segment"', ""), "not a complete card")],
)
def test_a_card_with_a_wrong_entry_names_the_file(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text((CARDS / "lite.toml").read_text().replace(*change))
    with pytest.raises(BadParameter, match=message):
        Card.read(path)


def test_weights_lie_inside_the_package() -> None:
    assert weights_path(find_card("lite")).parent.name == "lite"
