"""Where the weights of a model lie, and whether they are what the card says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mattebox.errors import WeightsUnavailable
from mattebox.zoo.card import Card

EMBEDDED = Path(__file__).parent


def weights_path(card: Card) -> Path:
    """Path of the model's file, which is not read here; an own card's is absolute."""
    return EMBEDDED / card.weights.file


def verified_weights(card: Card) -> bytes:
    """Read the model's file and check it against the card before anything else sees it.

    Raises:
        WeightsUnavailable: the file is missing, or its hash is not the recorded one.
    """
    path = weights_path(card)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsUnavailable(
            f"model '{card.name}': {path} cannot be read ({error.strerror}); {remedy(card)}"
        ) from error
    if hashlib.sha256(data).hexdigest() != card.weights.sha256:
        raise WeightsUnavailable(
            f"model '{card.name}': {path} has {len(data)} bytes that do not match the recorded SHA-256; {remedy(card)}"
        )
    return data


def remedy(card: Card) -> str:
    """What to do about a file that is not what the card says."""
    return (
        "install mattebox again"
        if card.weights.embedded
        else "put the file beside its card that the card was written for"
    )
