"""The annotation table as Arrow keeps it, without loss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mattebox.errors import BadAnnotations
from mattebox.label.columns import Coded, Ragged
from mattebox.label.extra import needed_for
from mattebox.label.row import SHAPES
from mattebox.label.table import COLUMNS, Table

if TYPE_CHECKING:
    import pyarrow

__all__ = ["from_arrow", "to_arrow"]


def to_arrow(table: Table) -> pyarrow.Table:
    """An Arrow table with the same columns: lists as lists, texts as dictionaries, records as JSON.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    with needed_for("keeping annotations as Arrow or Parquet"):
        import pyarrow as pa

    def arrow_of(name: str, column: Any) -> Any:
        if isinstance(column, Ragged):
            return pa.LargeListArray.from_arrays(pa.array(column.offsets), pa.array(column.values))
        if isinstance(column, Coded):
            texts = column.values if COLUMNS[name].form == "text" else map(json.dumps, column.values)
            return pa.DictionaryArray.from_arrays(pa.array(column.codes), pa.array(list(texts), pa.string()))
        if name == "shape":
            return pa.DictionaryArray.from_arrays(pa.array(column.astype(np.int32)), pa.array(SHAPES))
        return pa.array(column)

    return pa.table({name: arrow_of(name, column) for name, column in table.columns()})


def from_arrow(arrow: pyarrow.Table) -> Table:
    """The table that `to_arrow` made; columns that are not a table's are left alone.

    Raises:
        BadAnnotations: a column is missing, or holds what it cannot.
    """
    import pyarrow as pa

    if missing := [name for name in COLUMNS if name not in arrow.column_names]:
        raise BadAnnotations(f"the table has no column {', '.join(missing)}: it is not one that Mattebox wrote")
    try:
        return Table.of(arrow.num_rows, **{name: _column(name, arrow.column(name)) for name in COLUMNS})
    except BadAnnotations:
        raise
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise BadAnnotations(f"the table is not one that Mattebox wrote: {error}") from error


def _column(name: str, chunks: Any) -> Any:
    """A column as `Table.of` takes it.

    Raises:
        BadAnnotations: it is of another type, or has gaps.
    """
    import pyarrow as pa

    kind = COLUMNS[name]
    if chunks.null_count:
        raise BadAnnotations(f"column {name} of the table has {chunks.null_count} empty cells")
    if kind.form in {"text", "record"} or name == "shape":
        texts = chunks.cast(pa.string()).combine_chunks().dictionary_encode()
        values = texts.dictionary.to_pylist()
        codes = texts.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        if name == "shape":
            return np.array([_shape(value) for value in values], np.uint8)[codes]
        return Coded(tuple(values if kind.form == "text" else map(_record, values)), codes)
    if kind.form == "list":
        lists = chunks.cast(pa.large_list(pa.from_numpy_dtype(np.dtype(kind.dtype)))).combine_chunks()
        offsets = lists.offsets.to_numpy(zero_copy_only=False)
        values = lists.values.to_numpy(zero_copy_only=False)
        return Ragged(values[offsets[0] : offsets[-1]], offsets - offsets[0])
    return chunks.cast(pa.from_numpy_dtype(np.dtype(kind.dtype))).to_numpy()


def _record(text: str) -> dict[str, Any]:
    record = json.loads(text)
    if not isinstance(record, dict):
        raise BadAnnotations(f"a cell of the table has {text[:40]!r} in place of names and values")
    return record


def _shape(name: str) -> int:
    if name not in SHAPES:
        raise BadAnnotations(f"shape {name!r} is none of {', '.join(SHAPES)}")
    return SHAPES.index(name)
