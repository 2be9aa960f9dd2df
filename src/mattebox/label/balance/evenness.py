"""How evenly labels share the frames, shapes, objects and area of each part of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mattebox.label.statistics import Figures, Statistics
from mattebox.label.statistics.figures import Scope

__all__ = ["MEASURES", "Evenness", "label_evenness"]

MEASURES = ("frames", "shapes", "tracks", "objects", "area")
"""What labels are compared by; of objects a track counts once, as does a shape that belongs to none."""


@dataclass(frozen=True)
class Evenness:
    """How evenly a part of the data is shared.

    Attributes:
        scope: what kind of part it is.
        of: its name; empty for everything.
        measure: one of `MEASURES`.
        shares: of each label that occurs anywhere, 0 to 1, the largest first; of frames that show several labels each
            label has its own, so the shares are of their sum.
        even: entropy of the shares by that of equal ones: 1 where all labels have the same, 0 where one has all.
        ratio: largest by smallest share; None where a label has nothing.
    """

    scope: Scope
    of: str
    measure: str
    shares: Mapping[str, float]
    even: float
    ratio: float | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Labels that the part has nothing of."""
        return tuple(label for label, share in self.shares.items() if not share)


def label_evenness(statistics: Statistics, level: Literal["label", "superclass"] = "label") -> list[Evenness]:
    """Compare the labels, or the superclasses, of everything, and of each project and subset where there are several.

    Parts and measures that have nothing at all are left out.
    """
    labels = [each.label for each in statistics.pick("all", level) if each.shapes]
    found = []
    scopes: tuple[Scope, ...] = ("all", "project", "subset")
    for scope in scopes:
        parts: dict[str, dict[str, Figures]] = {}
        for each in statistics.pick(scope, level):
            parts.setdefault(each.of, {})[each.label] = each
        if scope == "all" or len(parts) > 1:
            found += [
                _compared(scope, of, measure, amounts)
                for of, figures in parts.items()
                for measure in MEASURES
                if sum((amounts := _amounts(labels, figures, measure)).values()) > 0
            ]
    return found


def _amounts(labels: list[str], figures: Mapping[str, Figures], measure: str) -> dict[str, float]:
    return {label: getattr(figures[label], measure) if label in figures else 0 for label in labels}


def _compared(scope: Scope, of: str, measure: str, amounts: Mapping[str, float]) -> Evenness:
    total = sum(amounts.values())
    ordered = sorted(amounts.items(), key=lambda item: -item[1])
    shares = {label: amount / total for label, amount in ordered}
    entropy = -sum(share * math.log(share) for share in shares.values() if share)
    largest, smallest = ordered[0][1], ordered[-1][1]
    even = entropy / math.log(len(shares)) if len(shares) > 1 else 1.0
    return Evenness(scope, of, measure, shares, even, largest / smallest if smallest else None)
