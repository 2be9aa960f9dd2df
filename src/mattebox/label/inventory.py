"""What lies in a data set: counted, not judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.media import Blob, Media, Video
from mattebox.label.row import SHAPES

__all__ = ["inventory", "shape_counts"]


def inventory(dataset: Dataset) -> dict[str, Any]:
    """Count what a data set has.

    Returns:
        A record for JSON: `name`, `labels` (names), `guide` (whether there is one), `tasks` (each with `name`,
        `subset`, `media`, `frames`, `step`, `deleted` and `jobs`), and `rows`, by label and then by shape.
    """
    parts = [part for _, part in dataset.walk()]
    return {
        "name": dataset.name,
        "labels": [label.name for label in dataset.labels],
        "guide": bool(dataset.guide),
        "tasks": [_task(task) for task in dataset.tasks],
        "rows": shape_counts(parts),
    }


def shape_counts(parts: Iterable[Subtask]) -> dict[str, dict[str, int]]:
    """How many rows there are, by label, the most frequent first, and by shape."""
    counted: dict[str, Counter[str]] = {}
    for part in parts:
        table = part.table
        pairs = table.label.codes.astype(np.int64) * len(SHAPES) + table.shape
        for pair, count in zip(*np.unique(pairs, return_counts=True), strict=True):
            code, shape = divmod(int(pair), len(SHAPES))
            counted.setdefault(table.label.values[code], Counter())[SHAPES[shape]] += int(count)
    order = sorted(counted, key=lambda name: -counted[name].total())
    return {name: dict(counted[name].most_common()) for name in order}


def _task(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "subset": task.subset,
        "media": None if task.media is None else _media(task.media),
        "frames": task.frames.size,
        "step": task.frames.step,
        "deleted": len(task.frames.deleted),
        "jobs": [_job(part) for part in task.subtasks],
    }


def _media(media: Media) -> dict[str, Any]:
    # Frames that a task leaves out may have no file.
    files = media.files if isinstance(media, Video) else _named(media)
    missing = sum(not file.exists() for file in files)
    return {
        "kind": "video" if isinstance(media, Video) else "images",
        "name": media.name,
        "files": len(files),
        "missing": missing,
    }


def _named(media: Media) -> list[Blob]:
    return [file for frame, file in enumerate(media.files) if media.name_of(frame)]


def _job(part: Subtask) -> dict[str, Any]:
    table = part.table
    return {
        "name": part.name,
        "kind": part.kind,
        "frames": len(part.frames),
        "rows": len(table),
        "tracks": len(np.unique(table.object[table.tracked])),
    }
