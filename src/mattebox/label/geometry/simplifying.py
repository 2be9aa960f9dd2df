"""Fewer points for the same outline."""

from __future__ import annotations

import numpy as np

from mattebox.errors import BadParameter
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.extra import needed_for
from mattebox.label.geometry.coordinates import points_of, rings_of, settled
from mattebox.label.table import Table

with needed_for("geometry of annotations"):
    import shapely

__all__ = ["simplify"]


def simplify(table: Table, epsilon: float = 1.5) -> Table:
    """Leave out points of polygons and polylines that lie close to the line through the others (Douglas-Peucker).

    Every ring is simplified on its own and keeps three points at least; a ring never begins to cross itself.

    Args:
        table: other rows stay as they are.
        epsilon: how far the line may move, in pixels; 0 leaves out only what lies on it.

    Raises:
        BadParameter: epsilon is negative.
    """
    if not epsilon >= 0:
        raise BadParameter(f"epsilon={epsilon!r}: must be at least 0 pixels")
    table = _simplified(table, np.flatnonzero(table.is_shape("polygon")), epsilon, least=3)
    return _simplified(table, np.flatnonzero(table.is_shape("polyline")), epsilon, least=2)


def _simplified(table: Table, rows: Array, epsilon: float, least: int) -> Table:
    """Simplify rings, which have three points at least, or lines, which have two; what has fewer stays."""
    points, _ = points_of(table.points.take(rows))
    rings = rings_of(table, rows)
    ring = np.repeat(np.arange(len(rings.values)), rings.values)
    usable = rings.values >= least
    usable[ring[~np.isfinite(points).all(axis=1)]] = False
    chosen = usable[ring]
    build = shapely.linearrings if least == 3 else shapely.linestrings
    lines = build(settled(points[chosen]), indices=np.cumsum(usable)[ring[chosen]] - 1)
    fewer, line = shapely.get_coordinates(shapely.simplify(lines, epsilon), return_index=True)
    if least == 3:
        open_ended = np.diff(line, append=-1) == 0  # the last point of a ring is its first once more
        fewer, line = fewer[open_ended], line[open_ended]
    outlines = Ragged.of_lengths(points.reshape(-1), 2 * rings.values)
    outlines = put(
        outlines,
        np.flatnonzero(usable),
        Ragged.of_lengths(fewer.reshape(-1), 2 * np.bincount(line, minlength=len(lines))),
    )
    counts = (outlines.lengths // 2).astype(np.int32)
    owner = np.repeat(np.arange(len(rows)), rings.lengths)
    cells = Ragged.of_lengths(outlines.values, 2 * np.bincount(owner, counts, minlength=len(rows)).astype(np.int64))
    several = np.flatnonzero(table.rings.lengths[rows])
    return table.replace(
        points=put(table.points, rows, cells),
        rings=put(table.rings, rows[several], Ragged(counts, rings.offsets).take(several)),
    )
