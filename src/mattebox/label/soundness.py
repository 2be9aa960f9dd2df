"""Which rows can be computed with: what is wrong with their points, rings and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Array, Ragged
from mattebox.label.masks.rle import bad_runs
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["FARTHEST", "Finding", "flaws"]

EXACT = {"tag": 0, "rectangle": 4, "ellipse": 4, "cuboid": 16, "mask": 4, "skeleton": 0}
"""Coordinates of the shapes that have a fixed number."""
LEAST = {"polygon": 3, "polyline": 2, "points": 1}
"""Points that the other shapes have at least."""
FARTHEST = 1e9
"""Pixels from the corner of the picture beyond which no coordinate is meant; areas of such sides can be computed."""


@dataclass(frozen=True)
class Finding:
    """The rows of a table that a check has something to say about.

    Attributes:
        rows: their positions.
        messages: what is wrong with each.
    """

    rows: NDArray[np.int64]
    messages: Sequence[str]

    @classmethod
    def of(cls, rows: Array, message: Callable[[int], str] | str) -> Finding:
        """A finding of rows, given as positions or as a mask, with one message for all or one made for each."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        told = [message] * len(rows) if isinstance(message, str) else [message(row) for row in rows.tolist()]
        return cls(rows, told)

    @classmethod
    def joined(cls, findings: Iterable[Finding]) -> Finding:
        """Several findings as one, in the order of the rows."""
        findings = list(findings)
        rows = np.concatenate([each.rows for each in findings]) if findings else np.empty(0, np.int64)
        messages = [message for each in findings for message in each.messages]
        order = np.argsort(rows, kind="stable")
        return cls(rows[order], [messages[index] for index in order.tolist()])


def flaws(table: Table) -> dict[str, Finding]:
    """The rows that are unfit to compute with, by what is wrong with them.

    Args:
        table: any rows.

    Returns:
        What was found, also where that is nothing, of `malformed`: another number of coordinates than the shape has, or
        rings that are not all of its points; `too-few-points`; `not-finite`: a coordinate or rotation that is NaN or
        infinite, or a coordinate as good as that; `bad-runs`: runs that do not fill the box of their mask.
    """
    return {name: find(table) for name, find in _FLAWS.items()}


def _malformed(table: Table) -> Finding:
    """Rows with another number of coordinates than their shape has, or whose rings are not all of their points."""
    counts = table.points.lengths
    wanted = np.array([EXACT.get(shape, -1) for shape in SHAPES])[table.shape]
    wrong = np.where(wanted < 0, counts % 2 != 0, counts != wanted)
    torn = (table.rings.lengths > 0) & (2 * _sums(table.rings) != counts) & ~wrong
    negative = np.zeros(len(table), bool)
    negative[_owners(table.rings)[table.rings.values < 0]] = True

    def count(row: int) -> str:
        shape = SHAPES[table.shape[row]]
        if wanted[row] < 0:
            return f"{shape} with {counts[row]} coordinates, which come in pairs"
        return f"{shape} with {counts[row]} coordinates in place of {wanted[row]}"

    def rings(row: int) -> str:
        return f"its rings have {int(table.rings[row].sum())} points, and it has {counts[row] // 2}"

    less = Finding.of(negative & ~torn & ~wrong, "one of its rings has less than no points")
    return Finding.joined((Finding.of(wrong, count), Finding.of(torn, rings), less))


def _too_few(table: Table) -> Finding:
    """Polygons of fewer than 3 points, in any ring, polylines of fewer than 2, points without any."""
    counts = table.points.lengths
    least = np.array([LEAST.get(shape, 0) for shape in SHAPES])[table.shape]
    few = (counts % 2 == 0) & (counts // 2 < least)
    owner = _owners(table.rings)
    small = np.unique(owner[(table.rings.values < 3) & table.is_shape("polygon")[owner]])

    def count(row: int) -> str:
        return f"{SHAPES[table.shape[row]]} with {counts[row] // 2} of at least {least[row]} points"

    rings = np.setdiff1d(small, np.flatnonzero(few))
    return Finding.joined((Finding.of(few, count), Finding.of(rings, "polygon with a ring of fewer than 3 points")))


def _not_finite(table: Table) -> Finding:
    """Rows with a coordinate or a rotation that is NaN or infinite, or with a coordinate as good as infinite."""
    far = np.zeros(len(table), bool)
    far[_owners(table.points)[~_near(table.points.values)]] = True
    bad = ~np.isfinite(table.rotation)
    bad[_owners(table.points)[~np.isfinite(table.points.values)]] = True
    return Finding.joined(
        (
            Finding.of(bad, "a coordinate or the rotation is not a finite number"),
            Finding.of(far & ~bad, f"a coordinate is more than {FARTHEST:,.0f} pixels away"),
        )
    )


def _bad_runs(table: Table) -> Finding:
    """Masks whose runs do not fill their box, or whose box is not one of whole pixels."""
    masks = np.flatnonzero(table.is_shape("mask") & (table.points.lengths == 4))
    masks = masks[_near(table.points.take(masks).values).reshape(-1, 4).all(axis=1)]
    sides = table.points.take(masks).values.reshape(-1, 4)
    broken = (sides % 1 != 0).any(axis=1)
    sizes = np.floor(sides[:, [3, 2]]) - np.floor(sides[:, [1, 0]]) + 1
    faults = bad_runs(table.runs.take(masks), sizes)
    faults |= dict.fromkeys(np.flatnonzero(broken).tolist(), "the box of a mask must be of whole pixels")
    return Finding(masks[sorted(faults)], [faults[index] for index in sorted(faults)])


def _near(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which coordinates can be computed with."""
    return np.abs(values) <= FARTHEST  # NaN is not


def _owners(cells: Ragged) -> NDArray[np.int64]:
    """For every value the position of its cell."""
    return np.repeat(np.arange(len(cells)), cells.lengths)


def _sums(cells: Ragged) -> NDArray[np.int64]:
    """(N,), the sum of every cell."""
    together = np.concatenate(([0], np.cumsum(cells.values, dtype=np.int64)))
    return np.diff(together[cells.offsets])


_FLAWS: dict[str, Callable[[Table], Finding]] = {
    "malformed": _malformed,
    "too-few-points": _too_few,
    "not-finite": _not_finite,
    "bad-runs": _bad_runs,
}
