"""Checks of where rows lie on their picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.columns import put
from mattebox.label.extra import needed_for
from mattebox.label.geometry import clip_to_picture, regions
from mattebox.label.geometry.coordinates import cells_of, fours
from mattebox.label.soundness import Finding
from mattebox.label.table import Table

with needed_for("the checks of annotations"):
    import shapely

__all__ = ["PLACE_CHECKS"]


def find_beyond(scope: Scope) -> Finding:
    """Rows of which nothing is on the picture."""
    apart, _ = _reach(scope)
    return Finding.of(apart, lambda row: f"lies beyond the picture: {_placed(scope, row)}")


def find_across(scope: Scope) -> Finding:
    """Rows that reach over the border by more than the tolerance and can be cut there."""
    _, over = _reach(scope)
    return Finding.of(over & _can_be_cut(scope.table), lambda row: f"reaches over the border: {_placed(scope, row)}")


def find_jutting(scope: Scope) -> Finding:
    """Rows that reach over the border by more than the tolerance and would become something else if they were cut."""
    _, over = _reach(scope)
    return Finding.of(over & ~_can_be_cut(scope.table), lambda row: f"reaches over the border: {_placed(scope, row)}")


def clip(scope: Scope, rows: NDArray[np.int64]) -> Table:
    """Cut off what lies beyond the picture."""
    table = scope.table
    rectangles = rows[table.is_shape("rectangle")[rows]]
    far = scope.sizes[rectangles][:, ::-1]
    sides = np.clip(fours(table, rectangles), 0, np.hstack((far, far)))
    table = table.replace(points=put(table.points, rectangles, cells_of(sides)))
    others = rows[~table.is_shape("rectangle")[rows]]
    for size in np.unique(scope.sizes[others], axis=0).astype(int).tolist():
        chosen = others[(scope.sizes[others] == size).all(axis=1)]
        cut = clip_to_picture(table.take(chosen), (size[0], size[1]))
        table = table.replace(
            points=put(table.points, chosen, cut.points),
            rings=put(table.rings, chosen, cut.rings),
            runs=put(table.runs, chosen, cut.runs),
        )
    return table


def _can_be_cut(table: Table) -> NDArray[np.bool_]:
    """(N,), upright rectangles, and loose outlines and masks.

    Other rows of tracks have to keep their points, between which is interpolated. Rectangles and ellipses that are
    turned would become polygons, and CVAT too lets them reach over the border.
    """
    loose = ~table.tracked & (table.parent < 0)
    return (table.is_shape("rectangle") & (table.rotation == 0)) | (table.is_shape("polygon", "mask") & loose)


def _reach(scope: Scope) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that lie beyond their picture, and other rows that reach beyond it; neither where its size is unknown."""
    found, far = scope.boxes, scope.sizes[:, ::-1]
    shown = ~scope.table.outside & (scope.table.parent < 0)
    with np.errstate(invalid="ignore"):
        apart = np.any((found[:, 2:] < -scope.tolerance) | (found[:, :2] > far + scope.tolerance), axis=1)
        over = np.any((found[:, :2] < -scope.tolerance) | (found[:, 2:] > far + scope.tolerance), axis=1)
    # The box around an outline may meet the picture where the outline does not.
    unsure = np.flatnonzero(over & ~apart & scope.table.is_shape("polygon", "mask"))
    pictures = shapely.box(0, 0, *far[unsure].T)
    parts = shapely.intersection(regions(scope.table.take(unsure)), pictures)
    apart[unsure[shapely.area(parts) == 0]] = True
    return apart & shown, over & ~apart & shown


def _placed(scope: Scope, row: int) -> str:
    left, top, right, bottom = scope.boxes[row]
    height, width = scope.sizes[row]
    return f"x {left:g} to {right:g}, y {top:g} to {bottom:g} on {width:g} x {height:g} pixels"


PLACE_CHECKS = (
    RowCheck("beyond-picture", "rows that lie wholly beyond the picture", "problem", "dropped", find_beyond),
    RowCheck("across-border", "boxes, outlines and masks over the border", "note", "cut", find_across, clip),
    RowCheck("juts-out", "turned, tracked and other rows over the border", "note", "", find_jutting),
)
