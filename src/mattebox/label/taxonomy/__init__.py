"""Label tables: from the labels that annotators use to the classes that a network is trained on."""

from __future__ import annotations

from mattebox.label.taxonomy.changes import Change, diff
from mattebox.label.taxonomy.findings import Finding, Place
from mattebox.label.taxonomy.model import Entry, Resolution, Superclass, Taxonomy
from mattebox.label.taxonomy.reading import lint_files

__all__ = ["Change", "Entry", "Finding", "Place", "Resolution", "Superclass", "Taxonomy", "diff", "lint_files"]
