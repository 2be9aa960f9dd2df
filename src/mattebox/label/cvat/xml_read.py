"""Reading CVAT's XML 1.1, for images and for video."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.archive import Archive
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.cvat.xml_media import Beside, Picture, images_of, video_of
from mattebox.label.cvat.xml_meta import FRAMES, Meta, TaskMeta, read_meta
from mattebox.label.cvat.xml_rows import XmlRows
from mattebox.label.cvat.xml_stream import line_of, stream_elements
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Media
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["looks_like_cvat_xml", "read_cvat_xml"]

DOCUMENT = "annotations.xml"
"""What CVAT calls the file in its archives."""


def looks_like_cvat_xml(path: Path) -> bool:
    """Whether a file is CVAT's XML, or a zip or a folder has one called annotations.xml."""
    try:
        documents, _ = _documents(path)
        with documents[0].open() as file:
            start = file.read(4096)
    except (BadAnnotations, OSError):
        return False
    return re.search(rb"<annotations[\s>]", start.replace(b"\0", b"")) is not None


def read_cvat_xml(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read CVAT's XML of a task, a job or a project.

    Every task becomes one with a single subtask, as the file does not say which of its jobs an annotation is in. Frames
    that a task for images has no picture of are those that were deleted. Rows of tracks that are no keys are left out:
    interpolation brings them back. Media are those that lie beside the file, as CVAT exports them; where pictures are
    missing, their names and sizes are known all the same. Owners, dates and addresses are not kept.

    Args:
        path: of the XML file, or of the zip or the folder that has it as annotations.xml; if several lie there in
            folders side by side, each is a task.
        report: told what was dropped, with its line, and what is doubtful.
        progress: told of tasks.

    Raises:
        BadAnnotations: it is not there, not whole, not safe, or no XML of CVAT's; the message has the line.
        Cancelled: the work was given up.
    """
    documents, archive = _documents(path)
    parts = [_read(source, archive, report, progress) for source in documents]
    return parts[0] if len(parts) == 1 else _joined(parts, path.stem)


def _read(source: Blob, archive: Archive | None, report: Report, progress: Progress | None) -> Dataset:
    """Read one file."""
    reader: _Reader | None = None
    for element in stream_elements(source):
        check_cancelled()
        if element.tag == "meta":
            reader = _Reader(read_meta(element, source), source, report)
        elif element.tag in {"image", "track"}:
            reader = reader or _Reader(Meta("", (TaskMeta(),), ()), source, report)
            reader.add(element)
    if reader is None:
        raise BadAnnotations(f"{source}: neither <meta> nor an <image> or a <track> is in it; no CVAT XML")
    return reader.dataset(Beside(source, archive), progress)


def _joined(parts: list[Dataset], name: str) -> Dataset:
    """Files of tasks as one data set: a task has labels of its own where another has some of the same name."""
    labels: dict[str, Label] = {}
    tasks = []
    for part in parts:
        same = all(labels.setdefault(label.name, label) == label for label in part.labels)
        tasks += [task.replace(labels=() if same else part.labels) for task in part.tasks]
    return Dataset(name, tuple(tasks), tuple(labels.values()))


def _documents(path: Path) -> tuple[list[Blob], Archive | None]:
    """The XML files, those that lie deeper than others left out, and what they lie in."""
    path = Path(path)
    if path.suffix.lower() == ".xml" and path.is_file():
        return [Blob(path)], None
    archive = Archive(path)
    found = [name for name in archive.names if name == DOCUMENT or name.endswith(f"/{DOCUMENT}")]
    if not found:
        raise BadAnnotations(f"{path}: there is no {DOCUMENT} in it")
    depth = min(name.count("/") for name in found)
    return [archive.blob(name) for name in found if name.count("/") == depth], archive


class _TaskReader:
    """Gathers what the file says of one task."""

    def __init__(self, meta: TaskMeta, specs: Specs, place: Place) -> None:
        self.meta, self.specs, self.place = meta, specs, place
        self.pictures: dict[int, Picture] = {}
        self.tracked = False
        self._rows = XmlRows(specs, place)
        self._highest = -1

    def add_image(self, image: Element) -> None:
        """Take down a picture and what is on it."""
        try:
            true, frame = self._frame(image.get("id", str(len(self.pictures))))
            size = int(image.get("height", 0)), int(image.get("width", 0))
        except ValueError as error:
            self.place.drop("bad-element", f"line {line_of(image)}: <image>: {error}")
            return
        self.pictures[true] = Picture(image.get("name", ""), size if min(size) > 0 else None)
        self._rows.add_picture(image, frame)

    def add_track(self, track: Element) -> None:
        """Take down a track."""
        self.tracked = True
        self._rows.add_track(track, lambda number: self._frame(number)[1])

    def task(self, beside: Beside) -> Task:
        """The task, once all is taken down."""
        size = self._highest + 1 if self.meta.size is None else self.meta.size
        own = np.arange(self.meta.first, size)
        frames = FrameMap(size, self.meta.start, self.meta.step)
        is_video = self.meta.is_video if self.meta.size is not None else self.tracked
        if self.pictures or not is_video:
            frames = self._without_deleted(frames, own)
            media: Media | None = images_of(self.pictures, self.meta, beside, self.place) if self.pictures else None
        else:
            media = video_of(self.meta, frames.true(own).tolist(), beside, self.place)
        subtask = Subtask("job_0", own, self._rows.table())
        return Task(self.place.names["task"], media, frames, (subtask,), subset=self.meta.subset)

    def _without_deleted(self, frames: FrameMap, own: NDArray[np.int64]) -> FrameMap:
        deleted = np.setdiff1d(frames.true(own), np.array(list(self.pictures), np.int64))
        if len(deleted):
            message = "frames without an <image> are taken for deleted ones"
            self.place.note("deleted-frames", message, count=len(deleted))
        return FrameMap(frames.size, frames.start, frames.step, frozenset(frames.thinned(deleted).tolist()))

    def _frame(self, number: str) -> tuple[int, int]:
        """The frame of the media and of the task that a frame number in the file is."""
        true = int(number) - self.meta.offset
        if not 0 <= true <= FRAMES:
            raise ValueError(f"frame {number} is none that a task can have")
        size = self.meta.size if self.meta.size is not None else true + 1
        frame = int(FrameMap(max(size, 0), self.meta.start, self.meta.step).thinned(true))
        if frame < 0:
            raise ValueError(f"frame {number} is none of the task's {size:,}")
        self._highest = max(self._highest, frame)
        return true, frame


class _Reader:
    """Deals out what the file says to its tasks."""

    def __init__(self, meta: Meta, source: Blob, report: Report) -> None:
        self.meta, self.report = meta, report
        self.name = meta.project
        specs, fallback = Specs(meta.labels), Path(source.path).stem
        self.tasks = [
            _TaskReader(task, specs, Place(report, meta.project, task.name or task.id or fallback))
            for task in meta.tasks
        ]
        self._by_id = {reader.meta.id: reader for reader in self.tasks}

    def add(self, element: Element) -> None:
        """Take down a picture or a track, in the task that it names."""
        reader = self._by_id.get(element.get("task_id", ""), self.tasks[0] if len(self.tasks) == 1 else None)
        if reader is None:
            message = f"line {line_of(element)}: <{element.tag}>: no task has the id {element.get('task_id')!r}"
            self.report.drop("no-task", message, dataset=self.name)
            return
        (reader.add_image if element.tag == "image" else reader.add_track)(element)

    def dataset(self, beside: Beside, progress: Progress | None) -> Dataset:
        """All that was taken down."""
        tasks = []
        for done, reader in enumerate(self.tasks, start=1):
            check_cancelled()
            tasks.append(reader.task(beside))
            if progress is not None:
                progress(done, len(self.tasks))
        return Dataset(self.name, tuple(tasks), self.meta.labels)
