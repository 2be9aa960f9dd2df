"""Every model that Mattebox knows, by name."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mattebox.errors import BadParameter, ModelNotFound, unknown_name
from mattebox.zoo.card import Card
from mattebox.zoo.places import home

CARDS = Path(__file__).parent / "cards"
DEFAULT = "lite"
DEFAULT_DETAIL = "detail"


def load_cards() -> dict[str, Card]:
    """Every card, by name, in the order of the names.

    Cards in the folder `cards` of `MATTEBOX_HOME` are added to the built-in ones; one of the same name is taken in
    place of ours.

    Raises:
        BadParameter: a card of the user's cannot be read.
    """
    own = sorted((home() / "cards").glob("*.toml"))
    cards = built_in_cards() | _own_cards(tuple((path, path.stat().st_mtime_ns) for path in own))
    return dict(sorted(cards.items()))


@lru_cache(maxsize=1)
def built_in_cards() -> dict[str, Card]:
    """The cards that come with Mattebox, by name."""
    cards = (Card.read(path) for path in sorted(CARDS.glob("*.toml")))
    return {card.name: card for card in cards}


@lru_cache(maxsize=8)
def _own_cards(files: tuple[tuple[Path, int], ...]) -> dict[str, Card]:
    """The user's cards, by name, read anew when one of the files is another or was changed."""
    cards = (read_card(path) for path, _ in files)
    return {card.name: card for card in cards}


def find_card(name: str, task: str | None = None) -> Card:
    """The card of a model, of any task or of the one that is asked for.

    Args:
        name: name of a model, with hyphens or underscores; or path of a card (`runs/own/lite.toml`), whose weights are
            then looked for beside it.
        task: what the model must be for.

    Raises:
        ModelNotFound: with the valid names and the nearest one.
        BadParameter: the file is not a card, or of another task.
    """
    if name.endswith(".toml"):
        return read_card(Path(name), task)
    cards = {card.name: card for card in load_cards().values() if task in {None, card.task}}
    alike = {plain(known): known for known in cards}
    found = cards.get(name) or cards.get(alike.get(plain(name), ""))
    if found is None:
        raise ModelNotFound(unknown_name("model", name, cards))
    return found


def plain(name: str) -> str:
    """A name as it is looked up: hyphens and underscores are the same.

    Example:
        >>> plain("vitmatte-small") == plain("vitmatte_small")
        True
    """
    return name.replace("-", "_")


def read_card(path: Path, task: str | None = None) -> Card:
    """A card that is not one of ours."""
    card = Card.read(path)
    if task not in {None, card.task}:
        raise BadParameter(f"{path}: the card of a model for task '{card.task}', where one for '{task}' is needed")
    beside = path.resolve().parent / card.weights.file
    return replace(card, weights=replace(card.weights, file=str(beside), embedded=False))
