"""Polygons that other tools wrote as one line though they have several outlines."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Ragged
from mattebox.label.geometry.coordinates import Floats, points_of, reshaped
from mattebox.label.geometry.regions import outlines_of, regions
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["bridges_to_rings", "contours_to_rings", "split_contours"]

# The most equal points in a row whose meaning is clear: the end of a contour, its repetition, and one stray click.
_EQUAL = 3


def contours_to_rings(table: Table, report: Report, *, dataset: str = "", task: str = "", subtask: str = "") -> Table:
    """Read polygons that hold several contours in one list of points, each ended by its last point once more.

    dl_utils writes holes and parts in this way, which CVAT draws as one polygon with lines between the contours.
    `split_contours` tells how a list is read.

    Args:
        table: polygons with rings already, and other shapes, stay as they are.
        report: is told of every polygon that is divided, and of every one that cannot be read and stays as it is.
        dataset: its name, for the report.
        task: its name, for the report.
        subtask: its name, for the report.
    """
    note = partial(report.note, dataset=dataset, task=task, subtask=subtask)
    problem = partial(report.problem, dataset=dataset, task=task, subtask=subtask)
    rows = np.flatnonzero(table.is_shape("polygon") & (table.rings.lengths == 0))
    points, offsets = points_of(table.points.take(rows))
    owner = np.repeat(np.arange(len(rows)), np.diff(offsets))
    repeats = (points[1:] == points[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    changed, cells, rings = [], [], []
    for index in np.unique(owner[1:][repeats]).tolist():
        row = int(rows[index])
        try:
            contours = split_contours(points[offsets[index] : offsets[index + 1]])
        except ValueError as error:
            problem("unclear-contours", str(error), frame=int(table.frame[row]), row=row)
            continue
        changed.append(row)
        cells.append(np.concatenate(contours).reshape(-1).tolist())
        rings.append([len(contour) for contour in contours] if len(contours) > 1 else [])
        if len(contours) > 1:
            message = f"a polygon of {len(contours)} contours in one list of points: they are now its rings"
            note("contours", message, frame=int(table.frame[row]), row=row)
    return reshaped(
        table, np.array(changed, np.int64), "polygon", Ragged.from_lists(cells), Ragged.from_lists(rings, np.int32)
    )


def split_contours(points: Floats) -> list[Floats]:
    """Divide a list of points into contours, each of which was ended by its last point once more.

    A repeated point ends a contour only if all contours then have three points at least; otherwise somebody clicked
    twice, and the point is left out. Three equal points in a row are taken for two.

    Args:
        points: (n, 2).

    Returns:
        The contours, each (m, 2), without repeated points.

    Raises:
        ValueError: four points in a row are equal.

    Example:
        >>> points = np.array([[0, 0], [9, 0], [0, 9], [0, 9], [1, 1], [3, 1], [1, 3], [1, 3]])
        >>> [len(contour) for contour in split_contours(points)]
        [3, 3]
    """
    repeats = np.concatenate(([False], (points[1:] == points[:-1]).all(axis=1)))
    new = np.flatnonzero(~repeats)
    equal = np.diff(new, append=len(points))
    if equal.max(initial=0) > _EQUAL:
        raise ValueError(f"{equal.max()} equal points in a row: where its contours end cannot be told; draw it anew")
    kept = points[new]
    contours = [contour for contour in np.split(kept, np.flatnonzero(equal > 1) + 1) if len(contour)]
    return contours if all(len(contour) >= 3 for contour in contours) else [kept]


def bridges_to_rings(table: Table, report: Report, *, dataset: str = "", task: str = "", subtask: str = "") -> Table:
    """Read polygons whose outline runs to a hole or to another part and back along the same line.

    Args:
        table: polygons with rings already, and other shapes, stay as they are.
        report: is told of every polygon that is divided.
        dataset: its name, for the report.
        task: its name, for the report.
        subtask: its name, for the report.
    """
    rows = np.flatnonzero(table.is_shape("polygon") & (table.rings.lengths == 0))
    rows = rows[_retraced(table.points.take(rows))]
    points, rings = outlines_of(regions(table.take(rows)))
    divided = np.flatnonzero(rings.lengths)
    note = partial(report.note, dataset=dataset, task=task, subtask=subtask)
    for index in divided.tolist():
        row, count = int(rows[index]), int(rings.lengths[index])
        message = f"a polygon of {count} outlines with lines between them: they are now its rings"
        note("bridges", message, frame=int(table.frame[row]), row=row)
    return reshaped(table, rows[divided], "polygon", points.take(divided), rings.take(divided))


def _retraced(cells: Ragged) -> NDArray[np.bool_]:
    """(n,), which outlines run along one of their sides twice."""
    points, offsets = points_of(cells)
    lengths = np.diff(offsets)
    owner = np.repeat(np.arange(len(cells)), lengths)
    following = np.arange(1, len(points) + 1)
    following[offsets[1:][lengths > 0] - 1] = offsets[:-1][lengths > 0]
    ends = np.stack((points, points[following]), axis=1)
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[turned] = ends[turned, ::-1]
    drawn = (ends[:, 0] != ends[:, 1]).any(axis=1)
    sides, owner = ends[drawn].reshape(-1, 4), owner[drawn]
    order = np.lexsort((*sides.T, owner))
    same = (sides[order][1:] == sides[order][:-1]).all(axis=1) & (owner[order][1:] == owner[order][:-1])
    found = np.zeros(len(cells), bool)
    found[owner[order][1:][same]] = True
    return found
