"""Rows as they are read, by the subtask that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

__all__ = ["Placing"]

Place = TypeVar("Place", tuple[int, int], tuple[str, str])
"""A task and its subtask, by their positions or by their names."""


class Placing(Generic[Place]):
    """Gathers rows, and gives them out by subtask; those that no subtask asks for are told."""

    def __init__(self) -> None:
        self._rows: dict[Place, list[Row]] = defaultdict(list)

    def put(self, place: Place, row: Row) -> None:
        """Take down a row."""
        self._rows[place].append(row)

    def places(self) -> list[Place]:
        """Where rows belong that nobody has asked for, in the order in which they were met."""
        return list(self._rows)

    def table(self, place: Place) -> Table:
        """The rows of a subtask, which are forgotten."""
        return Table.from_rows(self._rows.pop(place, []))

    def labels(self) -> Iterable[str]:
        """What the rows are labelled, the elements of skeletons left out; each once, as they come."""
        return dict.fromkeys(row.label for rows in self._rows.values() for row in rows if row.parent < 0)

    def tell_left(self, report: Report, dataset: str) -> None:
        """Tell of rows that nobody has asked for.

        Args:
            report: is told.
            dataset: name of the file.
        """
        for (task, subtask), rows in self._rows.items():
            message = f"rows of task {task!r} and subtask {subtask!r}, which the description does not have"
            report.drop("no-task", message, dataset=dataset, count=len(rows))
