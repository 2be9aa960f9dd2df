"""Where the pictures of a data set are that is written without them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from mattebox.label.dataset import Task
from mattebox.label.media import Images
from mattebox.label.report import Report

__all__ = ["Ways", "tell_unwritten"]


class Ways:
    """Finds the ways from a folder to pictures that lie elsewhere.

    Args:
        folder: that annotations are written to; links on the way to it, and to the pictures, are followed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._homes: dict[Path, str] = {}

    def to(self, task: Task, true_frame: int, inner: str = "") -> str:
        """The relative path with slashes to the file of a picture; "" where it has none of its own.

        Args:
            task: that the picture is of.
            true_frame: of the original media.
            inner: folder in the folder where the path begins.
        """
        path = _file_of(task, true_frame)
        if path is None:
            return ""
        if path.parent not in self._homes:
            self._homes[path.parent] = os.path.realpath(path.parent)
        home = self._homes[path.parent]
        try:
            return Path(os.path.relpath(f"{home}/{path.name}", f"{self._folder}/{inner}")).as_posix()
        except ValueError:  # on another drive
            return ""


def tell_unwritten(task: Task, report: Report, *, pointing: bool) -> None:
    """Tell how many pictures nobody will find: those that are frames of a video, or in an archive.

    Args:
        task: that was written without its pictures.
        report: is told.
        pointing: the form can name pictures that lie elsewhere; otherwise those are not found either.
    """
    if task.media is None:
        return
    frames = np.concatenate([np.empty(0, np.int64), *(part.frames for part in task.subtasks)])
    frames = task.frames.true(np.intersect1d(frames, task.frames.kept()))
    if isinstance(task.media, Images):
        files = [task.media.files[frame] for frame in frames.tolist() if frame < len(task.media)]
        lost = sum(bool(blob.member) or (not pointing and blob.exists()) for blob in files)
    else:
        lost = len(frames) * all(blob.exists() for blob in task.media.files)
    if lost:
        message = "pictures are not beside the annotations; --images copy writes them"
        report.note("pictures-not-written", message, task=task.name, count=lost)


def _file_of(task: Task, true_frame: int) -> Path | None:
    """The file that is nothing but a picture, if that is there."""
    media = task.media
    if not isinstance(media, Images) or not 0 <= true_frame < len(media):
        return None
    blob = media.files[true_frame]
    return blob.path if not blob.member and blob.exists() else None
