"""The pictures and videos that annotations are about."""

from __future__ import annotations

import re
from pathlib import Path

from mattebox.errors import BadAnnotations
from mattebox.label.media.base import Media
from mattebox.label.media.blob import Blob
from mattebox.label.media.images import Images
from mattebox.label.media.video import Video

__all__ = ["PICTURES", "VIDEOS", "Blob", "Images", "Media", "Video", "natural", "open_media"]

PICTURES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".heic"})
VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".3gp"})


def natural(name: str) -> list[int | str]:
    """A key that sorts names as people do: frame 2 comes before frame 10.

    Example:
        >>> sorted(["b", "a10", "a2"], key=natural)
        ['a2', 'a10', 'b']
    """
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def open_media(path: Path) -> Media:
    """A picture, a folder of pictures (the folders in it included), or a video.

    Raises:
        BadAnnotations: it is none of them, or not there.
    """
    if path.is_dir():
        files = [each for each in path.rglob("*") if each.suffix.lower() in PICTURES and each.is_file()]
        files.sort(key=lambda each: natural(each.relative_to(path).as_posix()))
        if not files:
            raise BadAnnotations(f"{path}: there are no pictures in this folder")
        names = [each.relative_to(path).as_posix() for each in files]
        return Images([Blob(each) for each in files], names, name=path.name)
    if not path.is_file():
        raise BadAnnotations(f"{path}: there is no such file or folder")
    if path.suffix.lower() in VIDEOS:
        return Video(Blob(path))
    if path.suffix.lower() in PICTURES:
        return Images([Blob(path)])
    raise BadAnnotations(f"{path}: neither a picture nor a video, by its name")
