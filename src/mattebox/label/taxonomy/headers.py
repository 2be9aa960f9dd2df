"""What the headers of label tables say, in English and Russian (`columns.toml`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mattebox._toml import read_toml
from mattebox.errors import BadParameter, unknown_name
from mattebox.label.taxonomy.words import same

if TYPE_CHECKING:
    from mattebox.label.taxonomy.model import Language

__all__ = [
    "KINDS",
    "Aliases",
    "Column",
    "Headers",
    "Kind",
    "columns_of",
    "read_headers",
    "sheet_title",
    "with_aliases",
]

Kind: TypeAlias = Literal["classes", "superclasses"]

KINDS: tuple[Kind, Kind] = ("classes", "superclasses")

LANGUAGES = ("en", "ru")

Aliases: TypeAlias = "Mapping[Kind, Mapping[str, str]]"


@dataclass(frozen=True)
class Headers:
    """A row of headers.

    Attributes:
        kind: of the table that they head.
        language: that they are in.
        columns: position of each column that is understood, by what it holds.
        extra: position of each column that is not, by its header.
    """

    kind: Kind
    language: Language
    columns: Mapping[str, int]
    extra: Mapping[str, int]


@dataclass(frozen=True)
class Column:
    """What is known of a column.

    Attributes:
        headers: that it may have, by language; the first is written.
        hint: what people are to write in it, by language.
    """

    headers: Mapping[str, tuple[str, ...]]
    hint: Mapping[str, str]


@cache
def columns_of(kind: Kind) -> dict[str, Column]:
    """The columns that a table may have, by what they hold."""
    return {
        holds: Column({language: tuple(told[language]) for language in LANGUAGES}, told.get("hint", {}))
        for holds, told in _data()[kind].items()
        if holds != "sheet"
    }


def sheet_title(kind: Kind, language: Language) -> str:
    """The name of the sheet that is written.

    Example:
        >>> sheet_title("classes", "en")
        'Classes'
    """
    title: str = _data()[kind]["sheet"][language]
    return title


@cache
def _data() -> dict[str, Any]:
    return read_toml(Path(__file__).with_name("columns.toml"))


def with_aliases(further: Mapping[str, Iterable[str]]) -> Aliases:
    """What columns hold, by kind of table and header.

    Args:
        further: more headers, by what they head.

    Raises:
        BadParameter: something is headed that no table has.
    """
    known: dict[Kind, dict[str, str]] = {}
    for kind in KINDS:
        columns = columns_of(kind)
        told = {holds: chain.from_iterable(column.headers.values()) for holds, column in columns.items()}
        known[kind] = {same(text): holds for holds, texts in told.items() for text in texts}
    for holds, texts in further.items():
        tables = [kind for kind in KINDS if holds in columns_of(kind)]
        if not tables:
            names = {name for kind in KINDS for name in columns_of(kind)}
            raise BadParameter(unknown_name("column of a label table", holds, names))
        for kind in tables:
            known[kind] |= {same(text): holds for text in ([texts] if isinstance(texts, str) else texts)}
    return known


def read_headers(cells: list[str], aliases: Aliases, *, first: bool) -> Headers | None:
    """What a row heads, or None if it is no row of headers.

    Args:
        cells: texts of the row.
        aliases: as `with_aliases` gives them.
        first: it is the first row that is not empty, where a header of classes may stand alone.
    """
    above = _matched(cells, aliases["superclasses"])
    if {"superclass", "meanings"} <= set(above):
        return _headers("superclasses", above, cells)
    columns = _matched(cells, aliases["classes"])
    if "superclass" in above:
        return None
    if "name" not in columns and "labels" in columns and (first or len(columns) > 1):
        columns["name"] = next(position for position, cell in enumerate(cells) if cell)
    alone = first and sum(map(bool, cells)) == 1
    if "name" in columns and (alone or {"labels", "synonyms"} & set(columns)):
        return _headers("classes", columns, cells)
    return None


def _matched(cells: list[str], known: Mapping[str, str]) -> dict[str, int]:
    """The first column for each thing that columns hold."""
    columns: dict[str, int] = {}
    for position, cell in enumerate(cells):
        if holds := known.get(same(cell)):
            columns.setdefault(holds, position)
    return columns


def _headers(kind: Kind, columns: dict[str, int], cells: list[str]) -> Headers:
    heading = cells[columns["name" if kind == "classes" else "superclass"]]
    russian = any(unicodedata.name(letter, "").startswith("CYRILLIC") for letter in heading)
    extra: dict[str, int] = {}
    for position, cell in enumerate(cells):
        if cell and position not in columns.values():
            name, count = cell, 1
            while name in extra:
                count += 1
                name = f"{cell} ({count})"
            extra[name] = position
    return Headers(kind, "ru" if russian else "en", columns, extra)
