"""What is written lies apart from what is read, so that no run takes away what it was made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mattebox.errors import OutputFailed
from mattebox.label.dataset import Dataset

__all__ = ["check_apart", "check_media_apart"]


def check_apart(out: Path, sources: Iterable[Path]) -> None:
    """Make sure that a result lies apart from files and folders that are read; links are followed.

    Args:
        out: file or folder that is to be written.
        sources: that are read.

    Raises:
        OutputFailed: it is one of them, or a folder that one of them lies in.
    """
    given = Path(os.path.expanduser(out))
    places = {given.absolute(), given.resolve()}
    for source in sources:
        for place in {source.absolute(), source.resolve()}:
            if not places.isdisjoint((place, *place.parents)):
                raise OutputFailed(f"{out}: {source} lies there and is read; give another place to write to")


def check_media_apart(out: Path, dataset: Dataset) -> None:
    """Make sure that a result lies apart from the pictures and videos of a data set; links are followed.

    Args:
        out: file or folder that is to be written.
        dataset: whose media are read meanwhile.

    Raises:
        OutputFailed: it is one of their files, or a folder that one of them lies in.
    """
    place = Path(os.path.expanduser(out))
    if not place.exists():
        return
    paths = set(_files(dataset))
    if not place.is_dir():
        check_apart(place, (path for path in paths if _same(place, path)))
        return
    check_apart(place, {path.parent for path in paths})
    check_apart(place, (path for path in paths if path.is_symlink()))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _files(dataset: Dataset) -> Iterator[Path]:
    """The files of all media, and those that lie beside their frames."""
    for task in dataset.tasks:
        if task.media is not None:
            yield from (blob.path for blob in task.media.files)
            frames = task.frames.true(task.frames.kept()).tolist()
            yield from (blob.path for frame in frames for blob in task.media.related(frame))
