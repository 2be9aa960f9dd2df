"""Rows as records of plain values that leave out what is usual, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from mattebox.label.row import SHAPES, Row
from mattebox.label.storage.description import FRAMES
from mattebox.label.table import COLUMNS

__all__ = ["record_of", "row_of"]

_DEFAULTS = {
    each.name: each.default_factory() if each.default_factory is not MISSING else each.default
    for each in fields(Row)
    if each.default is not MISSING or each.default_factory is not MISSING
}
_NAMES = {each.name: each for each in fields(Row)}
_ALWAYS = _NAMES.keys() - _DEFAULTS.keys() | {"points", "object"}
_LISTS = ("points", "rings", "runs")
_RANGES = {
    name: (int(np.iinfo(kind.dtype).min), int(np.iinfo(kind.dtype).max))
    for name, kind in COLUMNS.items()
    if kind.dtype is not None and np.issubdtype(kind.dtype, np.integer)
} | {"frame": (-FRAMES, FRAMES)}
"""Of the columns of whole numbers, the least and the greatest."""

_RECORDS = ("attributes", "frame_attributes", "extra")


def record_of(row: Row) -> dict[str, Any]:
    """A row as JSON can hold it; what is as usual is left out, apart from its points and its object.

    Example:
        >>> record_of(Row(label="cat", frame=3, shape="points", points=(1.0, 2.5), object=7))
        {'label': 'cat', 'frame': 3, 'shape': 'points', 'points': [1.0, 2.5], 'object': 7}
    """
    told = ((name, getattr(row, name)) for name in _NAMES)
    return {name: _plain(value) for name, value in told if name in _ALWAYS or value != _DEFAULTS[name]}


def row_of(record: Mapping[str, Any]) -> Row:
    """The row that a record tells; names that are none of a row's go to its extra.

    Raises:
        ValueError, TypeError: a value is missing, or not what it should be.

    Example:
        >>> row_of({"label": "cat", "frame": 3, "shape": "tag"}).label
        'cat'
    """
    told: dict[str, Any] = {}
    for name in ("label", "frame", "shape"):
        if name not in record:
            raise ValueError(f"it has no {name}")
    if record["shape"] not in SHAPES:
        raise ValueError(f"shape {record['shape']!r} is none of {', '.join(SHAPES)}")
    for name in record.keys() & _NAMES.keys():
        told[name] = _value(name, record[name])
    if strange := {name: value for name, value in record.items() if name not in _NAMES}:
        told["extra"] = {**told.get("extra", {}), **strange}
    return Row(**told)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    return dict(value) if isinstance(value, Mapping) else value


def _value(name: str, value: Any) -> Any:
    """A field of a row, of the type that it has."""
    if name in _LISTS:
        if not isinstance(value, list):
            raise TypeError(f"{name} is no list: {value!r}")
        return tuple(map(float, value)) if name == "points" else tuple(_whole(name, each) for each in value)
    if name in _RECORDS:
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} has no names and values: {value!r}")
        return dict(value)
    if name == "score":
        return None if value is None else float(value)
    usual: Any = _DEFAULTS.get(name, 0 if name == "frame" else "")
    if type(usual) is int:
        return _whole(name, value)
    if isinstance(usual, (bool, str)) and not isinstance(value, type(usual)):
        raise TypeError(f"{name} is no {'text' if isinstance(usual, str) else 'truth'}: {value!r}")
    return type(usual)(value)


def _whole(name: str, value: Any) -> int:
    """A whole number that the column of a name can hold."""
    least, most = _RANGES[name]
    number = int(value)
    if number != value or not least <= number <= most:
        raise ValueError(f"{name} {value!r} is no whole number from {least:,} to {most:,}")
    return number
