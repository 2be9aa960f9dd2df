"""Filters over the masks of a table, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, MatteboxError
from mattebox.label.masks.filters.base import Dropped, MaskFilter
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.tables import AREAS, NOWHERE, Becomes, Place, kinds, masks_of, piece_of, tell, with_pieces
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["Changed", "Sizes", "apply_filters"]

Sizes: TypeAlias = tuple[int, int] | Callable[[int], tuple[int, int]]
"""(height, width) of the pictures: of all, or by frame."""

Pieces: TypeAlias = list[Piece | None]
"""The masks that a row becomes, each a row; None is the row as it was."""


class Changed(NamedTuple):
    """A table that went through filters.

    Attributes:
        table: what is left.
        objects: numbers of those of which a row was changed or dropped.
    """

    table: Table
    objects: NDArray[np.int64]


def apply_filters(
    table: Table,
    size: Sizes,
    filters: MaskFilter,
    report: Report,
    *,
    becomes: Becomes = "same",
    epsilon: float = 1.0,
    place: Place = NOWHERE,
    progress: Progress | None = None,
) -> Changed:
    """Filter the masks of every frame of a table.

    Rows that the filters leave as they are stay so to the last digit. Those that they change keep their label, object,
    track and attributes. Of several masks that are made of one row the first is that row; the others are new objects.
    Rows that have no area, are outside, or belong to a skeleton are left alone.

    Args:
        table: of a subtask. Tracks should have a row on every frame, as `interpolate` gives them. Where one has keys
            only, a row that is dropped becomes outside, so that interpolation does not bring it back.
        size: (height, width) of the pictures, or what tells it for a frame; a frame whose picture cannot be read is
            left as it is.
        filters: one filter, or a `Chain`.
        report: told of every row and part that is dropped, and why.
        becomes: what rows become that are changed; the rest of their tracks becomes the same.
        epsilon: how many pixels a polygon may be off its mask to have fewer corners.
        place: what the report calls the table's place.
        progress: told how many frames are done.

    Raises:
        BadParameter: a filter does not suit the pictures, or epsilon is negative.
        MissingExtra: a package of the extra `label` is not installed.
        Cancelled: the work was given up.
    """
    frames = list(_frames(table))
    sizes: dict[int, tuple[int, int]] = {}
    changes: dict[int, Pieces] = {}
    for done, rows in enumerate(frames):
        check_cancelled()
        frame = int(table.frame[rows[0]])
        try:
            sizes[frame] = size(frame) if callable(size) else size
        except MatteboxError as error:
            tell(report.problem, table, int(rows[0]), place, "no-picture", f"{error}; its frame is left as it is")
        else:
            masks = masks_of(table, sizes[frame], report, rows, place)
            changes |= _filtered(table, rows, masks, filters, report, place)
        if progress:
            progress(done + 1, len(frames))
    objects = np.unique(table.object[list(changes)])
    changes |= _of_one_kind(table, sizes, changes, becomes)
    return Changed(_assembled(table, changes, becomes, epsilon), objects)


def _frames(table: Table) -> Iterator[NDArray[np.int64]]:
    """Rows that are masks, frame by frame."""
    rows = np.flatnonzero(table.is_shape(*AREAS) & ~table.outside & (table.parent < 0))
    rows = rows[np.argsort(table.frame[rows], kind="stable")]
    firsts = np.flatnonzero(np.diff(table.frame[rows])) + 1
    return (each for each in np.split(rows, firsts) if len(each))


def _filtered(
    table: Table, rows: NDArray[np.int64], masks: MaskSet, filters: MaskFilter, report: Report, place: Place
) -> dict[int, Pieces]:
    """What the rows of a frame become, without those that stay as they are."""
    left, dropped = filters(masks)
    before = {row: masks.piece(index) for index, row in enumerate(masks.ids.tolist())}
    after: dict[int, Pieces] = {row: [] for row in rows.tolist()}
    for row, piece in zip(left.ids.tolist(), left.pieces(), strict=True):
        after[row].append(None if _same(piece, before[row]) else piece)
    gone: dict[int, list[Dropped]] = {}
    for each in dropped:
        if after[each.id]:
            tell(report.note, table, each.id, place, f"part-{each.code}", f"a part is left out: {each.reason}")
        else:
            gone.setdefault(each.id, []).append(each)
    for row, why in gone.items():
        tell(report.drop, table, row, place, why[-1].code, "; ".join(dict.fromkeys(each.reason for each in why)))
    return {row: pieces for row, pieces in after.items() if pieces != [None]}


def _same(piece: Piece, other: Piece) -> bool:
    return (piece.top, piece.left) == (other.top, other.left) and np.array_equal(piece.crop, other.crop)


def _of_one_kind(
    table: Table,
    sizes: dict[int, tuple[int, int]],
    changes: dict[int, Pieces],
    becomes: Becomes,
) -> dict[int, Pieces]:
    """What becomes of the other rows of tracks, whose shape must be the same on all frames."""
    made = [row for row, pieces in changes.items() if pieces and pieces[0] is not None]
    mixed = table.tracked & np.isin(table.object, table.object[made]) & (table.shape != kinds(table, becomes))
    found: dict[int, Pieces] = {}
    for row in np.flatnonzero(mixed & table.is_shape(*AREAS)).tolist():
        pieces = changes.get(row, [None])
        if pieces[:1] != [None]:
            continue
        # Where nothing told the size of its picture, as where it is outside, that of another frame will do.
        size = sizes.get(int(table.frame[row])) or max(sizes.values())
        try:
            piece = piece_of(table, row, size)
        except BadParameter:
            found[row] = []
        else:
            found[row] = [piece, *pieces[1:]] if piece.crop.any() else pieces[1:]
    return found


def _assembled(table: Table, changes: dict[int, Pieces], becomes: Becomes, epsilon: float) -> Table:
    """The table with its rows changed, those that are new behind the ones that they were made of."""
    if not changes:
        return table
    keys_only = table.tracked & ~np.isin(table.object, table.object[table.tracked & ~table.keyframe])
    ended = [row for row, pieces in changes.items() if not pieces and keys_only[row]]
    outside, counts = table.outside.copy(), np.ones(len(table), np.int64)
    counts[list(changes)] = [len(pieces) for pieces in changes.values()]
    outside[ended], counts[ended] = True, 1
    origin = np.repeat(np.arange(len(table)), counts)
    first = np.cumsum(counts) - counts
    made = {
        int(first[row]) + nth: piece for row, pieces in changes.items() for nth, piece in enumerate(pieces) if piece
    }
    fresh = np.arange(len(origin)) > first[origin]
    grown = with_pieces(table.replace(outside=outside).take(origin), made, becomes, epsilon)
    numbers = grown.object.copy()
    free = int(max(table.object.max(initial=-1), table.parent.max(initial=-1))) + 1
    numbers[fresh] = free + np.arange(np.count_nonzero(fresh))
    extra = [{} if new else known for new, known in zip(fresh.tolist(), grown.extra.lists(), strict=True)]
    return grown.replace(object=numbers, tracked=grown.tracked & ~fresh, keyframe=grown.keyframe | fresh, extra=extra)
