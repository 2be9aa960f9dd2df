"""Pictures and tracks of CVAT's XML as rows, put into columns by the batch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

import numpy as np

from mattebox.label.columns import Coded
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.cvat.soundness import sound_rows, tell_undeclared, upright
from mattebox.label.cvat.xml_geometry import ELEMENTS, points_of_element, whole
from mattebox.label.cvat.xml_stream import line_of
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["XmlRows"]

BATCH = 20_000
"""Rows that are kept as Python's objects before they are put into columns, which take a tenth of the memory."""

CODES = {tag: SHAPES.index(shape) for tag, shape in ELEMENTS.items()} | {"tag": SHAPES.index("tag")}
MALFORMED = (KeyError, ValueError)

FrameOf: TypeAlias = Callable[[str], int]
"""The frame of the task that a frame number in the file is; raises ValueError where it has none."""

FIELDS = (
    *("label", "object", "parent", "tracked", "group", "source", "frame", "shape", "points", "runs"),
    *("occluded", "outside", "z_order", "rotation", "attributes", "frame_attributes"),
)
"""Columns, in the order in which a row that waits has them; attributes are numbers of records."""

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of attributes."""

ShapeFields: TypeAlias = tuple[int, list[float], list[int], bool, bool, int, float]
"""Shape, points, runs, occluded, outside, z-order, rotation."""


class _Object(NamedTuple):
    """What the rows of an object share."""

    label: str
    number: int
    parent: int
    tracked: bool
    group: int
    source: str


class _Key(NamedTuple):
    """What is said of a tracked object on a frame."""

    frame: int
    shape: ShapeFields
    attributes: Pairs


class XmlRows:
    """Gathers the rows of a task; elements that make no sense are dropped, and told with their line.

    Args:
        specs: what is declared of the labels.
        place: of the task.
    """

    def __init__(self, specs: Specs, place: Place) -> None:
        self._specs, self._place = specs, place
        self._numbers = itertools.count()
        self._waiting: list[tuple[Any, ...]] = []
        self._tables: list[Table] = []
        self._done = 0
        self._records: dict[Pairs, int] = {}
        self._halves: dict[tuple[str, str, Pairs], tuple[int, int]] = {}

    def add_picture(self, image: Element, frame: int) -> None:
        """Take down what is on a picture.

        Args:
            image: the element.
            frame: of the task.
        """
        for element in image:
            self._attempt(element, frame, self._on_picture, element, frame)

    def add_track(self, track: Element, frame_of: FrameOf) -> None:
        """Take down a track: its keys, and those of its elements.

        Rows that are no keys are left out, as CVAT does too: interpolation brings them back.

        Args:
            track: the element.
            frame_of: tells the frame of a frame number.
        """
        keys: list[_Key] = []
        inner: dict[str, list[_Key]] = {}
        for element in track:
            self._attempt(element, None, self._at_frame, element, frame_of, keys, inner)
        self._attempt(track, None, self._track, track, keys, inner)

    def table(self) -> Table:
        """All rows, in the order of the file."""
        self._flush()
        table = Table.concat(self._tables)
        # Groups are the task's, whichever batch they are in.
        table = table.replace(group=np.concatenate([table.group[:0], *(each.group for each in self._tables)]))
        table = upright(table, self._place)
        tell_undeclared(table, self._specs, self._place)
        return table

    def _attempt(self, element: Element, frame: int | None, take: Callable[..., None], *told: Any) -> None:
        """Take an element down, or tell why that cannot be."""
        try:
            take(*told)
        except MALFORMED as error:
            cause = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            self._place.drop("bad-element", f"line {line_of(element)}: <{element.tag}>: {cause}", frame=frame)
        if len(self._waiting) >= BATCH:
            self._flush()

    def _on_picture(self, element: Element, frame: int) -> None:
        """Take down a shape or a tag that is not tracked, with the elements of a skeleton."""
        one = self._object(element)
        rows = [(*one, frame, *_shape(element), *self._parted(element, one.label))]
        for each in _inner(element):
            other = self._object(each, one.source)._replace(parent=one.number)
            rows.append((*other, frame, *_shape(each), *self._parted(each, other.label, one.label)))
        self._waiting += rows

    def _at_frame(self, element: Element, frame_of: FrameOf, keys: list[_Key], inner: dict[str, list[_Key]]) -> None:
        """Take down what is on a frame of a track: its own key, and those of its skeleton's elements."""
        frame = frame_of(element.attrib["frame"])
        own = [_key(each, frame) for each in (element,) if _is_key(each)]
        theirs = [(each.attrib["label"], _key(each, frame)) for each in _inner(element) if _is_key(each)]
        keys += own
        for label, key in theirs:
            inner.setdefault(label, []).append(key)

    def _track(self, track: Element, keys: list[_Key], inner: dict[str, list[_Key]]) -> None:
        """Take down the keys of a track, and of its elements."""
        one = self._object(track, tracked=True)
        if not keys and inner:
            # A skeleton need not have keys of its own; without any it would have no row that is its elements' parent.
            first = min(key.frame for own in inner.values() for key in own)
            keys = [_Key(first, (CODES["skeleton"], [], [], False, False, 0, 0.0), ())]
        if not keys:
            raise ValueError("a track without keys")
        rows = list(self._tracked(keys, one))
        for label, own in inner.items():
            other = one._replace(label=label, number=next(self._numbers), parent=one.number, group=0)
            rows += self._tracked(own, other, one.label)
        self._waiting += rows

    def _tracked(self, keys: Sequence[_Key], one: _Object, skeleton: str = "") -> Iterator[tuple[Any, ...]]:
        """Rows of a track, with what holds for all of it told from what holds on frames.

        The file repeats all attributes at every key. Which hold for all is declared by the label; of those that are not
        declared, the ones that never change. Where keys disagree the last one counts, as for CVAT.
        """
        spec = self._specs.find(one.label, skeleton)
        declared = {each.name: each.mutable for each in spec.attributes} if spec else {}
        last = {name: value for key in keys for name, value in key.attributes}
        varied = {name for key in keys for name, value in key.attributes if value != last[name]}
        lasting = {name for name in last if not declared.get(name, name in varied)}
        fixed = self._record(tuple((name, last[name]) for name in last if name in lasting))
        for key in keys:
            moving = self._record(tuple(pair for pair in key.attributes if pair[0] not in lasting))
            yield (*one, key.frame, *key.shape, fixed, moving)

    def _object(self, element: Element, source: str = "manual", *, tracked: bool = False) -> _Object:
        """What is said of an object."""
        told = element.attrib
        group = whole(told.get("group_id", "0"))
        return _Object(told["label"], next(self._numbers), -1, tracked, group, told.get("source", source))

    def _parted(self, element: Element, label: str, skeleton: str = "") -> tuple[int, int]:
        """Attributes of a shape that is not tracked: what holds for the object, and what on frames, as is declared."""
        key = label, skeleton, _attributes(element) if len(element) else ()
        if key not in self._halves:
            spec = self._specs.find(label, skeleton)
            mutable = {each.name for each in spec.attributes if each.mutable} if spec else set()
            halves = [tuple(pair for pair in key[2] if (pair[0] in mutable) == wanted) for wanted in (False, True)]
            self._halves[key] = self._record(halves[0]), self._record(halves[1])
        return self._halves[key]

    def _record(self, pairs: Pairs) -> int:
        """The number of a record of attributes."""
        return self._records.setdefault(pairs, len(self._records))

    def _flush(self) -> None:
        """Put the rows that wait into columns."""
        if not self._waiting:
            return
        columns: dict[str, Any] = dict(zip(FIELDS, zip(*self._waiting, strict=True), strict=True))
        for name in ("attributes", "frame_attributes"):
            columns[name] = self._coded(columns[name])
        table = Table.of(len(self._waiting), **columns)
        rows = np.arange(self._done, self._done + len(table))
        self._tables.append(table.take(sound_rows(table, rows, self._place)))
        self._done += len(table)
        self._waiting = []

    def _coded(self, numbers: Sequence[int]) -> Coded[Any]:
        used, codes = np.unique(numbers, return_inverse=True)
        records = list(self._records)
        return Coded(tuple(dict(records[number]) for number in used), codes.astype(np.int32))


def _shape(element: Element) -> ShapeFields:
    """What is said of a shape, or of a tag, wherever it is."""
    told = element.attrib
    code = CODES.get(element.tag)
    if code is None:
        raise ValueError("a kind of shape that is not known")
    points, runs = points_of_element(element.tag, told)
    occluded, outside = told.get("occluded") == "1", told.get("outside") == "1"
    return code, points, runs, occluded, outside, whole(told.get("z_order", "0")), float(told.get("rotation", 0))


def _key(element: Element, frame: int) -> _Key:
    return _Key(frame, _shape(element), _attributes(element))


def _inner(element: Element) -> Iterator[Element]:
    """The elements of a skeleton."""
    return (each for each in element if each.tag in ELEMENTS)


def _is_key(element: Element) -> bool:
    return element.get("keyframe", "1") == "1"


def _attributes(element: Element) -> Pairs:
    return tuple((each.attrib["name"], each.text or "") for each in element if each.tag == "attribute")
