"""A page about a data set, for people who would rather look: numbers, annotated frames, and what is doubtful."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from mattebox.encode import encode, write_file
from mattebox.label.colors import colors_of
from mattebox.label.dataset import Dataset, Label
from mattebox.label.extra import needed_for
from mattebox.label.report import Report
from mattebox.types import Rgb

__all__ = ["LONGEST", "write_page"]

LONGEST = 720
"""Longest side that pictures on a page should have."""


def write_page(
    dataset: Dataset,
    path: Path,
    frames: Sequence[tuple[str, Rgb]],
    findings: Report,
    *,
    overwrite: bool = False,
) -> None:
    """Write a page that needs no other file and no network.

    Args:
        dataset: that it is about.
        path: .html.
        frames: caption and pixels of the annotated frames that it shows.
        findings: what was found in the data set.
        overwrite: whether an existing file is replaced.

    Raises:
        OutputFailed: it cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    with needed_for("writing a page about a data set"):
        from jinja2 import Environment
    template = (files("mattebox.label.previews") / "page.html.j2").read_text(encoding="utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    shown = [(caption, _embedded(rgb)) for caption, rgb in frames]
    text = page.render(dataset=dataset, labels=_labels(dataset), frames=shown, findings=findings, **_numbers(dataset))
    write_file(path, text.encode(), overwrite=overwrite)


def _numbers(dataset: Dataset) -> dict[str, Any]:
    tables = [subtask.table for _, subtask in dataset.walk()]
    return {
        "frame_count": sum(len(task.frames.kept()) for task in dataset.tasks),
        "row_count": sum(int(table.keyframe.sum()) for table in tables),
        "track_count": sum(len(set(table.object[table.tracked & (table.parent < 0)].tolist())) for table in tables),
    }


def _labels(dataset: Dataset) -> list[dict[str, Any]]:
    """Every label with its colour and how often somebody put it, the most frequent first."""
    counts: Counter[str] = Counter()
    for _, subtask in dataset.walk():
        table = subtask.table
        counts.update(table.label.take(table.keyframe & (table.parent < 0)).lists())
    specs = {label.name: label for task in dataset.tasks for label in task.label_specs(dataset)}
    known = [*specs.values(), *(Label(name) for name in counts if name not in specs)]
    colors = colors_of(known)
    most = max(counts.values(), default=1)
    rows = [
        {
            "name": label.name,
            "color": "#{:02x}{:02x}{:02x}".format(*colors[label.name]),
            "count": counts[label.name],
            "share": counts[label.name] / most,
            "known": label.name in specs,
        }
        for label in known
    ]
    return sorted(rows, key=lambda row: -row["count"])


def _embedded(rgb: Rgb) -> str:
    """A picture as an address that holds it."""
    return "data:image/jpeg;base64," + base64.b64encode(encode(rgb, "jpeg", quality=82)).decode()
