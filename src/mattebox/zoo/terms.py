"""Say once under which terms a model may be used, where these forbid common uses."""

from __future__ import annotations

import logging
import re
from dataclasses import astuple

from mattebox.zoo.card import Card, Licence

__all__ = ["is_restricted", "tell_terms"]

log = logging.getLogger(__name__)

RESTRICTED = re.compile(
    r"non[- ]?commercial|academic research|\bresearch (\w+ )?only|\bonly for (\w+ )?research"
    r"|\b[AL]?GPL|\bCC[- ]BY[- ]NC",
    re.IGNORECASE,
)
"""Words of terms that forbid selling what is made with a model, or that reach over to the program it is built into."""

_told: set[str] = set()


def is_restricted(licence: Licence) -> bool:
    """Whether the code, the weights or the training data of a model are under terms that forbid common uses.

    Example:
        >>> is_restricted(Licence("MIT", "GPL-3.0", "public photos")), is_restricted(Licence("MIT", "MIT", "unknown"))
        (True, False)
    """
    return any(RESTRICTED.search(terms) for terms in astuple(licence))


def tell_terms(card: Card) -> None:
    """Say under which terms a model is, when they forbid common uses; once in a process, when it is first used."""
    if card.name in _told or not is_restricted(card.licence):
        return
    _told.add(card.name)
    log.warning(
        "model '%s': code under %s; weights under %s; training data: %s",
        card.name,
        card.licence.code,
        card.licence.weights,
        card.licence.data,
    )
