"""Names that are probably meant to be the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mattebox.label.extra import needed_for
from mattebox.label.taxonomy.words import alike, same

__all__ = ["nearest", "similar_pairs"]

ONE_SLIP, TWO_SLIPS = 5, 10
"""Letters from which on two names may differ by one letter, and by two, and still be taken for the same."""

LIKELY = 80.0
"""Of 100, how much a name must be like another one to be guessed."""


def similar_pairs(names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Pairs of different names that look like one.

    Args:
        names: each once.

    Yields:
        Positions of both, the first before the second, and how they differ, in words.

    Raises:
        MissingExtra: rapidfuzz is not installed.

    Example:
        >>> list(similar_pairs(["fire hydrant", "Fire  hydrant", "hydrants", "hydrant"]))
        [(0, 1, 'case or spaces'), (2, 3, 'letters')]
    """
    with needed_for("checking label tables"):
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import cdist
    import numpy as np

    keys = [alike(name) for name in names]
    lengths = np.array([len(key) for key in keys])
    shorter = np.minimum.outer(lengths, lengths)
    allowed = (shorter >= ONE_SLIP).astype(np.int8) + (shorter >= TWO_SLIPS)
    distances = cdist(keys, keys, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
    for one, other in np.argwhere(np.triu(distances <= allowed, k=1)).tolist():
        if re.findall(r"\d+", names[one]) == re.findall(r"\d+", names[other]):
            yield one, other, _difference(names[one], names[other])


def _difference(one: str, other: str) -> str:
    """How two names differ, in words.

    Example:
        >>> _difference("Traffic light", "traffic light"), _difference("trafficlight", "traffic light")
        ('case or spaces', 'marks between words or letters that look alike')
    """
    if same(one) == same(other):
        return "case or spaces"
    return "marks between words or letters that look alike" if alike(one) == alike(other) else "letters"


def nearest(name: str, names: Sequence[str]) -> str:
    """A question after the name that was probably meant, to end a message with; empty if none is like it.

    Raises:
        MissingExtra: rapidfuzz is not installed.

    Example:
        >>> nearest("Hydrant", ["Fire hydrant", "Car"]), nearest("Tree", ["Car"])
        ("; did you mean 'Fire hydrant'?", '')
    """
    with needed_for("checking label tables"):
        from rapidfuzz import fuzz, process
    found = process.extractOne(name, names, scorer=fuzz.WRatio, processor=alike, score_cutoff=LIKELY)
    return f"; did you mean '{found[0]}'?" if found else ""
