"""Checks of what belongs together: elements and their skeletons, and groups."""

from __future__ import annotations

import numpy as np

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.soundness import Finding

__all__ = ["BELONGING_CHECKS"]


def find_lost_elements(scope: Scope) -> Finding:
    """Elements whose skeleton is not there."""
    lost = (scope.table.parent >= 0) & (scope.parent_labels < 0)
    return Finding.of(lost, lambda row: f"its skeleton, object {scope.table.parent[row]}, is not there")


def find_missing_elements(scope: Scope) -> Finding:
    """Skeletons that lack an element of their label on all frames; told once, at their first row."""
    table = scope.table
    skeletons = np.flatnonzero(table.is_shape("skeleton"))
    objects, first = np.unique(table.object[skeletons], return_index=True)
    elements = np.flatnonzero(scope.parent_labels >= 0)
    there = np.unique(np.stack((table.parent[elements], table.label.codes[elements]), axis=1), axis=0)
    bounds = np.searchsorted(there[:, 0], [objects, objects + 1]).T.tolist()
    parts = there[:, 1].tolist()
    rows, messages = [], []
    for row, (begin, end) in zip(skeletons[first].tolist(), bounds, strict=True):
        spec = scope.spec(table.label.codes[row])
        had = {table.label.values[code] for code in parts[begin:end]}
        missing = [part.name for part in spec.sublabels if part.name not in had] if spec else []
        if missing:
            rows.append(row)
            messages.append(f"the skeleton '{table.label[row]}' lacks {', '.join(missing)}")
    return Finding(np.array(rows, np.int64), messages)


def find_lonely_groups(scope: Scope) -> Finding:
    """Rows of groups that have one object only."""
    table = scope.table
    grouped = np.flatnonzero((table.group > 0) & (table.parent < 0))
    members = np.unique(np.stack((table.group[grouped], table.object[grouped]), axis=1), axis=0)
    groups, count = np.unique(members[:, 0], return_counts=True)
    alone = grouped[np.isin(table.group[grouped], groups[count == 1])]
    return Finding.of(alone, lambda row: f"nothing else is in group {table.group[row]}")


BELONGING_CHECKS = (
    RowCheck("lost-element", "elements without their skeleton", "problem", "dropped", find_lost_elements),
    RowCheck("missing-element", "skeletons without all elements", "note", "", find_missing_elements),
    RowCheck("lonely-group", "groups of one object", "note", "", find_lonely_groups),
)
