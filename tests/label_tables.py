"""Label tables as users have them: workbooks and texts made cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from mattebox.label.taxonomy import Entry, Superclass, Taxonomy

CLASS_HEADERS = (
    "Класс объекта",
    None,
    "Метка в CVAT",
    "Примечание",
    "Метка в другом источнике данных",
    "Признаки",
    "URL",
)
"""The headers of the table of classes that dl_utils' users have; the second column only keeps others apart."""

SUPERCLASS_HEADERS = ("№ п/п", "Наименование суперкласса", "Классы (содержимое суперкласса)", "Приоритет")


def write_book(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    """A workbook with these rows in its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    book.save(path)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text in an encoding."""
    path.write_bytes(text.encode(encoding))
    return path


def vehicles() -> Taxonomy:
    """Two groups, a kind of a kind, several labels to a class, and superclasses of each rule."""
    entries = (
        Entry("Vehicles", "I"),
        Entry("Car", "1", 1, "Vehicles", ("car",), ("automobile",), traits="four wheels"),
        Entry("Taxi", "1.1", 2, "Car", ("taxi",), note="with a sign"),
        Entry("Truck", "2", 1, "Vehicles", ("truck", "lorry"), url="https://example.org/truck"),
        Entry("Marks", "II"),
        Entry("Reflection", "1", 1, "Marks", ("reflection",)),
        Entry("Blur", "2", 1, "Marks", ("blurred",)),
    )
    superclasses = (
        Superclass("passenger", 1, ("Car", "Taxi"), "High"),
        Superclass("cargo", 2, ("Truck",), "Normal"),
        Superclass("void", 0, ("Reflection",)),
        Superclass("bad frame", -1, ("Blur",)),
    )
    return Taxonomy(entries, superclasses)
