"""The annotations of a job, from the records in annotations.json to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Coded, Ragged
from mattebox.label.cvat.attributes import Attributes
from mattebox.label.cvat.entries import FIELDS, LISTS, Entry, Place, Specs, fields_of, flatten, is_key
from mattebox.label.cvat.records import ABSENT, Record, as_text
from mattebox.label.cvat.soundness import BOX, NO_SHAPE, sound_rows, tell_undeclared, upright
from mattebox.label.row import SHAPES
from mattebox.label.table import Table, record_key, shape_codes

__all__ = ["SILENT", "TRACK", "JobParser"]

TRACK = "@track"
"""The name in a row's `extra` of what the record of its track says beyond the model."""

SILENT = "@silent"
"""The name in there of the tracks of elements that have no shapes, by position."""

TAG = shape_codes("tag")[0]
CODES = {shape: code for code, shape in enumerate(SHAPES) if shape != "tag"}
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What putting a record into columns raises when it does not say what it must, or not so."""

NAMES = {"label", "label_id"}
"""What tells the label; CVAT does not restore what tells it by number, so that is not written back."""

KNOWN = {kind: names | NAMES | (set() if kind.endswith("track") else {"score"}) for kind, names in FIELDS.items()}
"""What has a column, by kind of record."""

FLAGS = ("occluded", "outside")


class JobParser:
    """Reads what one job has, at once or piece by piece; rows that make no sense are dropped, and told.

    Args:
        specs: what is declared of the labels.
        place: of the job.
    """

    def __init__(self, specs: Specs, place: Place) -> None:
        self._specs, self._place = specs, place
        self._tables: list[Table] = []
        self._extra: dict[str, Any] = {}
        self._said: dict[str, set[str]] = {}
        self._rows = 0

    def add(self, job: Record) -> None:
        """Read an entry of annotations.json, or one with some of its records."""
        self._extra |= {name: value for name, value in job.items() if name not in LISTS}
        entries, silent = flatten(job, self._place)
        for kind, names in fields_of(entries).items():
            self._said.setdefault(kind, set()).update(names)
        rows = np.arange(self._rows, self._rows + len(entries))
        self._rows += len(entries)
        try:
            table = _table(entries, self._specs)
        except MALFORMED:
            malformed = _malformed(entries, 0, self._specs)
            for index, cause in malformed.items():
                frame = entries[index].record.get("frame")
                row = int(rows[index])
                self._place.drop("malformed-row", cause, frame=frame if isinstance(frame, int) else None, row=row)
            kept = np.setdiff1d(np.arange(len(entries)), list(malformed))
            rows, entries = rows[kept], [entries[index] for index in kept]
            table = _table(entries, self._specs)
        table = table.replace(extra=_extras(entries, silent, table.extra))
        self._tables.append(table.take(sound_rows(table, rows, self._place)))

    def finish(self) -> tuple[Table, dict[str, Any]]:
        """The table, its rows in the order of the file, and what the entry says beyond it."""
        # Pieces number their objects from 0, and groups are the job's.
        table = Table.concat(self._tables)
        table = table.replace(group=np.concatenate([table.group[:0], *(each.group for each in self._tables)]))
        table = upright(table, self._place)
        tell_undeclared(table, self._specs, self._place)
        absent = {kind: sorted(FIELDS[kind] - said - {"label"}) for kind, said in self._said.items()}
        absent = {kind: names for kind, names in absent.items() if names}
        return table, self._extra | ({ABSENT: absent} if absent else {})


def _malformed(entries: Sequence[Entry], first: int, specs: Specs) -> dict[int, str]:
    """Which entries cannot be put into columns, and why; halves are tried, so that what is sound costs little."""
    try:
        _table(entries, specs)
    except MALFORMED as error:
        if len(entries) == 1:
            return {first: f"{error} is missing" if isinstance(error, KeyError) else str(error)}
        half = len(entries) // 2
        return _malformed(entries[:half], first, specs) | _malformed(entries[half:], first + half, specs)
    return {}


def _table(entries: Sequence[Entry], specs: Specs) -> Table:
    """Put entries into columns.

    Raises:
        AttributeError, KeyError, OverflowError, TypeError, ValueError: one does not say what it must, or not so.
    """
    if not entries:
        return Table.empty()
    records, heads, kinds, objects, parents, _ = zip(*entries, strict=True)
    names = [specs.name_of(head) for head in heads]
    points = Ragged.from_lists([record.get("points") or () for record in records])
    codes = [TAG if each.kind == "tag" else CODES.get(each.record.get("type"), NO_SHAPE) for each in entries]
    shape = np.array(codes, np.uint8)
    points, runs = _without_runs(points, shape)
    attributes = Attributes(specs)
    for entry, name in zip(entries, names, strict=True):
        attributes.add(entry, name)
    fixed, moving, order = attributes.columns()
    return Table.of(
        len(entries),
        label=names,
        frame=_whole([record["frame"] for record in records], "frame", np.int32),
        shape=shape,
        points=points,
        runs=runs,
        object=np.array(objects, np.int64),
        parent=np.array(parents, np.int64),
        tracked=np.array([is_key(kind) for kind in kinds]),
        **{flag: np.array([bool(record.get(flag)) for record in records]) for flag in FLAGS},
        z_order=_whole(_told(records, "z_order", 0), "z_order", np.int32),
        rotation=_numbers(_told(records, "rotation", 0.0), "rotation"),
        group=_whole(_told(heads, "group", 0), "group", np.int64),
        source=list(map(as_text, _told(heads, "source", "manual"))),
        score=_numbers(_told(records, "score", np.nan), "score"),
        attributes=fixed,
        frame_attributes=moving,
        extra=order,
    )


def _told(records: Sequence[Record], name: str, default: Any) -> list[Any]:
    """What every record says by a name; a default where it says nothing or null."""
    told = [record.get(name) for record in records]
    return [default if value is None else value for value in told]


def _numbers(values: Sequence[Any] | NDArray[Any], name: str) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise ValueError(f"{name} is {values[0]!r}; a number is expected")
    return array.astype(np.float64)


def _whole(values: Sequence[Any] | NDArray[Any], name: str, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    numbers = _numbers(values, name)
    least = float(np.iinfo(dtype).min)
    wrong = ~((numbers == np.rint(numbers)) & (numbers >= least) & (numbers < -least))
    if wrong.any():
        raise ValueError(f"{name} is {numbers[wrong][0]:g}; a whole number is expected")
    return numbers.astype(dtype)


def _without_runs(points: Ragged, shape: NDArray[np.uint8]) -> tuple[Ragged, Ragged]:
    """Part the points of masks into their box, which comes last, and their runs."""
    is_mask = shape == shape_codes("mask")[0]
    if not is_mask.any():
        return points, Ragged.empty(len(points), np.int32)
    lengths = np.where(is_mask, np.maximum(points.lengths - BOX, 0), 0)
    row = np.repeat(np.arange(len(points)), points.lengths)
    is_run = np.arange(len(row)) - points.offsets[row] < lengths[row]
    runs = _whole(points.values[is_run], "a run of a mask", np.int32)
    return Ragged.of_lengths(points.values[~is_run], points.lengths - lengths), Ragged.of_lengths(runs, lengths)


def _extras(entries: Sequence[Entry], silent: Mapping[int, Any], order: Coded[Record]) -> Coded[Record]:
    """What the records say beyond the model, the order of their attributes included."""
    extras = order.lists()
    tracks: dict[int, Record] = {}
    for index, entry in enumerate(entries):
        beyond = _beyond(entry.record, entry.kind)
        if is_key(entry.kind):
            if entry.object not in tracks:
                tracks[entry.object] = _beyond_track(entry, silent)
            if tracks[entry.object]:
                beyond[TRACK] = tracks[entry.object]
        if beyond:
            extras[index] = {**extras[index], **beyond}
    return Coded.from_values(extras, record_key) if any(extras) else Coded.constant({}, len(extras))


def _beyond(record: Record, kind: str) -> dict[str, Any]:
    """What a record says that has no column, and what it says by null."""
    known = KNOWN[kind]
    if record.keys() <= known and None not in record.values():
        return {}
    return {name: value for name, value in record.items() if name not in known or (value is None and name not in NAMES)}


def _beyond_track(first: Entry, silent: Mapping[int, Any]) -> Record:
    """What the record of a track says beyond the model, told by its first key frame."""
    beyond = _beyond(first.head, "track" if first.kind == "key" else "element_track")
    if "frame" in first.head and first.head["frame"] != first.record["frame"]:
        beyond["frame"] = first.head["frame"]
    if first.object in silent:
        beyond[SILENT] = silent[first.object]
    return beyond
