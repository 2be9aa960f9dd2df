"""Filters: small callables that take the masks of a picture and give back the ones worth keeping, in a chain."""

from __future__ import annotations

from mattebox.label.masks.filters.area import DropByArea
from mattebox.label.masks.filters.base import Chain, Dropped, Filtered, MaskFilter
from mattebox.label.masks.filters.duplicates import DropDuplicates
from mattebox.label.masks.filters.major import MajorObject
from mattebox.label.masks.filters.nesting import CutSmallFromLarge, Decompose
from mattebox.label.masks.filters.parsing import FILTERS, parse_filters
from mattebox.label.masks.filters.shaping import FillHoles, KeepLargest, Morphology, SplitParts
from mattebox.label.masks.filters.sharing import Partition

__all__ = [
    "FILTERS",
    "Chain",
    "CutSmallFromLarge",
    "Decompose",
    "DropByArea",
    "DropDuplicates",
    "Dropped",
    "FillHoles",
    "Filtered",
    "KeepLargest",
    "MajorObject",
    "MaskFilter",
    "Morphology",
    "Partition",
    "SplitParts",
    "parse_filters",
]
