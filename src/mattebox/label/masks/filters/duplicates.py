"""Masks that show the same object twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mattebox.errors import BadParameter
from mattebox.label.masks.filters.base import Filtered, chosen
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.overlaps import overlaps

__all__ = ["DropDuplicates"]


@dataclass(frozen=True)
class DropDuplicates:
    """Of masks that overlap too much keep the best: the highest score, then the largest, then the first.

    Attributes:
        most: IoU from which on two masks are the same, over 0.

    Raises:
        BadParameter: it is not over 0, up to 1.
    """

    most: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.most <= 1:
            raise BadParameter(f"duplicates from an IoU of {self.most}: give a number over 0, up to 1")

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        iou = overlaps(masks).iou
        best_first = np.lexsort((-masks.areas, -np.nan_to_num(masks.scores, nan=-np.inf)))
        wanted = np.ones(len(masks), bool)
        better = np.full(len(masks), -1)
        for index in best_first.tolist():
            if wanted[index]:
                same = wanted & (iou[index] >= self.most)
                same[index] = False
                wanted[same], better[same] = False, index
        return chosen(
            masks,
            wanted,
            "duplicate",
            lambda index: f"IoU {iou[better[index], index]:.2f} with mask {masks.ids[better[index]]}",
        )
