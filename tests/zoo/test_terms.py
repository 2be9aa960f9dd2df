from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hub import write_card
from mattebox.zoo import terms
from mattebox.zoo.build import load_network
from mattebox.zoo.card import Licence
from mattebox.zoo.registry import built_in_cards, find_card
from mattebox.zoo.terms import is_restricted, tell_terms


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_told", set())


@pytest.mark.parametrize(
    ("words", "restricted"),
    [
        ("GPL-3.0", True),
        ("AGPL-3.0 (its page)", True),
        ("CC BY-NC 4.0", True),
        ("DIS5K, for non-commercial use", True),
        ("for academic research", True),
        ("CC-BY-NC-4.0", True),
        ("CC-BY-NC-SA-4.0", True),
        ("for noncommercial use", True),
        ("non commercial", True),
        ("research only", True),
        ("for research purposes only", True),
        ("only for research", True),
        ("CC-BY-4.0", False),
        ("research data sets, several without an open licence", False),
        ("Apache-2.0", False),
        ("none stated", False),
        ("photos without an open licence", False),
    ],
)
@pytest.mark.parametrize("place", ["code", "weights", "data"])
def test_terms_that_forbid_common_uses_are_known_by_their_words(words: str, restricted: bool, place: str) -> None:
    assert is_restricted(replace(Licence("MIT", "MIT", "ours"), **{place: words})) is restricted


def test_the_video_network_and_all_of_vitmatte_are_restricted() -> None:
    cards = built_in_cards().values()
    assert {card.name for card in cards if card.family == "vitmatte" or card.name == "rvm"} <= {
        card.name for card in cards if is_restricted(card.licence)
    }


def test_terms_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("rvm", "ppmattingv2", "rvm", "vitmatte-small"):
        tell_terms(find_card(name))
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert caplog.messages[0].startswith("model 'rvm': code under GPL-3.0 (the original's; ours is written from")
    assert "weights under GPL-3.0; training data: VideoMatte240K" in caplog.messages[0]


def test_terms_are_told_when_weights_are_loaded(home: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    network = built_in_cards()["rembg_u2netp"]
    from mattebox.nets.u2net import U2Net

    torch.save(U2Net("small").state_dict(), tmp_path / "mine.pth")
    write_card(tmp_path, "mine", (tmp_path / "mine.pth").read_bytes(), of="isnet_dis")
    card = replace(find_card(str(tmp_path / "mine.toml")), architecture="U2Net", options=network.options)
    load_network(card)
    assert [message for message in caplog.messages if "DIS5K, for non-commercial use" in message]
