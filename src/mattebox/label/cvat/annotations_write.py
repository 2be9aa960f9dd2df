"""The annotations of a job, from a table to the records that annotations.json has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mattebox.label.cvat.annotations import SILENT, TRACK
from mattebox.label.cvat.attributes import ORDER, usual_order
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.cvat.records import ABSENT, Record
from mattebox.label.cvat.ringless import without_rings
from mattebox.label.cvat.soundness import infinite
from mattebox.label.row import Row
from mattebox.label.table import Table

__all__ = ["job_record"]

UNLESS_SAID: dict[str, Any] = {
    "occluded": False,
    "outside": False,
    "z_order": 0,
    "rotation": 0.0,
    "group": 0,
    "source": "manual",
    "points": [],
    "attributes": [],
    "elements": [],
}
"""What the fields are that a record may leave out."""

TURN = 360.0
"""Degrees; CVAT takes rotations from 0 to this."""


def job_record(table: Table, extra: Record, specs: Specs, place: Place) -> dict[str, Any]:
    """What annotations.json has for a job.

    Rows between the key frames of a track are left out: CVAT finds them itself.

    Args:
        table: what the job has.
        extra: what the entry of the job said beyond it when it was read.
        specs: what is declared of the labels.
        place: of the job, to tell what cannot be written as it is.
    """
    table = _writable(table, place)
    labels = dict(zip(table.object.tolist(), table.label.lists(), strict=True))
    writer = _Writer(extra.get(ABSENT) or {}, specs, labels)
    for row in table.rows():
        writer.add(row)
    for row in writer.attach():
        place.drop("orphan-element", f"{row.label!r} belongs to a skeleton that is not there", frame=row.frame)
    kept = {name: value for name, value in extra.items() if name != ABSENT}
    return {"version": 0, **kept, "tags": writer.tags, "shapes": writer.shapes, "tracks": writer.tracks}


def _writable(table: Table, place: Place) -> Table:
    """The rows that CVAT keeps, in shapes that it knows."""
    table = table.take(table.keyframe | ~table.tracked)
    lost = infinite(table)
    for row in np.flatnonzero(lost):
        place.drop("bad-points", "coordinates or a rotation that are no numbers", frame=int(table.frame[row]))
    table = without_rings(table.take(~lost), place)
    turned = (table.rotation < 0) | (table.rotation > TURN)
    return table.replace(rotation=np.where(turned, table.rotation % TURN, table.rotation))


class _Writer:
    """Makes the records of rows, and puts them where they belong.

    Args:
        absent: fields that the records of each kind leave out while they are what they are then.
        specs: what is declared of the labels.
        labels: the label of every object.
    """

    def __init__(self, absent: Mapping[str, Iterable[str]], specs: Specs, labels: Mapping[int, str]) -> None:
        self.tags: list[dict[str, Any]] = []
        self.shapes: list[dict[str, Any]] = []
        self.tracks: list[dict[str, Any]] = []
        self._absent = {kind: frozenset(names) for kind, names in absent.items()}
        self._specs = specs
        self._shapes: dict[int, dict[str, Any]] = {}
        self._tracks: dict[int, dict[str, Any]] = {}
        self._labels = labels
        self._elements: list[tuple[Row, dict[str, Any]]] = []
        self._silent: dict[int, Mapping[str, Any]] = {}

    def add(self, row: Row) -> None:
        """Take a row down."""
        is_element = row.parent >= 0
        if row.tracked:
            self._add_key(row, "element_key" if is_element else "key", "element_track" if is_element else "track")
            return
        kind = "tag" if row.shape == "tag" else "element" if is_element else "shape"
        attributes = self._listed(row, {**row.attributes, **row.frame_attributes})
        geometry = {} if kind == "tag" else _geometry(row)
        told = {**_object(row), "attributes": attributes, **geometry, **_score(row)}
        if kind == "shape":
            told["elements"] = []
        record = self._record(kind, told, row.extra)
        if kind == "element":
            self._elements.append((row, record))
        else:
            self._shapes[row.object] = record
            (self.tags if kind == "tag" else self.shapes).append(record)

    def _add_key(self, row: Row, kind: str, track_kind: str) -> None:
        if row.object not in self._tracks:
            beyond = dict(row.extra.get(TRACK) or {})
            told = {**_object(row), "attributes": self._listed(row, row.attributes), "shapes": []}
            told["frame"] = beyond.pop("frame", row.frame)
            if kind == "key":
                told["elements"] = []
                self._silent[row.object] = beyond.pop(SILENT, {})
            self._tracks[row.object] = track = self._record(track_kind, told, beyond)
            if kind == "key":
                self.tracks.append(track)
            else:
                self._elements.append((row, track))
        attributes = self._listed(row, row.frame_attributes)
        told = {"frame": row.frame, "attributes": attributes, **_geometry(row), **_score(row)}
        self._tracks[row.object]["shapes"].append(self._record(kind, told, row.extra))

    def attach(self) -> list[Row]:
        """Put elements into their skeletons; returns those that have none."""
        orphans = []
        for row, record in self._elements:
            skeletons = self._tracks if row.tracked else self._shapes
            if (skeleton := skeletons.get(row.parent)) is None:
                orphans.append(row)
            else:
                _elements_of(skeleton).append(record)
        for number, silent in self._silent.items():
            for position, record in sorted(silent.items(), key=lambda item: int(item[0])):
                _elements_of(self._tracks[number]).insert(int(position), record)
        return orphans

    def _record(self, kind: str, told: dict[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
        absent = self._absent.get(kind, frozenset())
        if absent:
            told = {
                name: value
                for name, value in told.items()
                if name not in absent or name not in UNLESS_SAID or value != UNLESS_SAID[name]
            }
        for name, value in extra.items():
            # What was null is so again, as long as nobody has said otherwise since.
            as_it_was = value is None and told.get(name) == UNLESS_SAID.get(name)
            if name not in {ORDER, TRACK} and (name not in told or as_it_was):
                told[name] = value
        return told

    def _listed(self, row: Row, values: Mapping[str, str]) -> list[dict[str, str]]:
        """Values of attributes, in the order in which they were written, or are declared."""
        if not values:
            return []
        order = row.extra.get(ORDER)
        if order is None or not values.keys() <= set(order):
            skeleton = self._labels.get(row.parent, "") if row.parent >= 0 else ""
            order = usual_order(list(values), self._specs.find(row.label, skeleton))
        return [{"name": name, "value": values[name]} for name in order if name in values]


def _elements_of(skeleton: dict[str, Any]) -> list[dict[str, Any]]:
    """The list of a skeleton's elements, which it may have left out or said to be null."""
    if not skeleton.get("elements"):
        skeleton["elements"] = []
    elements: list[dict[str, Any]] = skeleton["elements"]
    return elements


def _object(row: Row) -> dict[str, Any]:
    return {"label": row.label, "frame": row.frame, "group": row.group, "source": row.source}


def _score(row: Row) -> dict[str, float]:
    return {} if row.score is None else {"score": row.score}


def _geometry(row: Row) -> dict[str, Any]:
    points = list(row.points)
    if row.shape == "mask":
        points = [*row.runs, *(int(number) if number.is_integer() else number for number in points)]
    return {
        "type": row.shape,
        "occluded": row.occluded,
        "outside": row.outside,
        "z_order": row.z_order,
        "rotation": row.rotation,
        "points": points,
    }
