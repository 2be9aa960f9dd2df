"""The object that a picture is about, told by a template."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mattebox.label.masks.filters.base import Filtered, chosen, reshaped
from mattebox.label.masks.filters.nesting import check_share, without
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.overlaps import overlaps
from mattebox.label.masks.sets import AnyMask

__all__ = ["MajorObject"]


@dataclass(frozen=True, eq=False)
class MajorObject:
    """Find the mask closest to a template, drop what lies inside it, and cut it out of what contains it.

    Where no mask meets the template, all stay as they are.

    Attributes:
        template: (H, W), bool or float, of the picture's size.
        inside: share of a mask that must lie in another one.

    Raises:
        BadParameter: the share is not over 0, up to 1; or, when it is called, the masks are of another size.
    """

    template: AnyMask
    inside: float = 0.9

    def __post_init__(self) -> None:
        check_share(self.inside)

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        closeness = overlaps(masks, MaskSet.of([self.template])).iou[:, 0]
        if not closeness.any():
            return Filtered(masks)
        major = int(closeness.argmax())
        found = overlaps(masks, masks.take(np.array([major])))
        within, around = found.of_first[:, 0] >= self.inside, found.of_second[:, 0] >= self.inside
        others = np.arange(len(masks)) != major
        within &= others & (found.first <= found.first[major])
        around &= others & ~within
        pieces = (
            without(masks, index, [major]) if around[index] else masks.piece(index) for index in range(len(masks))
        )
        kept, inner = chosen(
            masks.with_pieces(pieces),
            ~within,
            "inside-major",
            lambda index: f"{found.of_first[index, 0]:.0%} of it lies in the major object, mask {masks.ids[major]}",
        )
        left, gone = reshaped(kept, kept.pieces(), "the major object was cut out")
        return Filtered(left, inner + gone)
