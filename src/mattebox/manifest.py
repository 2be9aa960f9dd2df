"""What lies in a folder of pictures: the files that are some, and `manifest.csv`, a row for each, columns by name."""

from __future__ import annotations

import csv
from pathlib import Path

from mattebox.errors import BadParameter

__all__ = ["MANIFEST", "SUFFIXES", "read_rows", "source_of"]

MANIFEST = "manifest.csv"

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif", ".hif")
"""What is taken for a picture in a folder."""


def read_rows(folder: Path, needed: set[str]) -> list[dict[str, str]]:
    """Read the manifest of a folder; what a short row lacks is empty.

    Args:
        folder: where it lies.
        needed: columns that must be there.

    Raises:
        BadParameter: it is missing, cannot be read, or lacks a column.
    """
    path = folder / MANIFEST
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            columns = set(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadParameter(f"{path} cannot be read as a table: {error}") from error
    if missing := needed - columns:
        raise BadParameter(f"{path}: lacks the column {' and '.join(sorted(missing))}")
    return rows


def source_of(image: Path) -> str:
    """Where a picture came from: its file name up to the first `_`, empty without one.

    Example:
        >>> source_of(Path("images/pets_0012.jpg")), source_of(Path("images/IMG-7.jpg"))
        ('pets', '')
    """
    prefix, mark, _ = image.name.partition("_")
    return prefix if mark else ""
