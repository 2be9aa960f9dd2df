"""Writing a zip that appears whole or not at all."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mattebox.cancelling import check_cancelled
from mattebox.encode import whole_file
from mattebox.errors import BadAnnotations, OutputFailed
from mattebox.label.media import Blob
from mattebox.label.media.blob import DAMAGE
from mattebox.label.text import as_json

__all__ = ["NewArchive", "new_archive"]

AT_ONCE = 64 << 20
"""Bytes of a file that is read as a whole before it is written, so that one that is damaged can be left out."""


class NewArchive:
    """A zip that is being written.

    Args:
        archive: the open zip.
        path: that it will have, for messages.
    """

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive, self._path = archive, path

    def __contains__(self, name: str) -> bool:
        """Whether a file of that name was written already."""
        return name in self._archive.NameToInfo

    def add(self, name: str, data: bytes) -> None:
        """Write a text, packed."""
        info = zipfile.ZipInfo(name)  # the same date always: equal input, equal bytes
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._archive.writestr(info, data)

    def add_json(self, name: str, record: Any) -> None:
        """Write a JSON file, packed."""
        self.add(name, as_json(record))

    def copy(self, name: str, blob: Blob) -> None:
        """Copy a file byte for byte, not packed: media are so already.

        Raises:
            BadAnnotations: it is missing or damaged; then there is nothing of it in the archive.
            OutputFailed: a large one is damaged; then the archive cannot be finished.
        """
        check_cancelled()
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o644 << 16
        with blob.open() as source:
            start = _read(source, blob)
            if len(start) < AT_ONCE:
                self._archive.writestr(info, start)
                return
            with self._archive.open(info, "w", force_zip64=True) as target:
                target.write(start)
                try:
                    shutil.copyfileobj(source, target, 1 << 20)
                except DAMAGE as error:
                    raise OutputFailed(f"{self._path} cannot be written: {blob} is damaged: {error}") from error


def _read(source: Any, blob: Blob) -> bytes:
    try:
        return bytes(source.read(AT_ONCE))
    except DAMAGE as error:
        raise BadAnnotations(f"{blob}: damaged: {error}") from error


@contextmanager
def new_archive(path: Path, *, overwrite: bool) -> Iterator[NewArchive]:
    """Write a zip that appears when the block ends well, and else not at all.

    Args:
        path: of the zip.
        overwrite: replace what is there, even if that is an archive that is copied from.

    Raises:
        OutputFailed: something is there already, or it cannot be written.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputFailed(f"{path} exists already; ask to overwrite it, or give another name")
    with whole_file(path, overwrite=overwrite) as file, zipfile.ZipFile(file, "w") as archive:
        yield NewArchive(archive, path)
