"""A file, on its own or inside a zip archive."""

from __future__ import annotations

import functools
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from mattebox.errors import BadAnnotations, OutputFailed

__all__ = ["Blob"]

DAMAGE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError)
"""What reading a damaged or an encrypted archive raises."""


@dataclass(frozen=True)
class Blob:
    """Where the bytes of a file are.

    Attributes:
        path: of the file, or of the archive that it is in.
        member: its name in the archive; empty for a file of its own.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Its name, without folders."""
        return PurePosixPath(self.member).name if self.member else self.path.name

    def __str__(self) -> str:
        return f"{self.path}: {self.member}" if self.member else str(self.path)

    def exists(self) -> bool:
        """Whether it is there."""
        try:
            return self.member in self._archive().NameToInfo if self.member else self.path.is_file()
        except DAMAGE:
            return False

    def open(self) -> IO[bytes]:
        """Open it for reading.

        Raises:
            BadAnnotations: it is missing, or the archive is damaged there.
        """
        try:
            if stat.S_ISREG(self.path.stat().st_mode):
                return self._archive().open(self.member) if self.member else self.path.open("rb")
        except FileNotFoundError as error:
            raise BadAnnotations(f"{self}: there is no such file") from error
        except KeyError as error:
            raise BadAnnotations(f"{self}: the archive has no such file") from error
        except (*DAMAGE, ValueError) as error:  # a name that no file can have is a ValueError
            raise BadAnnotations(f"{self}: cannot be read: {error}") from error
        # Pipes and devices have no end, and some of them no beginning.
        raise BadAnnotations(f"{self}: cannot be read: it is no file with an end")

    def read(self) -> bytes:
        """All of its bytes.

        Raises:
            BadAnnotations: it is missing or damaged.
        """
        with self.open() as file:
            try:
                return file.read()
            except DAMAGE as error:
                raise BadAnnotations(f"{self}: damaged: {error}") from error

    def local(self) -> Path:
        """A path for programs that read files only; what is in an archive is unpacked once, until the process ends.

        Raises:
            BadAnnotations: it is missing or damaged.
            OutputFailed: there is no room to unpack it.
        """
        if not self.member:
            return self.path
        try:
            return _unpacked(self, *_state(self.path))
        except FileNotFoundError as error:
            raise BadAnnotations(f"{self}: there is no such file") from error

    def _archive(self) -> zipfile.ZipFile:
        return _opened(self.path, *_state(self.path))


def _state(path: Path) -> tuple[float, int]:
    """What changes when a file is replaced."""
    found = path.stat()
    return found.st_mtime, found.st_size


@functools.lru_cache(maxsize=8)
def _opened(path: Path, *_: float) -> zipfile.ZipFile:
    """An archive stays open, because reading its directory again for every picture in it would take longer."""
    return zipfile.ZipFile(path)


@functools.lru_cache(maxsize=64)
def _unpacked(blob: Blob, *_: float) -> Path:
    folder = Path(_scratch().name)
    target = Path(tempfile.mkdtemp(dir=folder)) / f"unpacked{PurePosixPath(blob.member).suffix}"
    with blob.open() as source:
        try:
            with target.open("wb") as file:
                while piece := _read_piece(blob, source):
                    file.write(piece)
        except OSError as error:
            target.unlink(missing_ok=True)
            message = f"{blob}: cannot be unpacked to {folder}: {error.strerror}; TMPDIR names a folder with more room"
            raise OutputFailed(message) from error
    return target


def _read_piece(blob: Blob, source: IO[bytes]) -> bytes:
    try:
        return source.read(1 << 20)
    except DAMAGE as error:
        raise BadAnnotations(f"{blob}: damaged: {error}") from error


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """The folder of what was unpacked; it is removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="mattebox-", ignore_cleanup_errors=True)
