"""Rings of a polygon, each taken on its own: whether they overlap, and what they cover together."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from mattebox.label.columns import Ragged
from mattebox.label.geometry.regions import Geometries, outlines_of, regions
from mattebox.label.table import Table, shape_codes

__all__ = ["overlapping", "ring_areas", "united"]


def ring_areas(rings: Sequence[Sequence[float]]) -> Geometries:
    """(N,), what each ring encloses.

    Args:
        rings: x, y, x, y, ... of each.
    """
    cells = Ragged.from_lists(rings)
    return regions(Table.of(len(rings), points=cells, shape=shape_codes("polygon").repeat(len(rings))))


def overlapping(areas: Geometries) -> bool:
    """Whether any two areas have more than their borders in common.

    Example:
        >>> overlapping(ring_areas([[0, 0, 2, 0, 2, 2], [2, 0, 4, 0, 4, 2]]))
        False
    """
    one, other = shapely.STRtree(areas).query(areas, predicate="intersects")
    pairs = one < other
    return bool(shapely.relate_pattern(areas[one[pairs]], areas[other[pairs]], "T********").any())


def united(areas: Geometries) -> tuple[list[float], list[int]]:
    """The points and the lengths of rings around everything that the areas cover; no lengths for a single ring."""
    whole = areas[:1].copy()
    whole[0] = shapely.union_all(areas)
    points, rings = outlines_of(whole)
    return points.values.tolist(), rings.values.tolist()
