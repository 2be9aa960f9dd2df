from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub import write_card
from mattebox.errors import BadParameter, ModelNotFound
from mattebox.zoo.architectures import find_architecture
from mattebox.zoo.places import addresses
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, built_in_cards, find_card, load_cards
from mattebox.zoo.terms import is_restricted

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
PADDLE = "https://paddleseg.bj.bcebos.com/matting/models"
PADDLESEG = {
    "dim-vgg16",
    "human_matting-resnet34_vd",
    "modnet-hrnet_w18",
    "modnet-mobilenetv2",
    "modnet-resnet50_vd",
    "ppmatting-hrnet_w18-human_1024",
    "ppmatting-hrnet_w18-human_512",
    "ppmatting-hrnet_w48-composition",
    "ppmatting-hrnet_w48-distinctions",
    "ppmattingv2-stdc1-human_512",
    "rvm-mobilenetv3",
}


def test_every_card_is_complete() -> None:
    for name, card in built_in_cards().items():
        assert name == card.name
        assert card.licence.code
        assert card.licence.weights
        assert card.licence.data
        assert card.weights.embedded or addresses(card.weights)
        assert card.weights.first_sight != bool(set(card.weights.digests) - {"md5"})


def test_every_checkpoint_is_of_a_network_that_answers_as_its_card_says() -> None:
    for card in built_in_cards().values():
        if card.weights.form == "torch":
            assert card.answers in {graph.outputs for graph in find_architecture(card.architecture).graphs.values()}


def test_every_file_of_carvekit_has_its_card() -> None:
    theirs = [card for card in built_in_cards().values() if card.family == "carvekit"]
    assert {card.weights.file for card in theirs} == CARVEKIT
    assert all(len(card.weights.sha512) == 128 and len(card.weights.revision) == 40 for card in theirs)


def test_every_published_file_of_paddleseg_and_vitmatte_has_its_card() -> None:
    theirs = [card for card in built_in_cards().values() if card.family == "paddleseg"]
    assert {card.weights.file.removesuffix(".pdparams") for card in theirs} == PADDLESEG
    assert all(card.weights.urls == (f"{PADDLE}/{card.weights.file}",) for card in theirs)
    vitmatte = [card for card in built_in_cards().values() if card.family == "vitmatte"]
    assert {card.weights.repository for card in vitmatte} == {
        f"hustvl/vitmatte-{size}-{data}"
        for size in ("small", "base")
        for data in ("composition-1k", "distinctions-646")
    }
    assert all(len(card.weights.revision) == 40 for card in vitmatte)


def test_no_default_is_under_terms_that_forbid_common_uses() -> None:
    for name in (DEFAULT, DEFAULT_DETAIL):
        assert not is_restricted(find_card(name).licence)


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


@pytest.mark.parametrize("name", ["vitmatte-small", "vitmatte_small"])
def test_hyphens_and_underscores_in_a_name_are_the_same(name: str) -> None:
    assert find_card(name, "matte").name == "vitmatte_small"
    with pytest.raises(ModelNotFound, match=f"no model '{name}'"):
        find_card(name, "segment")


def test_a_name_is_found_as_it_is_written_before_one_that_is_like_it(home: Path) -> None:
    write_card(home / "cards", "isnet-dis", b"weights")
    assert find_card("isnet-dis").name == "isnet-dis"
    assert find_card("isnet_dis").name == "isnet_dis"


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
