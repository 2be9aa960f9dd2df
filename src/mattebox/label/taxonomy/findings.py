"""What is wrong with a label table, and in which cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Finding", "Level", "Place"]

Level: TypeAlias = Literal["error", "warning", "note"]
"""Labels are led astray; something looks like a slip; something is worth knowing."""


@dataclass(frozen=True)
class Place:
    """Where a row was read.

    Attributes:
        file: path of the file.
        sheet: name of the sheet in a workbook; empty elsewhere.
        row: counted from 1 as people see it: of a sheet, a row; of a text, a line or a record; 0 if not known.
        columns: letter of the column, or in YAML the key, by what it holds.
    """

    file: str = ""
    sheet: str = ""
    row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        severity: how bad it is.
        code: what kind of thing it is, in words with hyphens.
        message: what is wrong with which value, and what to do about it.
        file: path of the file; empty for a table that was not read from one.
        sheet: name of the sheet in a workbook.
        row: counted from 1; 0 if it is about no single row.
        column: letter of the column, or in YAML the key; empty if it is about no single one.

    Example:
        >>> print(Finding("error", "empty-name", "a class without a name", "t.xlsx", "Classes", 7, "A"))
        t.xlsx, sheet Classes, row 7, column A: a class without a name
    """

    severity: Level
    code: str
    message: str
    file: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""

    @classmethod
    def at(cls, severity: Level, code: str, message: str, place: Place, holds: str = "") -> Finding:
        """One about a cell.

        Args:
            severity: how bad it is.
            code: what kind of thing it is.
            message: what is wrong.
            place: the row.
            holds: what the column holds, as a place names its columns; empty for the whole row.
        """
        return cls(severity, code, message, place.file, place.sheet, place.row, place.columns.get(holds, ""))

    @property
    def where(self) -> str:
        """File, sheet, row and column, as far as they are known."""
        named = (("sheet", self.sheet), ("row", self.row), ("column", self.column))
        return ", ".join([self.file or "the table", *(f"{name} {value}" for name, value in named if value)])

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"
