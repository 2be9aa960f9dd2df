"""The partition as a filter."""

from __future__ import annotations

from dataclasses import dataclass

from mattebox.errors import BadParameter, unknown_name
from mattebox.label.masks.filters.base import Filtered, reshaped
from mattebox.label.masks.maskset import MaskSet
from mattebox.label.masks.partition import RULES, Rule, partition

__all__ = ["Partition"]


@dataclass(frozen=True)
class Partition:
    """Let masks neither overlap nor leave gaps; see `mattebox.label.masks.partition.partition`.

    Attributes:
        rule: who gets what several masks have: smaller, nearest or score.
        gap: width of the gaps between masks that are shared out, in pixels.
        grow: how far around all masks pixels are shared out.

    Raises:
        BadParameter: the rule is not known, or a distance is negative.
    """

    rule: Rule = "smaller"
    gap: float = 0.0
    grow: float = 0.0

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise BadParameter(unknown_name("rule", self.rule, RULES))
        if not (self.gap >= 0 and self.grow >= 0):
            raise BadParameter(f"gap={self.gap} and grow={self.grow}: give distances in pixels, 0 or more")

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        pieces = partition(masks, self.rule, gap=self.gap, grow=self.grow).pieces()
        return reshaped(masks, pieces, "overlaps were given to other masks")
