"""Checks of labels and attributes against what the task and the label table know."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.columns import Coded
from mattebox.label.dataset import Attribute, Label
from mattebox.label.row import SHAPES
from mattebox.label.soundness import Finding
from mattebox.label.table import Table, record_key

__all__ = ["NAME_CHECKS"]


def find_unknown_labels(scope: Scope) -> Finding:
    """Rows whose label the task does not have, or whose skeleton has no such element."""
    table = scope.table
    if not scope.labels:
        return Finding.joined(())

    def is_unknown(label: int, parent: int) -> bool:
        # Elements of an unknown skeleton are told with it.
        return scope.spec(label, parent) is None and (parent < 0 or scope.spec(parent) is not None)

    lost = (table.parent >= 0) & (scope.parent_labels < 0)
    unknown = _where(scope, is_unknown) & ~lost

    def message(row: int) -> str:
        parent = scope.parent_labels[row]
        holder = f"the skeleton '{table.label.values[parent]}'" if parent >= 0 else f"the task '{scope.task.name}'"
        return f"{holder} has no label '{table.label[row]}'"

    return Finding.of(unknown, message)


def find_unlisted_labels(scope: Scope) -> Finding:
    """Rows whose label leads to no superclass of the label table."""
    if scope.taxonomy is None:
        return Finding.joined(())
    table = scope.table
    reasons = [
        "" if (found := scope.taxonomy.resolve(name)).superclass else found.reason for name in table.label.values
    ]
    unlisted = np.array([bool(reason) for reason in reasons], bool)[table.label.codes] & (table.parent < 0)
    return Finding.of(unlisted, lambda row: reasons[table.label.codes[row]])


def find_wrong_shapes(scope: Scope) -> Finding:
    """Rows of another shape than their label may have."""
    table = scope.table
    allowed = np.array([_types(scope.spec(code)) for code in range(len(table.label.values))] or [""])
    shapes = np.array(SHAPES)[table.shape]
    kinds = allowed[table.label.codes]
    wrong = (kinds != "") & (kinds != shapes) & (table.parent < 0)
    return Finding.of(wrong, lambda row: f"{shapes[row]}, and '{table.label[row]}' may only be {kinds[row]}")


def find_unknown_attributes(scope: Scope) -> Finding:
    """Rows with an attribute that their label does not have."""

    def complain(spec: Label, record: Mapping[str, str]) -> str:
        unknown = sorted(set(record) - {attribute.name for attribute in spec.attributes})
        return f"'{spec.name}' has no attribute {', '.join(map(repr, unknown))}" if unknown else ""

    return Finding.joined(_told(scope, complain))


def find_unknown_values(scope: Scope) -> Finding:
    """Rows with an attribute whose value is not one that it can have."""

    def complain(spec: Label, record: Mapping[str, str]) -> str:
        known = {attribute.name: attribute for attribute in spec.attributes}
        wrong = [
            f"{name}={value!r} is not {can}"
            for name, value in record.items()
            if name in known and (can := _unfit(known[name], str(value)))
        ]
        return "; ".join(wrong)

    return Finding.joined(_told(scope, complain))


def without_unknown(scope: Scope, rows: NDArray[np.int64]) -> Table:
    """Leave out the attributes that the labels of rows do not have."""
    table = scope.table
    changed = {}
    for name in ("attributes", "frame_attributes"):
        records = getattr(table, name).lists()
        for row in rows.tolist():
            spec = scope.spec(table.label.codes[row], scope.parent_labels[row])
            known = {attribute.name for attribute in spec.attributes} if spec else set()
            records[row] = {key: value for key, value in records[row].items() if key in known}
        changed[name] = Coded.from_values(records, record_key)
    return table.replace(**changed)


def _where(scope: Scope, holds: Callable[[int, int], bool]) -> NDArray[np.bool_]:
    """(N,), where something holds for the codes of a row's label and of its skeleton's; asked once for each pair."""
    pairs = np.stack((scope.table.label.codes, scope.parent_labels), axis=1)
    found, pair = np.unique(pairs, axis=0, return_inverse=True)
    return np.array([holds(label, parent) for label, parent in found.tolist()], bool)[pair]


def _told(scope: Scope, complain: Callable[[Label, Mapping[str, str]], str]) -> Iterator[Finding]:
    """What is wrong with the attributes of rows; every label is asked once about every record that its rows have."""
    table = scope.table
    for column in (table.attributes, table.frame_attributes):
        kinds = np.stack((table.label.codes, scope.parent_labels, column.codes), axis=1)
        found, kind = np.unique(kinds, axis=0, return_inverse=True)
        complaints = []
        for label, parent, record in found.tolist():
            spec = scope.spec(label, parent)
            complaints.append(complain(spec, column.values[record]) if spec else "")
        wrong = np.flatnonzero(np.array([bool(complaint) for complaint in complaints], bool)[kind])
        yield Finding(wrong, [complaints[index] for index in kind[wrong].tolist()])


def _types(spec: Label | None) -> str:
    """The only shape that a label may have; empty where it may have any, or is unknown."""
    return spec.type if spec and spec.type in SHAPES else ""


def _unfit(attribute: Attribute, value: str) -> str:
    """What an attribute can be, in words, if a value is not that; else empty."""
    match attribute.input_type:
        case "select" | "radio" if value not in (*attribute.values, attribute.default):
            return f"one of {', '.join(attribute.values)}"
        case "checkbox" if value.lower() not in {"true", "false"}:
            return "true or false"
        case "number" if not _within(value, attribute.values):
            return f"a number from {' to '.join(attribute.values[:2])}" if attribute.values else "a number"
    return ""


def _within(value: str, bounds: tuple[str, ...]) -> bool:
    """Whether a number lies within its least and greatest value, where these are told."""
    try:
        low, high = (float(bound) for bound in bounds[:2]) if len(bounds) >= 2 else (-math.inf, math.inf)
        return low <= float(value) <= high
    except ValueError:
        return False


NAME_CHECKS = (
    RowCheck("unknown-label", "labels that the task does not have", "problem", "dropped", find_unknown_labels),
    RowCheck("unlisted-label", "labels that the label table leads nowhere", "problem", "dropped", find_unlisted_labels),
    RowCheck("wrong-shape", "shapes that their label may not have", "problem", "", find_wrong_shapes),
    RowCheck(
        "unknown-attribute",
        "attributes that their label does not have",
        "note",
        "left out",
        find_unknown_attributes,
        without_unknown,
    ),
    RowCheck("unknown-value", "attributes with a value that they cannot have", "problem", "", find_unknown_values),
)
