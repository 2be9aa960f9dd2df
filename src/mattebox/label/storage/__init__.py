"""Mattebox's own forms: Parquet and JSON without any loss, and a table of tabs to read.

All of them hold the same two things: the *description* of a data set, which is everything but its rows, and the rows.
Media are not in them; their paths are, from the folder that the file is in.
"""

from __future__ import annotations

from mattebox.label.storage.columnar import load_parquet, looks_like_parquet, save_parquet
from mattebox.label.storage.documents import load_json, looks_like_json, save_json
from mattebox.label.storage.tabbed import load_tsv, looks_like_tsv, save_tsv

__all__ = [
    "load_json",
    "load_parquet",
    "load_tsv",
    "looks_like_json",
    "looks_like_parquet",
    "looks_like_tsv",
    "save_json",
    "save_parquet",
    "save_tsv",
]
