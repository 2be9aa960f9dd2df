"""Every model that Mattebox knows, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mattebox.errors import ModelNotFound, unknown_name
from mattebox.zoo.card import Card

CARDS = Path(__file__).parent / "cards"
DEFAULT = "lite"


@cache
def load_cards() -> dict[str, Card]:
    """Every card, by name, in the order of the names."""
    cards = [Card.read(path) for path in sorted(CARDS.glob("*.toml"))]
    return {card.name: card for card in cards}


def find_card(name: str, task: str | None = None) -> Card:
    """The card of a model, of any task or of the one that is asked for.

    Raises:
        ModelNotFound: with the valid names and the nearest one.
    """
    cards = {card.name: card for card in load_cards().values() if task in {None, card.task}}
    if name not in cards:
        raise ModelNotFound(unknown_name("model", name, cards))
    return cards[name]
