"""What pictures and subsets are called in the files of a set."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from mattebox.label.building.scenery import Scenery
from mattebox.label.dataset import Task
from mattebox.label.names import slug

__all__ = ["file_subset", "line_of", "names_of"]

LONGEST = 200
"""Bytes of a part of a path; file systems take 255, and numbers and suffixes are added."""


def line_of(name: str) -> str:
    r"""A name on one line of a text, without signs that make it none.

    Example:
        >>> line_of("cat\n\0dog")
        'cat dog'
    """
    return re.sub(r"[\x00-\x1f\x7f]+", " ", name).strip()


def file_subset(subset: str) -> str:
    """What a subset is called in names of files; nothing where there is none.

    Example:
        >>> file_subset("Train"), file_subset("../night"), file_subset("")
        ('Train', 'night', '')
    """
    return slug(subset) if subset else ""


def names_of(sceneries: list[Scenery], *, by_subset: bool, by_stem: bool) -> dict[Task, list[str]]:
    """Names for the pictures of every task; where two would be one, their number or their task is put before them.

    Args:
        sceneries: of the tasks.
        by_subset: every subset has a folder of its own.
        by_stem: the suffix does not tell names apart.
    """
    names: dict[Task, list[str]] = {}
    taken: set[str] = set()
    for number, scenery in enumerate(sceneries):
        task = scenery.task
        folder = f"{file_subset(task.subset)}/" if by_subset and task.subset else ""

        def files(told: list[str], folder: str = folder) -> set[str]:
            stems = (str(PurePosixPath(name).with_suffix("")) for name in told) if by_stem else told
            return {f"{folder}{name}".casefold() for name in stems}

        told = [_safe(scenery.name_of(true)) for true in scenery.true_frames.tolist()]
        if len(files(told)) < len(told):
            told = [f"{index:06d}_{name}" for index, name in enumerate(told)]
        if files(told) & taken:
            told = [f"{slug(task.name)}-{number}/{name}" for name in told]
        taken |= files(told)
        names[task] = told
    return names


def _safe(name: str) -> str:
    """A relative path with slashes that does not lead out of where it begins."""
    parts = [part for part in PurePosixPath(line_of(name).replace("\\", "/")).parts if part not in {"/", ".", ".."}]
    return "/".join(map(_shortened, parts)) or "picture"


def _shortened(part: str) -> str:
    """A part of a path that every file system takes and that is not hidden; its suffix stays."""
    part = re.sub(r"^\.", "_", part.replace(":", "_"))
    suffix = PurePosixPath(part).suffix
    stem = part.removesuffix(suffix)
    while len(stem.encode()) + len(suffix.encode()) > LONGEST and stem:
        stem = stem[:-1]
    return stem + suffix if stem else "picture"
