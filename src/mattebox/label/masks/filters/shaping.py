"""Masks changed one by one: morphology, holes, and parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mattebox.errors import BadParameter, unknown_name
from mattebox.label.masks.filters.base import Dropped, Filtered, reshaped
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece, Radius, closed, dilate, erode, fill_holes, opened, parts, pixels

__all__ = ["FillHoles", "KeepLargest", "Morphology", "SplitParts"]


@dataclass(frozen=True)
class Morphology:
    """Grow, shrink or smooth every mask by a circle.

    Attributes:
        operation: dilate, erode, open (takes away what is thin) or close (fills thin gaps).
        radius: of the circle: whole numbers are pixels, others a share of the object's size, the root of its area.

    Raises:
        BadParameter: the operation is not known, or the radius is negative.
    """

    operation: Literal["dilate", "erode", "open", "close"]
    radius: Radius

    OPERATIONS: ClassVar = {"dilate": dilate, "erode": erode, "open": opened, "close": closed}

    def __post_init__(self) -> None:
        if self.operation not in self.OPERATIONS:
            raise BadParameter(unknown_name("operation", self.operation, self.OPERATIONS))
        pixels(self.radius, np.zeros((0, 0), bool))

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        pieces = (self._changed(masks, index) for index in range(len(masks)))
        return reshaped(masks, pieces, f"{self.operation} with a circle of {self.radius}")

    def _changed(self, masks: MaskSet, index: int) -> Piece:
        if not masks.crops[index].size:
            return masks.piece(index)
        # One pixel more than the circle: there is background between an object and the edge of its crop.
        piece = masks.around(index, pixels(self.radius, masks.crops[index]) + 1)
        return piece._replace(crop=self.OPERATIONS[self.operation](piece.crop, self.radius))


@dataclass(frozen=True)
class FillHoles:
    """Put into every mask what it encloses."""

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        return Filtered(masks.with_pieces(Piece(top, left, fill_holes(crop)) for top, left, crop in masks.pieces()))


@dataclass(frozen=True)
class SplitParts:
    """Make a mask of every connected part, the largest of an object first; each has the object's id and score.

    Attributes:
        connectivity: 8 when pixels that touch at a corner are connected, 4 when they are not.
    """

    connectivity: Literal[4, 8] = 8

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        found = [(index, piece) for index in range(len(masks)) for piece in _parts(masks, index, self.connectivity)]
        owners = np.array([index for index, _ in found], np.int64)
        pieces = (piece for _, piece in found)
        return Filtered(MaskSet.of_pieces(masks.size, pieces, masks.ids[owners], masks.scores[owners]))


@dataclass(frozen=True)
class KeepLargest:
    """Keep of every mask its largest connected part, and tell what was taken away.

    Attributes:
        connectivity: 8 when pixels that touch at a corner are connected, 4 when they are not.
    """

    connectivity: Literal[4, 8] = 8

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        found = [_parts(masks, index, self.connectivity) for index in range(len(masks))]
        gone = tuple(
            Dropped(int(masks.ids[index]), "smaller-part", f"{len(pieces) - 1} smaller parts of the mask")
            for index, pieces in enumerate(found)
            if len(pieces) > 1
        )
        largest = (pieces[0] if pieces else masks.piece(index) for index, pieces in enumerate(found))
        return Filtered(masks.with_pieces(largest), gone)


def _parts(masks: MaskSet, index: int, connectivity: int) -> list[Piece]:
    """The connected parts of a mask, placed in the picture; none of an empty one."""
    top, left, crop = masks.piece(index)
    return [Piece(top + part.top, left + part.left, part.crop) for part in parts(crop, connectivity)]
