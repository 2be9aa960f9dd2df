"""Label tables as a workbook that is pleasant to fill in."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

from mattebox.errors import BadParameter
from mattebox.label.extra import needed_for
from mattebox.label.taxonomy.headers import columns_of
from mattebox.label.taxonomy.numbering import roman_value

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from mattebox.label.taxonomy.model import Language
    from mattebox.label.taxonomy.saving import Sheet

__all__ = ["workbook"]

WIDTHS = (10, 60)
"""Characters of the narrowest and of the widest column."""

LONGEST = 32_767
"""Characters of a cell; openpyxl cuts off the others without a word."""

HEADER = "1F4E79"
GROUP = "DDEBF7"
"""Colours behind headers, and behind rows that begin a group or a superclass."""


def workbook(sheets: list[Sheet], language: Language) -> bytes:
    """A workbook with one sheet for each table; headers stay in sight and tell what to write below them.

    Raises:
        BadParameter: a text has characters that no workbook can hold, or too many.
        MissingExtra: openpyxl is not installed.
    """
    with needed_for("writing label tables as .xlsx"):
        from openpyxl import Workbook
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(sheet.title), sheet, language)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _fill(page: Worksheet, sheet: Sheet, language: Language) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    hints = {holds: column.hint.get(language, "") for holds, column in columns_of(sheet.kind).items()}
    for column, (holds, text) in enumerate(zip(sheet.holds, sheet.headers, strict=True), start=1):
        cell = _write(page, 1, column, text)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=HEADER)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        if told := hints.get(holds, ""):
            cell.comment = Comment(told, "Mattebox", width=320, height=140)
        longest = max([len(text), *(len(str(row[column - 1] or "")) for row in sheet.rows)])
        page.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, WIDTHS[0]), WIDTHS[1])
    for number, row in enumerate(sheet.rows, start=2):
        begins = _begins(sheet, row)
        for column, value in enumerate(row, start=1):
            if value is None and not begins:
                continue
            cell = _write(page, number, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if begins:
                cell.fill = PatternFill("solid", fgColor=GROUP)
    page.freeze_panes = "B2" if sheet.kind == "classes" else "A2"
    page.auto_filter.ref = page.dimensions


def _begins(sheet: Sheet, row: list[str | int | None]) -> bool:
    """Whether a row begins a group of classes or a superclass."""
    if row[0] is None:
        return False
    return sheet.kind == "superclasses" or roman_value(str(row[0]).partition(".")[0]) is not None


def _write(page: Worksheet, row: int, column: int, value: str | int | None) -> Cell:
    """Write a cell; a text that begins with `=` stays a text."""
    from openpyxl.utils.exceptions import IllegalCharacterError

    if isinstance(value, str) and len(value) > LONGEST:
        raise BadParameter(f"{value[:40]!r}...: no cell of a workbook holds {len(value):,} characters; save as .yaml")
    cell = cast("Cell", page.cell(row, column))
    try:
        cell.value = value
    except IllegalCharacterError as error:
        raise BadParameter(f"{value!r}: has characters that no workbook can hold") from error
    if isinstance(value, str):
        cell.data_type = "s"
    return cell
