"""From files to a taxonomy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.taxonomy.documents import DOCUMENTS, read_document
from mattebox.label.taxonomy.findings import Finding
from mattebox.label.taxonomy.grids import TEXTS, WORKBOOKS, read_grids
from mattebox.label.taxonomy.headers import Aliases, with_aliases
from mattebox.label.taxonomy.model import Language, Taxonomy
from mattebox.label.taxonomy.tables import Tables, blocks, read_block

__all__ = ["SUFFIXES", "lint_files", "read_taxonomy"]

SUFFIXES = (*WORKBOOKS, *TEXTS, *DOCUMENTS)
"""Of files that label tables are read from."""


def read_taxonomy(paths: Sequence[str | Path], aliases: Mapping[str, Iterable[str]]) -> Taxonomy:
    """Read the tables of one or several files, see `Taxonomy.load`."""
    if not paths:
        raise BadParameter("no label table was given")
    known, tables = with_aliases(aliases), Tables()
    for path in map(Path, paths):
        _read_file(path.expanduser(), known, tables)
    return _taxonomy(tables)


def lint_files(
    paths: Sequence[str | Path], aliases: Mapping[str, Iterable[str]] | None = None
) -> tuple[Taxonomy, list[Finding]]:
    """Read what can be read of some files, and tell what is wrong with them.

    Args:
        paths: as `Taxonomy.load` takes them.
        aliases: as `Taxonomy.load` takes them.

    Returns:
        The taxonomy, and all findings; a file that cannot be read is one of them.

    Raises:
        BadParameter: an alias is for something that no table has.
        MissingExtra: the package that reads that kind of file is not installed.
    """
    known, tables = with_aliases(aliases or {}), Tables()
    for path in map(Path, paths):
        _read_or_tell(path.expanduser(), known, tables)
    taxonomy = _taxonomy(tables)
    return taxonomy, taxonomy.lint()


def _read_or_tell(path: Path, aliases: Aliases, tables: Tables) -> None:
    try:
        _read_file(path, aliases, tables)
    except BadAnnotations as error:
        tables.findings.append(Finding("error", "unreadable", str(error).removeprefix(f"{path}: "), str(path)))


def _read_file(path: Path, aliases: Aliases, tables: Tables) -> None:
    suffix = path.suffix.lower()
    if suffix in DOCUMENTS:
        read_document(path, tables)
    elif suffix in TEXTS:
        _read_text(path, aliases, tables)
    elif suffix in WORKBOOKS:
        _read_workbook(path, aliases, tables)
    else:
        raise BadAnnotations(f"{path}: a label table is a file of {', '.join(SUFFIXES)}")


def _read_workbook(path: Path, aliases: Aliases, tables: Tables) -> None:
    read = 0
    for grid in read_grids(path):
        found = blocks(grid, aliases, tables.findings)
        for block in found:
            read_block(block, tables)
            tables.languages.append(block.headers.language)
        tables.findings += grid.findings if found else []
        if not found and any(map(any, grid.rows)):
            cause = "the sheet has no headers of a label table and is not read"
            tables.findings.append(Finding("note", "unread-sheet", cause, grid.file, grid.sheet))
        read += len(found)
    if not read:
        raise _no_headers(path)


def _read_text(path: Path, aliases: Aliases, tables: Tables) -> None:
    """Read a text with the delimiter by which most headers are understood; of several, the one that divides least."""
    candidates: list[tuple[int, int, Tables]] = []
    for grid in read_grids(path):
        trial = Tables()
        found = blocks(grid, aliases, trial.findings)
        for block in found:
            read_block(block, trial)
            trial.languages.append(block.headers.language)
        understood = sum(len(block.headers.columns) for block in found)
        candidates.append((understood, -max(map(len, grid.rows), default=0), trial))
    understood, _, best = max(candidates, key=lambda candidate: candidate[:2])
    if not understood:
        raise _no_headers(path)
    tables.entries += best.entries
    tables.superclasses += best.superclasses
    tables.findings += best.findings
    tables.languages += best.languages


def _no_headers(path: Path) -> BadAnnotations:
    return BadAnnotations(
        f"{path}: has no row of headers such as 'Class' and 'CVAT label', or 'Superclass' and 'Classes'; "
        "'mattebox label taxonomy template' writes a table that has"
    )


def _taxonomy(tables: Tables) -> Taxonomy:
    language: Language = "ru" if "ru" in tables.languages else "en"
    return Taxonomy(tuple(tables.entries), tuple(tables.superclasses), language, tuple(tables.findings))
