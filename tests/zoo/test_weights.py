from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub import DATA, PATH, Hub, write_card
from mattebox.errors import ModelNotFound, WeightsUnavailable
from mattebox.zoo import places
from mattebox.zoo.card import Card
from mattebox.zoo.places import note_of
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


def test_a_file_without_a_published_digest_must_stay_as_it_was_first_seen(
    hub: Hub, unpublished: Card, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = home / "weights" / "some.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    assert ensure(unpublished) == ensure(unpublished) == path
    assert len([message for message in caplog.messages if "taken at first sight" in message]) == 1
    path.write_bytes(b"another")
    assert "has the SHA-256" in str(look_up(unpublished).trouble)
    hub.files[PATH] = DATA
    assert ensure(unpublished).read_bytes() == DATA


WAY_OUT = "to accept another, delete the note"


def test_how_to_accept_another_file_than_the_first_is_told_wherever_it_is_refused(
    hub: Hub, unpublished: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files[PATH] = b"newer"
    brought = tmp_path / "some.pth"
    brought.write_bytes(DATA)
    path, note = adopt(brought, unpublished), note_of(unpublished)
    brought.write_bytes(b"newer")
    refusals = [
        (adopt, (brought, unpublished), WeightsUnavailable),
        (recognise, (brought, [unpublished]), ModelNotFound),
    ]
    for call, values, error in refusals:
        with pytest.raises(error, match=f"{note} holds .*: {WAY_OUT}"):
            call(*values)
    path.unlink()
    with pytest.raises(WeightsUnavailable, match=f"what it gives has the SHA-256 .*{note} holds .*: {WAY_OUT}"):
        ensure(unpublished)
    path.write_bytes(b"newer")
    monkeypatch.setenv("MATTEBOX_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match=f"{path} has the SHA-256 .*{note} holds .*: {WAY_OUT}"):
        ensure(unpublished)
    note.unlink()
    assert ensure(unpublished).read_bytes() == b"newer"


def test_nothing_is_said_of_notes_where_there_is_none(unpublished: Card, card: Card, tmp_path: Path) -> None:
    brought = tmp_path / "some.pth"
    brought.write_bytes(b"newer")
    with pytest.raises(ModelNotFound, match=r"see 'mattebox models list'$"):
        recognise(brought, [card])
    with pytest.raises(WeightsUnavailable, match=r"nothing was imported$"):
        adopt(brought, card)
    assert "note" not in str(look_up(unpublished).trouble)


def test_a_file_without_a_published_digest_is_recognised_by_its_name_and_later_by_its_digest(
    unpublished: Card, tmp_path: Path
) -> None:
    brought, other = tmp_path / "some.pth", tmp_path / "other.pth"
    for path in (brought, other):
        path.write_bytes(DATA)
    with pytest.raises(ModelNotFound):
        recognise(other, [unpublished])
    assert recognise(brought, [unpublished]) == unpublished
    adopt(brought, unpublished)
    assert recognise(other, [unpublished]) == unpublished
    brought.write_bytes(b"another")
    with pytest.raises(ModelNotFound):
        recognise(brought, [unpublished])
    with pytest.raises(WeightsUnavailable, match="is not the weights of model 'some': it has the SHA-256"):
        adopt(brought, unpublished)


def test_files_of_ones_own_without_digests_do_not_meet(home: Path, tmp_path: Path) -> None:
    for folder, data in ((home / "cards", DATA), (tmp_path / "runs", b"others")):
        card = find_card(str(write_card(folder, "mine", data, sha256="", first_sight=True)))
        card = replace(card, family="own")
        (folder / "mine.pth").write_bytes(data)
        assert ensure(card) == ensure(card) == folder / "mine.pth"
    assert len(list((home / "weights").iterdir())) == 2
