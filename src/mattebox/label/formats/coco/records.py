"""The rows of a task as annotations of COCO."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mattebox.label.dataset import Attribute, Label
from mattebox.label.formats.common.fitting import holding
from mattebox.label.formats.common.rings import overlapping, ring_areas
from mattebox.label.geometry import areas, boxes, to_polygons
from mattebox.label.masks.rasterize import filled
from mattebox.label.masks.rle import coco_of_piece, piece_of_row
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.vectorize import separate
from mattebox.label.report import Report
from mattebox.label.row import SHAPES
from mattebox.label.table import Table

__all__ = ["Records", "category", "fitting"]

EXACT = 9
"""Decimals of sides and areas; what is behind them is the noise of the last bit."""

Record = dict[str, Any]


def fitting(table: Table, report: Report, *, task: str) -> Table:
    """The rows that COCO has a place for, with outlines in place of what it has no name for.

    Ellipses, cuboids and turned rectangles become polygons, which is told; tags, points and polylines are dropped.

    Args:
        table: the rows of a task.
        report: is told what is changed or dropped.
        task: its name.
    """
    table = holding(
        table, ~table.is_shape("tag", "points", "polyline") | (table.parent >= 0), "COCO", report, task=task
    )
    short = table.is_shape("polygon") & (table.points.lengths < 6)
    if short.any():
        report.drop("too-few-points", "polygons of fewer than 3 points", task=task, count=int(short.sum()))
        table = table.take(~short)
    changed = table.is_shape("ellipse", "cuboid") | (table.is_shape("rectangle") & (table.rotation != 0))
    if not changed.any():
        return table
    message = "ellipses, cuboids and turned rectangles become polygons"
    report.note("shape-changed", message, task=task, count=int(changed.sum()))
    kept, outlined = table.take(~changed), to_polygons(table.take(changed))
    numbers = {name: np.concatenate((getattr(kept, name), getattr(outlined, name))) for name in _NUMBERS}
    order = np.argsort(np.concatenate((np.flatnonzero(~changed), np.flatnonzero(changed))))
    return Table.concat([kept, outlined]).replace(**numbers).take(order)


_NUMBERS = ("object", "parent", "group")
"""What a table that is put together of several numbers anew, though here the rows are of one."""


def category(number: int, label: Label) -> Record:
    """A label as a category with that id."""
    record: Record = {"id": number, "name": label.name, "supercategory": ""}
    record |= {key: value for key, value in label.extra.items() if key not in {"id", "name"}}
    if label.sublabels:
        edges: Sequence[Any] = label.extra.get("skeleton", [])
        record |= {"keypoints": [each.name for each in label.sublabels], "skeleton": list(edges)}
    return record


class Records:
    """Annotations for the rows of a task, without their ids.

    A skeleton and the one shape that shares its group and its label become one annotation, as people are in COCO.

    Args:
        table: what `fitting` gave, by frame.
        classes: number and label by name.
    """

    def __init__(self, table: Table, classes: Mapping[str, tuple[int, Label]]) -> None:
        self.table = table
        self._classes = classes
        found = boxes(table)
        sides = (found[:, 2:] - found[:, :2]).round(EXACT)
        self._boxes = np.hstack((found[:, :2], sides)).tolist()
        self._areas = (
            np.where(table.is_shape("rectangle", "skeleton"), sides.prod(axis=1), areas(table)).round(EXACT).tolist()
        )
        self._points = table.points.lists()
        self._shapes = [SHAPES[code] for code in table.shape.tolist()]
        self._occluded = table.occluded.tolist()
        self._tracked = table.tracked.tolist()
        self._extra = table.extra.lists()
        self._scores = table.score.tolist()
        coded = (table.label, table.attributes, table.frame_attributes)
        self._codes = list(zip(*(column.codes.tolist() for column in coded), strict=True))
        self._told: dict[tuple[int, ...], Record] = {}

    def on(self, frame: int, size: tuple[int, int]) -> Iterator[Record]:
        """The annotations of a picture.

        Args:
            frame: of the task.
            size: (height, width).
        """
        first, last = np.searchsorted(self.table.frame, (frame, frame + 1)).tolist()
        for index in range(first, last):
            if self._alone[index]:
                yield self._record(index, size)

    def _record(self, index: int, size: tuple[int, int]) -> Record:
        table = self.table
        number, label = self._classes[table.label[index]]
        attributes = {**self._attributes(index, label), "occluded": self._occluded[index]}
        if self._tracked[index]:
            attributes |= {"track_id": int(table.object[index]), "keyframe": bool(table.keyframe[index])}
        extra = self._extra[index]
        crowd = int(bool(extra.get("iscrowd", 0)))
        record = {**extra, "category_id": number, "iscrowd": crowd, "attributes": attributes}
        if not math.isnan(self._scores[index]):
            record["score"] = self._scores[index]
        if self._shapes[index] == "skeleton":
            record |= self._keypoints(index, label)
            index = self._partners.get(index, index)
        return record | self._area(index, size)

    def _area(self, index: int, size: tuple[int, int]) -> Record:
        """The outline of an annotation, its box and its area."""
        shape = self._shapes[index]
        record: Record = {"segmentation": [], "area": self._areas[index], "bbox": self._boxes[index]}
        if shape in {"rectangle", "skeleton"}:
            return record
        record["segmentation"] = [self._points[index]]
        if shape == "mask":
            piece = piece_of_row(self._points[index], self.table.runs[index])
            return record | {"segmentation": coco_of_piece(_inside(piece, size), size)}
        if len(lengths := self.table.rings[index]) > 1:
            rings = separate(self._points[index], lengths)
            parts = [ring.ravel().tolist() for ring in rings]
            has_holes = overlapping(ring_areas(parts))
            return record | {"segmentation": coco_of_piece(filled(rings, size), size) if has_holes else parts}
        return record

    def _attributes(self, index: int, label: Label) -> Record:
        """What an annotation says of its object and of this frame, each value of the type that its label tells."""
        codes = self._codes[index]
        if codes not in self._told:
            specs = {each.name: each for each in label.attributes}
            both = {**self.table.attributes[index], **self.table.frame_attributes[index]}
            self._told[codes] = {name: _typed(value, specs.get(name)) for name, value in both.items()}
        return self._told[codes]

    def _keypoints(self, index: int, label: Label) -> Record:
        """Keypoints in the order of the label's elements: x, y, and 0 for absent, 1 for hidden, 2 for seen."""
        table = self.table
        known = {table.label[each]: each for each in self._elements[self._key(index)] if len(self._points[each]) >= 2}
        keypoints: list[float] = []
        for name in [each.name for each in label.sublabels] or list(known):
            if name in known:
                each = known[name]
                keypoints += [*self._points[each][:2], 1 if table.occluded[each] else 2]
            else:
                keypoints += [0, 0, 0]
        return {"keypoints": keypoints, "num_keypoints": sum(seen > 0 for seen in keypoints[2::3])}

    def _key(self, index: int) -> tuple[int, int]:
        return int(self.table.frame[index]), int(self.table.object[index])

    @cached_property
    def _elements(self) -> dict[tuple[int, int], list[int]]:
        """Positions of the elements of every skeleton."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index in np.flatnonzero(self.table.parent >= 0).tolist():
            found[int(self.table.frame[index]), int(self.table.parent[index])].append(index)
        return found

    @cached_property
    def _partners(self) -> dict[int, int]:
        """For skeletons, the position of the one shape that is in a group with them alone."""
        table = self.table
        skeleton = table.is_shape("skeleton")
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index in np.flatnonzero((table.group > 0) & (table.parent < 0)).tolist() if skeleton.any() else ():
            groups[int(table.frame[index]), int(table.group[index]), int(table.label.codes[index])].append(index)
        pairs = (sorted(each, key=lambda index: not skeleton[index]) for each in groups.values() if len(each) == 2)
        return {one: other for one, other in pairs if skeleton[one] and not skeleton[other]}

    @cached_property
    def _alone(self) -> list[bool]:
        """(N,), which rows have an annotation of their own."""
        alone = self.table.parent < 0
        alone[list(self._partners.values())] = False
        placed = np.isfinite(np.array(self._boxes).reshape(-1, 4)).all(axis=1)
        return (alone & placed).tolist()  # a skeleton of which nothing is to be seen is nowhere


def _typed(value: str, spec: Attribute | None) -> Any:
    """The value of an attribute as JSON: a truth or a number where its label says that it is one."""
    if spec is not None and spec.input_type == "checkbox" and value in {"true", "false"}:
        return value == "true"
    if spec is not None and spec.input_type == "number":
        try:
            number = float(value)
        except ValueError:
            return value
        return int(number) if value.lstrip("-").isdecimal() else number
    return value


def _inside(piece: Piece, size: tuple[int, int]) -> Piece:
    """A mask without what lies outside its picture."""
    top, left = max(piece.top, 0), max(piece.left, 0)
    crop = piece.crop[top - piece.top : size[0] - piece.top, left - piece.left : size[1] - piece.left]
    return Piece(top, left, crop)
