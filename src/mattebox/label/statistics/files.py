"""Statistics as files: .csv and .json for programs, .xlsx and .html for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from mattebox.encode import write_file
from mattebox.errors import BadParameter
from mattebox.label.statistics.figures import COLUMNS, Statistics
from mattebox.label.statistics.page import page
from mattebox.label.statistics.workbook import workbook

__all__ = ["write_statistics"]


def write_statistics(statistics: Statistics, path: Path, *, overwrite: bool = False) -> None:
    """Write statistics in the format of a file's suffix: .csv, .json, .xlsx or .html.

    Raises:
        BadParameter: it is none of these.
        OutputFailed: it exists already, or cannot be written.
        MissingExtra: openpyxl or jinja2 is not installed.
    """
    encode = WRITERS.get(path.suffix.lower())
    if encode is None:
        raise BadParameter(f"{path}: statistics are written as {', '.join(WRITERS)}")
    write_file(path, encode(statistics), overwrite=overwrite)


def _csv(statistics: Statistics) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, list(COLUMNS))
    table.writeheader()
    table.writerows(statistics.records())
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel reads names in other scripts wrongly


def _json(statistics: Statistics) -> bytes:
    told = {
        "names": statistics.names,
        "figures": [asdict(each) for each in statistics.figures],
        "crowds": {str(shapes): frames for shapes, frames in statistics.crowds.items()},
    }
    return json.dumps(told, indent=1, ensure_ascii=False).encode()


WRITERS: dict[str, Callable[[Statistics], bytes]] = {
    ".csv": _csv,
    ".json": _json,
    ".xlsx": workbook,
    ".html": lambda statistics: page(statistics).encode(),
}
