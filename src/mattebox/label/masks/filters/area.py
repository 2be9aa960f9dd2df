"""Masks that are too small or too large."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mattebox.errors import BadParameter
from mattebox.label.masks.filters.base import Filtered, chosen
from mattebox.label.masks.maskset import MaskSet

__all__ = ["DropByArea"]


@dataclass(frozen=True)
class DropByArea:
    """Drop masks whose area is not between two bounds.

    Attributes:
        least: area that is kept; whole numbers are pixels, others a share of the picture's area.
        most: area that is still kept, likewise; None for no bound.

    Raises:
        BadParameter: a bound is negative, or a share over 1.
    """

    least: int | float = 0
    most: int | float | None = None

    def __post_init__(self) -> None:
        for name, bound in (("least", self.least), ("most", self.most)):
            if bound is not None and not 0 <= bound <= (math.inf if isinstance(bound, int) else 1):
                raise BadParameter(f"{name} area {bound}: give whole pixels, or a share of the picture such as 0.01")

    def __call__(self, masks: MaskSet) -> Filtered:
        """Filter the masks of one picture."""
        areas, whole = masks.areas, masks.size[0] * masks.size[1]
        least, most = (
            bound if bound is None or isinstance(bound, int) else bound * whole for bound in (self.least, self.most)
        )
        wanted = areas >= (least or 0)
        if most is not None:
            wanted &= areas <= most
        return chosen(masks, wanted, "area", lambda index: f"{areas[index]:.0f} pixels, and {self._asked(least, most)}")

    def _asked(self, least: float | None, most: float | None) -> str:
        return (
            f"at least {least or 0:.0f} are asked for"
            if most is None
            else f"{least or 0:.0f} to {most:.0f} are asked for"
        )
