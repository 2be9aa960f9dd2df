"""The folder of a training set: what it was made of, what of it is done, and how files get into it."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mattebox.errors import OutputFailed
from mattebox.label.building.reel import Reel
from mattebox.label.media import Blob

__all__ = ["MANIFEST", "PREVIEW", "SAMPLES", "SetFolder"]

MANIFEST = "mattebox.json"
"""What a set was made of: its format, what was asked, and a digest of that and of the annotations."""

VERSION = 1
"""Of the layout of that file."""

SAMPLES = "samples.csv"
"""Where every sample comes from."""

PREVIEW = "preview.jpg"
"""A sheet of samples, made once the set is whole, and removed with it."""


class SetFolder:
    """A folder that a training set is written to; a run that was stopped goes on in it.

    Args:
        path: of the folder; made when the first file is written.
        overwrite: remove the set that is in it, and begin anew.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = Path(os.path.expanduser(path))
        self._overwrite = overwrite
        self._folders: set[str] = set()
        self._manifest: dict[str, Any] = {}
        self._beside = {PREVIEW}

    def check_usable(self) -> None:
        """Make sure that a set can be written there, as far as that is known before anything is read.

        Raises:
            OutputFailed: it is a file, or a folder with something else, or cannot be read.
        """
        self._known()

    def check(self, asked: Mapping[str, Any], digest: str) -> None:
        """Make sure that the folder is free for a set.

        Args:
            asked: everything that decides the set beside the annotations, as JSON can hold it.
            digest: of that and of the annotations.

        Raises:
            OutputFailed: it holds another set that is not to be overwritten, or something else, or cannot be read.
        """
        known = self._known()
        if known is not None and known.get("digest") != digest and not self._overwrite:
            why = _difference(known.get("asked"), asked)
            raise OutputFailed(f"{self.path}: {why}; ask to overwrite it, or give another folder")

    def begin(self, asked: Mapping[str, Any], digest: str, parts: Iterable[str]) -> None:
        """Say in the folder what it is to hold; what it held of another set is removed.

        Args:
            asked: as `check` was given.
            digest: as `check` was given.
            parts: folders at the top that the set fills.

        Raises:
            OutputFailed: the folder cannot be written.
        """
        parts = sorted(set(parts))
        known = self._known()
        if known is not None and (self._overwrite or known.get("digest") != digest):
            self._clear(known)
        elif known is not None:
            self._beside.update(_names(known, "files"))
        for part in parts:
            for cut_short in (self.path / part).rglob("*.part"):
                cut_short.unlink(missing_ok=True)
        self._manifest = {"version": VERSION, "asked": asked, "digest": digest, "parts": parts}
        self._tell(finished=False)

    def finish(self, files: Mapping[str, bytes], reels: Sequence[Reel]) -> None:
        """Write the files of the whole set, and say that it is whole.

        Raises:
            OutputFailed: one cannot be written.
        """
        count = sum(map(len, reels))
        self.write({**files, SAMPLES: _listed(reels)})
        self._tell(finished=True, samples=count)

    def _tell(self, **state: Any) -> None:
        """Write the manifest."""
        self.write({MANIFEST: _json({**self._manifest, "files": sorted(self._beside), **state})})

    def has(self, name: str) -> bool:
        """Whether a file is there; every file is there whole or not at all."""
        return os.path.exists(f"{self.path}/{name}")  # noqa: PTH110 (once a sample, and Path takes ten times as long)

    def pictures(self, folders: Iterable[str]) -> dict[str, str]:
        """Files in some folders of the set, by their paths without suffix."""
        found: dict[str, str] = {}
        for folder in folders:
            place = self.path / folder
            for each in sorted(place.iterdir()) if place.is_dir() else ():
                if each.suffix != ".part":
                    found[f"{folder}/{each.stem}"] = f"{folder}/{each.name}"
        return found

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files, by their paths from the folder, in this order; each appears whole.

        `mattebox.encode.write_file` does the same with more care for what others do to the file meanwhile, and takes
        four times as long, which is felt with ten thousand labels.

        Raises:
            OutputFailed: one cannot be written.
        """
        for name, data in files.items():
            if "/" not in name and name != MANIFEST:
                self._beside.add(name)
            target = self._place(name)
            part = f"{target}.{threading.get_ident()}.part"
            try:
                with open(part, "wb") as file:  # noqa: PTH123
                    file.write(data)
                os.replace(part, target)  # noqa: PTH105
            except OSError as error:
                Path(part).unlink(missing_ok=True)
                raise OutputFailed(f"{target} cannot be written: {error.strerror or error}") from error

    def link(self, name: str, blob: Blob) -> bool:
        """Give a file a second name in the folder, without copying it; whether that can be done.

        It cannot where it lies in an archive or on another file system.

        Raises:
            OutputFailed: the folder cannot be written to.
        """
        if blob.member:
            return False
        target = Path(self._place(name))
        try:
            if target.exists() and target.samefile(blob.path):
                return True
            target.unlink(missing_ok=True)
            target.hardlink_to(blob.path.resolve())
        except OSError:
            return False
        return True

    def _place(self, name: str) -> str:
        """Where a file goes; its folder is made."""
        target = f"{self.path}/{name}"
        folder = target.rpartition("/")[0]
        if folder not in self._folders:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputFailed(f"{folder} cannot be made: {error.strerror or error}") from error
            self._folders.add(folder)
        return target

    def _known(self) -> dict[str, Any] | None:
        """What the folder says of itself; None when it is new or empty."""
        manifest = self.path / MANIFEST
        if self.path.is_file():
            raise OutputFailed(f"{self.path} is a file, and a training set needs a folder: give another name")
        try:
            if not self.path.exists() or not any(self.path.iterdir()):
                return None
            known = json.loads(manifest.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            message = f"{self.path} is not empty and holds no training set: give a new or an empty folder"
            raise OutputFailed(message) from error
        except (OSError, ValueError) as error:
            raise OutputFailed(f"{manifest} cannot be read: {error}; remove it with its set") from error
        return known if isinstance(known, dict) else {}

    def _clear(self, known: Mapping[str, Any]) -> None:
        """Remove the set that is there, and nothing else."""
        parts, files = _names(known, "parts"), _names(known, "files")
        try:
            # Of what is in the folder, never of what the file names: it may have been written by anybody.
            for each in list(self.path.iterdir()):
                if each.name in parts and each.is_dir() and not each.is_symlink():
                    shutil.rmtree(each)
                elif each.name in files and each.is_file():
                    each.unlink()
        except OSError as error:
            raise OutputFailed(f"{self.path} cannot be cleared: {error}") from error
        self._folders.clear()


def _names(known: Mapping[str, Any], what: str) -> list[str]:
    """The names in a list of a manifest, which may be any."""
    names = known.get(what)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _difference(known: object, asked: Mapping[str, Any]) -> str:
    """Word how a set differs from what is asked."""
    there = known if isinstance(known, dict) else {}
    for name, value in asked.items():
        if there.get(name) != value:
            return f"the set in it was made with {name}={there.get(name)!r}, and {value!r} is asked"
    return "the set in it was made of other annotations or pictures"


def _json(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, indent=1, ensure_ascii=False).encode()


def _listed(reels: Sequence[Reel]) -> bytes:
    """Every sample as a row of a table."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(
        ("name", "subset", "task", "frame", "true_frame", "source", "scale", "left", "top", "width", "height")
    )
    for reel in reels:
        for shot in reel.shots:
            top, left = shot.box[:2] if shot.box else (0, 0)
            scale = f"{max(shot.whole) / max(shot.original):.6g}"
            place = (scale, left, top, shot.size[1], shot.size[0])
            table.writerow((shot.name, shot.subset, reel.task.name, shot.frame, shot.true_frame, shot.source, *place))
    return text.getvalue().encode()
