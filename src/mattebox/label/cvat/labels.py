"""Labels as CVAT writes them, in task.json, project.json and where a project's labels are edited as text."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.cvat.records import Record, as_text, beyond, merged
from mattebox.label.dataset import Attribute, Color, Label

__all__ = ["label_record", "parse_labels"]

LABEL: dict[str, Any] = {"name": "", "color": None, "attributes": [], "type": "any", "sublabels": [], "svg": ""}
ATTRIBUTE: dict[str, Any] = {"name": "", "mutable": False, "input_type": "text", "default_value": "", "values": []}
USUAL = ("svg",)
"""What only skeletons have."""

AS_WRITTEN = "@as_written"
"""The name in `extra` of fields that were written otherwise than they would be here: how they were, and would be."""


def parse_labels(records: Sequence[Record], name: object) -> tuple[Label, ...]:
    """Labels of a task or a project.

    Args:
        records: as they are in the file.
        name: of the file, for messages.

    Raises:
        BadAnnotations: one is not a record, or has no name.
    """
    if not isinstance(records, Sequence) or isinstance(records, str):
        raise BadAnnotations(f"{name}: labels are {reprlib.repr(records)}; a list is expected")
    return tuple(_label(record, f"{name}: labels[{index}]") for index, record in enumerate(records))


def label_record(label: Label) -> dict[str, Any]:
    """A label as CVAT writes it."""
    written = {
        "name": label.name,
        "color": None if label.color is None else "#{:02x}{:02x}{:02x}".format(*label.color),
        "attributes": [_attribute_record(attribute) for attribute in label.attributes],
        "type": label.type,
        "sublabels": [label_record(sublabel) for sublabel in label.sublabels],
        "svg": label.svg,
    }
    record = merged(written, label.extra, LABEL, USUAL)
    if record.get("color", "") is None:
        del record["color"]  # CVAT chooses one then
    return _as_it_was(record)


def _label(record: Record, place: str) -> Label:
    _check(record, place)
    attributes, sublabels = (_listed(record, name, place) for name in ("attributes", "sublabels"))
    label = Label(
        record["name"],
        _color(record.get("color")),
        as_text(record.get("type")) or "any",
        tuple(_attribute(each, f"{place}.attributes[{index}]") for index, each in enumerate(attributes)),
        tuple(_label(each, f"{place}.sublabels[{index}]") for index, each in enumerate(sublabels)),
        as_text(record.get("svg")),
        beyond(record, LABEL, USUAL),
    )
    return replace(label, extra=_with_differences(label.extra, record, label_record(label)))


def _attribute(record: Record, place: str) -> Attribute:
    _check(record, place)
    attribute = Attribute(
        record["name"],
        bool(record.get("mutable")),
        as_text(record.get("input_type")) or "text",
        as_text(record.get("default_value")),
        _texts(record.get("values") or []),
        beyond(record, ATTRIBUTE),
    )
    return replace(attribute, extra=_with_differences(attribute.extra, record, _attribute_record(attribute)))


def _attribute_record(attribute: Attribute) -> dict[str, Any]:
    written = {
        "name": attribute.name,
        "mutable": attribute.mutable,
        "input_type": attribute.input_type,
        "default_value": attribute.default,
        "values": list(attribute.values),
    }
    return _as_it_was(merged(written, attribute.extra, ATTRIBUTE))


def _with_differences(extra: Record, record: Record, written: Record) -> dict[str, Any]:
    """What goes beside a label or an attribute: `extra`, and the fields that would be written otherwise."""
    pairs = {name: [told, written.get(name)] for name, told in record.items() if told != written.get(name)}
    return {**extra, AS_WRITTEN: pairs} if pairs else dict(extra)


def _as_it_was(record: dict[str, Any]) -> dict[str, Any]:
    """A record in which what has not changed since is written as it was read."""
    for name, (told, ours) in record.pop(AS_WRITTEN, {}).items():
        if record.get(name) == ours:
            record[name] = told
    return record


def _texts(values: Any) -> tuple[str, ...]:
    """The values that an attribute can have; some versions write them in one text, a line each."""
    told = values.split("\n") if isinstance(values, str) else values if isinstance(values, list) else [values]
    return tuple(map(as_text, told))


def _listed(record: Record, name: str, place: str) -> list[Any]:
    listed = record.get(name) or []
    if not isinstance(listed, list):
        raise BadAnnotations(f"{place}.{name}: {reprlib.repr(listed)}; a list is expected")
    return listed


def _check(record: Any, place: str) -> None:
    if not isinstance(record, Mapping) or not isinstance(record.get("name"), str):
        raise BadAnnotations(f"{place}: {reprlib.repr(record)} is no label or attribute with a name")


def _color(told: Any) -> Color | None:
    """Red, green and blue of #rrggbb; None for anything else."""
    if not isinstance(told, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", told):
        return None
    return int(told[1:3], 16), int(told[3:5], 16), int(told[5:7], 16)
