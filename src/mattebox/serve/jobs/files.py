"""The files of batch jobs: what was sent, what came of it, and both in one ZIP."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from mattebox.encode import write_file
from mattebox.serve.refusals import Refusal

__all__ = ["LONGEST_NAME", "JobFiles", "check_room", "digest_of", "safe_names", "sweep", "zipped"]

IDENTITY = re.compile(r"[0-9a-f]{32}")
"""How a job is called; no other folder is touched."""
LONGEST_NAME = 100
LEFT_FREE = 2_000_000_000
"""Bytes of the disk that are left to others."""
RETRY_AFTER = "600"
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""What Windows takes for a device."""
READABLE = 0o644 << 16
"""Rights of a file in a ZIP; without them it is unpacked so that nobody may read it."""


def digest_of(data: bytes) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(data).hexdigest()


class JobFiles:
    """The folder of one job; every file in it appears whole or not at all.

    Args:
        folder: of all jobs.
        identity: of the job.
    """

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder = folder / identity

    def keep(self, name: str, data: bytes) -> str:
        """Write a file, and give its digest.

        Raises:
            Refusal: the disk is as full as it may get.
            OutputFailed: it cannot be written.
        """
        check_room(self.folder.parent)
        write_file(self.folder / name, data, overwrite=True)
        return digest_of(data)

    def read(self, name: str, digest: str) -> bytes | None:
        """A file as it was written; None where it is gone or damaged."""
        try:
            data = (self.folder / name).read_bytes()
        except OSError:
            return None
        return data if digest_of(data) == digest else None

    def drop(self, name: str) -> None:
        """Remove a file that is not needed any more."""
        (self.folder / name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def check_room(folder: Path) -> None:
    """Refuse to keep more when the disk is nearly full.

    Raises:
        Refusal: `server_busy`.
    """
    if shutil.disk_usage(folder).free < LEFT_FREE:
        raise Refusal("server_busy", "The disk of the server is nearly full.", headers={"Retry-After": RETRY_AFTER})


def sweep(folder: Path, seconds: float, known: Callable[[str], bool]) -> None:
    """Remove the folders of jobs whose time is over.

    Args:
        folder: of all jobs.
        seconds: for which a job is kept. Younger folders are left alone, as they may be those of a server with another
            store.
        known: tells whether there is still a job of that name.
    """
    for path in list(folder.iterdir()):
        try:
            old = path.stat().st_mtime < time.time() - seconds
        except FileNotFoundError:  # another process tidies up too
            continue
        if old and IDENTITY.fullmatch(path.name) and not known(path.name):
            shutil.rmtree(path, ignore_errors=True)


def safe_names(names: Sequence[str], suffix: str) -> list[str]:
    """Names for results: as the pictures were called, good on every system, and no two alike.

    Args:
        names: of the pictures; may be anything.
        suffix: of the results, with its dot.

    Example:
        >>> safe_names(["shoe.jpg", "SHOE.png", "../con", ""], ".webp")
        ['shoe.webp', 'SHOE (2).webp', '_con.webp', 'picture.webp']
    """
    taken: set[str] = set()
    return [free_name(safe_stem(name), suffix, taken) for name in names]


def safe_stem(name: str) -> str:
    """A name without folders, ending, and whatever some system does not bear."""
    last = re.split(r"[/\\]", name)[-1]
    stem = FORBIDDEN.sub("_", last.rpartition(".")[0] or last).strip(". ")[:LONGEST_NAME].rstrip(". ")
    stem = stem.encode("utf-8", "replace").decode()
    return f"_{stem}" if RESERVED.fullmatch(stem) else stem or "picture"


def free_name(stem: str, suffix: str, taken: set[str]) -> str:
    """The first name made of a stem that is not taken, which it is from now on; upper and lower case are the same."""
    number, name = 1, stem + suffix
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(name.casefold())
    return name


class Window(io.RawIOBase):
    """What a ZIP is written to while it is sent: the end of it that has not been sent yet can still be changed."""

    def __init__(self) -> None:
        self._sent = 0
        self._held = io.BytesIO()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def seekable(self) -> bool:
        """Sizes and sums are put where they belong, before each file; many programs read no ZIP without."""
        return True

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._sent + self._held.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place that has not been sent yet."""
        return self._sent + self._held.seek(offset - self._sent if whence == io.SEEK_SET else offset, whence)

    def write(self, data: object) -> int:
        """Write bytes."""
        return self._held.write(data)  # type: ignore[arg-type]

    def take(self) -> bytes:
        """All that is finished; it is sent now."""
        data = self._held.getvalue()
        self._sent += len(data)
        self._held = io.BytesIO()
        return data


def zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The pieces of a ZIP of files, which are stored as they are: pictures do not get smaller.

    Args:
        files: name and content of each; read as the ZIP is sent, so one is in memory at a time.
    """
    window = Window()
    with zipfile.ZipFile(window, "w") as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, date_time=time.localtime()[:6])
            info.external_attr = READABLE
            archive.writestr(info, data)
            yield window.take()
    yield window.take()
