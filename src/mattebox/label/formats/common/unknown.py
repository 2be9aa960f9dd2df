"""Why a file or a folder cannot be read as a data set, for people."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mattebox.errors import BadAnnotations
from mattebox.label.archive import is_zip, opened
from mattebox.label.media import PICTURES, VIDEOS

__all__ = ["cause_of", "check_readable"]

START = 1 << 14
"""Bytes at the beginning of a file that tell what it is."""

SOME = 10_000
"""Files that are looked at to tell what a folder is of."""


def check_readable(path: Path) -> None:
    """Make sure that there is something to read at all, and that a zip is one that can be trusted.

    Raises:
        BadAnnotations: it is not there, neither a file nor a folder, empty, or a zip that is damaged or not safe.
    """
    try:
        if path.is_dir():
            return
        if not path.is_file():
            what = "neither a file nor a folder" if path.exists() else "there is no such file or folder"
            raise BadAnnotations(f"{path}: {what}")
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise BadAnnotations(f"{path}: cannot be read: {error.strerror}") from error
    if empty:
        raise BadAnnotations(f"{path}: the file is empty")
    if is_zip(path):
        opened(path)


def cause_of(path: Path, forms: Iterable[str]) -> str:
    """What is wrong with a file or folder that is of no known form, and what to do about it.

    Args:
        path: of it.
        forms: names of those that can be read.
    """
    if path.is_dir() or is_zip(path):
        return _of_files(*_files(path)) or _of_none(forms)
    suffix = path.suffix.lower()
    if suffix in PICTURES | VIDEOS:
        return f"a {'video' if suffix in VIDEOS else 'picture'} without annotations; give the file that has them"
    with path.open("rb") as file:
        start = file.read(START).replace(b"\0", b"").lower()
    if b"<!doctype" in start:
        return "it has a document type, as web pages do and annotations never; export it again"
    return _of_none(forms)


def _files(path: Path) -> tuple[str, list[str]]:
    """What holds them, and the names of the files in a folder, or in a zip; of very many in folders not all."""
    if not path.is_dir():
        return "zip", list(opened(path).names)
    names: list[str] = []
    for _, inner, files in os.walk(path):
        inner[:] = [name for name in inner if not name.startswith(".")]
        names += [name for name in files if not name.startswith(".")]
        if len(names) > SOME:
            break
    return "folder", names


def _of_files(what: str, names: list[str]) -> str:
    """What is wrong with a folder or a zip that only has files of one kind; nothing where it has others."""
    if not names:
        return f"the {what} is empty"
    suffixes = {Path(name).suffix.lower() for name in names}
    if suffixes <= PICTURES:
        return f"a {what} of pictures without annotations: {len(names):,}; give the file that has them"
    if suffixes <= VIDEOS:
        return f"a {what} of videos without annotations: {len(names):,}; give the file that has them"
    if suffixes == {".zip"}:
        return f"a {what} of archives; give these: {names[0]}{' and others' if len(names) > 1 else ''}"
    return ""


def _of_none(forms: Iterable[str]) -> str:
    return f"of no form that is known: {', '.join(forms)}; say which it is meant to be"
