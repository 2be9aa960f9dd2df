"""Names of samples: made of where they come from, so that the same source has the same name in every run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mattebox.label.subsets import PARTS, part_of

__all__ = ["shot_name", "slug", "subset_folder", "task_names"]

LONGEST = 120
"""Bytes that a task gives to the name of a sample; file systems take 255 in all."""


def slug(text: str) -> str:
    """Make a text a part of a file name on any system: letters and digits of any script, `-`, `_` and `.` inside.

    Example:
        >>> slug("Поле 7: north/east.mp4"), slug("../..")
        ('Поле-7-north-east.mp4', 'unnamed')
    """
    kept = re.sub(r"[^\w.]+|\.{2,}", "-", unicodedata.normalize("NFC", text)).strip("-._")
    while len(kept.encode()) > LONGEST:
        kept = kept[:-1]
    return kept.rstrip("-._") or "unnamed"


def task_names(names: Iterable[str]) -> list[str]:
    """Slugs for tasks, told apart by a number where two would be one, also on systems that do not heed case.

    Example:
        >>> task_names(["a/cat", "A-cat", "dog"])
        ['a-cat', 'A-cat-2', 'dog']
    """
    taken: set[str] = set()
    told = []
    for name in map(slug, names):
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        told.append(free)
    return told


def shot_name(task: str, true_frame: int, *, scale: float = 1, tile: tuple[int, int] | None = None) -> str:
    """Name a sample: its task and frame in the original media, then its scale and the tile's top and left if any.

    Example:
        >>> shot_name("field", 120), shot_name("field", 120, scale=0.5, tile=(0, 448))
        ('field_000120', 'field_000120_x0p5_t0-448')
    """
    size = "" if scale == 1 else f"_x{scale:.6g}".replace(".", "p")  # what follows a point would be taken for a suffix
    place = "" if tile is None else f"_t{tile[0]}-{tile[1]}"
    return f"{task}_{true_frame:06d}{size}{place}"


def subset_folder(subset: str) -> str:
    """The folder of a subset: `train`, `val` and `test` in the words that trainers use; other names as slugs.

    Example:
        >>> [subset_folder(name) for name in ("Train", "Validation", "", "Night shots")]
        ['train', 'val', 'train', 'Night-shots']
    """
    part = part_of(subset) or "train"
    return part if part in PARTS else slug(subset)
