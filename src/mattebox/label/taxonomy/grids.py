"""Sheets and delimited text as rows of texts, whatever their encoding, delimiter or kind of cells."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

from mattebox.errors import BadAnnotations
from mattebox.label.extra import needed_for
from mattebox.label.taxonomy.findings import Finding
from mattebox.label.text import decode_text

__all__ = ["TEXTS", "WORKBOOKS", "Grid", "column_letter", "read_bytes", "read_grids"]

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")

DELIMITERS = ";\t,|"

Typed: TypeAlias = tuple[str, Any]
"""What kind of cell it is, as openpyxl says, and what is in it."""

UNPACKED = 256 * 1024**2
"""Bytes that a workbook may unpack to."""

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""How files of old Office begin, and workbooks with a password."""

DAMAGE = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError),
    *(ValueError, LookupError, TypeError, AttributeError, SyntaxError, ArithmeticError, AssertionError),
)
"""What comes of reading a damaged workbook: of the archive, and of the documents in it."""


@dataclass(frozen=True)
class Grid:
    """Cells of a sheet.

    Attributes:
        file: path of the file.
        sheet: name of the sheet; empty for a text.
        rows: texts of the cells, row by row; what is empty is an empty text.
        findings: cells whose value is not known.
    """

    file: str
    sheet: str
    rows: list[list[str]]
    findings: list[Finding] = field(default_factory=list)


def read_grids(path: Path) -> list[Grid]:
    """The sheets of a workbook, or a text as candidates with one delimiter each.

    Raises:
        BadAnnotations: the file is missing, empty, damaged or of another kind.
        MissingExtra: openpyxl is not installed.
    """
    return list(_sheets(path)) if path.suffix.lower() in WORKBOOKS else _text(path)


def column_letter(position: int) -> str:
    """What spreadsheets call a column.

    Example:
        >>> column_letter(0), column_letter(27)
        ('A', 'AB')
    """
    above, letter = divmod(position, 26)
    return (column_letter(above - 1) if above else "") + chr(ord("A") + letter)


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        BadAnnotations: it is missing, empty or cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadAnnotations(f"{path}: cannot be read: {error.strerror}") from error
    if not data:
        raise BadAnnotations(f"{path}: is empty (0 bytes); restore it from where it came from")
    return data


def _text(path: Path) -> list[Grid]:
    data = read_bytes(path)
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise BadAnnotations(f"{path}: is a workbook or an archive, not a text; name it .xlsx if it is one")
    text = decode_text(data, path)
    try:
        tables = [list(csv.reader(io.StringIO(text, newline=""), delimiter=each)) for each in DELIMITERS]
    except csv.Error as error:
        raise BadAnnotations(f"{path}: cannot be read as a table: {error}") from error
    return [Grid(str(path), "", [[_cell_text(cell) for cell in row] for row in table]) for table in tables]


def _sheets(path: Path) -> Iterator[Grid]:
    """The sheets of a workbook, with findings for formulas whose values were not saved."""
    data = _checked(read_bytes(path), path)
    for (name, values), (_, formulas) in zip(
        _cells(data, path, values=True), _cells(data, path, values=False), strict=True
    ):
        rows = [[_cell_text(cell) for _, cell in row] for row in values]
        yield Grid(str(path), name, rows, list(_doubtful(path, name, values, formulas)))


def _checked(data: bytes, path: Path) -> bytes:
    """A workbook that is a zip archive of a size that can be opened."""
    if data.startswith(OLD_OFFICE):
        raise BadAnnotations(f"{path}: is in the format of old Excel, or has a password; save it as .xlsx without one")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except DAMAGE as error:
        raise BadAnnotations(f"{path}: is not an .xlsx file, or was cut off: {error}") from error
    if size > UNPACKED:
        raise BadAnnotations(f"{path}: unpacks to {size / 1e6:.0f} MB, which no label table needs")
    return data


def _cells(data: bytes, path: Path, *, values: bool) -> list[tuple[str, list[list[Typed]]]]:
    """Type and value of every cell, by sheet."""
    with needed_for("reading label tables from .xlsx"):
        import openpyxl
    try:
        with warnings.catch_warnings():  # of extensions that it leaves alone, such as drop-down lists
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values)
            sheets = []
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # some programs note wrong ones
                rows = [[(cell.data_type, cell.value) for cell in row] for row in sheet.iter_rows()]
                sheets.append((sheet.title, rows))
            book.close()
    except DAMAGE as error:
        raise BadAnnotations(f"{path}: is not an .xlsx file, or is damaged: {type(error).__name__}: {error}") from error
    return sheets


def _doubtful(path: Path, sheet: str, values: list[list[Typed]], formulas: list[list[Typed]]) -> Iterator[Finding]:
    """Cells that have a formula and no value, or an error for a value."""
    for number, (row, asked) in enumerate(zip(values, formulas, strict=True), start=1):
        for position, ((form, value), (source, formula)) in enumerate(zip(row, asked, strict=True)):
            where = (str(path), sheet, number, column_letter(position))
            if source == "f" and value is None:
                cause = f"the formula {formula} has no saved value; open and save the file in a spreadsheet program"
                yield Finding("error", "formula-without-value", cause, *where)
            elif form == "e":
                yield Finding("error", "formula-error", f"the cell shows the error {value}", *where)


def _cell_text(value: Any) -> str:
    r"""What people see in a cell; lines stay apart.

    Example:
        >>> _cell_text(3.0), _cell_text(" a\r\nb "), _cell_text(None)
        ('3', 'a\nb', '')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return "\n".join(str(value).replace("\xa0", " ").splitlines()).strip()
