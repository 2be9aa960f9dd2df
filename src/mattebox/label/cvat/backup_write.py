"""Writing backups that CVAT restores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, unknown_name
from mattebox.label.cvat.annotations_write import job_record
from mattebox.label.cvat.archive_write import NewArchive, new_archive
from mattebox.label.cvat.backup_read import ANNOTATED, ANNOTATIONS, ORIGIN, PROJECT, PROJECT_FILE, TASK, TASK_FILE
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.cvat.files_write import FileWriter, data_record
from mattebox.label.cvat.guides import GUIDE, guide_data
from mattebox.label.cvat.jobs_write import job_entry, restorable
from mattebox.label.cvat.labels import label_record
from mattebox.label.cvat.records import merged
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["Kind", "write_backup", "write_task_backup"]

Kind = Literal["auto", "task", "project"]

NEW = {"bug_tracker": "", "status": "annotation", "version": "1.0"}
"""What a task or a project says that was never in CVAT."""


def write_backup(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    media: bool = True,
    kind: Kind = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write a backup of a project or of a task, with its media.

    A data set without a name that has one task is written as a task, everything else as a project. Media are copied
    byte for byte. What was read from a backup is written as it was, except for what has changed since.

    Args:
        dataset: to write.
        path: of the zip.
        report: told what the form cannot hold, and what is missing.
        media: copy pictures and videos too; without them CVAT restores only tasks whose media are in a cloud storage.
        kind: what to write; a task can be asked for only where there is one.
        overwrite: replace what is there.
        progress: told how many tasks were written.

    Raises:
        BadParameter: a task is asked for, and the data set has several or none; or no kind has that name.
        OutputFailed: something is there already, or it cannot be written.
    """
    if kind not in {"auto", "task", "project"}:
        raise BadParameter(unknown_name("kind", kind, ("auto", "task", "project")))
    if kind == "task" and len(dataset.tasks) != 1:
        raise BadParameter(f"kind='task': the data set has {len(dataset.tasks)} tasks; write it as a project")
    if kind == "task" or (kind == "auto" and not dataset.name and len(dataset.tasks) == 1):
        write_task_backup(dataset, dataset.tasks[0], path, report, media=media, overwrite=overwrite)
        return
    labels = _labels_of_all(dataset, report)
    name = dataset.name or Path(path).stem
    with new_archive(path, overwrite=overwrite) as archive:
        extra = {key: value for key, value in dataset.extra.items() if key != ORIGIN}
        record = {"name": name, "labels": [label_record(label) for label in labels]}
        archive.add_json(PROJECT_FILE, merged(record, extra if "version" in extra else NEW | extra, PROJECT))
        writer = FileWriter(archive, "", Place(report, name, ""), media=media)
        writer.copy_beside(dataset.extra.get(ORIGIN))
        _write_guide(archive, "", dataset.guide)
        for index, task in enumerate(dataset.tasks):
            check_cancelled()
            _write_task(archive, f"task_{index}/", task, labels, Place(report, name, task.name), media=media)
            if progress is not None:
                progress(index + 1, len(dataset.tasks))
    report.made("tasks", len(dataset.tasks))


def write_task_backup(
    dataset: Dataset, task: Task, path: Path, report: Report, *, media: bool = True, overwrite: bool = False
) -> None:
    """Write a backup of one task of a data set.

    Args:
        dataset: that it belongs to, for its labels.
        task: to write.
        path: of the zip.
        report: told what the form cannot hold, and what is missing.
        media: copy pictures and videos too.
        overwrite: replace what is there.

    Raises:
        OutputFailed: something is there already, or it cannot be written.
    """
    place = Place(report, dataset.name, task.name)
    labels = (*task.label_specs(dataset), *_undeclared([task], task.label_specs(dataset), place))
    with new_archive(path, overwrite=overwrite) as archive:
        _write_task(archive, "", task.replace(labels=labels), labels, place, media=media)
    report.made("tasks")


def _write_task(
    archive: NewArchive, folder: str, task: Task, shared: Sequence[Label], place: Place, *, media: bool
) -> None:
    writer = FileWriter(archive, folder, place, media=media)
    task = restorable(task, place)
    labels = task.labels or shared
    extra = {key: value for key, value in task.extra.items() if key not in {ORIGIN, "data"}}
    record = {
        "name": task.name,
        "subset": task.subset,
        "labels": [label_record(label) for label in labels],
        "jobs": [job_entry(part) for part in task.subtasks],
        "data": data_record(task),
    }
    archive.add_json(folder + TASK_FILE, merged(record, extra if "version" in extra else NEW | extra, TASK))
    specs = Specs(labels)
    archive.add_json(folder + ANNOTATIONS, [_annotations(part, specs, place) for part in task.subtasks])
    _write_guide(archive, folder, task.guide)
    writer.copy_media(task)


def _annotations(part: Subtask, specs: Specs, place: Place) -> dict[str, Any]:
    check_cancelled()
    inner = Place(place.report, place.names["dataset"], place.names["task"], part.name)
    return job_record(part.table, part.extra.get(ANNOTATED) or {}, specs, inner)


def _write_guide(archive: NewArchive, folder: str, guide: str) -> None:
    if guide:
        archive.add(folder + GUIDE, guide_data(guide, folder))


def _labels_of_all(dataset: Dataset, report: Report) -> tuple[Label, ...]:
    """The labels of the project: CVAT knows no others when it restores the tasks."""
    labels = {label.name: label for label in dataset.labels}
    for task in dataset.tasks:
        for label in task.labels:
            if labels.setdefault(label.name, label) != label:
                message = f"{label.name!r} is declared otherwise than in the project; the project's counts"
                report.problem("label-differs", message, dataset=dataset.name, task=task.name)
    known = tuple(labels.values())
    return (*known, *_undeclared(dataset.tasks, known, Place(report, dataset.name, "")))


def _undeclared(tasks: Sequence[Task], labels: Sequence[Label], place: Place) -> tuple[Label, ...]:
    """Labels of rows that nobody declared: without them CVAT does not restore the backup at all."""
    used: dict[str, None] = {}
    for task in tasks:
        for part in task.subtasks:
            table = part.table
            codes = set(table.label.codes[table.parent < 0].tolist())
            used |= {name: None for code, name in enumerate(table.label.values) if code in codes}
    names = [name for name in used if name not in {label.name for label in labels}]
    for name in names:
        place.note("label-added", f"{name!r} was not among the labels, and was added")
    return tuple(Label(name) for name in names)
