"""The pictures or the video of a task, where they lie beside CVAT's XML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mattebox.label.archive import Archive, is_safe_name
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.xml_meta import NO_SUBSET, TaskMeta
from mattebox.label.media import Blob, Images, Media, Video

__all__ = ["Beside", "Picture", "images_of", "video_of"]

SUFFIXES = ("", ".PNG", ".png", ".jpg", ".jpeg")
"""What CVAT adds to the names of pictures in its exports; those of a video's frames have no suffix in the XML."""


class Picture(NamedTuple):
    """A picture that the file tells of.

    Attributes:
        name: with folders.
        size: height and width, if told.
    """

    name: str = ""
    size: tuple[int, int] | None = None


class Beside:
    """The files around an XML file: in the same archive, or in the same folder.

    Args:
        document: the XML file.
        archive: that it is in; None for a file of its own.
    """

    def __init__(self, document: Blob, archive: Archive | None) -> None:
        self._archive = archive
        inner = document.member or (document.path.relative_to(archive.path).as_posix() if archive else "")
        self._root = inner.rpartition("/")[0] + "/" * ("/" in inner)
        self._folder = document.path.parent

    def find(self, *names: str) -> Blob | None:
        """The first of some files that is there."""
        for name in names:
            if self._archive is not None:
                if name and self._root + name in self._archive:
                    return self._archive.blob(self._root + name)
            elif name and is_safe_name(name) and (blob := Blob(self._folder / name)).exists():
                return blob
        return None

    def expected(self, name: str) -> Blob:
        """Where a file would be."""
        return self._archive.blob(self._root + name) if self._archive is not None else Blob(self._folder / name)

    def find_picture(self, name: str, subset: str) -> Blob | None:
        """The file of a picture, wherever an export of CVAT may have it."""
        folders = (f"images/{subset or NO_SUBSET}/", "images/", f"{subset}/", "", "data/")
        return self.find(*(f"{folder}{name}{suffix}" for folder in folders for suffix in SUFFIXES)) if name else None


def images_of(pictures: Mapping[int, Picture], task: TaskMeta, beside: Beside, place: Place) -> Images:
    """The pictures of a task, with the names and sizes that the file tells, whether they are there or not.

    Args:
        pictures: by frame of the media.
        task: that they are of.
        beside: the files around.
        place: of the task, to tell how many are missing.
    """
    listed = [pictures.get(frame, Picture()) for frame in range(max(pictures, default=-1) + 1)]
    found = [beside.find_picture(picture.name, task.subset) for picture in listed]
    missing = [each.name for each, blob in zip(listed, found, strict=True) if each.name and blob is None]
    if missing:
        message = f"{len(missing):,} pictures are not beside the file, as {missing[0]}; put them into its folder images"
        place.problem("missing-media", message, count=len(missing))
    blobs = [blob or beside.expected(f"images/{each.name}") for each, blob in zip(listed, found, strict=True)]
    return Images(blobs, [each.name for each in listed], [each.size for each in listed], name=task.name)


def video_of(task: TaskMeta, frames: Sequence[int], beside: Beside, place: Place) -> Media | None:
    """The video of a task, or its frames as pictures; without either, a missing video if at least its size is told.

    Args:
        task: that it is of.
        frames: of the media that the task has.
        beside: the files around.
        place: of the task, to tell that it is missing.
    """
    name = Path(task.source).name
    if video := beside.find(name, f"images/{name}", f"data/{name}"):
        return Video(video, task.frame_size)
    names = {frame: f"frame_{frame:06d}" for frame in frames}
    if any(beside.find_picture(name, task.subset) for name in names.values()):
        return images_of({frame: Picture(name, task.frame_size) for frame, name in names.items()}, task, beside, place)
    place.problem("missing-media", f"{name or 'the video'} is not beside the file; put it there")
    return Video(beside.expected(name or task.name), task.frame_size) if task.frame_size else None
