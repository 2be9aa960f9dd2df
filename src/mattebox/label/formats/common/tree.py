"""The files of a data set, in a folder or in a zip, by relative path."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.archive import LIMITS, is_safe_name, opened
from mattebox.label.media import PICTURES, Blob, natural
from mattebox.label.media.blob import DAMAGE
from mattebox.label.text import decode_text, parse_json, parse_yaml

__all__ = ["Tree", "tree_of", "within"]


class Tree:
    """A folder or a zip; nothing is unpacked, and no text outside is ever read.

    Args:
        path: of the folder or the zip.
        given: a file in the folder that whoever asks named, which may be a link to anywhere.

    Raises:
        BadAnnotations: there is no such file or folder, or the zip is damaged or not safe.
    """

    def __init__(self, path: Path, given: str = "") -> None:
        self.path = path
        self._given = given
        self._archive = opened(path) if path.is_file() else None
        if self._archive is None and not path.is_dir():
            raise BadAnnotations(f"{path}: there is no such file or folder")

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file, as a path with slashes, in natural order; what is hidden, or has no end, is left out."""
        names = self._walked() if self._archive is None else self._archive.names
        shown = (name for name in names if not any(part.startswith((".", "__MACOSX")) for part in name.split("/")))
        return tuple(sorted(shown, key=natural))

    def _walked(self) -> list[str]:
        found: list[str] = []
        for folder, inner, names in os.walk(self.path):
            inner[:] = [name for name in inner if not name.startswith(".")]
            base = Path(folder).relative_to(self.path)
            found += [(base / name).as_posix() for name in names if os.path.isfile(f"{folder}/{name}")]  # noqa: PTH113
        return found

    def __contains__(self, name: str) -> bool:
        """Whether there is such a file."""
        if self._archive is not None:
            return name in self._archive
        try:
            return is_safe_name(name) and (self.path / name).is_file()
        except (OSError, ValueError):  # longer than a name can be, or with a sign that none can have
            return False

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        """Pictures by their last name, with its suffix and without, in lower case."""
        named: dict[str, list[str]] = defaultdict(list)
        for name in self.pictures():
            path = PurePosixPath(name)
            named[path.name.lower()].append(name)
            named[path.stem.lower()].append(name)
        return named

    def blob(self, name: str) -> Blob:
        """A file of it, whether it is there or not; of a name that leads out of it, only the last part counts."""
        name = name if is_safe_name(name) else PurePosixPath(name).name
        return Blob(self.path / name) if self._archive is None else self._archive.blob(name)

    def under(self, folder: str, *suffixes: str) -> list[str]:
        """Files in a folder and the folders in it, with one of some suffixes in lower case; "" is the whole tree."""
        start = f"{folder.strip('/')}/" if folder.strip("/.") else ""
        return [name for name in self.files if name.startswith(start) and name.lower().endswith(suffixes)]

    def pictures(self, folder: str = "") -> list[str]:
        """Pictures in a folder and the folders in it."""
        return self.under(folder, *PICTURES)

    def find_picture(self, name: str, *folders: str) -> str:
        """Where a picture lies that a file names; "" when it is nowhere, or in several places.

        Args:
            name: what the file calls it, with folders or without, with a suffix or without; slashes may be backslashes.
            folders: where it is looked for first.
        """
        name = name.replace("\\", "/")
        if is_safe_name(name):
            for folder in folders:
                place = str(PurePosixPath(folder) / name)
                if place in self:
                    return place
        wanted = [part for part in PurePosixPath(name).parts if part not in {"/", ".", ".."}]
        alike = self._named.get(wanted[-1].lower(), []) if wanted else []
        tails = {each: 1 + _common_tail(PurePosixPath(each).parts[:-1], wanted[:-1]) for each in alike}
        # What was told from another machine or folder is known by its end; a relative path must be there whole.
        least = len(wanted) if is_safe_name(name) else 1
        longest = max(tails.values(), default=0)
        ends = [each for each, tail in tails.items() if tail == longest]
        return ends[0] if len(ends) == 1 and longest >= least else ""

    def find_beyond(self, name: str, *folders: str) -> Blob | None:
        """The picture that a file names by a relative path out of the tree; None without any.

        Annotations often lie beside their pictures. Of a zip nothing lies beyond, and nothing but a picture is found.
        It comes before what is only called the same in the tree.

        Args:
            name: what the file calls it.
            folders: that the path may begin in.
        """
        path = PurePosixPath(name.replace("\\", "/"))
        leads_out = ".." in path.parts and not path.is_absolute() and "\0" not in name
        if self._archive is not None or not leads_out or path.suffix.lower() not in PICTURES:
            return None
        for folder in folders:
            place = Path(os.path.normpath(self._root / folder / path))
            try:
                if not place.is_relative_to(self._root) and place.is_file():
                    return Blob(place)
            except OSError:  # longer than a name can be
                return None
        return None

    def read(self, name: str, most: int = LIMITS.text) -> bytes:
        """All of a file that is read as a whole.

        Args:
            name: of the file.
            most: bytes that it may have.

        Raises:
            BadAnnotations: it is missing, damaged, too large, or a link that leads out of the folder.
        """
        blob = self.blob(name)
        self._check(name, blob, most)
        return blob.read()

    def ends(self, name: str, size: int) -> bytes:
        """The first and the last bytes of a file; the second may repeat some of the first.

        Args:
            name: of the file.
            size: bytes of each.

        Raises:
            BadAnnotations: as `read`.
        """
        blob = self.blob(name)
        self._check(name, blob, LIMITS.document)
        with blob.open() as file:
            try:
                first = file.read(size)
                length = file.seek(0, os.SEEK_END)
                file.seek(max(0, length - size))
                return first + file.read(size)
            except DAMAGE as error:
                raise BadAnnotations(f"{blob}: damaged: {error}") from error

    def _check(self, name: str, blob: Blob, most: int) -> None:
        """Make sure that a file is one of the tree, and can be read as a whole."""
        if self._archive is not None:
            self._archive.check_document(name, most)
            return
        try:
            size = blob.path.stat().st_size
        except OSError:  # opening it says why
            return
        if size > most:
            raise BadAnnotations(f"{blob}: {size:,} bytes are more than the {most:,} that are allowed")
        if name != self._given and not self._holds(blob.path):
            raise BadAnnotations(f"{blob}: a link that leads out of the folder; put the file itself there")

    def _holds(self, path: Path) -> bool:
        """Whether a file lies in the folder once links are followed."""
        if path.parent not in self._held:
            self._held[path.parent] = path.parent.resolve().is_relative_to(self._root)
        return self._held[path.parent] and (not path.is_symlink() or path.resolve().is_relative_to(self._root))

    @cached_property
    def _root(self) -> Path:
        return self.path.resolve()

    @cached_property
    def _held(self) -> dict[Path, bool]:
        """Whether folders lie in the tree; few files are links, and to resolve each takes longer than to read it."""
        return {}

    def text(self, name: str) -> str:
        """A file as text.

        Raises:
            BadAnnotations: it is empty, no text, or as `read`.
        """
        return decode_text(self.read(name), self.blob(name))

    def lines(self, name: str) -> list[str]:
        """The lines of a text, without blanks around them and without empty ones; an empty file has none.

        Raises:
            BadAnnotations: it is no text, or as `read`.
        """
        data = self.read(name)
        text = decode_text(data, self.blob(name)) if data else ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def json(self, name: str) -> Any:
        """A file as JSON.

        Raises:
            BadAnnotations: it is empty, no JSON, or as `read`.
        """
        return parse_json(self.read(name, LIMITS.document), self.blob(name))

    def yaml(self, name: str) -> Any:
        """A file as YAML.

        Raises:
            BadAnnotations: it is empty, no YAML, or as `read`.
        """
        return parse_yaml(self.read(name), self.blob(name))


def tree_of(path: Path, *suffixes: str) -> tuple[Tree, str]:
    """The tree that a path leads to, and the file in it that was meant; "" where the path is that of the tree itself.

    Args:
        path: of a folder, of a zip, or of a file with one of the suffixes, whose tree is the folder that it lies in, or
            the folder above one that is called annotations.
        suffixes: of files that can be meant, in lower case.

    Raises:
        BadAnnotations: there is no such file or folder.
    """
    path = Path(os.path.expanduser(path))
    if path.name.lower().endswith(suffixes) and path.is_file():
        if path.parent.name.lower() == "annotations":
            inner = f"{path.parent.name}/{path.name}"
            return Tree(path.parent.parent, inner), inner
        return Tree(path.parent, path.name), path.name
    return Tree(path), ""


def within(name: str) -> str:
    """What a file calls a picture, without what leads out of its folder.

    Example:
        >>> within("../../park/a.jpg"), within("/data/park/a.jpg"), within("C:/park/a.jpg")
        ('park/a.jpg', 'data/park/a.jpg', 'park/a.jpg')
    """
    parts = PurePosixPath(re.sub(r"^[A-Za-z]:", "", name)).parts
    return "/".join(part for part in parts if part not in {"/", "//", ".", ".."}) or name


def _common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts two paths have in common at their ends."""
    same = takewhile(lambda pair: pair[0].lower() == pair[1].lower(), zip(reversed(one), reversed(other), strict=False))
    return sum(1 for _ in same)
