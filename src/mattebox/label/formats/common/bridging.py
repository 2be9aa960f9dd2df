"""Polygons of several rings as one ring, for formats that have no other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mattebox.label.columns import Array, Ragged, put
from mattebox.label.extra import needed_for
from mattebox.label.table import Table

__all__ = ["bridged", "one_ring"]


def one_ring(table: Table) -> Table:
    """The table with every polygon of several rings drawn as one; see `bridged`."""
    rows = np.flatnonzero(table.rings.lengths > 1)
    if not rows.size:
        return table
    outlines = []
    for flat, rings in zip(table.points.take(rows).lists(), table.rings.take(rows).lists(), strict=True):
        corners = np.array(flat, np.float64).reshape(-1, 2)
        outlines.append(bridged(np.split(corners, np.cumsum(rings)[:-1])).reshape(-1))
    cells = Ragged.of_lengths(np.concatenate(outlines), np.array([len(outline) for outline in outlines]))
    points = put(table.points, rows, cells)
    return table.replace(points=points, rings=Ragged.empty(len(table), np.int32))


def bridged(rings: Sequence[Array]) -> Array:
    """Join rings by bridges without width: there and back on the same line, between the nearest corners.

    What an odd number of rings encloses is what the single ring encloses by that rule, which is how OpenCV and
    Ultralytics fill: a bridge to another part adds nothing, and one to a hole takes nothing away.

    Args:
        rings: (n, 2) each, x and y of their corners; at least one.

    Returns:
        (M, 2), the corners of one ring.

    Example:
        >>> parts = [np.array([[0, 0], [2, 0], [0, 2.0]]), np.array([[3, 0], [5, 0], [5, 2.0]])]
        >>> bridged(parts).astype(int).tolist()
        [[0, 0], [2, 0], [3, 0], [5, 0], [5, 2], [3, 0], [2, 0], [0, 2]]
    """
    with needed_for("joining polygons"):
        from scipy.spatial import cKDTree
    joined = np.asarray(rings[0], np.float64)
    for ring in rings[1:]:
        distances, nearest = cKDTree(joined).query(ring)
        there = int(np.argmin(distances))
        here = int(nearest[there])
        round_trip = np.concatenate((ring[there:], ring[: there + 1]))
        joined = np.concatenate((joined[: here + 1], round_trip, joined[here:]))
    return joined
