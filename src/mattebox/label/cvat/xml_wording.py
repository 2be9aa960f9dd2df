"""What is on pictures and in tracks, as elements of CVAT's XML 1.1."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.records import as_text
from mattebox.label.cvat.xml_geometry import ELEMENTS, geometry_attributes
from mattebox.label.cvat.xml_meta import NO_SUBSET
from mattebox.label.cvat.xml_meta_write import Numbered
from mattebox.label.cvat.xml_text import element, leaf
from mattebox.label.media import Video
from mattebox.label.row import Row
from mattebox.label.table import Table

__all__ = ["Wording"]

BLOCK = 4096
"""Rows that are turned into Python's objects at a time."""

TAGS = {shape: tag for tag, shape in ELEMENTS.items()}


class Wording:
    """Words the pictures and the tracks of one document.

    Args:
        precision: decimals of coordinates.
        is_project: every picture and track names its task.

    Attributes:
        rows: how many were worded.
    """

    def __init__(self, precision: int, *, is_project: bool) -> None:
        self.rows = 0
        self._precision, self._is_project = precision, is_project
        self._tracks = itertools.count()

    def pictures(self, told: Numbered, table: Table, place: Place) -> Iterator[str]:
        """Every picture of a task with what is on it.

        Args:
            told: the task.
            table: its rows by frame, elements after their skeleton.
            place: of the task, to tell what cannot be written.
        """
        groups = _groups(table, table.frame)
        waiting = next(groups, None)
        unsized = 0
        for frame in told.task.frames.kept().tolist():
            attributes = self._picture(told, frame)
            unsized += "width" not in attributes
            rows: list[Row] = []
            if waiting is not None and waiting[0].frame == frame:
                rows, waiting = waiting, next(groups, None)
            yield element("image", attributes, self._shapes(rows, place), 1)
        if unsized:
            place.problem("no-size", "pictures whose size nobody tells are written without one", count=unsized)

    def tracks(self, told: Numbered, table: Table, place: Place) -> Iterator[str]:
        """Every track of a task, and every shape that is not tracked as one of a single frame.

        Args:
            told: the task.
            table: its rows by object and frame, elements after their skeleton.
            place: of the task, to tell what cannot be written.
        """
        tags = table.is_shape("tag")
        if tags.any():
            message = "tags have no place in XML for video; ask for images, or a backup"
            place.drop("tags", message, count=int(np.count_nonzero(tags)))
        table = table.take(~tags)
        for rows in _groups(table, np.where(table.parent >= 0, table.parent, table.object)):
            if not (own := [row for row in rows if row.parent < 0]):
                _tell_orphans(rows, place)
                continue
            self.rows += len(rows)
            yield self._track(told, rows if own[0].tracked else [*rows, *_ends(rows, told)])

    def _picture(self, told: Numbered, frame: int) -> dict[str, str]:
        """What is said of a picture; without width and height where nobody knows them."""
        true, media = int(told.task.frames.true(frame)), told.task.media
        is_still = media is not None and not isinstance(media, Video)
        attributes = {"id": str(told.frame(frame)), "name": f"frame_{true:06d}"}
        try:
            if media is not None and is_still:
                attributes["name"] = media.name_of(true)
            attributes |= self._task(told)
            height, width = (0, 0) if media is None else media.size_of(true)
        except (BadAnnotations, BadPicture):
            return attributes
        return attributes | ({"width": str(width), "height": str(height)} if height else {})

    def _shapes(self, rows: Sequence[Row], place: Place) -> list[str]:
        """What is on a picture, from below to above, tags last."""
        objects: list[list[Row]] = []
        for row in rows:
            if row.parent < 0:
                objects.append([row])
            elif objects and objects[-1][0].object == row.parent:
                objects[-1].append(row)
            else:
                _tell_orphans([row], place)
        self.rows += sum(map(len, objects))
        objects.sort(key=lambda parts: (parts[0].shape == "tag", parts[0].z_order))
        return [self._shape(parts[0], parts[1:], 2) for parts in objects]

    def _shape(self, row: Row, inner: Sequence[Row], level: int) -> str:
        """A shape or a tag on a picture."""
        told = {"label": row.label, "source": row.source}
        if row.parent >= 0:
            told["outside"] = _flag(row.outside)
        if row.shape not in {"tag", "skeleton"}:
            told["occluded"] = _flag(row.occluded)
        if row.shape != "tag":
            told |= geometry_attributes(row, self._number)
            if row.parent < 0:
                told["z_order"] = str(row.z_order)
        told |= _group(row)
        parts = [self._shape(each, (), level + 1) for each in inner]
        return element(TAGS.get(row.shape, "tag"), told, [*parts, *_attributes(row, level + 1)], level)

    def _track(self, told: Numbered, rows: Sequence[Row]) -> str:
        """A track; its skeleton is told wherever an element of it has a key."""
        own = {row.frame: row for row in rows if row.parent < 0}
        inner: dict[int, list[Row]] = {}
        for row in rows:
            if row.parent >= 0:
                inner.setdefault(row.frame, []).append(row)
        first = own[min(own)]
        attributes = {"id": str(next(self._tracks)), "label": first.label, "source": first.source}
        attributes |= self._task(told) | _group(first)
        latest, shapes = first, []
        for frame in sorted({*own, *inner}):
            latest = own.get(frame, replace(latest, frame=frame, keyframe=False))
            parts = [self._key(each, {"label": each.label}, (), 3) for each in inner.get(frame, ())]
            shapes.append(self._key(latest, {"frame": str(told.frame(frame))}, parts, 2))
        return element("track", attributes, shapes, 1)

    def _key(self, row: Row, told: dict[str, str], inner: Sequence[str], level: int) -> str:
        """A shape of a track, or an element of it, on a frame."""
        told = {**told, "keyframe": _flag(row.keyframe)}
        if row.shape != "skeleton":
            told |= {"outside": _flag(row.outside), "occluded": _flag(row.occluded)}
        elif row.outside:
            told["outside"] = _flag(row.outside)
        told |= geometry_attributes(row, self._number)
        if row.parent < 0:
            told["z_order"] = str(row.z_order)
        return element(TAGS[row.shape], told, [*inner, *_attributes(row, level + 1)], level)

    def _task(self, told: Numbered) -> dict[str, str]:
        """In a project, which task something is of."""
        return {"task_id": str(told.id), "subset": told.task.subset or NO_SUBSET} if self._is_project else {}

    def _number(self, value: float) -> str:
        return f"{value:.{self._precision}f}"


def _groups(table: Table, key: NDArray[np.signedinteger[Any]]) -> Iterator[list[Row]]:
    """Rows that have the same key, which lie side by side; only some are held at a time."""
    bounds = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), len(table)] if len(table) else [0]
    first = 0
    while first < len(bounds) - 1:
        last = max(bisect.bisect(bounds, bounds[first] + BLOCK) - 1, first + 1)
        rows = list(table.take(np.arange(bounds[first], bounds[last])).rows())
        yield from (
            rows[begin - bounds[first] : end - bounds[first]] for begin, end in pairwise(bounds[first : last + 1])
        )
        first = last


def _ends(rows: Sequence[Row], told: Numbered) -> Iterator[Row]:
    """The keys that end a track of a single frame on the next one; none after the last."""
    frame, frames = rows[0].frame + 1, told.task.frames
    while frame in frames.deleted:
        frame += 1
    return (replace(row, frame=frame, outside=True) for row in rows if frame < frames.size)


def _tell_orphans(rows: Sequence[Row], place: Place) -> None:
    for row in rows:
        place.drop("orphan-element", f"{row.label!r} belongs to a skeleton that is not there", frame=row.frame)


def _group(row: Row) -> dict[str, str]:
    return {"group_id": str(row.group)} if row.group else {}


def _attributes(row: Row, level: int) -> Iterator[str]:
    told = {**row.attributes, **row.frame_attributes}
    return (leaf("attribute", as_text(value), level, {"name": name}) for name, value in told.items())


def _flag(value: bool) -> str:  # noqa: FBT001
    return str(int(value))
