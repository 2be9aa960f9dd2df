"""What a format has a place for: rows that it drops, and rows that it takes as something else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.building.scenery import Scenery
from mattebox.label.columns import Ragged, put
from mattebox.label.geometry import boxes
from mattebox.label.masks.rle import areas_of_runs
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Shape
from mattebox.label.table import Table, shape_codes

__all__ = ["as_boxes", "holding", "tell_untracked", "usable"]

AREAS: tuple[Shape, ...] = ("rectangle", "ellipse", "polygon", "cuboid", "mask")
"""Kinds of shapes that have an inside."""


def holding(table: Table, fits: NDArray[np.bool_], form: str, report: Report, *, task: str) -> Table:
    """The rows that a form has a place for; the others are told by their shape, elements with their skeleton.

    Args:
        table: rows of a task.
        fits: (N,), which of them it has a place for.
        form: its name.
        report: is told of the others.
        task: its name.
    """
    left = table.shape[~fits & (table.parent < 0)]
    for code, count in zip(*np.unique(left, return_counts=True), strict=True):
        message = f"{form} cannot hold shapes of kind {SHAPES[code]}"
        report.drop("format-cannot-hold", message, task=task, count=int(count))
    return table if fits.all() else table.take(fits)


def as_boxes(table: Table, changed: NDArray[np.bool_], form: str, report: Report, *, task: str) -> Table:
    """The table with the boxes around some areas in their place, which is told.

    Args:
        table: rows of a task.
        changed: (N,), which of them; those of a kind that encloses nothing stay as they are.
        form: name of the form that has only boxes.
        report: is told.
        task: its name.
    """
    rows = np.flatnonzero(changed & table.is_shape(*AREAS) & (table.parent < 0))
    around = boxes(table.take(rows))
    rows, around = rows[np.isfinite(around).all(axis=1)], around[np.isfinite(around).all(axis=1)]
    if not rows.size:
        return table
    report.note("shape-changed", f"{form} has boxes only: shapes become those around them", task=task, count=len(rows))
    shape, rotation = table.shape.copy(), table.rotation.copy()
    shape[rows], rotation[rows] = shape_codes("rectangle"), 0
    points = put(table.points, rows, Ragged.of_lengths(around.ravel(), np.full(len(rows), 4)))
    nothing = Ragged.empty(len(rows), np.int32)
    rings, runs = (put(column, rows, nothing) for column in (table.rings, table.runs))
    return table.replace(shape=shape, rotation=rotation, points=points, rings=rings, runs=runs)


def tell_untracked(table: Table, form: str, report: Report, *, task: str) -> None:
    """Tell of rows that are no track any more in a form without tracks."""
    if tracked := int(table.tracked.sum()):
        report.note("tracks-lost", f"{form} has no tracks; their shapes stay", task=task, count=tracked)


def usable(table: Table, scenery: Scenery, report: Report) -> Table:
    """The rows without shapes that whoever reads them drops: without an area, or outside their picture."""
    around = boxes(table)
    sizes = np.array(scenery.sizes).reshape(-1, 2)[np.searchsorted(scenery.frames, table.frame)]
    away = (around[:, 2:] < 0).any(axis=1) | (around[:, :2] > sizes[:, ::-1]).any(axis=1)
    flat = table.is_shape(*AREAS) & (around[:, 2:] <= around[:, :2]).any(axis=1)
    swapped = table.is_shape("rectangle")
    corners = table.points.take(swapped).values.reshape(-1, 4)
    swapped[swapped] = (corners[:, 2:] <= corners[:, :2]).any(axis=1)
    flat |= swapped | table.is_shape("mask") & (areas_of_runs(table.runs) == 0)
    for code, rows, what in (
        ("outside-picture", away & (table.parent < 0), "shapes that lie outside their picture"),
        ("empty-shape", flat & ~away, "shapes without an area, or boxes with their corners swapped"),
    ):
        if rows.any():
            first = int(table.frame[rows][0])
            report.drop(code, what, task=scenery.task.name, frame=first, count=int(rows.sum()))
    return table.take(~(flat | away & (table.parent < 0)))
