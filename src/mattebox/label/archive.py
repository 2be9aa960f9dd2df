"""The files of an archive, or of the folder that it was unpacked into: nothing is read that is not safe to read."""

from __future__ import annotations

import functools
import io
import os
import re
import shutil
import stat
import sys
import zipfile
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.media import Blob
from mattebox.label.media.blob import DAMAGE
from mattebox.label.text import parse_json

__all__ = ["LIMITS", "Archive", "Limits", "is_safe_name", "is_zip", "opened"]

ZIP_MARK = b"PK"

LEGACY = ("utf-8", "cp866", "cp1251")
"""What names may really be written in where a zip does not say that they are UTF-8."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold at most.

    Attributes:
        members: how many files.
        document: bytes of a file that is read as a whole, as JSON is; media are never unpacked all at once.
        text: bytes of a file of lines, which are few where there is one for every picture.
        total: bytes of all files together.
        ratio: how many times larger a file may be than what it is packed into; small files may be more.
        document_ratio: the same of one that is read as a whole.
    """

    members: int = 2_000_000
    document: int = 4 << 30
    text: int = 256 << 20
    total: int = 16 << 40
    ratio: float = 600
    document_ratio: float = 200


LIMITS = Limits()
"""What holds unless the caller says otherwise."""

SMALL = 16 << 20
"""Bytes of a file that harms nobody, however well it was packed."""


def is_safe_name(name: str) -> bool:
    r"""Whether a file of that name would stay in the folder that an archive is unpacked into.

    Example:
        >>> [is_safe_name(name) for name in ("data/a.png", "../a.png", "/etc/a", "C:\\a", "data\\..\\a")]
        [True, False, False, False, False]
    """
    parts = name.replace("\\", "/").split("/")
    # What follows an empty part would be an absolute path to whoever takes the folders before it away.
    led_out = ".." in parts or "" in parts[:-1] or re.match(r"[A-Za-z]:", name)
    return bool(name) and not led_out and "\0" not in name


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does, whole or not."""
    try:
        with path.open("rb") as file:
            return file.read(len(ZIP_MARK)) == ZIP_MARK
    except OSError:
        return False


def opened(path: Path) -> Archive:
    """The archive of a zip within the usual limits; it is looked through once, however many ask for it.

    Raises:
        BadAnnotations: it is not there, not a whole zip, or not safe.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise BadAnnotations(f"{path}: cannot be read: {error.strerror}") from error
    return _opened(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=4)
def _opened(path: Path, *_: int) -> Archive:
    return Archive(path)


class Archive:
    """A zip, or a folder with the same files; all of it is checked before the first file is read.

    Args:
        path: of the zip or the folder.
        limits: what it may hold at most.

    Raises:
        BadAnnotations: it is not there, not a whole zip, or not safe: names that lead out of it, links, a name that
            two files have, encryption, more than the limits allow. The message names the file and the member.

    Attributes:
        path: of the zip or the folder.
        names: of its files, with slashes, in the order in which they were packed, or by name.
    """

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self.path = path
        self.limits = limits
        self._members: dict[str, str] = {}
        self._sizes: dict[str, int] = {}
        self._packed: dict[str, int] = {}
        if path.is_dir():
            self._walk()
        elif path.is_file():
            self._list()
        else:
            raise BadAnnotations(f"{path}: there is no such file or folder")
        self.names = tuple(self._sizes)
        self._sorted = sorted(self.names)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._members

    def blob(self, name: str) -> Blob:
        """Where a file is, or would be if it were there."""
        member = self._members.get(name, name)
        return Blob(self.path / member) if self.path.is_dir() else Blob(self.path, member)

    def read(self, name: str) -> bytes:
        """All bytes of a file.

        Raises:
            BadAnnotations: it is missing, damaged, or too large to be read as a whole.
        """
        blob = self.blob(name)
        self.check_document(name, self.limits.document)
        held = io.BytesIO()
        with blob.open() as file:
            try:
                # In one go a zip would take almost three times the memory.
                shutil.copyfileobj(file, held, 1 << 20)
            except DAMAGE as error:
                raise BadAnnotations(f"{blob}: damaged: {error}") from error
        return held.getvalue()

    def check_document(self, name: str, most: int) -> None:
        """Make sure that a file can be read as a whole; one that is not there can.

        Args:
            name: of the file.
            most: bytes that it may have.

        Raises:
            BadAnnotations: it is larger, or packed as no text is.
        """
        member = self._members.get(name, name)
        size, packed = self._sizes.get(member, 0), self._packed.get(member)
        if size > most:
            raise BadAnnotations(f"{self.blob(name)}: {size:,} bytes are more than the {most:,} that are allowed")
        if packed is not None and size > SMALL and size > self.limits.document_ratio * packed:
            message = f"{size:,} bytes are packed into {packed:,}, which no annotations can be; do not trust this file"
            raise BadAnnotations(f"{self.blob(name)}: {message}")

    def json(self, name: str) -> Any:
        """What a JSON file says.

        Raises:
            BadAnnotations: it is missing, damaged, too large, or no JSON.
        """
        return parse_json(self.read(name), self.blob(name))

    def folder(self, start: str) -> list[str]:
        """Names of the files in a folder and in the folders in it, by name; `start` ends with a slash, or is empty."""
        last = start + chr(sys.maxunicode)
        return self._sorted[bisect_left(self._sorted, start) : bisect_left(self._sorted, last)]

    def _walk(self) -> None:
        for folder, inner, files in os.walk(self.path):
            inner.sort()
            for file in sorted(files):
                found = Path(folder) / file
                # A link may lead anywhere, so it is nothing that lies here.
                if found.is_file() and not found.is_symlink():
                    self._add(PurePosixPath(found.relative_to(self.path)).as_posix(), found.stat().st_size)

    def _list(self) -> None:
        try:
            with zipfile.ZipFile(self.path) as archive:
                infos = archive.infolist()
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise BadAnnotations(f"{self.path}: not a whole zip archive: {error}; fetch it again") from error
        total = 0
        for info in infos:
            self._check(info)
            total += info.file_size
            if not info.is_dir():
                self._add(info.filename, info.file_size)
                self._packed[info.filename] = info.compress_size
                self._add_readings(info)
        if total > self.limits.total:
            raise BadAnnotations(f"{self.path}: unpacked {total:,} bytes, more than the {self.limits.total:,} allowed")

    def _add(self, name: str, size: int) -> None:
        if name in self._sizes:
            raise BadAnnotations(f"{self.path}: {name}: two files have this name")
        if len(self._sizes) == self.limits.members:
            raise BadAnnotations(f"{self.path}: more than the {self.limits.members:,} files that are allowed")
        self._sizes[name] = size
        self._members[name] = name

    def _add_readings(self, info: zipfile.ZipInfo) -> None:
        """What the name of a file may have been before a program for Windows packed it."""
        if info.flag_bits & 0x800 or info.filename.isascii():
            return
        for encoding in LEGACY:
            try:
                reading = info.filename.encode("cp437").decode(encoding)
            except UnicodeError:
                continue
            self._members.setdefault(reading, info.filename)

    def _check(self, info: zipfile.ZipInfo) -> None:
        """Refuse what no honest archive has."""
        place = f"{self.path}: {info.filename!r}"
        if not is_safe_name(info.filename):
            raise BadAnnotations(f"{place}: the name leads out of the archive; do not trust this file")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BadAnnotations(f"{place}: a link; do not trust this file")
        if info.flag_bits & 0x1:
            raise BadAnnotations(f"{place}: encrypted; unpack it with its password, and give the folder")
        if info.file_size > SMALL and info.file_size > self.limits.ratio * info.compress_size:
            raise BadAnnotations(
                f"{place}: {info.file_size:,} bytes are packed into {info.compress_size:,}; do not trust this file"
            )
