"""Run lengths of masks, as CVAT and as COCO keep them.

CVAT's run over the box of a mask, row by row; COCO's over the whole picture, column by column. Both begin with
background. COCO's may be packed into a text; pycocotools packs it, and it is read here, because of a text that does not
fill its picture pycocotools makes a mask of whatever was in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mattebox.errors import BadParameter
from mattebox.label.columns import Array, Ragged
from mattebox.label.extra import needed_for
from mattebox.label.masks.sets import AnyMask, Piece, box

__all__ = [
    "areas_of_runs",
    "bad_runs",
    "boxes_of_runs",
    "coco_of_piece",
    "crop_of_runs",
    "crops_of_runs",
    "packed_runs",
    "piece_of_coco",
    "piece_of_row",
    "row_of_piece",
    "runs_of_crop",
]

LARGEST = 200_000_000
"""Pixels of the largest mask that is decoded, as many as of a picture; a short file can claim any number."""


def runs_of_crop(crop: AnyMask) -> NDArray[np.int32]:
    """Run lengths of a mask, row by row, beginning with background.

    Args:
        crop: (h, w) bool.

    Example:
        >>> runs_of_crop(np.array([[False, True], [True, False]])).tolist()
        [1, 2, 1]
    """
    flat = np.ascontiguousarray(crop, bool).ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0, 0] if flat.size and flat[0] else [0]
    return np.diff(np.concatenate((first, changes, [flat.size]))).astype(np.int32)


def crop_of_runs(runs: ArrayLike, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask that run lengths tell.

    Args:
        runs: lengths, row by row, beginning with background.
        size: (height, width) of the box that they run over.

    Raises:
        BadParameter: a length is negative or not whole, or they do not fill the box.

    Example:
        >>> crop_of_runs([1, 2, 1], (2, 2)).tolist()
        [[False, True], [True, False]]
    """
    lengths = np.asarray(runs)
    cause = _fault(lengths, size)
    if cause:
        raise BadParameter(cause)
    return crops_of_runs(Ragged.of_lengths(lengths.astype(np.int64), np.array([lengths.size])), np.array([size]))[0]


def crops_of_runs(runs: Ragged, sizes: Array) -> list[NDArray[np.bool_]]:
    """Many masks at once.

    Args:
        runs: lengths of each; those that `bad_runs` finds must not be among them.
        sizes: (N, 2), height and width of the box of each.
    """
    inside = (_places(runs) % 2).astype(bool)
    flat = np.repeat(inside, runs.values[runs.offsets[0] : runs.offsets[-1]])
    ends = np.cumsum(np.prod(sizes, axis=1, dtype=np.int64))
    pieces = np.split(flat, ends[:-1])
    return [piece.reshape(height, width) for piece, (height, width) in zip(pieces, sizes.tolist(), strict=True)]


def bad_runs(runs: Ragged, sizes: Array) -> dict[int, str]:
    """What is wrong with run lengths, by position; nothing for those that are right.

    Args:
        runs: lengths of each mask.
        sizes: (N, 2), height and width of the box of each.
    """
    values = runs.values[runs.offsets[0] : runs.offsets[-1]]
    sums = _sums(runs, values)
    negative = _sums(runs, values < 0) > 0
    sizes = np.asarray(sizes, np.int64).reshape(-1, 2)
    wrong = negative | (sums != sizes.prod(axis=1)) | (sizes < 1).any(axis=1) | (sums > LARGEST)
    return {index: _fault(runs[index], tuple(sizes[index].tolist())) for index in np.flatnonzero(wrong).tolist()}


def areas_of_runs(runs: Ragged) -> NDArray[np.int64]:
    """(N,), how many pixels each mask has, without decoding it."""
    values = runs.values[runs.offsets[0] : runs.offsets[-1]]
    return _sums(runs, values * (_places(runs) % 2))


def boxes_of_runs(runs: Ragged, widths: Array) -> NDArray[np.int64]:
    """The smallest box around what each mask has, without decoding it.

    Args:
        runs: lengths of each mask.
        widths: (N,), how many columns the box has that each runs over.

    Returns:
        (N, 4): top, left, bottom, right within that box, the last two exclusive; zeros for an empty mask.

    Example:
        >>> boxes_of_runs(Ragged.from_lists([[4, 1, 3], [8]]), np.array([4, 4])).tolist()
        [[1, 0, 2, 1], [0, 0, 0, 0]]
    """
    values = runs.values[runs.offsets[0] : runs.offsets[-1]].astype(np.int64)
    inside = np.flatnonzero((_places(runs) % 2 == 1) & (values > 0))
    cells = np.repeat(np.arange(len(runs)), runs.lengths)
    ends = np.cumsum(values)
    before = np.concatenate(([0], ends))[runs.offsets[:-1] - runs.offsets[0]]
    owner = cells[inside]
    width = np.asarray(widths, np.int64)[owner]
    stop = ends[inside] - before[owner] - 1
    start = stop - values[inside] + 1
    (top, left), (bottom, right) = np.divmod(start, width), np.divmod(stop, width)
    wrapped = top != bottom
    left, right = np.where(wrapped, 0, left), np.where(wrapped, width - 1, right)
    boxes = np.zeros((len(runs), 4), np.int64)
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    if len(firsts):
        least = [np.minimum.reduceat(each, firsts) for each in (top, left)]
        most = [np.maximum.reduceat(each, firsts) + 1 for each in (bottom, right)]
        boxes[owner[firsts]] = np.stack([*least, *most], axis=1)
    return boxes


def piece_of_row(points: ArrayLike, runs: ArrayLike) -> Piece:
    """The mask that a row of CVAT's tells.

    Args:
        points: left, top, right, bottom of its box, whole pixels, the last two included.
        runs: lengths over that box.

    Raises:
        BadParameter: the box is not four whole numbers in order, or the runs do not fit it.
    """
    corners = np.asarray(points, np.float64)
    if corners.shape != (4,) or not np.isfinite(corners).all() or (corners != np.floor(corners)).any():
        raise BadParameter(
            f"the box of a mask is {corners.tolist()}: it must be left, top, right, bottom in whole pixels"
        )
    left, top, right, bottom = corners.astype(np.int64).tolist()
    return Piece(top, left, crop_of_runs(runs, (bottom - top + 1, right - left + 1)))


def row_of_piece(piece: Piece) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """A mask as a row of CVAT's: its box, the smallest that there is, and the runs over it.

    Raises:
        BadParameter: the mask is empty, so there is no box around it.
    """
    found = box(piece.crop)
    if found is None:
        raise BadParameter("a mask without pixels has no box")
    top, left, bottom, right = found
    points = [piece.left + left, piece.top + top, piece.left + right - 1, piece.top + bottom - 1]
    return np.array(points, np.float64), runs_of_crop(piece.crop[top:bottom, left:right])


def coco_of_piece(piece: Piece, size: tuple[int, int]) -> dict[str, Any]:
    """A mask as COCO's packed run lengths.

    Args:
        piece: of a hard mask, inside the picture.
        size: (height, width) of the picture.

    Returns:
        `size` and `counts`, a text, ready for JSON.

    Raises:
        MissingExtra: pycocotools is not installed.
    """
    packed = packed_runs(Piece(piece.left, piece.top, piece.crop.T), (size[1], size[0]))
    return {"size": list(size), "counts": packed["counts"].decode("ascii")}


def piece_of_coco(rle: Mapping[str, Any]) -> Piece:
    """The mask that COCO's run lengths tell.

    Args:
        rle: `size`, (height, width), and `counts`: a packed text or bytes, or a list of lengths.

    Returns:
        The mask within the smallest box around it; an empty crop for an empty mask.

    Raises:
        BadParameter: something is missing, the text is not one, or the lengths do not fill the picture.
    """
    match rle:
        case {"size": [int(height), int(width)], "counts": str() | bytes() as text}:
            counts = _unpacked(text)
        case {"size": [int(height), int(width)], "counts": [*lengths]}:
            counts = np.asarray(lengths or [0])
        case _:
            raise BadParameter("run lengths must have size, [height, width], and counts, a text or a list")
    whole = crop_of_runs(counts, (width, height)).T
    found = box(whole)
    if found is None:
        return Piece(0, 0, np.zeros((0, 0), bool))
    top, left, bottom, right = found
    return Piece(top, left, np.ascontiguousarray(whole[top:bottom, left:right]))


def packed_runs(piece: Piece, size: tuple[int, int]) -> dict[str, Any]:
    """A mask's run lengths over the whole picture, row by row, packed as pycocotools takes them.

    They are those of the mirrored picture to pycocotools, which goes by columns; areas and overlaps are the same.
    """
    with needed_for("packing the run lengths of masks"):
        from pycocotools import mask as coco
    height, width = size
    rows, columns = piece.crop.shape
    padded = np.zeros((rows, columns + 2), bool)
    padded[:, 1:-1] = piece.crop
    row, column = np.divmod(np.flatnonzero(padded[:, 1:] != padded[:, :-1]), columns + 1)
    changes = (piece.top + row) * width + piece.left + column
    if columns == width:  # a run that goes on in the next row ended here and began again
        again = np.flatnonzero(changes[1:] == changes[:-1])
        changes = np.delete(changes, np.concatenate((again, again + 1)))
    if changes.size and changes[-1] == height * width:
        changes = changes[:-1]
    lengths = np.diff(np.concatenate(([0], changes, [height * width])))
    return coco.frPyObjects({"size": [width, height], "counts": lengths.tolist()}, width, height)


def _unpacked(text: str | bytes) -> NDArray[np.int64]:
    """Lengths from a text.

    A letter has 5 bits of a number, the lowest first, and a sixth that says that more follow. From the fourth length on
    it is the difference from the one before the last that is told.
    """
    try:
        letters = np.frombuffer(text.encode("ascii") if isinstance(text, str) else text, np.uint8).astype(np.int64) - 48
    except UnicodeEncodeError as error:
        raise BadParameter("packed run lengths have a letter that is not ASCII") from error
    last = np.flatnonzero(letters & 32 == 0)
    if not letters.size or letters.min() < 0 or letters.max() > 63 or last.size == 0 or last[-1] != letters.size - 1:
        raise BadParameter("packed run lengths are empty, cut off, or have a letter that means nothing")
    firsts = np.concatenate(([0], last[:-1] + 1))
    sizes = last - firsts + 1
    if sizes.max() > 10:
        raise BadParameter("packed run lengths have a number beyond all bounds")
    places = 5 * (np.arange(letters.size) - np.repeat(firsts, sizes))
    numbers = np.add.reduceat((letters & 31) << places, firsts)
    numbers -= np.where(letters[last] & 16, np.int64(1) << (5 * sizes), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def _fault(runs: Array, size: Sequence[int]) -> str:
    """What is wrong with the run lengths of a mask; nothing if they are right."""
    height, width = size
    if min(height, width) < 1:
        return f"the box of a mask is {height} x {width} pixels"
    if runs.ndim != 1 or not np.issubdtype(runs.dtype, np.number) or (runs != np.floor(runs)).any():
        return "run lengths must be whole numbers"
    if (runs < 0).any():
        return f"a run of {runs.min()} pixels"
    if runs.sum() != height * width:
        return f"runs of {runs.sum()} pixels in all, and their box of {height} x {width} has {height * width}"
    return f"a mask of {height} x {width} pixels is too large" if height * width > LARGEST else ""


def _places(runs: Ragged) -> NDArray[np.int64]:
    """Of every length, its place in its cell."""
    starts = runs.offsets[:-1] - runs.offsets[0]
    return np.arange(runs.offsets[-1] - runs.offsets[0]) - np.repeat(starts, runs.lengths)


def _sums(runs: Ragged, values: Array) -> NDArray[np.int64]:
    """Sums over cells."""
    sums = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    bounds = runs.offsets - runs.offsets[0]
    return sums[bounds[1:]] - sums[bounds[:-1]]
