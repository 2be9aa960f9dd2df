"""The rows of samples as areas: what formats that hold areas leave out, and how areas become pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mattebox.label.building.reel import Reel
from mattebox.label.columns import put
from mattebox.label.geometry import boxes, to_polygons
from mattebox.label.masks.tables import Place, masks_of
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Shape
from mattebox.label.table import Table, shape_codes

__all__ = ["AREAS", "painted", "with_areas", "without_thin"]

AREAS: tuple[Shape, ...] = ("rectangle", "ellipse", "polygon", "cuboid", "mask")
"""The shapes that cover something."""


def with_areas(reel: Reel, name: str, report: Report) -> Reel:
    """The reel with the rows that cover some of their picture; tags, points, lines and skeletons are left out.

    Args:
        reel: any; of its cuboids the outline is taken.
        name: of the format, for messages.
        report: is told what is left out.
    """
    element = reel.table.parent >= 0
    held = reel.table.is_shape(*AREAS) & ~element
    for code, count in Counter(reel.table.shape[~held & ~element].tolist()).items():
        message = f"{name} cannot hold shapes of kind {SHAPES[code]}"
        report.drop("format-cannot-hold", message, task=reel.task.name, count=count)
    reel = without_thin(reel.only(held), report)
    return replace(reel, table=_without_cuboids(reel.table))


def without_thin(reel: Reel, report: Report) -> Reel:
    """The reel without shapes that should cover something and have no width or no height.

    Args:
        reel: any.
        report: is told what is left out.
    """
    sides = boxes(reel.table)
    wide = np.asarray(((sides[:, 2:] - sides[:, :2]) > 0).all(axis=1), bool)
    thin = reel.table.is_shape(*AREAS) & ~wide
    for frame, count in Counter(reel.table.frame[thin].tolist()).items():
        report.drop("no-area", "a shape without width or height", task=reel.task.name, frame=frame, count=count)
    return reel.only(~thin)


def painted(
    table: Table, values: NDArray[np.uint8], size: tuple[int, int], task: str, report: Report
) -> NDArray[np.uint8]:
    """Paint rows one over the other on zeros.

    Args:
        table: the rows, from below to above.
        values: (N,), of their pixels.
        size: (height, width) of the picture.
        task: what the report calls the task.
        report: is told of rows that cover no pixel's centre.

    Returns:
        (H, W).
    """
    picture = np.zeros(size, np.uint8)
    masks = masks_of(table, size, report, place=Place(task=task, numbered=False))
    for row, piece in zip(masks.ids.tolist(), masks.pieces(), strict=True):
        height, width = piece.crop.shape
        picture[piece.top : piece.top + height, piece.left : piece.left + width][piece.crop] = values[row]
    return picture


def _without_cuboids(table: Table) -> Table:
    """Cuboids as the polygons around their corners."""
    rows = np.flatnonzero(table.is_shape("cuboid"))
    if not rows.size:
        return table
    shape = table.shape.copy()
    shape[rows] = shape_codes("polygon")
    return table.replace(shape=shape, points=put(table.points, rows, to_polygons(table.take(rows)).points))
