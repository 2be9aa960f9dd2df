"""The masks of a frame's objects, each kept as a crop: fifty objects on a 4K frame cost what they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mattebox.errors import BadParameter
from mattebox.geometry import Box, window
from mattebox.label.columns import Array, indices_of
from mattebox.label.masks.sets import AnyMask, Piece, area, box

__all__ = ["MaskSet"]


@dataclass(frozen=True, eq=False)
class MaskSet:
    """Masks on one picture; nothing in it may be changed in place.

    Build one with `of` or `of_pieces`, which see to it that every crop is as small as can be.

    Attributes:
        size: (height, width) of the picture.
        boxes: (N, 4) int64: top, left, bottom, right of each crop, the last two exclusive; zeros for an empty mask.
        crops: of each mask, bool or float32 in [0, 1], of the size of its box.
        ids: (N,) int64, what each mask is of; masks that were made of one share its id.
        scores: (N,) float64, how sure somebody is of each; NaN where nobody said.

    Example:
        >>> masks = MaskSet.of(np.array([[[False, True], [False, True]], [[True, True], [False, False]]]))
        >>> masks.boxes.tolist(), masks.areas.tolist()
        ([[0, 1, 2, 2], [0, 0, 1, 2]], [2.0, 2.0])
    """

    size: tuple[int, int]
    boxes: NDArray[np.int64]
    crops: tuple[AnyMask, ...]
    ids: NDArray[np.int64]
    scores: NDArray[np.float64]

    @classmethod
    def of(
        cls, masks: Sequence[AnyMask] | AnyMask, ids: ArrayLike | None = None, scores: ArrayLike | None = None
    ) -> MaskSet:
        """Keep picture-sized masks.

        Args:
            masks: (N, H, W), or N masks of (H, W), at least one; bool or float in [0, 1].
            ids: one for each mask; their positions unless given.
            scores: one for each mask; unknown unless given.

        Raises:
            BadParameter: there are none, their shapes differ, or they are of another type.
        """
        shapes = {np.shape(mask) for mask in masks}
        if len(shapes) != 1 or len(size := shapes.pop()) != 2:
            raise BadParameter("masks must be there, and have one (height, width)")
        return cls.of_pieces(size, [Piece(0, 0, mask) for mask in masks], ids, scores)

    @classmethod
    def of_pieces(
        cls,
        size: tuple[int, int],
        pieces: Iterable[Piece],
        ids: ArrayLike | None = None,
        scores: ArrayLike | None = None,
    ) -> MaskSet:
        """Keep crops; what lies beside the picture is cut off, and what is empty around them too.

        Raises:
            BadParameter: one is neither bool nor float, or the numbers of ids, scores and crops differ.
        """
        tight = [_tightened(piece, size) for piece in pieces]
        boxes = np.array([each for each, _ in tight], np.int64).reshape(-1, 4)
        count = len(boxes)
        known = np.arange(count) if ids is None else np.asarray(ids, np.int64)
        sure = np.full(count, np.nan) if scores is None else np.asarray(scores, np.float64)
        if not len(known) == len(sure) == count:
            raise BadParameter(f"{count} masks, {len(known)} ids and {len(sure)} scores: give one for each")
        return cls(size, boxes, tuple(crop for _, crop in tight), known, sure)

    @classmethod
    def empty(cls, size: tuple[int, int]) -> MaskSet:
        """No masks."""
        return cls.of_pieces(size, ())

    def __len__(self) -> int:
        """How many masks there are."""
        return len(self.crops)

    @property
    def areas(self) -> NDArray[np.float64]:
        """(N,), how many pixels each mask has; of soft ones, the sums of their values."""
        return np.fromiter(map(area, self.crops), np.float64, len(self))

    @property
    def soft(self) -> bool:
        """Whether a mask is soft."""
        return any(crop.dtype != bool for crop in self.crops)

    def piece(self, index: int) -> Piece:
        """A mask as a crop and where that lies."""
        top, left = self.boxes[index, :2].tolist()
        return Piece(top, left, self.crops[index])

    def seen_in(self, index: int, frame: Box) -> AnyMask:
        """A mask as it is seen in a box, which may reach beyond its own.

        Args:
            index: of the mask.
            frame: (top, left, bottom, right) in the picture, not empty.
        """
        top, left, bottom, right = frame
        piece = self.piece(index)
        return window(piece.crop, top - piece.top, left - piece.left, bottom - top, right - left)

    def around(self, index: int, margin: float) -> Piece:
        """A mask with some pixels more on every side, as far as the picture goes; the mask must not be empty."""
        rim = int(np.ceil(min(margin, max(self.size))))
        top, left, bottom, right = self.boxes[index].tolist()
        top, left = max(top - rim, 0), max(left - rim, 0)
        bottom, right = min(bottom + rim, self.size[0]), min(right + rim, self.size[1])
        return Piece(top, left, self.seen_in(index, (top, left, bottom, right)))

    def mask(self, index: int) -> AnyMask:
        """A mask in the picture's size."""
        full = np.zeros(self.size, self.crops[index].dtype)
        top, left, bottom, right = self.boxes[index]
        full[top:bottom, left:right] = self.crops[index]
        return full

    def stack(self) -> NDArray[np.generic]:
        """(N, H, W), every mask in the picture's size."""
        return (
            np.stack([self.mask(index) for index in range(len(self))]) if len(self) else np.zeros((0, *self.size), bool)
        )

    def take(self, which: Array) -> MaskSet:
        """The masks at these positions, in this order, or where a boolean array is true."""
        picked = indices_of(np.asarray(which), len(self))
        crops = tuple(self.crops[index] for index in picked.tolist())
        return MaskSet(self.size, self.boxes[picked], crops, self.ids[picked], self.scores[picked])

    def with_pieces(self, pieces: Iterable[Piece]) -> MaskSet:
        """The same ids and scores with other masks."""
        return MaskSet.of_pieces(self.size, pieces, self.ids, self.scores)

    def hardened(self, threshold: float = 0.5) -> MaskSet:
        """Soft masks made hard: what is over the threshold is in."""
        if not self.soft:
            return self
        return self.with_pieces(Piece(top, left, crop > threshold) for top, left, crop in self.pieces())

    def pieces(self) -> Iterable[Piece]:
        """Every mask as a crop and where that lies."""
        return map(self.piece, range(len(self)))

    def flipped(self, *, upside_down: bool = False) -> MaskSet:
        """Mirrored left to right, or top to bottom, with the picture."""
        along = 0 if upside_down else 1
        boxes = self.boxes.copy()
        boxes[:, [along, along + 2]] = self.size[along] - self.boxes[:, [along + 2, along]]
        boxes[self.areas == 0] = 0
        return replace(self, boxes=boxes, crops=tuple(np.flip(crop, along) for crop in self.crops))

    def turned(self, quarters: int = 1) -> MaskSet:
        """Turned with the picture by quarters of a turn, counterclockwise, as `numpy.rot90` does it."""
        if quarters % 4 == 0:
            return self
        width = self.size[1]
        top, left, bottom, right = self.boxes.T
        boxes = np.stack([width - right, top, width - left, bottom], axis=1)
        boxes[self.areas == 0] = 0
        crops = tuple(np.rot90(crop) for crop in self.crops)
        once = replace(self, size=self.size[::-1], boxes=boxes, crops=crops)
        return once.turned(quarters % 4 - 1)


def _tightened(piece: Piece, size: tuple[int, int]) -> tuple[Box, AnyMask]:
    top, left, crop = piece.top, piece.left, np.asarray(piece.crop)
    if crop.dtype != bool:
        if crop.dtype.kind != "f":
            raise BadParameter(f"a mask of {crop.dtype}: give bool, or float from 0 to 1")
        crop = crop.astype(np.float32, copy=False)
    if min(top, left) < 0 or top + crop.shape[0] > size[0] or left + crop.shape[1] > size[1]:
        crop = crop[max(-top, 0) : max(size[0] - top, 0), max(-left, 0) : max(size[1] - left, 0)]
        top, left = max(top, 0), max(left, 0)
    found = box(crop)
    if found is None:
        return (0, 0, 0, 0), crop[:0, :0]
    inner = crop[found[0] : found[2], found[1] : found[3]]
    # A small view would keep a whole picture alive.
    kept = inner.copy() if inner.size * 2 < crop.size else inner
    return (top + found[0], left + found[1], top + found[2], left + found[3]), kept
