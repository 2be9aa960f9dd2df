"""Checks of points, rings and runs: whether rows can be computed with at all, and whether anything is in them."""

from __future__ import annotations

import numpy as np

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.geometry.measures import areas, lengths
from mattebox.label.row import SHAPES
from mattebox.label.soundness import Finding

__all__ = ["POINT_CHECKS"]


def find_empty(scope: Scope) -> Finding:
    """Shapes without an area, and polylines without a length."""
    table = scope.table
    areal = np.flatnonzero(table.is_shape("rectangle", "ellipse", "polygon", "cuboid", "mask") & scope.sound)
    lines = np.flatnonzero(table.is_shape("polyline") & scope.sound)
    flat = areal[areas(table.take(areal)) == 0]
    short = lines[lengths(table.take(lines)) == 0]
    return Finding.joined(
        (
            Finding.of(flat, lambda row: f"{SHAPES[table.shape[row]]} without an area"),
            Finding.of(short, "polyline without a length"),
        )
    )


def _shape_check(name: str, finds: str) -> RowCheck:
    """A check of what makes rows unfit to compute with."""
    return RowCheck(name, finds, "problem", "dropped", lambda scope: scope.flaws[name])


POINT_CHECKS = (
    _shape_check("malformed", "another number of coordinates than the shape has"),
    _shape_check("too-few-points", "polygons, polylines and points with too few points"),
    _shape_check("not-finite", "coordinates that are NaN, infinite or beyond all bounds"),
    _shape_check("bad-runs", "masks whose runs do not fill their box"),
    RowCheck("empty", "shapes without an area, lines without a length", "problem", "dropped", find_empty),
)
