"""Which rows of a job make sense."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Ragged
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.masks.rle import bad_runs
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["BOX", "NO_SHAPE", "infinite", "sound_rows", "tell_undeclared", "upright"]

NO_SHAPE = 255
"""What stands in the column `shape` for a type that is not known."""

FARTHEST = 2**31
"""Pixels from the corner of a picture at which no mask lies."""

BOX = 4
"""Numbers at the end of a mask's points that are the box around it."""

Check = Callable[[Table], NDArray[np.bool_]]


def _miscounted(table: Table) -> NDArray[np.bool_]:
    """Which rows have a number of coordinates that their shape cannot have."""
    counts = table.points.lengths
    exact = {"rectangle": 4, "ellipse": 4, "cuboid": 16, "mask": BOX}
    wrong = table.is_shape("polygon", "polyline", "points") & ((counts < 2) | (counts % 2 == 1))
    for name, count in exact.items():
        wrong |= table.is_shape(name) & (counts != count)  # type: ignore[arg-type]
    return wrong


def _with(table: Table, coordinates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have any of some coordinates."""
    found = np.zeros(len(table), bool)
    found[np.repeat(np.arange(len(table)), table.points.lengths)[coordinates]] = True
    return found


def infinite(table: Table) -> NDArray[np.bool_]:
    """Which rows have coordinates, or a rotation, that are no numbers."""
    return _with(table, ~np.isfinite(table.points.values)) | ~np.isfinite(table.rotation)


def _between_pixels(table: Table) -> NDArray[np.bool_]:
    """Which masks have a box that is not in whole pixels."""
    corners = table.points.values
    return _with(table, (corners != np.rint(corners)) | (np.abs(corners) > FARTHEST)) & table.is_shape("mask")


CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("unknown-shape", "its type is none that is known", lambda table: table.shape == NO_SHAPE),
    ("bad-frame", "its frame is negative", lambda table: table.frame < 0),
    ("bad-points", "it has a number of coordinates that its shape cannot have", _miscounted),
    ("bad-points", "its coordinates or its rotation are not all numbers", infinite),
    ("bad-mask", "its box is not in whole pixels", _between_pixels),
)
"""What no row may be: a code, a cause, and which rows are."""


def sound_rows(table: Table, rows: NDArray[np.int64], place: Place) -> NDArray[np.bool_]:
    """Which rows make sense; the others are told by their number in the file, with what hangs on them."""
    sound = np.ones(len(table), bool)

    def refuse(wrong: NDArray[np.bool_], code: str, cause: str) -> None:
        for row in np.flatnonzero(wrong & sound):
            shape = "shape" if table.shape[row] == NO_SHAPE else SHAPES[table.shape[row]]
            message = f"a {shape} of {table.label[int(row)]!r}: {cause}"
            place.drop(code, message, frame=int(table.frame[row]), row=int(rows[row]))
        sound[wrong] = False

    for code, cause, check in CHECKS:
        refuse(check(table), code, cause)
    masks = np.flatnonzero(table.is_shape("mask") & sound)
    left, top, right, bottom = table.points.take(masks).values.reshape(-1, BOX).T
    sizes = np.stack([bottom - top + 1, right - left + 1], axis=1)
    for index, cause in bad_runs(table.runs.take(masks), sizes).items():
        refuse(np.arange(len(table)) == masks[index], "bad-mask", cause)
    here = table.object[sound]
    refuse((table.parent >= 0) & ~np.isin(table.parent, here), "orphan-element", "its skeleton was dropped")
    return sound


def upright(table: Table, place: Place) -> Table:
    """The table with the corners of rectangles in order, left and top first; those that were not are told."""
    rows = np.flatnonzero(table.is_shape("rectangle"))
    cells = table.points.offsets[rows][:, None] + np.arange(4)
    corners = table.points.values[cells].reshape(-1, 2, 2)
    inverted = (corners[:, 0] > corners[:, 1]).any(axis=1)
    if not inverted.any():
        return table
    frame, count = int(table.frame[rows[inverted][0]]), int(inverted.sum())
    place.note("inverted", "rectangles whose right or bottom came first: put in order", frame=frame, count=count)
    values = table.points.values.copy()
    values[cells] = np.sort(corners, axis=1).reshape(-1, 4)
    return table.replace(points=Ragged(values, table.points.offsets))


def tell_undeclared(table: Table, specs: Specs, place: Place) -> None:
    """Tell which labels no one declared; their rows stay, so that a label table can still name them."""
    loose = table.parent < 0
    for code, name in enumerate(table.label.values):
        count = int(np.count_nonzero(loose & (table.label.codes == code)))
        if count and specs.find(name) is None:
            place.problem("undeclared-label", f"{name!r} is not among the task's labels: {count:,} rows", count=count)
