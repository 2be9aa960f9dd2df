"""Masks that lie inside other masks, and what is left of those without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.masks.filters.base import Dropped, Filtered, reshaped
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.overlaps import overlaps
from mattebox.label.masks.sets import Piece, difference

__all__ = ["CutSmallFromLarge", "Decompose", "check_share", "without"]


@dataclass(frozen=True)
class Decompose:
    """Add to masks what is left of them without a mask that lies mostly inside: the wheel, the car, the car without it.

    What was added is looked at again, until nothing new comes, or as often and as many as the bounds allow. Only masks
    that were there from the start are taken away from others.

    Attributes:
        inside: share of the smaller mask that must lie in the larger one.
        rounds: how often what was added is looked at again.
        most: how many masks there may be in all.

    Raises:
        BadParameter: the share is not over 0, up to 1.
    """

    inside: float = 0.9
    rounds: int = 2
    most: int = 500

    def __post_init__(self) -> None:
        check_share(self.inside)

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        seen = {_key(piece) for piece in masks.pieces()}
        dropped: list[Dropped] = []
        given = len(masks)
        for _ in range(self.rounds):
            made: list[tuple[int, Piece]] = []
            for small, large in np.argwhere(_nested(masks, self.inside)[:given]).tolist():
                rest = MaskSet.of_pieces(masks.size, [without(masks, large, [small])])
                if rest.areas[0] and (key := _key(rest.piece(0))) not in seen:
                    seen.add(key)
                    made.append((large, rest.piece(0)))
            room = max(self.most - len(masks), 0)
            dropped += (
                Dropped(int(masks.ids[index]), "too-many", f"over {self.most} masks") for index, _ in made[room:]
            )
            if not made[:room]:
                break
            masks = _with(masks, made[:room])
        return Filtered(masks, tuple(dropped))


@dataclass(frozen=True)
class CutSmallFromLarge:
    """Take out of every mask the smaller ones that lie mostly inside it.

    Attributes:
        inside: share of the smaller mask that must lie in the larger one.

    Raises:
        BadParameter: the share is not over 0, up to 1.
    """

    inside: float = 0.9

    def __post_init__(self) -> None:
        check_share(self.inside)

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        nested = _nested(masks, self.inside)
        pieces = (without(masks, index, np.flatnonzero(nested[:, index]).tolist()) for index in range(len(masks)))
        return reshaped(masks, pieces, "smaller masks were cut out")


def check_share(share: float) -> None:
    """Make sure that a number is a share of something that is there.

    Raises:
        BadParameter: it is not over 0, up to 1.
    """
    if not 0 < share <= 1:
        raise BadParameter(f"inside by a share of {share}: give a number over 0, up to 1")


def without(masks: MaskSet, index: int, others: list[int]) -> Piece:
    """What is left of a mask without some others; the mask itself when there are none."""
    piece = masks.piece(index)
    top, left, bottom, right = masks.boxes[index].tolist()
    crop = piece.crop
    for other in others:
        crop = difference(crop, masks.seen_in(other, (top, left, bottom, right)))
    return piece._replace(crop=crop)


def _nested(masks: MaskSet, inside: float) -> NDArray[np.bool_]:
    """(N, N), whether the first of two masks is the smaller one and lies mostly inside the other."""
    areas = masks.areas
    return (overlaps(masks).of_first >= inside) & (areas[:, None] < areas)


def _with(masks: MaskSet, made: list[tuple[int, Piece]]) -> MaskSet:
    """Masks, and others made of some of them."""
    origin = [index for index, _ in made]
    pieces = [*masks.pieces(), *(piece for _, piece in made)]
    ids, scores = (np.concatenate((each, each[origin])) for each in (masks.ids, masks.scores))
    return MaskSet.of_pieces(masks.size, pieces, ids, scores)


def _key(piece: Piece) -> tuple[int, int, tuple[int, ...], int]:
    """What is equal for equal masks."""
    return piece.top, piece.left, piece.crop.shape, hash(piece.crop.tobytes())
