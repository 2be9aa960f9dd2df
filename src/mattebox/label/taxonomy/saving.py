"""From a taxonomy to files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.encode import write_file
from mattebox.errors import BadParameter
from mattebox.label.taxonomy.documents import DOCUMENTS, document
from mattebox.label.taxonomy.grids import TEXTS
from mattebox.label.taxonomy.headers import KINDS, Kind, columns_of, sheet_title
from mattebox.label.taxonomy.numbering import standings
from mattebox.label.taxonomy.words import same

if TYPE_CHECKING:
    from mattebox.label.taxonomy.model import Entry, Superclass, Taxonomy

__all__ = ["Sheet", "encode_taxonomy", "save_taxonomy", "sheets"]


@dataclass(frozen=True)
class Sheet:
    """A table as texts and numbers.

    Attributes:
        kind: what it is a table of.
        title: of the sheet.
        holds: what each column holds; those that are not understood, by their header.
        headers: over the columns.
        rows: below them; None for an empty cell.
    """

    kind: Kind
    title: str
    holds: tuple[str, ...]
    headers: tuple[str, ...]
    rows: list[list[str | int | None]]


def save_taxonomy(taxonomy: Taxonomy, paths: Sequence[str | Path], *, overwrite: bool) -> None:
    """Write both tables to one file or to two, see `Taxonomy.save`."""
    if len(paths) not in {1, 2}:
        raise BadParameter(
            f"{len(paths)} files: a taxonomy is saved as one, or as one of classes and one of superclasses"
        )
    parts = [KINDS] if len(paths) == 1 else [(kind,) for kind in KINDS]
    encoded = [
        (Path(path), encode_taxonomy(taxonomy, Path(path), kinds)) for path, kinds in zip(paths, parts, strict=True)
    ]
    for path, data in encoded:
        write_file(path, data, overwrite=overwrite)


def encode_taxonomy(taxonomy: Taxonomy, path: Path, kinds: Sequence[Kind] = KINDS) -> bytes:
    """What a file of that suffix holds.

    Args:
        taxonomy: what to write.
        path: of the file; only its suffix counts.
        kinds: the tables that it is to have.

    Raises:
        BadParameter: the suffix is none of a label table, or a class cannot be written in that form.
        MissingExtra: the package that writes that form is not installed.
    """
    from mattebox.label.taxonomy.model import Taxonomy

    suffix = path.suffix.lower()
    if suffix in DOCUMENTS:
        entries = taxonomy.entries if "classes" in kinds else ()
        return document(Taxonomy(entries, taxonomy.superclasses if "superclasses" in kinds else (), taxonomy.language))
    if suffix in TEXTS:
        return _delimited(sheets(taxonomy, kinds, path), "," if suffix == ".csv" else "\t")
    if suffix == ".xlsx":
        from mattebox.label.taxonomy.workbook import workbook

        return workbook(sheets(taxonomy, kinds, path), taxonomy.language)
    raise BadParameter(f"{path}: a label table is written as .xlsx, {', '.join((*TEXTS, *DOCUMENTS))}")


def sheets(taxonomy: Taxonomy, kinds: Sequence[Kind], path: Path) -> list[Sheet]:
    """Both tables, or one, as texts and numbers.

    Raises:
        BadParameter: a label holds a semicolon, by which such tables divide labels, or the number of a class does not
            tell of what it is a kind.
    """
    return [_classes(taxonomy, path) if kind == "classes" else _superclasses(taxonomy) for kind in kinds]


def _classes(taxonomy: Taxonomy, path: Path) -> Sheet:
    extra = tuple(dict.fromkeys(name for entry in taxonomy.entries for name in entry.extra))
    holds = tuple(name for name in columns_of("classes") if name != "number")
    stand = standings([(entry.number, entry.name) for entry in taxonomy.entries])
    for entry, at in zip(taxonomy.entries, stand, strict=True):
        if same(entry.parent) != same(at.parent):
            cause = f"'{entry.name}' is a kind of '{entry.parent}', which its number does not say; save as .yaml"
            raise BadParameter(f"{path}: {cause}")
    rows = [_class_row(entry, holds, extra, path) for entry in taxonomy.entries]
    return _sheet("classes", taxonomy, holds, extra, rows)


def _class_row(entry: Entry, holds: Sequence[str], extra: Sequence[str], path: Path) -> list[str | int | None]:
    for label in (*entry.labels, *entry.synonyms):
        if ";" in label or "\n" in label:
            cause = "holds a semicolon or a line's end, which divide labels in tables; save as .yaml"
            raise BadParameter(f"{path}: the label '{label}' of '{entry.name}' {cause}")
    texts = {**vars(entry), "name": f"{entry.number}. {entry.name}" if entry.number else entry.name}
    texts |= {each: "; ".join(getattr(entry, each)) for each in ("labels", "synonyms")}
    return [texts[each] or None for each in holds] + [entry.extra.get(name) or None for name in extra]


def _superclasses(taxonomy: Taxonomy) -> Sheet:
    extra = tuple(dict.fromkeys(name for each in taxonomy.superclasses for name in each.extra))
    rows = [row for each in taxonomy.superclasses for row in _superclass_rows(each, extra)]
    return _sheet("superclasses", taxonomy, tuple(columns_of("superclasses")), extra, rows)


def _superclass_rows(superclass: Superclass, extra: Sequence[str]) -> Iterator[list[str | int | None]]:
    """A row for each of its classes, in the order of the columns; the first also says what the superclass is."""
    for position, meaning in enumerate(superclass.meanings or ("",)):
        columns = [superclass.extra.get(name, ()) for name in extra]
        more = [column[position] if position < len(column) and column[position] else None for column in columns]
        if position == 0:
            yield [superclass.number, superclass.name, meaning or None, superclass.priority or None, *more]
        else:
            yield [None, None, meaning, None, *more]


def _sheet(
    kind: Kind, taxonomy: Taxonomy, holds: tuple[str, ...], extra: tuple[str, ...], rows: list[list[str | int | None]]
) -> Sheet:
    headers = tuple(columns_of(kind)[each].headers[taxonomy.language][0] for each in holds)
    return Sheet(kind, sheet_title(kind, taxonomy.language), holds + extra, headers + extra, rows)


def _delimited(tables: list[Sheet], delimiter: str) -> bytes:
    """Tables one below the other, an empty line between them, in UTF-8 with the mark that spreadsheets look for."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    for position, table in enumerate(tables):
        if position:
            text.write("\r\n")
        writer.writerow(table.headers)
        writer.writerows(table.rows)
    return text.getvalue().encode("utf-8-sig")
