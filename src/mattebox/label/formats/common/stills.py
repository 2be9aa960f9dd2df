"""A data set of stills in the making: pictures and what is on them, as a reader comes across them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.formats.common.flaws import flaw_of
from mattebox.label.frames import FrameMap
from mattebox.label.masks.rle import row_of_piece
from mattebox.label.masks.sets import Piece, box
from mattebox.label.media import Blob, Images
from mattebox.label.merging import stacked
from mattebox.label.report import Report
from mattebox.label.row import Row, Shape
from mattebox.label.table import Table
from mattebox.picture import read_size

__all__ = ["Still", "Stills", "piece_of", "texts"]

BATCH = 8192
"""Rows of a task that are kept as Python's objects."""


@dataclass(eq=False)
class _Group:
    """Stills that become one task."""

    name: str
    subset: str
    files: list[Blob] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int] | None] = field(default_factory=list)
    related: dict[int, tuple[Blob, ...]] = field(default_factory=dict)
    extra: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    missing: list[Blob] = field(default_factory=list)
    beyond: list[Blob] = field(default_factory=list)
    labels: dict[str, None] = field(default_factory=dict)
    objects: dict[object, int] = field(default_factory=dict)
    _rows: list[Row] = field(default_factory=list)
    _tables: list[Table] = field(default_factory=list)

    def put(self, row: Row) -> None:
        """Take a row; as columns rows need a tenth of the memory, so only some wait to become these."""
        self._rows.append(row)
        if row.parent < 0:
            self.labels.setdefault(row.label)
        if len(self._rows) == BATCH:
            self._flush()

    def table(self) -> Table:
        """All rows."""
        self._flush()
        return stacked(self._tables)

    def _flush(self) -> None:
        self._tables.append(Table.from_rows(self._rows))
        self._rows = []


@dataclass(frozen=True, eq=False)
class Still:
    """A picture of a data set, to which its rows are given.

    Attributes:
        frame: its number in its task.
        report: told of rows that cannot be used.
    """

    frame: int
    report: Report
    _group: _Group

    @property
    def name(self) -> str:
        """What it is called."""
        return self._group.names[self.frame]

    @property
    def task(self) -> str:
        """Name of the task that it is in."""
        return self._group.name

    @property
    def blob(self) -> Blob:
        """Its file."""
        return self._group.files[self.frame]

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width, where they are known yet."""
        return self._group.sizes[self.frame]

    def measure(self) -> tuple[int, int]:
        """Height and width, from the file if nobody said them.

        Raises:
            BadPicture: the file is missing or damaged.
        """
        size = self.size
        if size is None:
            size = self._group.sizes[self.frame] = _size_of(self.blob)
        return size

    def object(self, key: object) -> int:
        """The number of an object of the task, the same for the same key."""
        return self._group.objects.setdefault(key, len(self._group.objects))

    def put(self, place: str, label: str, shape: Shape, points: Iterable[float] = (), **fields: Any) -> bool:
        """Add a row, the corners of a rectangle in order; one that cannot be used is dropped and told.

        Args:
            place: file and place in it, for messages.
            label: name of what it is.
            shape: its kind.
            points: x, y, x, y, ... in pixels.
            fields: the rest of a `Row`.

        Returns:
            Whether it was added.
        """
        points = tuple(points)
        if shape == "rectangle" and len(points) == 4 and (points[0] > points[2] or points[1] > points[3]):
            points = (*map(min, points[:2], points[2:]), *map(max, points[:2], points[2:]))
            message = f"{place}: its right or its bottom came first: put in order"
            self.report.note("inverted", message, task=self.task, frame=self.frame)
        if flaw := flaw_of(shape, points, self.size, turned=bool(fields.get("rotation"))):
            self.drop(flaw.code, f"{place}: {flaw.cause}")
            return False
        self._group.put(Row(label=label, frame=self.frame, shape=shape, points=points, **fields))
        return True

    def put_mask(self, place: str, label: str, piece: Piece, **fields: Any) -> bool:
        """Add a mask as a row; an empty one is dropped and told.

        Args:
            place: file and place in it, for messages.
            label: name of what it is.
            piece: the mask.
            fields: the rest of a `Row`.

        Returns:
            Whether it was added.
        """
        if not piece.crop.any():
            self.drop("empty-shape", f"{place}: a mask without a pixel")
            return False
        points, runs = row_of_piece(piece)
        return self.put(place, label, "mask", points.tolist(), runs=tuple(runs.tolist()), **fields)

    def drop(self, code: str, message: str) -> None:
        """Tell that something of this picture is left out."""
        self.report.drop(code, message, task=self.task, frame=self.frame)


class Stills:
    """Gathers the stills of a data set; every folder of every subset becomes a task.

    Stills of one folder may show one scene, so they stay together unless somebody says where each came from.

    Args:
        name: of the data set.
        report: told of pictures that are missing, and of rows that cannot be used.
    """

    def __init__(self, name: str, report: Report) -> None:
        self.name = name
        self.report = report
        self._groups: dict[tuple[str, str], _Group] = {}
        self._known: dict[tuple[str, str], Still] = {}

    def add(
        self,
        blob: Blob,
        name: str,
        *,
        subset: str = "",
        size: tuple[int, int] | None = None,
        missing: bool = False,
        beyond: bool = False,
        task: str = "",
        related: Sequence[Blob] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> Still:
        """Take a picture up; one that is known already is given back as it is, and that is told.

        Args:
            blob: its file.
            name: what it is called, with folders.
            subset: it is in.
            size: (height, width), where it is known.
            missing: the file is not there.
            beyond: it lies outside of the data set's own folder.
            task: name of its task, where it is known; its folder unless given.
            related: pictures that belong to it, such as an alpha.
            extra: what a file says of it beyond this; its task keeps it in `extra["frames"]`, by name.
        """
        place = task or str(PurePosixPath(name).parent)
        if still := self._known.get((subset, name)):
            message = f"{name} is named twice; what is said of it is put together"
            self.report.problem("duplicate-picture", message, dataset=self.name, task=still.task, frame=still.frame)
            return still
        group = self._groups.get((subset, place))
        if group is None:
            title = task or "/".join(part for part in (subset, place) if part not in {"", "."})
            group = self._groups[subset, place] = _Group(title or self.name, subset)
        still = self._known[subset, name] = Still(len(group.files), self.report, group)
        group.files.append(blob)
        group.names.append(name)
        group.sizes.append(size)
        if related:
            group.related[still.frame] = tuple(related)
        if extra:
            group.extra[name] = extra
        if missing:
            group.missing.append(blob)
        if beyond:
            group.beyond.append(blob)
        return still

    def dataset(self, labels: Iterable[Label] = (), **fields: Any) -> Dataset:
        """The data set of everything so far.

        Args:
            labels: in the order of class indices; those that only rows name are put at the end.
            fields: the rest of a `Dataset`.
        """
        specs = {label.name: label for label in labels}
        for group in self._groups.values():
            for name in group.labels:
                specs.setdefault(name, Label(name))
        tasks = tuple(map(self._task, self._groups.values()))
        return Dataset(self.name, tasks, tuple(specs.values()), **fields)

    def _task(self, group: _Group) -> Task:
        if group.missing:
            count = len(group.missing)
            message = f"{count} of {len(group.files)} pictures are not there; the first is {group.missing[0]}"
            self.report.problem("picture-missing", message, dataset=self.name, task=group.name, count=count)
        if group.beyond:
            count = len(group.beyond)
            message = (
                f"{count} of {len(group.files)} pictures lie outside of the folder; the first is {group.beyond[0]}"
            )
            self.report.note("picture-outside", message, dataset=self.name, task=group.name, count=count)
        frames = FrameMap(len(group.files))
        media = Images(group.files, group.names, group.sizes, group.related, name=group.name)
        subtask = Subtask(group.name, np.arange(frames.size), group.table())
        extra = {"frames": group.extra} if group.extra else {}
        return Task(group.name, media, frames, (subtask,), subset=group.subset, extra=extra)


def _size_of(blob: Blob) -> tuple[int, int]:
    """Height and width of a picture, upright; for most, the beginning of the file tells."""
    try:
        with blob.open() as file:
            start = file.read(1 << 16)
            try:
                return read_size(start, upright=True)
            except BadPicture:
                return read_size(start + file.read(), upright=True)
    except BadAnnotations as error:
        raise BadPicture(str(error)) from error
    except BadPicture as error:
        raise BadPicture(str(error).replace("<bytes>", str(blob))) from error


def texts(record: Mapping[str, Any]) -> dict[str, str]:
    """Values of attributes as the table keeps them: texts, truths in lower case.

    Example:
        >>> texts({"difficult": True, "age": 3, "name": "Tom"})
        {'difficult': 'true', 'age': '3', 'name': 'Tom'}
    """
    return {str(name): str(value).lower() if isinstance(value, bool) else str(value) for name, value in record.items()}


def piece_of(mask: NDArray[np.bool_]) -> Piece:
    """The part of a whole picture's mask that has all that is set."""
    top, left, bottom, right = box(mask) or (0, 0, 0, 0)
    return Piece(top, left, mask[top:bottom, left:right])
