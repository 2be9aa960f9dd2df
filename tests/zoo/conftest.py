from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hub import DATA, write_card
from mattebox.zoo import fetch
from mattebox.zoo.card import Card


@pytest.fixture
def card(home: Path) -> Card:
    """The card of a model on the hub, of which nobody has said how large it is."""
    return Card.read(write_card(home / "cards", "some", DATA, repository="Carve/some", revision="1234"))


@pytest.fixture
def unpublished(home: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    """The card of a model on the hub, of which nobody has published a digest; the hub's address counts as secure."""
    monkeypatch.setattr(fetch, "SECURE", "http://127.0.0.1")
    entries = {"sha256": "", "first_sight": True, "repository": "Carve/some", "revision": "1234"}
    return replace(Card.read(write_card(home / "cards", "some", DATA, **entries)), family="paddleseg")
