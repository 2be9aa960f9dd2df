"""Masks that are cut and moved: what is done to pixels, box by box."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mattebox.geometry import Box
from mattebox.label.columns import Array, Ragged, put
from mattebox.label.geometry.coordinates import Floats, cells_of, fours
from mattebox.label.masks.rle import crops_of_runs, row_of_piece
from mattebox.label.masks.sets import Piece
from mattebox.label.table import Table

__all__ = ["cut_masks", "moved_masks", "pieces_of"]


def moved_masks(table: Table, matrix: Floats, offset: Floats) -> Table:
    """Map masks as `moved` does: a pixel is set afterwards where its centre comes from a pixel that was.

    A mask that is left without a pixel keeps a box of one pixel that is not set.
    """
    masks = np.flatnonzero(table.is_shape("mask"))
    if np.array_equal(matrix, np.eye(2)) and not (offset % 1).any():
        boxes = fours(table, masks) + np.tile(offset, 2)
        return table.replace(points=put(table.points, masks, cells_of(boxes)))
    back = np.linalg.inv(matrix)

    def move(piece: Piece) -> Piece:
        top, left, crop = piece
        bottom, right = top + crop.shape[0], left + crop.shape[1]
        ends = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ matrix.T + offset
        (first_x, first_y), (last_x, last_y) = np.floor(ends.min(axis=0)), np.ceil(ends.max(axis=0))
        x = np.arange(first_x, last_x) + 0.5 - offset[0]
        y = np.arange(first_y, last_y)[:, None] + 0.5 - offset[1]
        across = np.floor(back[0, 0] * x + back[0, 1] * y).astype(np.int64) - left
        down = np.floor(back[1, 0] * x + back[1, 1] * y).astype(np.int64) - top
        inside = (across >= 0) & (across < crop.shape[1]) & (down >= 0) & (down < crop.shape[0])
        found = np.zeros(inside.shape, bool)
        found[inside] = crop[down[inside], across[inside]]
        return Piece(int(first_y), int(first_x), found)

    return _changed(table, masks, move)


def cut_masks(table: Table, rows: Array, box: Box) -> Table:
    """Leave of masks what lies in a box (top, left, bottom, right)."""

    def cut(piece: Piece) -> Piece:
        top, left = max(box[0] - piece.top, 0), max(box[1] - piece.left, 0)
        inside = piece.crop[top : max(box[2] - piece.top, 0), left : max(box[3] - piece.left, 0)]
        return Piece(piece.top + top, piece.left + left, inside)

    return _changed(table, rows, cut)


def pieces_of(table: Table, rows: Array) -> Iterator[Piece]:
    """The masks of rows, each within its box; their runs must be sound."""
    sides, runs = fours(table, rows).astype(np.int64), table.runs.take(rows)
    crops = crops_of_runs(runs, sides[:, [3, 2]] - sides[:, [1, 0]] + 1) if len(rows) else []
    for crop, (left, top) in zip(crops, sides[:, :2].tolist(), strict=True):
        yield Piece(top, left, crop)


def _changed(table: Table, rows: Array, change: Callable[[Piece], Piece]) -> Table:
    """Change masks one by one; their boxes become the smallest ones."""
    found = [_row_of(change(piece)) for piece in pieces_of(table, rows)]
    return table.replace(
        points=put(table.points, rows, Ragged.from_lists([points for points, _ in found])),
        runs=put(table.runs, rows, Ragged.from_lists([runs for _, runs in found], np.int32)),
    )


def _row_of(piece: Piece) -> tuple[list[float], list[int]]:
    """The box of a mask and the runs over it; one pixel that is not set where none is."""
    if not piece.crop.any():
        return [piece.left, piece.top, piece.left, piece.top], [1]
    points, runs = row_of_piece(piece)
    return points.tolist(), runs.tolist()
