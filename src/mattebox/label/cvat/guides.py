"""What annotators are told: a text in Markdown, which names pictures that lie beside it."""

from __future__ import annotations

import re

from mattebox.label.archive import Archive

__all__ = ["ASSETS", "GUIDE", "guide_data", "read_guide"]

GUIDE, ASSETS = "annotation_guide.md", "assets/"

NAMED = re.compile(r"(?<![\w./-])(?:task_[0-9]+/)?assets/")
"""How a text names the folder of its pictures: CVAT writes the folder of the task before it."""


def read_guide(archive: Archive, folder: str) -> str:
    """The guide of a task or a project; its pictures are named as they lie beside it.

    Args:
        archive: the backup.
        folder: of the task or the project in it, empty or with a slash at the end.
    """
    if folder + GUIDE not in archive:
        return ""
    return NAMED.sub(ASSETS, archive.read(folder + GUIDE).decode("utf-8", "replace"))


def guide_data(guide: str, folder: str) -> bytes:
    """A guide as CVAT restores it from a folder of an archive.

    Example:
        >>> guide_data("![cat](assets/cat.png) https://example.org/assets/cat.png", "task_0/")
        b'![cat](task_0/assets/cat.png) https://example.org/assets/cat.png'
    """
    return NAMED.sub(lambda _: folder + ASSETS, guide).encode()
