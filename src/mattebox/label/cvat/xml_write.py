"""Writing CVAT's XML 1.1, for images and for video."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeAlias

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.encode import whole_file
from mattebox.errors import BadParameter
from mattebox.label.cvat.entries import Place
from mattebox.label.cvat.xml_meta_write import Numbered, meta_text, numbered
from mattebox.label.cvat.xml_read import DOCUMENT
from mattebox.label.cvat.xml_tables import frame_table, track_table
from mattebox.label.cvat.xml_text import leaf
from mattebox.label.cvat.xml_wording import Wording
from mattebox.label.dataset import Dataset, Label, Task
from mattebox.label.media import Video
from mattebox.label.names import task_names
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["Kind", "write_cvat_xml"]

Kind: TypeAlias = Literal["auto", "images", "video"]


def write_cvat_xml(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    kind: Kind = "auto",
    reduce: bool = True,
    tolerance: float = 0.01,
    precision: int = 2,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write CVAT's XML of a task, or of a project where there are several tasks.

    Of images every picture has its shapes, and tracks fall apart into them. Of video there are tracks; a shape that is
    not tracked becomes one of a single frame, and tags, which this kind has no place for, are dropped. Polygons with
    holes or several parts are written as masks. Jobs and scenes of a task become one.

    One file is of one kind and has one set of labels. Of tasks that differ in these each gets a file of its own in a
    folder of a zip; other zips have the one file at the top, as CVAT's exports do.

    Args:
        dataset: what to write.
        path: of the file, or of a zip if it ends in .zip.
        report: told what the format cannot hold, and what was done about it.
        kind: images or video; auto takes for each task what its media are, and without media video if all of its shapes
            are tracked.
        reduce: of video leave out the keys that interpolation brings back.
        tolerance: pixels that reducing may move a coordinate by; unless given what the file would round anyway.
        precision: decimals of coordinates; CVAT has two.
        overwrite: replace a file that is there.
        progress: told of tasks.

    Raises:
        BadParameter: an option makes no sense, or the tasks cannot be in one file and the path is not that of a zip.
        OutputFailed: the file is there already, or cannot be written.
        Cancelled: the work was given up.
    """
    if kind not in {"auto", "images", "video"}:
        raise BadParameter(f"kind={kind!r}: must be auto, images or video")
    if precision < 0 or tolerance < 0:
        raise BadParameter(f"precision={precision}, tolerance={tolerance:g}: must be at least 0")
    kinds = {id(task): _kind_of(task) if kind == "auto" else kind for task in dataset.tasks}
    writer = _Writer(dataset, report, kinds, reduce, tolerance, precision, progress)
    if path.suffix.lower() != ".zip":
        if cause := _parting(dataset, kinds):
            raise BadParameter(f"{path}: {cause}; give a name that ends in .zip, which gets a file for each task")
        with whole_file(path, overwrite=overwrite) as file:
            writer.write(file, dataset.tasks)
    else:
        parts = {DOCUMENT: dataset.tasks}
        if _parting(dataset, kinds):
            folders = task_names(task.name for task in dataset.tasks)
            parts = {f"{folder}/{DOCUMENT}": (task,) for folder, task in zip(folders, dataset.tasks, strict=True)}
        with whole_file(path, overwrite=overwrite) as file, zipfile.ZipFile(file, "w") as archive:
            for name, tasks in parts.items():
                info = zipfile.ZipInfo(name)  # the same date always: equal input, equal bytes
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as inner:
                    writer.write(inner, tasks)
    if dataset.guide:
        report.drop("guide", "XML has no place for guides", dataset=dataset.name)
    report.made("rows written", writer.rows)


def _kind_of(task: Task) -> Kind:
    """What a task is about."""
    if task.media is not None:
        return "video" if isinstance(task.media, Video) else "images"
    tracked = [part.table.tracked[~part.table.is_shape("tag")] for part in task.subtasks]
    return "video" if any(map(len, tracked)) and all(each.all() for each in tracked) else "images"


def _parting(dataset: Dataset, kinds: dict[int, Kind]) -> str:
    """Why the tasks cannot be in one file; nothing if they can."""
    if len(set(kinds.values())) > 1:
        return "pictures and videos cannot be in one XML file unless one kind is asked for, images or video"
    met: dict[str, Label] = {}
    for task in dataset.tasks:
        for label in task.label_specs(dataset):
            if met.setdefault(label.name, label) != label:
                return f"tasks whose label {label.name!r} differs cannot be in one XML file"
    return ""


@dataclass
class _Writer:
    """Writes documents.

    Attributes:
        dataset: that the tasks are of.
        report: told what the format cannot hold.
        kinds: of the tasks, by their identity.
        reduce: leave out keys that interpolation brings back.
        tolerance: in pixels.
        precision: decimals of coordinates.
        progress: told of tasks.
        rows: how many were written.
        done: how many tasks were written.
    """

    dataset: Dataset
    report: Report
    kinds: dict[int, Kind]
    reduce: bool
    tolerance: float
    precision: int
    progress: Progress | None
    rows: int = 0
    done: int = 0

    def write(self, file: IO[bytes], tasks: Sequence[Task]) -> None:
        """Write one document."""
        told = numbered(tasks)
        kinds = [self.kinds[id(each.task)] for each in told]
        wording = Wording(self.precision, is_project=len(told) > 1)
        head = '<?xml version="1.0" encoding="utf-8"?>', "<annotations>", leaf("version", "1.1", 1)
        file.write("\n".join((*head, meta_text(self.dataset, told, kinds), "")).encode())
        for each, kind in zip(told, kinds, strict=True):
            self._task(file, each, kind, wording)
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, len(self.dataset.tasks))
        file.write(b"</annotations>\n")
        self.rows += wording.rows

    def _task(self, file: IO[bytes], told: Numbered, kind: Kind, wording: Wording) -> None:
        task, place = told.task, Place(self.report, self.dataset.name, told.task.name)
        _tell_lost(task, kind, place)
        if kind == "images":
            parts = wording.pictures(told, frame_table(task, place), place)
        else:
            table = track_table(task, place, reduce=self.reduce, tolerance=self.tolerance)
            parts = wording.tracks(told, table, place)
        for part in parts:
            check_cancelled()
            file.write(part.encode() + b"\n")


def _tell_lost(task: Task, kind: Kind, place: Place) -> None:
    """Tell what XML of a kind does not say of a task."""
    tracks = sum(len(np.unique(part.table.object[part.table.tracked])) for part in task.subtasks)
    if tracks and kind == "images":
        message = "XML for images has no tracks: each frame has their shapes; ask for video, or a backup, for tracks"
        place.note("tracks-lost", message, count=tracks)
    if task.guide:
        place.drop("guide", "XML has no place for guides")
    if (deleted := len(task.frames.deleted)) and kind == "video":
        message = "XML for video does not say which frames are deleted: they come back, with nothing on them"
        place.note("deleted-frames", message, count=deleted)
