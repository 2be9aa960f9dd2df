"""Rows of a table as masks, and masks as rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mattebox.errors import BadParameter
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.rasterize import ellipse, filled, rectangle
from mattebox.label.masks.rle import piece_of_row, row_of_piece
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.vectorize import joined, outline, separate
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Shape
from mattebox.label.table import Table, shape_codes

__all__ = ["AREAS", "NOWHERE", "Becomes", "Place", "kinds", "masks_of", "piece_of", "tell", "with_pieces"]

AREAS: tuple[Shape, ...] = ("rectangle", "ellipse", "polygon", "mask")
"""The kinds of rows that are masks."""

Becomes: TypeAlias = Literal["same", "mask", "polygon"]
"""What rows become whose mask is another one: masks stay masks and all others become polygons, or all become one."""


class Place(NamedTuple):
    """What a report calls the place of a table.

    Attributes:
        dataset: name of the data set.
        task: name of the task.
        subtask: name of the job or scene.
        numbered: whether rows are told by their positions, which mean nothing to people once tracks are interpolated.
    """

    dataset: str = ""
    task: str = ""
    subtask: str = ""
    numbered: bool = True


NOWHERE = Place()
"""That of a table which is by itself."""


def masks_of(
    table: Table, size: tuple[int, int], report: Report, rows: Array | None = None, place: Place = NOWHERE
) -> MaskSet:
    """The masks of rows on one picture; their ids are positions in the table, their scores those of the rows.

    A pixel is in a mask when its centre is in the shape; what lies beside the picture is cut off.

    Args:
        table: of a subtask.
        size: (height, width) of the picture.
        report: told of rows that cannot be drawn or that cover no pixel, which are left out.
        rows: positions of the rows; all that have an area unless given.
        place: what the report calls the table's place.

    Example:
        >>> from mattebox.label.row import Row
        >>> table = Table.from_rows([Row(label="cat", frame=0, shape="rectangle", points=(1, 0, 3, 2))])
        >>> masks_of(table, (4, 4), Report()).boxes.tolist()
        [[0, 1, 2, 3]]
    """
    rows = np.flatnonzero(table.is_shape(*AREAS)) if rows is None else rows
    found = {row: _drawn(table, row, size, report, place) for row in rows.tolist()}
    pieces = [piece for piece in found.values() if piece is not None]
    drawn = np.array([row for row, piece in found.items() if piece is not None], np.int64)
    masks = MaskSet.of_pieces(size, pieces, drawn, table.score[drawn])
    there = masks.areas > 0
    for row in drawn[~there].tolist():
        tell(report.drop, table, row, place, "no-pixels", "the centre of no pixel of the picture is in it")
    return masks.take(there)


def piece_of(table: Table, row: int, size: tuple[int, int]) -> Piece:
    """The mask of a row.

    Args:
        table: of a subtask.
        row: position of a rectangle, an ellipse, a polygon or a mask.
        size: (height, width) of the picture.

    Raises:
        BadParameter: it is of another kind, its points make no sense, or its runs do not fit its box.
    """
    points, shape = table.points[row], SHAPES[table.shape[row]]
    if shape == "mask":
        return piece_of_row(points, table.runs[row])
    if shape == "polygon":
        return filled(separate(points, table.rings[row]), size)
    if shape not in AREAS or len(points) != 4:
        raise BadParameter(f"a {shape} of {len(points)} numbers has no area")
    first, second, third, fourth = points.tolist()
    turned = float(table.rotation[row])
    if shape == "rectangle":
        return filled([rectangle(first, second, third, fourth, turned)], size)
    return ellipse(first, second, abs(third - first), abs(fourth - second), size, turned)


def kinds(table: Table, becomes: Becomes) -> NDArray[np.uint8]:
    """(N,), the shape that each row has once it is made of a mask, as the column `shape` holds it."""
    mask, polygon = shape_codes("mask", "polygon")
    if becomes == "same":
        return np.where(table.is_shape("mask"), mask, polygon)
    return np.full(len(table), mask if becomes == "mask" else polygon)


def with_pieces(table: Table, pieces: Mapping[int, Piece], becomes: Becomes = "same", epsilon: float = 1.0) -> Table:
    """A table with other masks in some rows.

    Args:
        table: of a subtask.
        pieces: what is put there, by row; none may be empty.
        becomes: what these rows become.
        epsilon: how many pixels a polygon may be off its mask to have fewer corners.

    Raises:
        BadParameter: a mask is empty, or epsilon is negative.
    """
    rows = np.fromiter(pieces, np.int64, len(pieces))
    wanted = kinds(table, becomes)[rows]
    none = np.empty(0, np.int32)
    points, rings, runs = [], [], []
    for masked, piece in zip((wanted == shape_codes("mask")).tolist(), pieces.values(), strict=True):
        if masked:
            corners, lengths = row_of_piece(piece)
        else:
            corners, lengths = joined(outline(piece.crop, epsilon, top=piece.top, left=piece.left))
        points.append(corners)
        rings.append(none if masked else lengths)
        runs.append(lengths if masked else none)
    shapes, rotation = table.shape.copy(), table.rotation.copy()
    shapes[rows], rotation[rows] = wanted, 0
    return table.replace(
        shape=shapes,
        rotation=rotation,
        points=put(table.points, rows, _ragged(points, np.float64)),
        rings=put(table.rings, rows, _ragged(rings, np.int32)),
        runs=put(table.runs, rows, _ragged(runs, np.int32)),
    )


def tell(how: Callable[..., None], table: Table, row: int, place: Place, code: str, message: str) -> None:
    """Tell a report of a row, by one of the report's own methods."""
    what = f"{SHAPES[table.shape[row]]} of {table.label[row]}: {message}"
    number = row if place.numbered else None
    frame = int(table.frame[row])
    how(code, what, dataset=place.dataset, task=place.task, subtask=place.subtask, frame=frame, row=number)


def _drawn(table: Table, row: int, size: tuple[int, int], report: Report, place: Place) -> Piece | None:
    """The mask of a row; None, and told, when it cannot be drawn."""
    try:
        return piece_of(table, row, size)
    except BadParameter as error:
        tell(report.drop, table, row, place, "bad-shape", str(error))
        return None


def _ragged(cells: Sequence[Array], dtype: DTypeLike) -> Ragged:
    return Ragged.of_lengths(np.concatenate([np.empty(0, dtype), *cells]), np.array([len(cell) for cell in cells]))
