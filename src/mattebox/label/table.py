"""The annotation table: rows of annotations, kept by column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from mattebox.label.columns import Array, Coded, Ragged, indices_of
from mattebox.label.row import SHAPES, Row, Shape

if TYPE_CHECKING:
    import pyarrow

__all__ = ["COLUMNS", "Column", "Table", "record_key", "shape_codes"]

Column: TypeAlias = Any
"""An array, a `Ragged` or a `Coded`, as `COLUMNS` says of its name."""
Record: TypeAlias = Mapping[str, Any]


class Kind(NamedTuple):
    """How a column is kept.

    Attributes:
        form: one number a cell, a list of numbers, a text, or a record of names and values.
        dtype: of the numbers.
        default: what a cell holds unless told.
    """

    form: str
    dtype: DTypeLike | None = None
    default: Any = None


COLUMNS: dict[str, Kind] = {
    "label": Kind("text", default=""),
    "frame": Kind("number", np.int32, 0),
    "shape": Kind("number", np.uint8, 0),
    "points": Kind("list", np.float64),
    "rings": Kind("list", np.int32),
    "runs": Kind("list", np.int32),
    "object": Kind("number", np.int64, -1),
    "tracked": Kind("number", np.bool_, default=False),
    "parent": Kind("number", np.int64, -1),
    "keyframe": Kind("number", np.bool_, default=True),
    "occluded": Kind("number", np.bool_, default=False),
    "outside": Kind("number", np.bool_, default=False),
    "z_order": Kind("number", np.int32, 0),
    "rotation": Kind("number", np.float64, 0.0),
    "group": Kind("number", np.int64, 0),
    "source": Kind("text", default="manual"),
    "score": Kind("number", np.float64, np.nan),
    "attributes": Kind("record", default={}),
    "frame_attributes": Kind("record", default={}),
    "extra": Kind("record", default={}),
}
"""Every column of a table, in order."""


def record_key(record: Record) -> str:
    """What makes two records the same: their names and values, whatever their order."""
    return json.dumps(record, sort_keys=True) if record else ""


def shape_codes(*shapes: Shape) -> NDArray[np.uint8]:
    """What the column `shape` holds for some shapes.

    Example:
        >>> shape_codes("tag", "mask").tolist()
        [0, 7]
    """
    return np.array([SHAPES.index(shape) for shape in shapes], np.uint8)


@dataclass(frozen=True, eq=False)
class Table:
    """Annotations of a subtask, one column for each field of `Row`; nothing in it may be changed in place.

    A score that nobody said is NaN.

    Build one with `Table.of` from whole columns, or with `Table.from_rows`.

    Example:
        >>> table = Table.from_rows([Row(label="cat", frame=4, shape="rectangle", points=(1, 2, 3, 4))])
        >>> len(table), table.frame.tolist(), table.row(0).points
        (1, [4], (1.0, 2.0, 3.0, 4.0))
    """

    label: Coded[str]
    frame: NDArray[np.int32]
    shape: NDArray[np.uint8]
    points: Ragged
    rings: Ragged
    runs: Ragged
    object: NDArray[np.int64]
    tracked: NDArray[np.bool_]
    parent: NDArray[np.int64]
    keyframe: NDArray[np.bool_]
    occluded: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    z_order: NDArray[np.int32]
    rotation: NDArray[np.float64]
    group: NDArray[np.int64]
    source: Coded[str]
    score: NDArray[np.float64]
    attributes: Coded[Record]
    frame_attributes: Coded[Record]
    extra: Coded[Record]

    def __post_init__(self) -> None:
        for name, column in self.columns():
            if len(column) != len(self):
                raise ValueError(f"column {name} has {len(column)} rows, and frame has {len(self)}")

    @classmethod
    def of(cls, size: int, **columns: Any) -> Table:
        """Build a table of whole columns.

        Args:
            size: how many rows there are.
            columns: any of them: arrays, sequences, `Ragged` or `Coded`, as the column is kept; those that are left out
                have their default, and objects are numbered as the rows are.
        """
        if unknown := set(columns) - set(COLUMNS):
            raise TypeError(f"no such columns: {', '.join(sorted(unknown))}")
        columns.setdefault("object", np.arange(size))
        return cls(**{name: _column(kind, columns.get(name), size) for name, kind in COLUMNS.items()})

    @classmethod
    def empty(cls) -> Table:
        """A table without rows."""
        return cls.of(0)

    @classmethod
    def from_rows(cls, rows: Iterable[Row]) -> Table:
        """Build a table of rows; an object of -1 gets the next number that is free."""
        rows = list(rows)
        free = max((row.object for row in rows), default=-1) + 1
        objects = np.array([row.object for row in rows], np.int64)
        objects[objects < 0] = np.arange(free, free + np.count_nonzero(objects < 0))
        told = {name: [getattr(row, name) for row in rows] for name in COLUMNS if name not in {"shape", "object"}}
        return cls.of(len(rows), shape=shape_codes(*(row.shape for row in rows)), object=objects, **told)

    @classmethod
    def concat(cls, tables: Sequence[Table]) -> Table:
        """One table after the other; objects and groups are numbered on, so that those of two tables stay apart."""
        if not tables:
            return cls.empty()
        apart = list(_renumbered(tables))
        return cls(**{name: _joined(kind, [getattr(each, name) for each in apart]) for name, kind in COLUMNS.items()})

    @classmethod
    def from_arrow(cls, arrow: pyarrow.Table) -> Table:
        """The table that `to_arrow` made; columns that are not a table's are left alone."""
        from mattebox.label.arrow import from_arrow

        return from_arrow(arrow)

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table: lists as lists, texts as dictionaries, records as JSON.

        Raises:
            MissingExtra: pyarrow is not installed.
        """
        from mattebox.label.arrow import to_arrow

        return to_arrow(self)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.frame)

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Every column, with its name."""
        return ((each.name, getattr(self, each.name)) for each in fields(self))

    def take(self, which: Array) -> Table:
        """The rows at these positions, in this order, or where a mask is true."""
        picked = indices_of(which, len(self))
        taken: dict[str, Column] = {
            name: column[picked] if isinstance(column, np.ndarray) else column.take(picked)
            for name, column in self.columns()
        }
        return Table(**taken)

    def replace(self, **columns: Any) -> Table:
        """The table with other columns, given as `of` takes them."""
        return replace(self, **{name: _column(COLUMNS[name], column, len(self)) for name, column in columns.items()})

    def sorted(self) -> Table:
        """The rows by frame, then from below to above, then by object."""
        return self.take(np.lexsort((self.object, self.z_order, self.frame)))

    def is_shape(self, *shapes: Shape) -> NDArray[np.bool_]:
        """(N,), which rows are of one of some shapes."""
        return np.isin(self.shape, shape_codes(*shapes))

    def row(self, index: int) -> Row:
        """One row."""
        return next(self.take(np.array([index])).rows())

    def rows(self) -> Iterator[Row]:
        """Every row; what works on whole columns is far faster."""
        cells = [list(_cells(name, column)) for name, column in self.columns()]
        for values in zip(*cells, strict=True):
            yield Row(**dict(zip(COLUMNS, values, strict=True)))

    def equals(self, other: Table) -> bool:
        """Whether two tables hold the same rows in the same order."""
        return len(self) == len(other) and all(_same(column, getattr(other, name)) for name, column in self.columns())


def _column(kind: Kind, told: Any, size: int) -> Column:
    """A column as it is kept, of whatever it was told as."""
    if isinstance(told, (Ragged, Coded)):
        return told
    if told is None:
        return _defaults(kind, size)
    match kind.form:
        case "list":
            return Ragged.from_lists(told, kind.dtype)
        case "text":
            return Coded.from_values(told)
        case "record":
            return Coded.from_values(told, record_key)
        case _:
            return np.asarray(told, kind.dtype)


def _defaults(kind: Kind, size: int) -> Column:
    match kind.form:
        case "list":
            return Ragged.empty(size, kind.dtype)
        case "text" | "record":
            return Coded.constant(kind.default, size)
        case _:
            return np.full(size, kind.default, kind.dtype)


def _joined(kind: Kind, columns: Sequence[Any]) -> Column:
    match kind.form:
        case "list":
            return Ragged.concat(columns)
        case "text":
            return Coded.concat(columns)
        case "record":
            return Coded.concat(columns, record_key)
        case _:
            return np.concatenate(columns)


def _renumbered(tables: Sequence[Table]) -> Iterator[Table]:
    objects = groups = 0
    for table in tables:
        yield table.replace(
            object=table.object + objects,
            parent=np.where(table.parent >= 0, table.parent + objects, -1),
            group=np.where(table.group > 0, table.group + groups, 0),
        )
        objects += int(max(table.object.max(initial=-1), table.parent.max(initial=-1))) + 1
        groups += int(table.group.max(initial=0))


def _cells(name: str, column: Column) -> Iterable[Any]:
    if isinstance(column, Ragged):
        return map(tuple, column.lists())
    if isinstance(column, Coded):
        return column.lists()
    if name == "score":
        return [None if np.isnan(score) else score for score in column.tolist()]
    return [SHAPES[code] for code in column] if name == "shape" else column.tolist()


def _same(one: Column, other: Any) -> bool:
    if isinstance(one, Ragged):
        return np.array_equal(one.lengths, other.lengths) and np.array_equal(one.values, other.values, equal_nan=True)
    if isinstance(one, Coded):
        return one.lists() == other.lists()
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
