"""Which pictures were meant, and what their results are called."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from mattebox.download import is_url
from mattebox.errors import BadParameter
from mattebox.manifest import SUFFIXES

__all__ = ["Found", "Namer", "expand", "pictures_in"]

OWN_RESULTS = ("*_cutout.*", "*_sheet.jpg")


@dataclass(frozen=True, slots=True)
class Found:
    """A picture that was found.

    Attributes:
        source: path or URL.
        below: folder below the output folder that its result belongs to.
    """

    source: str
    below: Path = Path()


def expand(inputs: Iterable[str], *, recursive: bool) -> list[Found]:
    """Turn files, folders, patterns and URLs into pictures, each once, in the order they were given.

    Files that are named are taken whatever they are called; in folders and patterns only pictures are, and neither
    hidden files nor results of earlier runs.

    Args:
        inputs: as typed.
        recursive: look into folders of folders.

    Raises:
        BadParameter: an input is not there, or has no pictures in it.
    """
    inputs = [text if is_url(text) else os.path.expanduser(text) for text in inputs]
    folders = [text for text in inputs if text and Path(text).is_dir()]
    pictures: dict[str, Found] = {}
    for text in inputs:
        below = Path(Path(text).resolve().name) if len(folders) > 1 and text in folders else Path()
        for found in matches(text, below, recursive=recursive):
            pictures.setdefault(found.source if is_url(found.source) else os.path.abspath(found.source), found)  # noqa: PTH100
    return list(pictures.values())


def matches(text: str, below: Path, *, recursive: bool) -> list[Found]:
    """The pictures that one input stands for."""
    path = Path(text)
    if is_url(text) or path.is_file():
        return [Found(text)]
    if not text:
        raise BadParameter("an input is empty; give files, folders, patterns, URLs, or - for standard input")
    if path.is_dir():
        pictures = list(pictures_in(path, below, recursive=recursive))
        hint = "" if recursive else "; --recursive looks into its folders too"
        missing = f"{text}: no pictures in this folder (looked for {' '.join(SUFFIXES)}){hint}"
    elif glob.has_magic(text):
        pictures = list(pattern_matches(text, recursive=recursive))
        missing = f"{text}: no picture matches this pattern"
    else:
        pictures, missing = [], f"{text}: no such file or folder"
    if not pictures:
        raise BadParameter(missing)
    return pictures


def pictures_in(folder: Path, below: Path = Path(), *, recursive: bool) -> Iterator[Found]:
    """The pictures in a folder, in the order of their names."""
    for path, folders, files in os.walk(folder):
        here = below / Path(path).relative_to(folder)
        yield from (Found(str(Path(path, name)), here) for name in sorted(files) if is_picture_name(name))
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if recursive else []


def pattern_matches(pattern: str, *, recursive: bool) -> Iterator[Found]:
    """The pictures that a pattern matches; folders that match are looked into."""
    fixed = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (Path has no absolute patterns)
        path = Path(match)
        if path.is_dir() and "**" not in pattern:
            yield from pictures_in(path, path.relative_to(fixed), recursive=recursive)
        elif path.is_file() and is_picture_name(path.name):
            yield Found(match, path.parent.relative_to(fixed))


def is_picture_name(name: str) -> bool:
    """Whether a file in a folder is taken for a picture by its name."""
    lower = name.lower()
    hidden = lower.startswith(".")
    return lower.endswith(SUFFIXES) and not hidden and not any(fnmatch(lower, pattern) for pattern in OWN_RESULTS)


def same_file_key(path: Path) -> str:
    """The same text for paths that may be the same file, on disks that do not tell capitals apart too."""
    return os.path.abspath(path).casefold()  # noqa: PTH100 (links are kept)


class Namer:
    """Gives every picture a target of its own.

    `photo.jpg` becomes `photo_cutout.png`. A second picture of that name, as `photo.webp`, becomes
    `photo.webp_cutout.png`, and a third `photo.webp-2_cutout.png`.

    Args:
        folder: where results go; None puts each beside its picture.
        suffix: of the results.
        sources: paths that no result may have.
    """

    def __init__(self, folder: Path | None, suffix: str, sources: Iterable[Found] = ()) -> None:
        self._folder = folder
        self._suffix = suffix
        self._taken = {same_file_key(Path(found.source)) for found in sources}

    def __call__(self, found: Found) -> Path:
        """The target of a picture; asked again for the same picture, the answer is another."""
        name = file_name(found.source)
        home = Path() if is_url(found.source) else Path(found.source).parent
        if self._folder is not None:
            home = self._folder / found.below
        labels = itertools.chain([Path(name).stem, name], (f"{name}-{number}" for number in itertools.count(2)))
        targets = (home / f"{label}_cutout{self._suffix}" for label in labels)
        target = next(target for target in targets if same_file_key(target) not in self._taken)
        self._taken.add(same_file_key(target))
        return target


def file_name(source: str) -> str:
    """The last part of a path, or of a URL's path in letters that every disk takes.

    Example:
        >>> file_name("https://shop.example/pictures/red%20shoe.jpg?size=2")
        'red_shoe.jpg'
    """
    if not is_url(source):
        return Path(source).name
    address = urlsplit(source)
    return re.sub(r"[^\w.-]+", "_", unquote(PurePosixPath(address.path).name)) or address.hostname or "picture"
