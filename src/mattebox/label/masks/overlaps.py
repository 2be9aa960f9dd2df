"""How much masks overlap, every one of a set with every one of another.

Hard masks are compared as runs, soft ones pixel by pixel where both are; nothing is loaded for pairs that do not meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.extra import needed_for
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.rle import packed_runs
from mattebox.label.masks.sets import Piece, Radius, dilate

__all__ = ["Overlaps", "boundary_f", "boundary_iou", "box_overlaps", "coco_overlaps", "overlaps"]

PAIRS = 1 << 20
"""Pixels of pairs of soft masks that are compared at once."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Overlaps:
    """What the masks of two sets share; what is undefined because both masks are empty is 0.

    Attributes:
        shared: (N, M), pixels that both masks have; of soft ones, the sum of the lesser values.
        first: (N,), areas of the first masks.
        second: (M,), areas of the other ones.

    Example:
        >>> found = Overlaps(np.array([[2.0]]), np.array([4.0]), np.array([2.0]))
        >>> found.iou.item(), round(found.dice.item(), 3), found.of_smaller.item(), found.of_first.item()
        (0.5, 0.667, 1.0, 0.5)
    """

    shared: Matrix
    first: Matrix
    second: Matrix

    @property
    def iou(self) -> Matrix:
        """(N, M), what both have over what either has: intersection over union, or Jaccard's index."""
        return _share(self.shared, self.first[:, None] + self.second - self.shared)

    @property
    def dice(self) -> Matrix:
        """(N, M), what both have over their mean area: Dice's coefficient, or F1."""
        return _share(2 * self.shared, self.first[:, None] + self.second)

    @property
    def of_smaller(self) -> Matrix:
        """(N, M), what both have over the smaller area: the overlap coefficient."""
        return _share(self.shared, np.minimum(self.first[:, None], self.second))

    @property
    def of_first(self) -> Matrix:
        """(N, M), how much of each first mask lies in each other one."""
        return _share(self.shared, self.first[:, None])

    @property
    def of_second(self) -> Matrix:
        """(N, M), how much of each other mask lies in each first one."""
        return _share(self.shared, self.second)


def overlaps(first: MaskSet, second: MaskSet | None = None) -> Overlaps:
    """What masks share.

    Args:
        first: N masks.
        second: M masks on the same picture; the first ones again unless given.

    Raises:
        BadParameter: the pictures differ in size.
        MissingExtra: pycocotools is not installed.

    Example:
        >>> masks = MaskSet.of(np.array([[[True, True, False]], [[False, True, True]]]))
        >>> overlaps(masks).iou.round(3).tolist()
        [[1.0, 0.333], [0.333, 1.0]]
    """
    second = first if second is None else second
    if first.size != second.size:
        raise BadParameter(f"masks on pictures of {first.size} and {second.size} cannot be compared")
    if first.soft or second.soft:
        return Overlaps(_shared_soft(first, second), first.areas, second.areas)
    packed = [packed_runs(piece, first.size) for piece in first.pieces()]
    others = packed if second is first else [packed_runs(piece, first.size) for piece in second.pieces()]
    return coco_overlaps(packed, others)


def coco_overlaps(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Overlaps:
    """What masks share that are kept as COCO's packed run lengths.

    Args:
        first: N of them, as pycocotools takes them (`counts` in bytes).
        second: M of them, of the same picture.

    Raises:
        MissingExtra: pycocotools is not installed.
    """
    with needed_for("comparing masks"):
        from pycocotools import mask as coco
    areas, others = (np.array([coco.area(rle) for rle in each], np.float64) for each in (first, second))
    if not (len(first) and len(second)):
        return Overlaps(np.zeros((len(first), len(second))), areas, others)
    # To a crowd pycocotools gives what both have over the first area, so that what both have can be told.
    inside = coco.iou(list(first), list(second), [1] * len(second))
    return Overlaps(np.rint(np.nan_to_num(inside) * areas[:, None]), areas, others)


def box_overlaps(first: NDArray[Any], second: NDArray[Any]) -> Overlaps:
    """What boxes share.

    Args:
        first: (N, 4): top, left, bottom, right, the last two exclusive; any consistent order of axes does.
        second: (M, 4).
    """
    a, b = (np.asarray(boxes, np.float64).reshape(-1, 4) for boxes in (first, second))
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    areas, others = (np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1) for boxes in (a, b))
    return Overlaps(np.prod(np.maximum(high - low, 0), axis=2), areas, others)


def boundary_iou(first: MaskSet, second: MaskSet | None = None, width: float = 0.02) -> Matrix:
    """IoU of inner rims; where the picture's edge cuts a mask, that is a rim too.

    Unlike IoU it does not forgive a wrong outline to a large object. (Cheng et al., Boundary IoU: Improving
    Object-Centric Image Segmentation Evaluation, CVPR 2021.)

    Args:
        first: N masks; soft ones are taken where they are over one half.
        second: M masks; the first ones again unless given.
        width: of the rims, as a share of the picture's diagonal.

    Returns:
        (N, M), 0 to 1.

    Raises:
        BadParameter: the pictures differ in size.
    """
    reach = max(1, round(width * float(np.hypot(*first.size))))
    rims = _rims(first, reach)
    return overlaps(rims, None if second is None else _rims(second, reach)).iou


def boundary_f(first: MaskSet, second: MaskSet | None = None, tolerance: Radius = 0.008) -> Matrix:
    """How well outlines agree: the harmonic mean of the shares of each outline that lie near the other.

    (Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016.)

    Args:
        first: N masks; soft ones are taken where they are over one half.
        second: M masks; the first ones again unless given.
        tolerance: how near, in whole pixels or as a share of the picture's diagonal.

    Returns:
        (N, M), 0 to 1.

    Raises:
        BadParameter: the pictures differ in size.
    """
    reach = tolerance if isinstance(tolerance, int) else int(np.ceil(tolerance * np.hypot(*first.size)))
    lines = _rims(first, 1)
    near = _grown(lines, reach)
    others, near_others = (lines, near) if second is None else (each := _rims(second, 1), _grown(each, reach))
    precise, complete = overlaps(lines, near_others).of_first, overlaps(near, others).of_second
    return _share(2 * precise * complete, precise + complete)


def _share(part: Matrix, whole: Matrix) -> Matrix:
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def _rims(masks: MaskSet, width: int) -> MaskSet:
    """What lies in each mask within some pixels of its outline, square as in the paper's own figures."""
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)

    def rim(piece: Piece) -> Piece:
        padded = cv2.copyMakeBorder(piece.crop.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        inner = cv2.erode(padded, kernel)[1:-1, 1:-1] > 0
        return piece._replace(crop=piece.crop & ~inner)

    hard = masks.hardened()
    return hard.with_pieces(rim(piece) if piece.crop.size else piece for piece in hard.pieces())


def _grown(masks: MaskSet, reach: int) -> MaskSet:
    wider = (
        masks.around(index, reach) if masks.crops[index].size else masks.piece(index) for index in range(len(masks))
    )
    return masks.with_pieces(piece._replace(crop=dilate(piece.crop, reach)) for piece in wider)


def _shared_soft(first: MaskSet, second: MaskSet) -> Matrix:
    """Sums of lesser values, pixel by pixel in bands of rows, so that memory does not grow with the picture."""
    shape = len(first), len(second)
    shared = np.zeros(shape[0] * shape[1])
    widths = sum(int((masks.boxes[:, 3] - masks.boxes[:, 1]).sum()) for masks in (first, second))
    rows = max(1, PAIRS // max(widths, 1))
    for top in range(0, first.size[0], rows):
        ours, theirs = _entries(first, top, top + rows), _entries(second, top, top + rows)
        for pair, least in _meetings(ours, theirs, len(second)):
            shared += np.bincount(pair, least, shared.size)
    return shared.reshape(shape)


Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]
"""Of every pixel that a mask has in a band, by pixel: its position, the mask's, and the value there."""


def _entries(masks: MaskSet, top: int, bottom: int) -> Entries:
    found: list[Entries] = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    starts, stops = np.maximum(masks.boxes[:, 0], top), np.minimum(masks.boxes[:, 2], bottom)
    for index in np.flatnonzero(starts < stops).tolist():
        begin, left = masks.boxes[index, :2]
        crop = masks.crops[index][starts[index] - begin : stops[index] - begin]
        row, column = np.nonzero(crop)
        place = (row + starts[index]) * masks.size[1] + column + left
        found.append((place, np.full(place.shape, index), crop[row, column].astype(np.float32)))
    places, owners, values = map(np.concatenate, zip(*found, strict=True))
    order = np.argsort(places, kind="stable")
    return places[order], owners[order], values[order]


def _meetings(ours: Entries, theirs: Entries, count: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Every pair of entries at one pixel, some at a time: the pair's number, and the lesser value."""
    first = np.searchsorted(theirs[0], ours[0], "left")
    times = np.searchsorted(theirs[0], ours[0], "right") - first
    totals = np.cumsum(times)
    begin = 0
    while begin < len(times):
        done = totals[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(totals, done + PAIRS, "right")))
        counts = times[begin:end]
        our = np.repeat(np.arange(begin, end), counts)
        nth = np.arange(len(our)) - np.repeat(np.cumsum(counts) - counts, counts)
        their = np.repeat(first[begin:end], counts) + nth
        yield ours[1][our] * count + theirs[1][their], np.minimum(ours[2][our], theirs[2][their])
        begin = end
