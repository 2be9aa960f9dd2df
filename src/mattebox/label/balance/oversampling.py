"""Pictures of a YOLO data set several times over, for trainers that know no weights."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.media import PICTURES
from mattebox.label.report import Report

__all__ = ["oversample", "remove_copies"]

COPY = re.compile(r"_copy_\d+$")


def oversample(
    repeats: Mapping[Path, int], *, how: Literal["link", "copy"] = "link", dry_run: bool = False, report: Report
) -> None:
    """Put further names beside pictures and beside their labels: `street_copy_1.jpg`, `street_copy_1.txt`.

    Args:
        repeats: how often each picture is to be there, itself included.
        how: hard links, which take no room, or copies; where a file system has no links, copies.
        dry_run: only report.
        report: told how many pictures there are more, and what lies in the way.

    Raises:
        BadParameter: there are such names already.
        OutputFailed: a file cannot be written.
    """
    for folder in {picture.parent for picture in repeats}:
        if any(True for _ in _copies(folder)):
            raise BadParameter(f"{folder}: has pictures named _copy_1 already; remove them first (--undo)")
    for picture, times in repeats.items():
        check_cancelled()
        label = label_file(picture)
        for number in range(1, times):
            for file in (picture, *([label] if label.is_file() else [])):
                if not dry_run:
                    _double(file, file.with_stem(f"{file.stem}_copy_{number}"), how)
        report.made("further pictures", max(0, times - 1))


def remove_copies(folder: Path, *, dry_run: bool = False, report: Report) -> None:
    """Take away what `oversample` put into a folder of pictures, and into that of their labels.

    A picture that is called like a copy and is none, because it holds something else, is left and told.

    Raises:
        OutputFailed: a file cannot be removed.
    """
    for picture in list(_copies(folder)):
        check_cancelled()
        if not filecmp.cmp(picture, picture.with_stem(COPY.sub("", picture.stem)), shallow=False):
            report.problem("no-copy", f"{picture}: called like a copy, and holds something else: left where it is")
            continue
        if not dry_run:
            _remove(picture, label_file(picture))
        report.made("removed pictures")


def _remove(*files: Path) -> None:
    try:
        for file in files:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise OutputFailed(f"{error.filename} cannot be removed: {error.strerror}") from error


def label_file(picture: Path) -> Path:
    """Where the labels of a picture are: in `labels` in place of the last `images` of its path.

    Example:
        >>> label_file(Path("set/images/train/a.jpg")).as_posix()
        'set/labels/train/a.txt'
    """
    parts = list(picture.with_suffix(".txt").parts)
    places = [index for index, part in enumerate(parts[:-1]) if part == "images"]
    if places:
        parts[places[-1]] = "labels"
    return Path(*parts)


def _copies(folder: Path) -> Iterator[Path]:
    """Pictures that are copies of others beside them."""
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        stem = COPY.sub("", file.stem)
        if file.suffix.lower() in PICTURES and stem != file.stem and file.with_stem(stem).is_file():
            yield file


def _double(file: Path, target: Path, how: Literal["link", "copy"]) -> None:
    if target.exists():
        raise OutputFailed(f"{target} exists already; move it away")
    try:
        if how == "link":
            try:
                target.hardlink_to(file)
            except OSError:  # a file system without hard links
                shutil.copy2(file, target)
        else:
            shutil.copy2(file, target)
    except OSError as error:
        raise OutputFailed(f"{target} cannot be written: {error.strerror}") from error
