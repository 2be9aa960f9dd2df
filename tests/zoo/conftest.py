from __future__ import annotations

from pathlib import Path

import pytest

from hub import DATA, write_card
from mattebox.zoo.card import Card


@pytest.fixture
def card(home: Path) -> Card:
    """The card of a model on the hub, of which nobody has said how large it is."""
    return Card.read(write_card(home / "cards", "some", DATA, repository="Carve/some", revision="1234"))
