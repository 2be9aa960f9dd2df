"""The records of a job in annotations.json, laid out flat: one entry for every shape on every frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mattebox.label.cvat.records import Record
from mattebox.label.dataset import Label
from mattebox.label.report import Report

__all__ = ["FIELDS", "LISTS", "Entry", "Place", "Specs", "fields_of", "flatten", "is_key"]

LISTS = ("tags", "shapes", "tracks")
"""What the entry of a job in annotations.json has lists of."""

_TAG = frozenset({"label", "frame", "group", "source", "attributes"})
_KEY = frozenset({"type", "frame", "occluded", "outside", "z_order", "rotation", "points", "attributes"})
_SHAPE = _TAG | _KEY | {"score"}

FIELDS: dict[str, frozenset[str]] = {
    "tag": _TAG,
    "shape": _SHAPE | {"elements"},
    "element": _SHAPE,
    "key": _KEY,
    "element_key": _KEY,
    "track": _TAG | {"shapes", "elements"},
    "element_track": _TAG | {"shapes"},
}
"""What a current version of CVAT says in each kind of record. The first five are rows; the other two share what holds
for all rows of a track."""


class Entry(NamedTuple):
    """A record that becomes a row.

    Attributes:
        record: what is said of the shape on its frame.
        head: what is said of the object: the record of the track, or the same record.
        kind: name in `FIELDS`.
        object: number of the object, within the job.
        parent: number of the skeleton that it belongs to, or -1.
        skeleton: record of that skeleton, or None.
    """

    record: Any
    head: Any
    kind: str
    object: int
    parent: int
    skeleton: Any


def is_key(kind: str) -> bool:
    """Whether an entry is one of the key frames of a track."""
    return kind in {"key", "element_key"}


class Place:
    """Where in a data set something is read or written, for what is told of it.

    Args:
        report: told of it.
        dataset: name of the data set, or of the file.
        task: name of the task.
        subtask: name of the job.
    """

    def __init__(self, report: Report, dataset: str, task: str, subtask: str = "") -> None:
        self.report = report
        self.names = {"dataset": dataset, "task": task, "subtask": subtask}

    def drop(self, code: str, message: str, **where: int | None) -> None:
        """Tell that something is not in the result; `frame`, `row` and `count` say more exactly where."""
        self.report.drop(code, message, **self.names, **where)

    def problem(self, code: str, message: str, **where: int | None) -> None:
        """Tell that something is there and doubtful."""
        self.report.problem(code, message, **self.names, **where)

    def note(self, code: str, message: str, **where: int | None) -> None:
        """Tell what is worth knowing."""
        self.report.note(code, message, **self.names, **where)


class Specs:
    """What is declared of the labels of a task.

    Args:
        labels: of the task.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        self.labels = {label.name: label for label in labels}
        self._elements = {(label.name, each.name): each for label in self.labels.values() for each in label.sublabels}
        # Only archives that CVAT did not write itself tell labels by number.
        ids = ((label.extra.get("id"), label.name) for label in self.labels.values())
        self._ids: dict[Any, str] = {number: name for number, name in ids if isinstance(number, int)}

    def name_of(self, record: Record) -> str:
        """The label of a record.

        Raises:
            ValueError: it has none, or a number that no label has.
        """
        name = record.get("label")
        if name is None:
            name = self._ids.get(record.get("label_id"))
        if not isinstance(name, str):
            raise ValueError(f"no label is called {record.get('label', record.get('label_id'))!r}")  # noqa: TRY004
        return name

    def find(self, name: str, skeleton: str = "") -> Label | None:
        """What is declared of a label, or of an element of a skeleton."""
        return self._elements.get((skeleton, name)) if skeleton else self.labels.get(name)


def flatten(job: Record, place: Place) -> tuple[list[Entry], dict[int, dict[str, Any]]]:
    """Lay out the records of a job: tags, shapes, then the key frames of tracks; elements follow their skeleton.

    Args:
        job: the entry of the job in annotations.json.
        place: of the job.

    Returns:
        The entries, and by the number of their object the tracks of elements that have no key frame and so no entry,
        by position.
    """
    entries: list[Entry] = []
    silent: dict[int, dict[str, Any]] = {}
    objects = itertools.count()
    entries += [Entry(record, record, "tag", next(objects), -1, None) for record in _records(job, "tags", place)]
    for record in _records(job, "shapes", place):
        number = next(objects)
        entries.append(Entry(record, record, "shape", number, -1, None))
        elements = _records(record, "elements", place) if record.get("elements") else ()
        entries += [Entry(element, element, "element", next(objects), number, record) for element in elements]
    for track in _records(job, "tracks", place):
        number = next(objects)
        keys = _records(track, "shapes", place)
        if not keys:
            place.drop("empty-track", f"a track of {track.get('label')!r} has no shapes", frame=track.get("frame"))
            continue
        entries += [Entry(key, track, "key", number, -1, None) for key in keys]
        for position, element in enumerate(_records(track, "elements", place)):
            if not (keys := _records(element, "shapes", place)):
                silent.setdefault(number, {})[str(position)] = element
                continue
            inner = next(objects)
            entries += [Entry(key, element, "element_key", inner, number, track) for key in keys]
    return entries, silent


def _records(record: Record, name: str, place: Place) -> list[Record]:
    """A list of records, without what is none."""
    told = record.get(name)
    told = [] if told is None else told
    found = [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
    if wrong := len(told) - len(found) if isinstance(told, list) else 1:
        place.drop("not-a-record", f"{name} has {wrong} of what is no record of an annotation", count=wrong)
    return found


def fields_of(entries: Iterable[Entry]) -> dict[str, set[str]]:
    """Which fields the records of each kind say, those of tracks included."""
    shapes: dict[str, set[tuple[str, ...]]] = {}
    for entry in entries:
        shapes.setdefault(entry.kind, set()).add(tuple(entry.record))
        if is_key(entry.kind):
            shapes.setdefault("track" if entry.kind == "key" else "element_track", set()).add(tuple(entry.head))
    return {kind: {name for names in found for name in names} for kind, found in shapes.items()}
