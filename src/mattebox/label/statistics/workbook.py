"""Statistics as a workbook: a sheet for each kind of part, ready to be sorted and filtered."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mattebox.label.extra import needed_for
from mattebox.label.row import SHAPES
from mattebox.label.statistics.figures import COLUMNS, Figures, Level, Scope, Statistics

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["workbook"]

SHEETS: tuple[tuple[str, Scope, tuple[Level, ...]], ...] = (
    ("Labels", "all", ("all", "label")),
    ("Superclasses", "all", ("superclass",)),
    ("Subsets", "subset", ("all", "label", "superclass")),
    ("Projects", "project", ("all", "label", "superclass")),
    ("Tasks", "task", ("all", "label")),
)
HEADER, PAPER, WIDEST = "1F3A5F", "FFFFFF", 48
NUMBERS = {"area": "#,##0", "share": "0.00%", "per_frame": "0.00", "aspect": "0.00"}


def workbook(statistics: Statistics) -> bytes:
    """The bytes of an .xlsx file; a sheet that would be empty is left out.

    Raises:
        MissingExtra: openpyxl is not installed.
    """
    with needed_for("writing .xlsx files"):
        from openpyxl import Workbook
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, scope, levels in SHEETS:
        rows = [each for each in statistics.figures if each.scope == scope and each.level in levels]
        if rows:
            _fill(book.create_sheet(title), rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _fill(sheet: Worksheet, rows: Sequence[Figures]) -> None:
    """Write figures below headings; columns that say nothing in any row are left out."""
    from openpyxl.formatting.rule import DataBarRule
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    hidden = {"scope"} if any(row.of for row in rows) else {"scope", "of"}
    names = [
        name
        for name in COLUMNS
        if name not in hidden and (name not in SHAPES or any(name in row.by_shape for row in rows))
    ]
    for column, name in enumerate(names, start=1):
        head = sheet.cell(1, column, COLUMNS[name])
        head.font, head.fill = Font(bold=True, color=PAPER), PatternFill("solid", fgColor=HEADER)
        head.alignment = Alignment(wrap_text=True, vertical="center")
        width = len(COLUMNS[name])
        for line, row in enumerate(rows, start=2):
            value = row.by_shape.get(name, 0) if name in SHAPES else getattr(row, name)
            cell = sheet.cell(line, column, _plain(value))
            cell.number_format = NUMBERS.get(name, "#,##0" if isinstance(value, int) else "General")
            if isinstance(value, str):
                cell.data_type = "s"  # a label that begins with "=" is no formula
                width = max(width, len(value))
        sheet.column_dimensions[get_column_letter(column)].width = min(WIDEST, max(11, width + 2))
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = f"{get_column_letter(names.index('label') + 2)}2"
    sheet.auto_filter.ref = sheet.dimensions
    shapes = get_column_letter(names.index("shapes") + 1)
    bars = DataBarRule(start_type="num", start_value=0, end_type="max", color="8FB8DE")  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(f"{shapes}2:{shapes}{len(rows) + 1}", bars)


def _plain(value: Any) -> Any:
    """A value that a cell can hold: text without control characters."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
