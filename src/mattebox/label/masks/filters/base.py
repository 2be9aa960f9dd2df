"""What a filter is, what it gives back, and how filters follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.sets import Piece

__all__ = ["Chain", "Dropped", "Filtered", "MaskFilter", "chosen", "reshaped"]


class Dropped(NamedTuple):
    """A mask that a filter took out.

    Attributes:
        id: of the mask.
        code: what kind of reason it was, in a word or two with hyphens.
        reason: why, with the value that decided.
    """

    id: int
    code: str
    reason: str


class Filtered(NamedTuple):
    """What a filter gives back.

    Attributes:
        masks: that are left or were made, each with the id and the score of the one that it was made of.
        dropped: those that are not among them.
    """

    masks: MaskSet
    dropped: tuple[Dropped, ...] = ()


class MaskFilter(Protocol):
    """Whatever takes masks and gives back those worth keeping."""

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""


@dataclass(frozen=True)
class Chain:
    """Filters one after the other; a filter itself.

    Attributes:
        filters: in order.
    """

    filters: tuple[MaskFilter, ...] = ()

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        dropped: list[Dropped] = []
        for each in self.filters:
            masks, gone = each(masks)
            dropped += gone
        return Filtered(masks, tuple(dropped))


def chosen(masks: MaskSet, wanted: NDArray[np.bool_], code: str, reason: Callable[[int], str]) -> Filtered:
    """Keep some of the masks.

    Args:
        masks: of a picture.
        wanted: (N,), which are kept.
        code: why the others are not.
        reason: words that for the mask at a position.
    """
    gone = tuple(Dropped(int(masks.ids[index]), code, reason(index)) for index in np.flatnonzero(~wanted).tolist())
    return Filtered(masks.take(wanted) if gone else masks, gone)


def reshaped(masks: MaskSet, pieces: Iterable[Piece], why: str) -> Filtered:
    """Put others in place of masks, and drop those of which nothing is left.

    Args:
        masks: of a picture.
        pieces: what is left of each.
        why: what took them away, in words that go with "nothing was left after".
    """
    changed = masks.with_pieces(pieces)
    return chosen(changed, changed.areas > 0, "nothing-left", lambda _: f"nothing was left after {why}")
