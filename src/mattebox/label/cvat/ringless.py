"""Polygons with holes or several parts, which CVAT does not have, as masks, which it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.columns import Ragged
from mattebox.label.cvat.entries import Place
from mattebox.label.masks.rasterize import filled
from mattebox.label.masks.rle import row_of_piece
from mattebox.label.table import Table, shape_codes

__all__ = ["without_rings"]


def without_rings(table: Table, place: Place) -> Table:
    """The table with masks in place of the polygons that have more than one ring; each becomes an object of its own.

    Args:
        table: to be written; its coordinates are finite.
        place: of the job, to tell how many there are, and which cover no pixel and are dropped.
    """
    rows = np.flatnonzero(table.rings.lengths > 1)
    if not rows.size:
        return table
    place.note("rings", "polygons with holes or several parts are written as masks, to the pixel", count=len(rows))
    masks = [_mask(table.points[row].reshape(-1, 2), table.rings[row]) for row in rows.tolist()]
    empty = rows[[not runs.size for _, runs in masks]]
    for row in empty.tolist():
        place.drop("empty-mask", f"a polygon of {table.label[row]!r} covers no pixel", frame=int(table.frame[row]))
    boxes, runs = zip(*masks, strict=True)
    index = np.arange(len(table))
    index[rows] = len(table) + np.arange(len(rows))
    numbers, tracked, shape = table.object.copy(), table.tracked.copy(), table.shape.copy()
    numbers[rows] = max(numbers.max(), table.parent.max()) + 1 + np.arange(len(rows))
    tracked[rows] = False
    shape[rows] = shape_codes("mask")
    changed = table.replace(
        points=Ragged.concat([table.points, Ragged.from_lists(boxes)]).take(index),
        runs=Ragged.concat([table.runs, Ragged.from_lists(runs, np.int32)]).take(index),
        rings=Ragged.empty(len(table), np.int32),
        object=numbers,
        tracked=tracked,
        shape=shape,
    )
    return changed.take(np.setdiff1d(np.arange(len(table)), empty))


def _mask(points: NDArray[np.float64], rings: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """The box and the runs of what an odd number of rings encloses in a picture; neither where that is no pixel."""
    width, height = np.ceil(points.max(axis=0)).astype(int).clip(0).tolist()
    try:
        return row_of_piece(filled(np.split(points, np.cumsum(rings)[:-1]), (height, width)))
    except BadParameter:
        return np.empty(0), np.empty(0, np.int32)
