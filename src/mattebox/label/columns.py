"""Columns of unequal and of repeated values, as Arrow keeps them: the points of rows, and their labels."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Coded", "Ragged", "indices_of", "put"]

Array: TypeAlias = NDArray[Any]
"""One dimension, of any type."""

Value = TypeVar("Value")


def indices_of(which: Array, size: int) -> NDArray[np.int64]:
    """Positions that a boolean mask, an array of positions or a slice's positions pick.

    Raises:
        IndexError: a mask has another length, or a position is out of bounds.

    Example:
        >>> indices_of(np.array([True, False, True]), 3).tolist(), indices_of(np.array([-1]), 3).tolist()
        ([0, 2], [2])
    """
    which = np.asarray(which)
    if which.dtype == bool:
        if which.size != size:
            raise IndexError(f"a mask of {which.size} for {size} rows")
        return np.flatnonzero(which)
    which = which.astype(np.int64)
    if which.size and not (-size <= which.min() and which.max() < size):
        raise IndexError(f"row {which.min() if which.min() < -size else which.max()} of {size}")
    return np.where(which < 0, which + size, which)


@dataclass(frozen=True, eq=False)
class Ragged:
    """A column whose every cell is a list of numbers.

    Attributes:
        values: the numbers of all cells, one cell after the other.
        offsets: int64 (N + 1,), where each cell begins, and at the end where the last one ends.

    Example:
        >>> cells = Ragged.from_lists([[1, 2], [], [3]], np.float64)
        >>> cells[0].tolist(), cells.lengths.tolist(), cells.take(np.array([2, 0])).values.tolist()
        ([1.0, 2.0], [2, 0, 1], [3.0, 1.0, 2.0])
    """

    values: Array
    offsets: NDArray[np.int64]

    @classmethod
    def from_lists(cls, cells: Sequence[Sequence[float]], dtype: Any = np.float64) -> Ragged:
        """Keep lists, or arrays, of numbers."""
        lengths = np.fromiter(map(len, cells), np.int64, len(cells))
        values = np.fromiter(chain.from_iterable(cells), dtype, int(lengths.sum()))
        return cls.of_lengths(values, lengths)

    @classmethod
    def of_lengths(cls, values: Array, lengths: Array) -> Ragged:
        """Cut an array into cells of these lengths."""
        return cls(values, np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))))

    @classmethod
    def empty(cls, size: int, dtype: Any = np.float64) -> Ragged:
        """Cells that are all empty."""
        return cls(np.empty(0, dtype), np.zeros(size + 1, np.int64))

    @classmethod
    def concat(cls, columns: Sequence[Ragged]) -> Ragged:
        """One column after the other; at least one."""
        values = np.concatenate([column.values[column.offsets[0] : column.offsets[-1]] for column in columns])
        return cls.of_lengths(values, np.concatenate([column.lengths for column in columns]))

    def __len__(self) -> int:
        """How many cells there are."""
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Array:
        """The numbers of a cell."""
        index = range(len(self))[index]
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,), how many numbers each cell has."""
        return np.diff(self.offsets)

    def take(self, which: Array) -> Ragged:
        """The cells at these positions, or where a mask is true."""
        picked = indices_of(which, len(self))
        lengths = self.lengths[picked]
        taken = Ragged.of_lengths(self.values[:0], lengths)
        shift = np.repeat(self.offsets[:-1][picked] - taken.offsets[:-1], lengths)
        return Ragged(self.values[np.arange(len(shift)) + shift], taken.offsets)

    def lists(self) -> list[list[Any]]:
        """Every cell as a list of Python's numbers."""
        values, bounds = self.values.tolist(), self.offsets.tolist()
        return [values[begin:end] for begin, end in pairwise(bounds)]


def put(column: Ragged, rows: Array, cells: Ragged) -> Ragged:
    """A column with other cells in some rows, in the numbers' own type.

    Example:
        >>> column = put(Ragged.from_lists([[1], [2], [3]]), np.array([1]), Ragged.from_lists([[7, 8]]))
        >>> column.lists()
        [[1.0], [7.0, 8.0], [3.0]]
    """
    order = np.arange(len(column))
    order[rows] = len(column) + np.arange(len(cells))
    joined = Ragged.concat([column, cells]).take(order)
    return Ragged(joined.values.astype(column.values.dtype, copy=False), joined.offsets)


@dataclass(frozen=True, eq=False)
class Coded(Generic[Value]):
    """A column whose values repeat: each is kept once, and every cell is the position of its value.

    Attributes:
        values: each value once, in the order in which it was first met.
        codes: int32 (N,), positions in `values`.

    Example:
        >>> labels = Coded.from_values(["cat", "dog", "cat"])
        >>> labels.values, labels.codes.tolist(), labels[2]
        (('cat', 'dog'), [0, 1, 0], 'cat')
    """

    values: tuple[Value, ...]
    codes: NDArray[np.int32]

    @classmethod
    def from_values(cls, cells: Iterable[Value], key: Callable[[Value], Hashable] | None = None) -> Coded[Value]:
        """Keep values.

        Args:
            cells: what the column holds.
            key: what makes two values the same; the value itself, which must then be hashable, unless given.
        """
        seen: dict[Hashable, int] = {}
        values: list[Value] = []
        codes: list[int] = []
        for cell in cells:
            known = seen.setdefault(key(cell) if key else cell, len(values))
            if known == len(values):
                values.append(cell)
            codes.append(known)
        return cls(tuple(values), np.array(codes, np.int32))

    @classmethod
    def constant(cls, value: Value, size: int) -> Coded[Value]:
        """The same value in every cell."""
        return cls((value,), np.zeros(size, np.int32))

    @classmethod
    def concat(cls, columns: Sequence[Coded[Value]], key: Callable[[Value], Hashable] | None = None) -> Coded[Value]:
        """One column after the other."""
        merged = Coded.from_values(chain.from_iterable(column.values for column in columns), key)
        starts = np.cumsum([0, *(len(column.values) for column in columns)])
        codes = [
            merged.codes[start : start + len(column.values)][column.codes]
            for start, column in zip(starts, columns, strict=False)
        ]
        return cls(merged.values, np.concatenate(codes) if codes else np.empty(0, np.int32))

    def __len__(self) -> int:
        """How many cells there are."""
        return len(self.codes)

    def __getitem__(self, index: int) -> Value:
        """The value of a cell."""
        return self.values[self.codes[index]]

    def take(self, which: Array) -> Coded[Value]:
        """The cells at these positions, or where a mask is true."""
        return Coded(self.values, self.codes[indices_of(which, len(self))])

    def map(self, change: Callable[[Value], Value]) -> Coded[Value]:
        """Change every value; those that become the same are kept once."""
        changed = Coded.from_values(map(change, self.values))
        return Coded(changed.values, changed.codes[self.codes] if len(self.values) else self.codes)

    def equals(self, value: Value) -> NDArray[np.bool_]:
        """(N,), where the column has a value."""
        return self.isin([value])

    def isin(self, values: Iterable[Value]) -> NDArray[np.bool_]:
        """(N,), where the column has one of some values."""
        wanted = list(values)
        return np.isin(self.codes, [code for code, value in enumerate(self.values) if value in wanted])

    def lists(self) -> list[Value]:
        """Every cell as its value."""
        return [self.values[code] for code in self.codes.tolist()]
