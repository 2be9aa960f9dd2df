"""Classes and superclasses out of rows of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from mattebox.label.taxonomy.findings import Finding, Level, Place
from mattebox.label.taxonomy.grids import Grid, column_letter
from mattebox.label.taxonomy.headers import Aliases, Headers, read_headers
from mattebox.label.taxonomy.model import Entry, Language, Superclass
from mattebox.label.taxonomy.numbering import canonical, is_well_formed, split_number, standings
from mattebox.label.taxonomy.words import tidy

__all__ = ["Block", "Tables", "blocks", "fault_of", "read_block", "split_labels", "superclass_numbers"]

FAULTS: dict[str, tuple[Level, str]] = {
    "missing-dot": ("warning", "the number of '{}' does not end with a dot"),
    "missing-space": ("warning", "there is no space between the number and the name in '{}'"),
    "bad-number": ("error", "'{}' begins with a malformed number; numbers are such as 'I. ' or '1.2. '"),
    "mixed-alphabets": ("warning", "the roman number of '{}' is typed in Cyrillic letters"),
    "no-number": ("warning", "'{}' has no number, and other classes do"),
}
"""How bad the faults of numbers are, and how they are worded."""


@dataclass
class Tables:
    """What files say, gathered.

    Attributes:
        entries: the classes.
        superclasses: the superclasses.
        findings: what is wrong with the files.
        languages: of the headers.
    """

    entries: list[Entry] = field(default_factory=list)
    superclasses: list[Superclass] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    languages: list[Language] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """A table in a sheet.

    Attributes:
        headers: what heads it.
        rows: the rows below the headers that are not empty, each with its place.
    """

    headers: Headers
    rows: list[tuple[Place, list[str]]]

    def cell(self, row: list[str], holds: str) -> str:
        """The text in a column; empty if there is no such column."""
        position = self.headers.columns.get(holds, len(row))
        return row[position] if position < len(row) else ""

    def extra(self, row: list[str]) -> dict[str, str]:
        """Texts of the columns that are not understood."""
        return {name: row[at] if at < len(row) else "" for name, at in self.headers.extra.items()}


def blocks(grid: Grid, aliases: Aliases, findings: list[Finding]) -> list[Block]:
    """The tables in a sheet, each of which begins with its headers.

    Args:
        grid: the sheet.
        aliases: what headers mean.
        findings: told of texts in columns without a header.
    """
    found: list[Block] = []
    first = True
    for number, row in enumerate(grid.rows, start=1):
        if not any(row):
            continue
        if headers := read_headers([tidy(cell) for cell in row], aliases, first=first):
            found.append(Block(headers, []))
        elif found:
            letters = {holds: column_letter(at) for holds, at in found[-1].headers.columns.items()}
            place = Place(grid.file, grid.sheet, number, letters)
            found[-1].rows.append((place, row))
            findings += _headless(found[-1].headers, row, place)
        first = False
    return found


def _headless(headers: Headers, row: list[str], place: Place) -> Iterator[Finding]:
    headed = {*headers.columns.values(), *headers.extra.values()}
    for position, cell in enumerate(row):
        if cell and position not in headed:
            where = (place.file, place.sheet, place.row, column_letter(position))
            yield Finding(
                "warning", "no-header", f"'{cell}' stands in a column without a header and is not read", *where
            )


def read_block(block: Block, tables: Tables) -> None:
    """Add what a table says."""
    if block.headers.kind == "classes":
        _read_classes(block, tables)
    else:
        _read_superclasses(block, tables)


def split_labels(cell: str) -> tuple[str, ...]:
    r"""Labels in a cell: one to a line, or divided by semicolons.

    Example:
        >>> split_labels("car; passenger car\ntaxi")
        ('car', 'passenger car', 'taxi')
    """
    return tuple(dict.fromkeys(filter(None, map(tidy, re.split(r"[;\n]", cell)))))


def _read_classes(block: Block, tables: Tables) -> None:
    cells = [tidy(block.cell(row, "name")) for _, row in block.rows]
    numbered = any(split_number(cell, numbered=False).number for cell in cells) or "number" in block.headers.columns
    split: list[tuple[str, str]] = []
    for (place, row), cell in zip(block.rows, cells, strict=True):
        number, name, faults = _number_and_name(cell, canonical(tidy(block.cell(row, "number"))), numbered=numbered)
        tables.findings += [Finding.at(*fault_of(fault, cell), place, "name") for fault in faults]
        split.append((number, name))
    for (place, row), (number, name), standing in zip(block.rows, split, standings(split), strict=True):
        if standing.orphaned:
            cause = f"'{number}. {name}' comes before the class that it is a kind of; move it below that"
            tables.findings.append(Finding.at("error", "child-before-parent", cause, place, "name"))
        entry = Entry(
            name=name,
            number=number,
            depth=standing.depth,
            parent=standing.parent,
            labels=split_labels(block.cell(row, "labels")),
            synonyms=split_labels(block.cell(row, "synonyms")),
            note=block.cell(row, "note"),
            traits=block.cell(row, "traits"),
            url=block.cell(row, "url"),
            extra=block.extra(row),
            place=place,
        )
        tables.entries.append(entry)


def fault_of(fault: str, cell: str) -> tuple[Level, str, str]:
    """Severity, code and message for a fault of the number in a cell."""
    severity, message = FAULTS[fault]
    return severity, fault, message.format(cell)


def _number_and_name(cell: str, number: str, *, numbered: bool) -> tuple[str, str, tuple[str, ...]]:
    """Number, name and faults of a class, of which the number may stand in a column of its own."""
    split = split_number(cell, numbered=numbered and not number)
    if number and not split.number:
        return number, cell, () if is_well_formed(number) else ("bad-number",)
    return split.number, split.name, split.faults


@dataclass
class _Superclass:
    """A superclass that is being read: what its first row says, and its rows."""

    number: str
    name: str
    priority: str
    rows: list[tuple[Place, str, dict[str, str]]] = field(default_factory=list)

    def finished(self, number: int) -> Superclass:
        """The superclass, by its number."""
        rows = [row for row in self.rows if row[1]] or self.rows[:1]
        return Superclass(
            self.name,
            number,
            tuple(meaning for _, meaning, _ in rows if meaning),
            self.priority,
            {name: tuple(extra[name] for _, _, extra in rows) for name in self.rows[0][2]},
            tuple(place for place, _, _ in rows),
        )


def _read_superclasses(block: Block, tables: Tables) -> None:
    """Add the superclasses of a table; rows without number and name belong to the superclass above them."""
    read: dict[tuple[str, str], _Superclass] = {}
    current: _Superclass | None = None
    for place, row in block.rows:
        number, name, priority = (tidy(block.cell(row, holds)) for holds in ("number", "superclass", "priority"))
        if name or number:
            current = read.setdefault((number, name), _Superclass(number, name, priority))
        if current is None:
            cause = "a class before the first superclass; write number and name of its superclass in this row"
            tables.findings.append(Finding.at("error", "incomplete-block", cause, place, "superclass"))
            continue
        if priority and priority != current.priority:
            cause = f"the priority '{priority}' is not that of the superclass's first row; it is not read"
            tables.findings.append(Finding.at("warning", "incomplete-block", cause, place, "priority"))
        current.rows.append((place, tidy(block.cell(row, "meanings")), block.extra(row)))
    for superclass in read.values():
        tables.findings += _rows_without_class(superclass)
    numbers = superclass_numbers([(each.number, each.rows[0][0]) for each in read.values()], tables.findings)
    tables.superclasses += [each.finished(number) for each, number in zip(read.values(), numbers, strict=True)]


def _rows_without_class(superclass: _Superclass) -> Iterator[Finding]:
    """Rows of a superclass that has others, and that name no class."""
    if len(superclass.rows) > 1:
        cause = f"a row of '{superclass.name}' without a class; it is not read"
        for place, meaning, _ in superclass.rows:
            if not meaning:
                yield Finding.at("warning", "incomplete-block", cause, place, "meanings")


def superclass_numbers(told: list[tuple[str, Place]], findings: list[Finding]) -> list[int]:
    """Numbers of superclasses; those without one take the first that are free, in order.

    Args:
        told: text of each number, and where it stands.
        findings: told of those that are none, wherever there is a column or a key for them.
    """
    numbers = [_whole(text) for text, _ in told]
    for number, (text, place) in zip(numbers, told, strict=True):
        if number is None and (text or "number" in place.columns):
            cause = f"'{text}' is no number of a superclass; 1 and up are used, 0 is ignored, -1 rejects frames"
            findings.append(Finding.at("error", "bad-number", cause, place, "number"))
    free = (number for number in count(1) if number not in numbers)
    return [next(free) if number is None else number for number in numbers]


def _whole(text: str) -> int | None:
    try:
        return int(text.rstrip(".").replace("\u2212", "-"))
    except ValueError:
        return None
