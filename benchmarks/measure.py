"""What every benchmark gives: measures, some with something to compare with, some with a target."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

BOUNDS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Target:
    """A bound on the value or on the ratio."""

    of: Literal["value", "ratio"]
    sense: Literal["<=", ">="]
    bound: float


@dataclass(frozen=True)
class Measure:
    """One row of a table.

    Attributes:
        name: what was measured.
        unit: of both values.
        value: median over the rounds.
        rounds: how often it was measured.
        against: what it is compared with, or why that could not be measured.
        other: median of what it is compared with.
        ratio: median over the rounds of value / other, each pair measured one after the other.
        target: bound on the value or the ratio.
        met: whether the bound holds; None when there is nothing to tell it by.
    """

    name: str
    unit: str
    value: float
    rounds: int
    against: str = ""
    other: float | None = None
    ratio: float | None = None
    target: Target | None = None
    met: bool | None = None


def measure(
    name: str,
    unit: str,
    values: Sequence[float],
    against: str = "",
    others: Sequence[float] = (),
    target: Target | None = None,
) -> Measure:
    """Summarise rounds; `others` holds the other's value for each round, or nothing."""
    value = median(values)
    ratio = median(mine / other for mine, other in zip(values, others, strict=True)) if others else None
    judged = None if target is None else value if target.of == "value" else ratio
    return Measure(
        name,
        unit,
        value,
        len(values),
        against,
        median(others) if others else None,
        ratio,
        target,
        None if target is None or judged is None else BOUNDS[target.sense](judged, target.bound),
    )
