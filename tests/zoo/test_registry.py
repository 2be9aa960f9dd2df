from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub import write_card
from mattebox.errors import BadParameter, ModelNotFound
from mattebox.zoo.architectures import find_architecture
from mattebox.zoo.places import addresses
from mattebox.zoo.registry import DEFAULT, built_in_cards, find_card, load_cards

CARVEKIT = {
    "basnet.pth",
    "cascadepsp.pth",
    "cascadepsp_finetuned_carveset.pth",
    "deeplab.pth",
    "fba_matting.pth",
    "isnet-97-carveset.pth",
    "isnet.pth",
    "scene_classifier.pth",
    "tracer-b7-carveset-finetuned.pth",
    "tracer_b7.pth",
    "u2net.pth",
    "yolov4_coco_with_classes.pth",
}


def test_every_card_is_complete() -> None:
    for name, card in built_in_cards().items():
        assert name == card.name
        assert card.licence.code
        assert card.licence.weights
        assert card.licence.data
        assert card.weights.embedded or addresses(card.weights)
        assert set(card.weights.digests) - {"md5"}


def test_every_checkpoint_is_of_a_network_that_answers_as_its_card_says() -> None:
    for card in built_in_cards().values():
        if card.weights.form == "torch":
            assert card.answers in {graph.outputs for graph in find_architecture(card.architecture).graphs.values()}


def test_every_file_of_carvekit_has_its_card() -> None:
    theirs = [card for card in built_in_cards().values() if card.family == "carvekit"]
    assert {card.weights.file for card in theirs} == CARVEKIT
    assert all(len(card.weights.sha512) == 128 and len(card.weights.revision) == 40 for card in theirs)


def test_no_two_models_have_the_same_file() -> None:
    names = [card.weights.file for card in built_in_cards().values()]
    assert len(set(names)) == len(names)


def test_everything_embedded_is_at_most_ten_megabytes() -> None:
    sizes = [card.weights.size for card in built_in_cards().values() if card.weights.embedded]
    assert sum(size or 0 for size in sizes) <= 10_000_000
    assert all(sizes)


def test_the_default_is_an_embedded_segmentation_model() -> None:
    card = find_card(DEFAULT, "segment")
    assert card.architecture == "LiteNet"
    assert card.weights.embedded


def test_unknown_model_names_the_nearest() -> None:
    with pytest.raises(ModelNotFound, match=r"no model 'lit'; did you mean 'lite'\?"):
        find_card("lit")


def test_a_model_of_another_task_is_not_found() -> None:
    with pytest.raises(ModelNotFound, match="no model 'detail'"):
        find_card("detail", "segment")


def test_cards_of_the_users_own_are_added_and_take_the_place_of_ours(home: Path) -> None:
    before = set(load_cards())
    write_card(home / "cards", "mine", b"weights")
    write_card(home / "cards", "isnet", b"better weights")
    assert set(load_cards()) == before | {"mine"}
    assert list(load_cards()) == sorted(load_cards())
    assert find_card("isnet").weights.file == str(home / "cards" / "isnet.pth")
    assert built_in_cards()["isnet"].weights.file == "isnet-97-carveset.pth"


def test_a_card_of_the_users_own_that_is_changed_is_read_again(home: Path) -> None:
    path = write_card(home / "cards", "mine", b"weights")
    first = find_card("mine").weights
    write_card(home / "cards", "mine", b"other weights")
    os.utime(path, (1, 1))
    assert find_card("mine").weights.sha256 != first.sha256
    path.unlink()
    with pytest.raises(ModelNotFound, match="no model 'mine'"):
        find_card("mine")


def test_a_broken_card_of_the_users_own_is_named(home: Path) -> None:
    path = write_card(home / "cards", "mine", b"weights")
    path.write_text(path.read_text().replace("task", "tusk"))
    with pytest.raises(BadParameter, match=rf"{path}: unknown entries tusk"):
        load_cards()
