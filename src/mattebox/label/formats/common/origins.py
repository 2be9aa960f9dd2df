"""Where the samples of a set came from that Mattebox built."""

from __future__ import annotations

import csv
import io
from typing import TypeAlias

from mattebox.errors import BadAnnotations
from mattebox.label.formats.common.tree import Tree

__all__ = ["Origins", "origins_of"]

Origins: TypeAlias = dict[tuple[str, str], str]
"""The task by subset and name of a sample."""

SAMPLES = "samples.csv"


def origins_of(tree: Tree) -> Origins:
    """The task of every sample, so that those of one scene stay together in a split, tiles and scales included.

    Args:
        tree: of a set; what another program built tells nothing.
    """
    if SAMPLES not in tree:
        return {}
    try:
        rows = csv.DictReader(io.StringIO(tree.text(SAMPLES)), restval="")
        return {(row["subset"], row["name"]): row["task"] for row in rows}
    except (BadAnnotations, csv.Error, KeyError):
        return {}
