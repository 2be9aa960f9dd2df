"""Parquet: the rows of all subtasks in one table, and the description of the data set in its metadata."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from mattebox.encode import whole_file
from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset
from mattebox.label.extra import needed_for
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.storage.description import described
from mattebox.label.storage.restoring import restored
from mattebox.label.table import Table

__all__ = ["load_parquet", "looks_like_parquet", "save_parquet"]

KEY = b"mattebox"
"""What the metadata keep the description under."""

TASK, SUBTASK = "task", "subtask"
"""The two columns that say which table a row is of: positions of its task, and of its subtask in there."""


def save_parquet(dataset: Dataset, path: Path, report: Report, *, overwrite: bool = False) -> None:
    """Keep a data set in one file, without any loss; its media stay where they are.

    Args:
        dataset: any.
        path: of the file.
        report: is told how much was written.
        overwrite: replace a file that is there.

    Raises:
        OutputFailed: the file exists, or cannot be written.
        MissingExtra: pyarrow is not installed.
    """
    with needed_for("writing Parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    path = Path(os.path.expanduser(path))
    parts = []
    for number, task in enumerate(dataset.tasks):
        for inner, subtask in enumerate(task.subtasks):
            arrow = subtask.table.to_arrow()
            for name, place in ((SUBTASK, inner), (TASK, number)):
                arrow = arrow.add_column(0, name, pa.array(np.full(arrow.num_rows, place, np.int32)))
            parts.append(arrow)
    if not parts:
        empty = pa.array([], pa.int32())
        parts.append(Table.empty().to_arrow().add_column(0, SUBTASK, empty).add_column(0, TASK, empty))
    description = json.dumps(described(dataset, path.parent, report), ensure_ascii=False)
    table = pa.concat_tables(parts).unify_dictionaries()
    table = table.replace_schema_metadata({KEY: description.encode()})
    with whole_file(path, overwrite=overwrite) as file:
        pq.write_table(table, file, compression="zstd")
    report.made("files")
    report.made("rows", table.num_rows)


def load_parquet(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read a data set that `save_parquet` kept.

    Args:
        path: of the file.
        report: is told of media that are not there any more.
        progress: told how many tasks are whole.

    Raises:
        BadAnnotations: the file is missing, damaged, or another program's.
        MissingExtra: pyarrow is not installed.
    """
    with needed_for("reading Parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    path = Path(os.path.expanduser(path))
    try:
        arrow = pq.read_table(path)
        description = json.loads((arrow.schema.metadata or {}).get(KEY, b"null"))
    except FileNotFoundError as error:
        raise BadAnnotations(f"{path}: there is no such file") from error
    except (OSError, ValueError, RecursionError, pa.ArrowException) as error:
        cause = " ".join(str(error).split())
        raise BadAnnotations(f"{path}: cannot be read as Parquet: {cause}") from error
    if not {TASK, SUBTASK} <= set(arrow.column_names):
        raise BadAnnotations(f"{path}: not a data set that Mattebox wrote: it has no columns {TASK} and {SUBTASK}")
    try:
        whole = Table.from_arrow(arrow)
        tasks, subtasks = (arrow.column(name).to_numpy().astype(np.int64) for name in (TASK, SUBTASK))
    except (AttributeError, LookupError, TypeError, ValueError, pa.ArrowException) as error:
        cause = " ".join(str(error).split())
        raise BadAnnotations(
            f"{path}: a column is missing, or not of the type that Mattebox writes: {cause}"
        ) from error
    places = tasks * (1 << 32) + subtasks
    order = np.argsort(places, kind="stable")
    places = places[order]

    def table(task: int, subtask: int) -> Table:
        place = task * (1 << 32) + subtask
        return whole.take(order[slice(*np.searchsorted(places, (place, place + 1)))])

    return restored(description, table, path, report, progress)


def looks_like_parquet(path: Path) -> bool:
    """Whether it is a Parquet file, by how it begins."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"
