"""Masks and trimaps that lie in a folder, each under the name of its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mattebox.cli.sources import file_name, is_picture_name
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.batch import Job
    from mattebox.cli.sources import Found

__all__ = ["has_folder", "own_hints"]

NAMED = 3
"""How many pictures are told that lack a file."""


def has_folder(job: Job) -> bool:
    """Whether a job names a folder of masks or of trimaps."""
    return any(path is not None and Path(path).is_dir() for path in (job.mask, job.trimap))


def own_hints(jobs: Sequence[Job], pictures: Sequence[Found]) -> list[Job]:
    """Give every job its own mask and trimap where it names folders of them.

    The mask of `photo.jpg` is `photo.png`, `photo.jpg.png`, or another picture of that stem; of `below/photo.jpg` the
    one in the folder `below` of the masks, if there is one.

    Args:
        jobs: that name the same files or folders.
        pictures: of the jobs.

    Raises:
        BadParameter: pictures have none, or several that are as good, or share one.
    """
    masks, trimaps = (
        paired(name, Path(path), pictures) if path is not None and Path(path).is_dir() else [path] * len(jobs)
        for name, path in (("mask", jobs[0].mask), ("trimap", jobs[0].trimap))
    )
    return [replace(job, mask=mask, trimap=trimap) for job, mask, trimap in zip(jobs, masks, trimaps, strict=True)]


def paired(name: str, folder: Path, pictures: Sequence[Found]) -> list[str]:
    """The file of a folder that belongs to each picture."""
    there = {home: by_stem(home) for home in {folder, *(folder / picture.below for picture in pictures)}}
    own = [files_of(picture, there[folder / picture.below]) or files_of(picture, there[folder]) for picture in pictures]
    if missing := [file_name(picture.source) for picture, paths in zip(pictures, own, strict=True) if not paths]:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise BadParameter(
            f"{folder}: no {name} for {', '.join(missing[:NAMED])}{more}; each is named as its picture, as in "
            f"{Path(missing[0]).stem}.png"
        )
    if several := next((paths for paths in own if len(paths) > 1), None):
        names = " and ".join(path.name for path in several)
        raise BadParameter(f"{folder}: {names} could both be the {name} of a picture")
    first = [str(paths[0]) for paths in own]
    path, times = Counter(first).most_common(1)[0]
    if times > 1:
        raise BadParameter(f"{path}: the {name} of {times} pictures; give each its own, in folders as the pictures'")
    return first


def by_stem(folder: Path) -> dict[str, list[Path]]:
    """The pictures of a folder by their names without suffix."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if is_picture_name(path.name):
            files.setdefault(path.stem, []).append(path)
    return files


def files_of(picture: Found, files: dict[str, list[Path]]) -> list[Path]:
    """Those that are named as a picture."""
    name = file_name(picture.source)
    return files.get(name) or files.get(Path(name).stem, [])
