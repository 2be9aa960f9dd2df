"""Rows as rectangles."""

from __future__ import annotations

import numpy as np

from mattebox.label.geometry.coordinates import cells_of, reshaped
from mattebox.label.geometry.measures import boxes
from mattebox.label.table import Table

__all__ = ["to_rectangles"]


def to_rectangles(table: Table) -> Table:
    """Make an upright rectangle of every row: the box around it.

    A skeleton gets the box of its elements, which are left out; tags stay as they are.
    """
    found = boxes(table)
    rows = np.flatnonzero(np.isfinite(found).all(axis=1) & (table.parent < 0))
    return reshaped(table, rows, "rectangle", cells_of(found[rows])).take(table.parent < 0)
