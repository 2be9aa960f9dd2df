"""How the words of a label table are compared: spaces, cases, letters that look alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, TypeVar

__all__ = ["Lookup", "alike", "has_mixed_alphabets", "same", "tidy"]

Value = TypeVar("Value")

LOOK_ALIKES = str.maketrans("авеёкмнорстухіѕјԛԝ", "abeekmhopctyxisjqw")
"""Cyrillic small letters, and the Latin ones that they or their capitals look like; dots are often left away."""

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
"""Soft hyphens, joiners and marks that nobody sees."""

WORD = re.compile(r"[^\W\d_]+")


def tidy(text: str) -> str:
    r"""A text with single, ordinary spaces and nothing invisible.

    Example:
        >>> tidy("\u00a0traffic\u00a0 light\n")
        'traffic light'
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(INVISIBLE).split())


def same(text: str) -> str:
    """What two texts share that differ only in their case and spaces.

    Example:
        >>> same("Traffic  Light") == same("traffic light")
        True
    """
    return tidy(text).casefold()


def alike(text: str) -> str:
    """What two texts share that people would take for the same: no case, no ё, no marks between words, Latin letters
    for Cyrillic ones that look like them.

    Example:
        >>> alike("Traffic-light") == alike("trafficlight"), alike("Ёлка") == alike("елка")
        (True, True)
    """
    return re.sub(r"[\W_]+", "", same(text)).translate(LOOK_ALIKES)


def has_mixed_alphabets(text: str) -> bool:
    """Whether a single word has Latin and Cyrillic letters.

    Example:
        >>> has_mixed_alphabets("Сar"), has_mixed_alphabets("car автомобиль")
        (True, False)
    """
    return any(
        {"LATIN", "CYRILLIC"} <= {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
        for word in WORD.findall(text)
    )


class Lookup(Generic[Value]):
    """Finds values by their names: as written, and without case where that finds nothing.

    Args:
        sources: names and values; an earlier source goes before a later one, and within it the first of a name counts.

    Example:
        >>> lookup = Lookup([("Car", 1)], [("car", 2), ("CAR", 3)])
        >>> lookup.get("Car"), lookup.get("car"), lookup.get("cAR"), lookup.get("cart")
        (1, 2, 1, None)
    """

    def __init__(self, *sources: Iterable[tuple[str, Value]]) -> None:
        self._exact: dict[str, Value] = {}
        self._caseless: dict[str, Value] = {}
        for source in sources:
            for name, value in source:
                self._exact.setdefault(tidy(name), value)
                self._caseless.setdefault(same(name), value)

    def get(self, name: str) -> Value | None:
        """The value of a name, or None."""
        found = self._exact.get(tidy(name))
        return self._caseless.get(same(name)) if found is None else found
