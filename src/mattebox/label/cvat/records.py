"""What a JSON record of CVAT's says beyond the model, kept beside it and written back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["ABSENT", "Record", "as_text", "beyond", "merged"]

Record: TypeAlias = Mapping[str, Any]

ABSENT = "@absent"
"""The name in `extra` of the list of fields that a record left out, as those of older versions of CVAT do.

Every name that is ours in an `extra` begins with an @, so that it is no field's."""


def as_text(value: Any) -> str:
    """A value that is to be text, whatever it was meant to be; null is none.

    Example:
        >>> as_text("3"), as_text(3), as_text(True), as_text(None)
        ('3', '3', 'true', '')
    """
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def beyond(record: Record, known: Record, usual: tuple[str, ...] = ()) -> dict[str, Any]:
    """What of a record the model has no place for: fields of other names, and those that are null.

    Args:
        record: as it was read.
        known: fields that the model has a place for, with what they are where they are left out.
        usual: those of them that a record usually leaves out.

    Example:
        >>> beyond({"name": "cat", "id": 7}, {"name": "", "type": "any"})
        {'id': 7, '@absent': ['type']}
    """
    extra = {name: value for name, value in record.items() if name not in known or value is None}
    absent = [name for name in known if name not in record]
    return extra if absent == list(usual) else {**extra, ABSENT: absent}


def merged(written: Record, extra: Record, known: Record, usual: tuple[str, ...] = ()) -> dict[str, Any]:
    """The record that the model and what was kept beside it make; the opposite of `beyond`.

    A field that was left out, or null, stays so while it is what it is where it is left out.

    Args:
        written: the fields that the model has a place for.
        extra: what `beyond` gave, or anything else.
        known: as `beyond` was given it.
        usual: as `beyond` was given it.

    Example:
        >>> merged({"name": "dog", "type": "any"}, {"id": 7, "@absent": ["type"]}, {"name": "", "type": "any"})
        {'name': 'dog', 'id': 7}
    """
    absent = extra.get(ABSENT, usual)
    kept = {name: value for name, value in written.items() if name not in absent or value != known[name]}
    nulls = {name: None for name in known if extra.get(name, "") is None and kept.get(name) == known[name]}
    return kept | nulls | {name: value for name, value in extra.items() if name not in known and name != ABSENT}
