"""Every model that Mattebox knows, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from mattebox.errors import BadParameter, ModelNotFound, unknown_name
from mattebox.zoo.card import Card

CARDS = Path(__file__).parent / "cards"
DEFAULT = "lite"
DEFAULT_DETAIL = "detail"


@cache
def load_cards() -> dict[str, Card]:
    """Every card, by name, in the order of the names."""
    cards = [Card.read(path) for path in sorted(CARDS.glob("*.toml"))]
    return {card.name: card for card in cards}


def find_card(name: str, task: str | None = None) -> Card:
    """The card of a model, of any task or of the one that is asked for.

    Args:
        name: name of a model, or path of a card (`runs/own/lite.toml`), whose weights are then looked for beside it.
        task: what the model must be for.

    Raises:
        ModelNotFound: with the valid names and the nearest one.
        BadParameter: the file is not a card, or of another task.
    """
    if name.endswith(".toml"):
        return read_card(Path(name), task)
    cards = {card.name: card for card in load_cards().values() if task in {None, card.task}}
    if name not in cards:
        raise ModelNotFound(unknown_name("model", name, cards))
    return cards[name]


def read_card(path: Path, task: str | None) -> Card:
    """A card that is not one of ours."""
    card = Card.read(path)
    if task not in {None, card.task}:
        raise BadParameter(f"{path}: the card of a model for task '{card.task}', where one for '{task}' is needed")
    return replace(card, weights=replace(card.weights, file=str(path.resolve().parent / card.weights.file)))
