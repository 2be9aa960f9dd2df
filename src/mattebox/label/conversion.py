"""Annotations from one form to another, as `mattebox label convert` does it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mattebox.errors import BadAnnotations, BadParameter, unknown_name
from mattebox.label.apart import check_apart, check_media_apart
from mattebox.label.building.folder import SetFolder
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.formats import FORMATS, HOLD_TRACKS, read, write
from mattebox.label.formats.common.pages import free_place
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.keyframes import reduce_keyframes
from mattebox.label.merging import merge, named, telling_homes
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["BUILT", "convert", "read_each"]

Times = Literal["as-needed", "frames", "keyframes"]

KEYS_ONLY = frozenset({"cvat", "cvat-xml"})
"""Forms that have no other rows of tracks than keys."""

TELL_PROGRESS = frozenset(FORMATS) - {"parquet", "tsv", "json"}

BUILT = frozenset({"yolo-detect", "yolo-segment", "yolo-obb", "masks", "matting"})
"""Forms that are training sets, whose folders tell what they were made of."""

PICTURES = BUILT | {"cvat", "coco", "voc", "mot", "labelme"}
"""Forms that have pictures with the annotations."""


def convert(
    sources: Sequence[Path],
    out: Path,
    report: Report,
    *,
    to: str,
    source_format: str = "auto",
    times: Times = "as-needed",
    images: Literal["copy", "link", "none"] | None = None,
    kind: Literal["images", "video"] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Write annotations in another form.

    Args:
        sources: archives, files of annotations, or data sets; their tasks become one data set.
        out: file or folder to write.
        report: is told what is left out and why.
        to: a name in `FORMATS`.
        source_format: form of the sources; found out unless given.
        times: write tracks on all of their `frames`, or by as few `keyframes` as give the same; `as-needed` leaves
            tracks alone where the form holds them.
        images: what becomes of pictures; what is usual for the form unless given.
        kind: of CVAT's XML; as suits each task unless given.
        overwrite: replace what is there.
        dry_run: write nothing, and tell what would be written and left out.
        progress: is told how far the step at hand is.

    Returns:
        The data set as it was written.

    Raises:
        BadParameter: there is no such form, or it has no pictures.
        BadAnnotations: no source can be used.
        OutputFailed: it cannot be written, something is there already, or what is read lies there.
        MissingExtra: a package of the extra `label` is needed.
    """
    options = _options(to, images, overwrite=overwrite, progress=progress)
    if to == "cvat-xml":
        options |= {"reduce": times != "frames"} | ({} if kind is None else {"kind": kind})
    elif kind is not None:
        raise BadParameter(f"kind={kind!r} is for cvat-xml, and {to} is asked")
    check_apart(out, sources)
    if to in BUILT:
        SetFolder(out, overwrite=overwrite).check_usable()
    else:
        free_place(out, overwrite=overwrite)
    timed = []
    for dataset in read_each(sources, report, source_format=source_format, progress=progress):
        check_media_apart(out, dataset)
        timed.append(_timed(dataset, to, times, report, progress))
    dataset = merge(timed, report=report)
    with telling_homes(report, timed, dataset):
        if dry_run:
            _try(dataset, out, to, report, options)
        else:
            write(dataset, out, format=to, report=report, **options)
    return dataset


def read_each(
    sources: Sequence[Path], report: Report, *, source_format: str = "auto", progress: Progress | None = None
) -> list[Dataset]:
    """Read several sources; one that cannot be used is told and left out, as is one that is given again.

    Args:
        sources: archives, files of annotations, or data sets.
        report: told what is left out and why; of several sources each time with the name of the data set or its file.
        source_format: form of the sources; found out unless given.
        progress: told how far the reading of the source at hand is.

    Returns:
        The data sets that could be read; where there are several sources, each has a name.

    Raises:
        BadAnnotations: none of them can be used.
        BadParameter: there is no such form, or no source.
    """
    if not sources:
        raise BadParameter("no data sets to read; give at least one")
    met: set[Path] = set()
    datasets, failures = [], []
    for source in sources:
        place, first = source.resolve(), len(report.entries)
        if place in met:
            report.problem("same-source", f"{source} is given twice, and taken once", dataset=source.name)
            continue
        met.add(place)
        try:
            dataset = read(source, format=source_format, report=report, progress=progress)
        except BadAnnotations as error:
            failures.append(error)
            report.drop("bad-source", str(error), dataset=source.name)
            continue
        if len(sources) > 1:
            dataset = named(dataset, source)
            entries = (replace(entry, dataset=entry.dataset or dataset.name) for entry in report.entries[first:])
            report.entries[first:] = entries
        datasets.append(dataset)
    if not datasets:
        raise failures[0]
    return datasets


def _options(to: str, images: str | None, *, overwrite: bool, progress: Progress | None) -> dict[str, Any]:
    """What the function that writes a form is given."""
    if to not in FORMATS or not FORMATS[to].writes:
        raise BadParameter(unknown_name("form to write", to, [name for name, form in FORMATS.items() if form.writes]))
    options: dict[str, Any] = {"overwrite": overwrite}
    if to in TELL_PROGRESS:
        options["progress"] = progress
    if images is not None:
        if to not in PICTURES:
            raise BadParameter(f"{to} has no pictures, so leave out what becomes of them")
        options |= _images(to, images)
    return options


def _images(to: str, images: str) -> dict[str, Any]:
    """What becomes of pictures, in the words of a form that has them."""
    return {"media": images != "none"} if to == "cvat" else {"images": images}


def _timed(dataset: Dataset, to: str, times: Times, report: Report, progress: Progress | None) -> Dataset:
    """The data set with tracks as they are asked for."""
    if times == "keyframes":
        return _by_keys(dataset, report)
    if times == "frames" and to in KEYS_ONLY:
        grown = interpolate_dataset(dataset, report, keep_outside=True, progress=progress)
        return grown.map_tables(lambda _, __, subtask: _all_keys(subtask.table))
    if times == "frames" or to not in HOLD_TRACKS:
        return interpolate_dataset(dataset, report, progress=progress)
    return dataset


def _all_keys(table: Table) -> Table:
    """Every row of a track as a key; of those that are outside, the first of each stretch says it for all."""
    rows = np.lexsort((table.frame, table.object))
    goes_on = np.append(False, np.diff(table.object[rows]) == 0)[: len(rows)]
    before = np.append(False, table.outside[rows][:-1])[: len(rows)]
    said = np.zeros(len(table), bool)
    said[rows] = goes_on & before & table.outside[rows]
    kept = table.take(~(said & table.tracked))
    return kept.replace(keyframe=kept.keyframe | kept.tracked)


def _try(dataset: Dataset, out: Path, to: str, report: Report, options: dict[str, Any]) -> None:
    """Tell what would be written, and what the form cannot hold: found by writing it elsewhere, without pictures."""
    told = Report()
    with tempfile.TemporaryDirectory(prefix="mattebox-") as folder:
        without = _images(to, "none") if to in PICTURES else {}
        write(dataset, Path(folder) / out.name, format=to, report=told, **{**options, **without})
    for entry in told.entries:
        if entry.severity == "dropped":
            report.add(entry)
    tasks = f"{len(dataset.tasks):,} {'task' if len(dataset.tasks) == 1 else 'tasks'}"
    rows = sum(len(subtask.table) for _, subtask in dataset.walk())
    report.made(f"rows of {tasks} to be written to {out} as {to}", rows)


def _by_keys(dataset: Dataset, report: Report) -> Dataset:
    """The data set with as few keys of tracks as give the same."""

    def reduced(whole: Dataset, task: Task, subtask: Subtask) -> Table:
        last = int(subtask.frames.max()) if len(subtask.frames) else None
        try:
            return reduce_keyframes(subtask.table, last_frame=last, deleted=task.frames.deleted)
        except BadAnnotations as error:
            message = f"{error}; its keys are left as they are"
            report.problem("keys-kept", message, dataset=whole.name, task=task.name, subtask=subtask.name)
            return subtask.table

    return dataset.map_tables(reduced)
