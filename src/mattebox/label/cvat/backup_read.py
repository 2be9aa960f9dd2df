"""Reading CVAT's backups of tasks and of projects."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.archive import LIMITS, Archive, Limits, is_zip
from mattebox.label.cvat.annotations import JobParser
from mattebox.label.cvat.entries import LISTS, Place, Specs
from mattebox.label.cvat.guides import read_guide
from mattebox.label.cvat.labels import parse_labels
from mattebox.label.cvat.pieces import pieces
from mattebox.label.cvat.records import Record, beyond
from mattebox.label.cvat.sources import frame_map, read_manifest, read_media
from mattebox.label.dataset import Dataset, Label, Subtask, SubtaskKind, Task
from mattebox.label.media import natural
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = [
    "ANNOTATED",
    "ANNOTATIONS",
    "JOB",
    "JOB_KINDS",
    "JOB_USUAL",
    "ORIGIN",
    "PROJECT",
    "PROJECT_FILE",
    "RANGE",
    "TASK",
    "TASK_FILE",
    "UNKNOWN_TYPE",
    "looks_like_backup",
    "read_backup",
]

PROJECT_FILE, TASK_FILE, ANNOTATIONS = "project.json", "task.json", "annotations.json"

PROJECT: dict[str, Any] = {"name": "", "labels": []}
TASK: dict[str, Any] = {"name": "", "subset": "", "labels": [], "jobs": [], "data": {}}
JOB: dict[str, Any] = {"start_frame": 0, "stop_frame": 0, "type": "annotation", "frames": None}
JOB_USUAL = ("frames",)
"""What the records hold that the model has a place for, and what a job usually leaves out."""

JOB_KINDS: dict[str, SubtaskKind] = {
    "annotation": "annotation",
    "ground_truth": "ground_truth",
    "consensus_replica": "consensus",
}

ORIGIN = "@origin"
"""The name in `extra` of where a task or a project was read: `archive` and `folder`, to copy from it what the model
does not hold, such as the pictures in a guide."""

ANNOTATED, RANGE, UNKNOWN_TYPE = "@annotations", "@range", "@type"
"""Names in the `extra` of a job: what its entry in annotations.json says beyond its table, the first and the last frame
that it has where its frames are listed, and its type where nobody knows it."""


def looks_like_backup(path: Path) -> bool:
    """Whether a zip or a folder has the files of a backup, or is a zip so damaged that only reading it tells more."""
    if path.is_dir():
        found = (path.glob(f"{folder}{name}") for folder in ("", "*/") for name in (PROJECT_FILE, TASK_FILE))
        return any(next(each, None) for each in found)
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.split("/")[-1] in {PROJECT_FILE, TASK_FILE} for name in archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        return is_zip(path)


def read_backup(
    path: Path,
    report: Report,
    *,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> Dataset:
    """Read a backup of a task or of a project; its media stay where they are.

    Every job becomes a subtask. What the model has no place for goes along in `extra`, and is written back. A backup of
    a task becomes a data set without a name.

    Args:
        path: of the zip, or of the folder that it was unpacked into.
        report: told what was dropped, and what is doubtful.
        progress: told how many tasks were read.
        limits: what the archive may hold at most.

    Raises:
        BadAnnotations: it is not there, not whole, not safe, or no backup.
    """
    archive = Archive(Path(path), limits)
    root = _root(archive, PROJECT_FILE)
    record: Record = {} if root is None else _record(archive, root + PROJECT_FILE)
    name = str(record.get("name") or "")
    labels = parse_labels(record.get("labels") or [], archive.blob(f"{root}{PROJECT_FILE}"))
    folders = _tasks(archive)
    if root is None and not folders:
        raise BadAnnotations(f"{path}: neither {PROJECT_FILE} nor {TASK_FILE} is in it: no backup of CVAT's")
    tasks = []
    for done, folder in enumerate(folders):
        check_cancelled()
        try:
            tasks.append(_TaskReader(archive, folder, name, report).read(labels))
        except BadAnnotations as error:
            if root is None and len(folders) == 1:
                raise
            report.drop("bad-task", str(error), dataset=name, task=folder.rstrip("/"))
        if progress is not None:
            progress(done + 1, len(folders))
    if root is None and not tasks:
        raise BadAnnotations(f"{path}: none of its {len(folders)} tasks can be read")
    if root is None:
        # Tasks without a project share their labels if they are the same.
        labels = tasks[0].labels
        tasks = [task.replace(labels=()) if task.labels == labels else task for task in tasks]
        return Dataset("", tuple(tasks), labels)
    extra = beyond(record, PROJECT) | {ORIGIN: _origin(archive, root)}
    return Dataset(name, tuple(tasks), labels, read_guide(archive, root), extra)


def _root(archive: Archive, file: str) -> str | None:
    """The folder that a file lies in, the outermost if there are several; None if there is none."""
    found = [name.removesuffix(file) for name in archive.names if name == file or name.endswith(f"/{file}")]
    return min(found, key=lambda folder: (folder.count("/"), folder), default=None)


def _tasks(archive: Archive) -> list[str]:
    """The folders of the tasks, in the order of their numbers."""
    outermost = _root(archive, TASK_FILE)
    if outermost is None:
        return []
    depth = outermost.count("/")
    found = [name.removesuffix(TASK_FILE) for name in archive.names if name.split("/")[-1] == TASK_FILE]
    return sorted((folder for folder in found if folder.count("/") == depth), key=natural)


def _record(archive: Archive, name: str) -> dict[str, Any]:
    record = archive.json(name)
    if not isinstance(record, dict):
        raise BadAnnotations(f"{archive.blob(name)}: a record is expected, as {{...}}")
    return record


def _is_record(value: Any) -> bool:
    return isinstance(value, Mapping)


def _origin(archive: Archive, folder: str) -> dict[str, str]:
    return {"archive": str(archive.path.absolute()), "folder": folder}


class _TaskReader:
    """Reads one task.

    Args:
        archive: the backup.
        folder: of the task in it, empty or with a slash at the end.
        dataset: name of the project.
        report: told what was dropped, and what is doubtful.
    """

    def __init__(self, archive: Archive, folder: str, dataset: str, report: Report) -> None:
        self._archive, self._folder = archive, folder
        self._record = _record(archive, folder + TASK_FILE)
        self._name = str(self._record.get("name") or folder.rstrip("/") or archive.path.stem)
        self._dataset, self._report = dataset, report
        self._file = archive.blob(folder + TASK_FILE)

    def read(self, shared: tuple[Label, ...]) -> Task:
        """The task; its labels are left to the data set where they are those that all share."""
        data, jobs = self._record.get("data") or {}, self._record.get("jobs") or []
        if not isinstance(data, Mapping) or not isinstance(jobs, list) or not all(map(_is_record, jobs)):
            raise BadAnnotations(f"{self._file}: data or jobs are no records")
        place = self._place()
        labels = parse_labels(self._record.get("labels") or [], self._file) or shared
        manifest = read_manifest(self._archive, self._folder, place)
        known = None if manifest is None else manifest.length or len(manifest.stills)
        try:
            frames = frame_map(data, jobs, known)
        except BadAnnotations as error:
            raise BadAnnotations(f"{self._file}: {error}") from error
        media = read_media(self._archive, self._folder, data, frames, manifest, place)
        return Task(
            self._name,
            media,
            frames,
            tuple(self._subtasks(jobs, Specs(labels))),
            () if labels == shared else labels,
            str(self._record.get("subset") or ""),
            guide=read_guide(self._archive, self._folder),
            extra={**beyond(self._record, TASK), "data": dict(data), ORIGIN: _origin(self._archive, self._folder)},
        )

    def _subtasks(self, jobs: list[Record], specs: Specs) -> Iterator[Subtask]:
        parsers = [JobParser(specs, self._place(f"job_{index}")) for index in range(len(jobs))]
        self._parse(parsers)
        for index, (job, parser) in enumerate(zip(jobs, parsers, strict=True)):
            table, told = parser.finish()
            place = self._place(f"job_{index}")
            extra = beyond(job, JOB, JOB_USUAL) | {ANNOTATED: told}
            frames = _frames(job, f"{self._file}: jobs[{index}]", place)
            if job.get("frames") is not None:
                extra |= {RANGE: [job["start_frame"], job["stop_frame"]]}
            kind = JOB_KINDS.get(str(job.get("type") or "annotation"))
            if kind is None:
                place.problem("unknown-job", f"type {job['type']!r}: taken for an annotation job")
                extra[UNKNOWN_TYPE] = job["type"]
            yield Subtask(f"job_{index}", frames, table, kind or "annotation", extra)

    def _parse(self, parsers: list[JobParser]) -> None:
        """Read what every job has; jobs that the file does not know have nothing, which is told."""
        name, place = self._folder + ANNOTATIONS, self._place()
        blob = self._archive.blob(name)
        if name not in self._archive:
            place.problem("no-annotations", f"{blob}: the archive has no such file")
            return
        known = 0
        for piece in pieces(self._archive.read(name), blob):
            check_cancelled()
            known = piece.job + 1
            if piece.job < len(parsers):
                parsers[piece.job].add(piece.record)
            elif lost := sum(len(told) for name in LISTS if isinstance(told := piece.record.get(name), list)):
                place.drop("no-job", "annotations of a job that the task does not have", count=lost)
        if known != len(parsers):
            place.problem("job-count", f"{ANNOTATIONS} has {known} jobs, and {TASK_FILE} {len(parsers)}")

    def _place(self, subtask: str = "") -> Place:
        return Place(self._report, self._dataset, self._name, subtask)


def _frames(job: Record, name: str, place: Place) -> NDArray[np.int64]:
    """The frames of a job: all from the first to the last, or those of them that are listed."""
    try:
        start, stop = int(job["start_frame"]), int(job["stop_frame"])
        frames = np.arange(max(start, 0), stop + 1)
        listed = None if job.get("frames") is None else np.unique(np.array(job["frames"], np.int64))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadAnnotations(f"{name}: frames make no sense: {error!r}") from error
    if start < 0:
        raise BadAnnotations(f"{name}: there is no frame {start}")
    if listed is None:
        return frames
    if count := int(np.count_nonzero(~np.isin(listed, frames))):
        place.drop("bad-frame", f"{count} of its frames are outside of the range of the job", count=count)
    return np.intersect1d(listed, frames)
