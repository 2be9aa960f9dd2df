from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub import DATA, PATH, Hub, write_card
from mattebox.errors import ModelNotFound, WeightsUnavailable
from mattebox.zoo import places
from mattebox.zoo.card import Card
from mattebox.zoo.registry import built_in_cards, find_card, load_cards
from mattebox.zoo.weights import adopt, ensure, is_here, look_up, recognise, verified_weights

EMBEDDED = [card for card in built_in_cards().values() if card.weights.embedded]


@pytest.mark.parametrize("card", EMBEDDED, ids=lambda card: card.name)
def test_embedded_weights_are_those_of_their_cards(card: Card) -> None:
    assert look_up(card) == (places.EMBEDDED / card.weights.file, None)
    assert len(verified_weights(card)) == card.weights.size


def test_damaged_and_missing_embedded_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = find_card("lite")
    monkeypatch.setattr(places, "EMBEDDED", tmp_path)
    with pytest.raises(WeightsUnavailable, match="model 'lite': its weights are not here; install mattebox again"):
        ensure(card)
    (tmp_path / "lite").mkdir()
    shutil.copy(Path(places.__file__).parent / card.weights.file, tmp_path / "lite")
    data = bytearray((tmp_path / card.weights.file).read_bytes())
    data[-1] ^= 1
    (tmp_path / card.weights.file).write_bytes(data)
    with pytest.raises(WeightsUnavailable, match=r"lite.onnx has the SHA-256 .* is expected; install mattebox again"):
        verified_weights(card)


def test_weights_that_are_not_here_are_fetched(hub: Hub, card: Card, home: Path) -> None:
    hub.files[PATH] = DATA
    assert not is_here("some")
    assert ensure(card) == home / "weights" / "some.pth"
    assert ensure(card).read_bytes() == DATA
    assert is_here("some")
    assert len(hub.asked) == 1


def test_damaged_weights_in_our_cache_are_fetched_again(hub: Hub, card: Card, home: Path) -> None:
    hub.files[PATH] = DATA
    ensure(card).write_bytes(b"damaged")
    assert look_up(card).trouble is not None
    assert ensure(card).read_bytes() == DATA


def test_weights_in_carvekits_cache_are_used_where_they_lie(hub: Hub, card: Card, tmp_path: Path) -> None:
    theirs = tmp_path / ".cache" / "carvekit" / "checkpoints" / "some" / "some.pth"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(DATA)
    assert ensure(card) == theirs
    assert hub.asked == []


def test_damaged_weights_in_carvekits_cache_are_left_alone(hub: Hub, card: Card, home: Path, tmp_path: Path) -> None:
    hub.files[PATH] = DATA
    theirs = tmp_path / ".cache" / "carvekit" / "checkpoints" / "some" / "some.pth"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"damaged")
    assert ensure(card) == home / "weights" / "some.pth"
    assert theirs.read_bytes() == b"damaged"


def test_offline_the_ways_out_are_told(hub: Hub, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.files[PATH] = DATA
    monkeypatch.setenv("MATTEBOX_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable) as refusal:
        ensure(card)
    for words in ("'some'", "MATTEBOX_OFFLINE", "models pull some", "models import some.pth", "MATTEBOX_MIRROR"):
        assert words in str(refusal.value)
    assert hub.asked == []


def test_weights_of_a_card_of_ones_own_lie_beside_it(home: Path) -> None:
    write_card(home / "cards", "mine", DATA)
    with pytest.raises(WeightsUnavailable, match="not here; put the file beside its card"):
        ensure(find_card("mine"))
    (home / "cards" / "mine.pth").write_bytes(b"others")
    with pytest.raises(WeightsUnavailable, match=r"has the SHA-256 .*; put the file beside its card"):
        ensure(find_card("mine"))
    (home / "cards" / "mine.pth").write_bytes(DATA)
    assert ensure(find_card("mine")) == home / "cards" / "mine.pth"


def test_a_file_that_was_brought_here_is_recognised_and_copied(card: Card, home: Path, tmp_path: Path) -> None:
    brought = tmp_path / "download (3).bin"
    brought.write_bytes(DATA)
    assert recognise(brought, load_cards().values()).name == "some"
    assert adopt(brought, card) == home / "weights" / "some.pth"
    assert list((home / "weights").iterdir()) == [home / "weights" / "some.pth"]
    assert ensure(card) == home / "weights" / "some.pth"
    assert brought.read_bytes() == DATA


def test_a_file_of_nobody_is_not_recognised(card: Card, tmp_path: Path) -> None:
    brought = tmp_path / "isnet.pth"
    brought.write_bytes(b"not it")
    with pytest.raises(ModelNotFound, match=r"isnet\.pth: not the weights of any model"):
        recognise(brought, load_cards().values())


def test_a_file_of_another_model_is_not_taken_for_it(card: Card, home: Path, tmp_path: Path) -> None:
    brought = tmp_path / "some.pth"
    brought.write_bytes(b"not it")
    with pytest.raises(WeightsUnavailable, match="is not the weights of model 'some': it has the SHA-256"):
        adopt(brought, card)
    with pytest.raises(WeightsUnavailable, match="it has 6 bytes, where 7 are expected; nothing was imported"):
        adopt(brought, replace(card, weights=replace(card.weights, size=7)))
    assert not (home / "weights").exists()
