"""The values of attributes, parted into what holds for objects and what holds on frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mattebox.label.columns import Coded
from mattebox.label.cvat.entries import Entry, Specs, is_key
from mattebox.label.cvat.records import Record, as_text
from mattebox.label.dataset import Label
from mattebox.label.table import record_key

__all__ = ["ORDER", "Attributes", "usual_order"]

ORDER = "@order"
"""The name in a row's `extra` of the order of its attributes, where that is not the order of the label's."""


def usual_order(names: Sequence[str], label: Label | None) -> list[str]:
    """Names of attributes in the order in which their label declares them; then those that it does not."""
    declared = [] if label is None else [each.name for each in label.attributes]
    return [*(name for name in declared if name in names), *(name for name in names if name not in declared)]


class Attributes:
    """Tells what holds for objects from what holds on frames: of loose shapes as their label declares it.

    The same values come again and again, so each combination is looked at once.
    """

    def __init__(self, specs: Specs) -> None:
        self._specs = specs
        self._known: dict[Any, int] = {}
        self._fixed: list[Record] = []
        self._moving: list[Record] = []
        self._order: list[Record] = []
        self._codes: list[int] = []

    def add(self, entry: Entry, name: str) -> None:
        """Take the attributes of a row down."""
        own = _pairs(entry.record.get("attributes"))
        shared = _pairs(entry.head.get("attributes")) if is_key(entry.kind) else ()
        key = (name, entry.kind, entry.skeleton and entry.skeleton.get("label"), shared, own) if own or shared else None
        code = self._known.setdefault(key, len(self._fixed))
        if code == len(self._fixed):
            self._learn(entry, name, dict(shared), dict(own))
        self._codes.append(code)

    def columns(self) -> tuple[Coded[Record], Coded[Record], Coded[Record]]:
        """What holds for the objects, what holds on the frames, and the order of both where it is unusual."""
        codes = np.array(self._codes, np.int32)
        distinct = (Coded.from_values(each, record_key) for each in (self._fixed, self._moving, self._order))
        fixed, moving, order = (Coded(each.values, each.codes[codes]) for each in distinct)
        return fixed, moving, order

    def _learn(self, entry: Entry, name: str, shared: dict[str, str], own: dict[str, str]) -> None:
        skeleton = "" if entry.skeleton is None else self._specs.name_of(entry.skeleton)
        label = self._specs.find(name, skeleton)
        names = list(shared | own)
        if not is_key(entry.kind):
            mutable = {each.name for each in label.attributes if each.mutable} if label else set()
            shared = {each: value for each, value in own.items() if each not in mutable}
            own = {each: value for each, value in own.items() if each in mutable}
        self._fixed.append(shared)
        self._moving.append(own)
        self._order.append({ORDER: names} if names != usual_order(names, label) else {})


def _pairs(told: Sequence[Record] | None) -> tuple[tuple[str, str], ...]:
    return tuple([(as_text(each["name"]), as_text(each["value"])) for each in told]) if told else ()
