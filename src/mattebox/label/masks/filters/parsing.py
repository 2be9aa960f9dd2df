"""Filters as text, such as `area>=50,split,duplicates<0.9,partition`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from mattebox.errors import BadParameter
from mattebox.label.masks.filters.area import DropByArea
from mattebox.label.masks.filters.base import Chain, MaskFilter
from mattebox.label.masks.filters.duplicates import DropDuplicates
from mattebox.label.masks.filters.major import MajorObject
from mattebox.label.masks.filters.nesting import CutSmallFromLarge, Decompose
from mattebox.label.masks.filters.shaping import FillHoles, KeepLargest, Morphology, SplitParts
from mattebox.label.masks.filters.sharing import Partition
from mattebox.picture import open_picture

__all__ = ["FILTERS", "Word", "parse_filters"]


class Word(NamedTuple):
    """A filter as text.

    Attributes:
        build: makes it of the value that is written after it.
        value: what that value is; empty when there is none.
        meaning: what the filter does.
    """

    build: Callable[..., MaskFilter]
    value: str
    meaning: str


def _template(path: str) -> MajorObject:
    return MajorObject(open_picture(os.path.expanduser(path)).rgb.max(axis=2) > 127)


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"\d+", text) else float(text[:-1]) / 100 if text.endswith("%") else float(text)


FILTERS: dict[str, Word] = {
    "area>=": Word(lambda value: DropByArea(least=value), "AREA", "drop what is smaller"),
    "area<=": Word(lambda value: DropByArea(most=value), "AREA", "drop what is larger"),
    "duplicates<": Word(DropDuplicates, "IOU", "of masks that overlap by that IoU keep one"),
    "dilate=": Word(lambda value: Morphology("dilate", value), "RADIUS", "grow"),
    "erode=": Word(lambda value: Morphology("erode", value), "RADIUS", "shrink"),
    "open=": Word(lambda value: Morphology("open", value), "RADIUS", "take away what is thin"),
    "close=": Word(lambda value: Morphology("close", value), "RADIUS", "fill thin gaps"),
    "fill": Word(FillHoles, "", "fill holes"),
    "split": Word(SplitParts, "", "make an object of every connected part"),
    "largest": Word(KeepLargest, "", "keep the largest connected part"),
    "decompose>=": Word(Decompose, "SHARE", "add masks without those that lie in them by that share"),
    "cut>=": Word(CutSmallFromLarge, "SHARE", "cut small masks out of those they lie in by that share"),
    "major=": Word(_template, "FILE", "drop what lies in the object closest to a mask, cut that out of the others"),
    "partition": Word(Partition, "", "let no masks overlap; the smaller one wins"),
    "partition=": Word(Partition, "RULE", "let no masks overlap; smaller, nearest or score wins"),
    "gaps<=": Word(
        lambda value: Partition(gap=value), "PIXELS", "let no masks overlap and share gaps between them out"
    ),
    "grow<=": Word(lambda value: Partition(grow=value), "PIXELS", "let no masks overlap and share out what is so near"),
}
"""Every filter that can be written. Areas and radii are whole pixels, or shares of the picture or the object."""

_TEXTS = {"FILE", "RULE"}


def parse_filters(text: str) -> Chain:
    """Read filters with commas between them.

    Args:
        text: such as `area>=50,split`; whole numbers are pixels, 0.01 and 1% are shares.

    Raises:
        BadParameter: one is not known, or its value is missing or makes no sense.

    Example:
        >>> [type(each).__name__ for each in parse_filters("area>=50, split, duplicates<0.9").filters]
        ['DropByArea', 'SplitParts', 'DropDuplicates']
    """
    return Chain(tuple(_parsed(word.strip()) for word in text.split(",")))


def _parsed(text: str) -> MaskFilter:
    matched = re.fullmatch(r"([a-z]+)\s*(?:(>=|<=|<|=)\s*(\S.*))?", text)
    name, sign, value = matched.groups() if matched else ("", None, None)
    word = FILTERS.get(f"{name}{sign or ''}")
    if word is None:
        valid = ", ".join(f"{each}{about.value}" for each, about in FILTERS.items())
        raise BadParameter(f"no filter '{text}'; valid: {valid}")
    if value is None:
        return word.build()
    return word.build(_value(text, word, value))


def _value(text: str, word: Word, value: str) -> Any:
    if word.value in _TEXTS:
        return value
    try:
        return _number(value)
    except ValueError:
        raise BadParameter(f"filter '{text}': {value} is not a number") from None
