"""Checks for rows that say the same twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.columns import Array, Ragged
from mattebox.label.extra import needed_for
from mattebox.label.soundness import Finding

__all__ = ["DUPLICATE_CHECKS"]

TURN = 1.0
"""Degrees by which the rotations of two rows may differ that are the same."""


def find_duplicates(scope: Scope) -> Finding:
    """Loose rows that are at the same place as another of the same label and shape, which came before or is tracked."""
    one, other = scope.twins
    tracked = scope.table.tracked
    swap = ~tracked[one] & tracked[other]
    first, later = np.where(swap, other, one), np.where(swap, one, other)
    loose = ~tracked[later]
    return _repeated(scope, first[loose], later[loose])


def find_double_tracks(scope: Scope) -> Finding:
    """Rows of tracks that are at the same place as a row of another track; one of each two tracks is told."""
    one, other = scope.twins
    table = scope.table
    both = table.tracked[one] & table.tracked[other] & (table.object[one] != table.object[other])
    one, other = one[both], other[both]
    pairs = np.sort(np.stack((table.object[one], table.object[other]), axis=1), axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    return _repeated(scope, one[first], other[first])


def same_rows(scope: Scope) -> tuple[Array, Array]:
    """Pairs of rows of one frame, label and shape whose points agree within the tolerance, the earlier one first.

    Rows of several that are all the same are paired with the first of them. Elements of skeletons, skeletons and rows
    that are outside are left out.
    """
    with needed_for("the check for duplicates"):
        from scipy.spatial import cKDTree
    table = scope.table
    usable = scope.sound & ~table.outside & (table.parent < 0) & ~table.is_shape("skeleton")
    rows = np.flatnonzero(usable)
    counts = table.points.lengths[rows]
    kinds = np.stack((table.frame[rows], table.label.codes[rows], table.shape[rows], counts), axis=1)
    _, kind = np.unique(kinds, axis=0, return_inverse=True)
    # Rows of two kinds are further apart along the first axis than the tolerance reaches.
    places = np.column_stack((kind * (4 * scope.tolerance + 1), np.nan_to_num(scope.boxes[rows])))
    found, first, node = np.unique(places, axis=0, return_index=True, return_inverse=True)
    near = (
        cKDTree(found).query_pairs(scope.tolerance, p=np.inf, output_type="ndarray")
        if len(found)
        else np.empty((0, 2), int)
    )
    repeated = np.flatnonzero(first[node] != np.arange(len(rows)))
    pairs = np.concatenate((first[near], np.stack((first[node[repeated]], repeated), axis=1)))
    one, other = np.sort(rows[pairs], axis=1).T
    same = _alike(scope, one, other)
    return one[same], other[same]


def _alike(scope: Scope, one: Array, other: Array) -> NDArray[np.bool_]:
    """Whether the points, runs and rotations of rows agree; they have the same number of points."""
    table = scope.table
    turn = np.abs((table.rotation[one] - table.rotation[other] + 180) % 360 - 180) <= TURN
    return turn & _agree(table.points, one, other, scope.tolerance) & _agree(table.runs, one, other, 0)


def _agree(cells: Ragged, one: Array, other: Array, tolerance: float) -> NDArray[np.bool_]:
    """Whether cells have as many numbers, and none differs by more than the tolerance."""
    same = cells.lengths[one] == cells.lengths[other]
    index = np.flatnonzero(same)
    differ = np.abs(cells.take(one[index]).values - cells.take(other[index]).values) > tolerance
    same[np.repeat(index, cells.lengths[one[index]])[differ]] = False
    return same


def _repeated(scope: Scope, first: Array, later: Array) -> Finding:
    """Tell of each later row once which row it repeats."""
    rows, which = np.unique(later, return_index=True)
    earlier = dict(zip(rows.tolist(), first[which].tolist(), strict=True))
    values = scope.table.label

    def message(row: int) -> str:
        return f"'{values[row]}' is there twice: it is the same as row {earlier[row]}"

    return Finding.of(rows, message)


DUPLICATE_CHECKS = (
    RowCheck(
        "duplicate",
        "loose rows that repeat another",
        "problem",
        "dropped, the first or the tracked one stays",
        find_duplicates,
    ),
    RowCheck("double-track", "tracks that lie on another track", "note", "", find_double_tracks),
)
