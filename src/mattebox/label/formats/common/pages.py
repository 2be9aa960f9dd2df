"""A data set picture by picture, for formats that keep the pictures' own names and have them beside the annotations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, BadPicture, OutputFailed
from mattebox.label.building.choices import Choices
from mattebox.label.building.folder import SetFolder
from mattebox.label.building.pictures import encoded, frames_of, part_of, take
from mattebox.label.building.reel import Shot
from mattebox.label.building.scenery import Scenery, gather
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats.common.fitting import usable
from mattebox.label.formats.common.naming import file_subset, names_of
from mattebox.label.formats.common.pointing import tell_unwritten
from mattebox.label.merging import labels_of, tell_double_labels
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["Album", "ImageChoice", "Page", "albums_of", "free_place", "pages_of"]

ImageChoice = Literal["none", "copy", "link"]
"""What becomes of the pictures: only the annotations are written, or they are copied, or given a second name."""


@dataclass(frozen=True, eq=False)
class Page:
    """A picture, and what is on it.

    Attributes:
        task: that it is of.
        name: of the picture's file, with folders and suffix.
        frame: index in the thinned task.
        true_frame: frame of the original media.
        size: (height, width).
        table: the rows on it that are in the picture.
    """

    task: Task
    name: str
    frame: int
    true_frame: int
    size: tuple[int, int]
    table: Table


@dataclass(frozen=True, eq=False)
class Album:
    """The pictures of a task, and what is on them.

    Attributes:
        task: which.
        shots: its pictures, in order; their files are written as they are asked for.
        table: the rows that are in the pictures, by frame.
    """

    task: Task
    shots: Iterator[Shot]
    table: Table

    def pages(self) -> Iterator[Page]:
        """Every picture with its rows."""
        for shot in self.shots:
            rows = np.arange(*np.searchsorted(self.table.frame, (shot.frame, shot.frame + 1)))
            yield Page(self.task, shot.name, shot.frame, shot.true_frame, shot.original, self.table.take(rows))


def albums_of(
    dataset: Dataset,
    report: Report,
    *,
    folder: Path,
    images: ImageChoice = "none",
    place: str = "{subset}/{name}",
    by_stem: bool = False,
    pointing: bool = True,
    fit: Callable[[Task, Table], Table] | None = None,
    progress: Progress | None = None,
) -> Iterator[Album]:
    """The pictures of every task, under the names that their media give them where these lead to different files.

    Args:
        dataset: interpolated.
        report: is told of pictures that cannot be had, and of rows that have no label of the data set.
        folder: that pictures are written to.
        images: what becomes of them.
        place: where in the folder they go, of `subset` and `name`, or `number` in the task (from 1) and `suffix`.
        by_stem: a picture's annotations have its name without the suffix, so that alone must tell pictures apart.
        pointing: the format can name pictures that lie elsewhere.
        fit: leaves out of a task's rows what the format cannot hold.
        progress: told how many pictures are done.

    Raises:
        BadParameter: there is no such way to give images.
        OutputFailed: a picture cannot be written.
    """
    choices = Choices(images=images)
    tell_double_labels(dataset, report)
    labels = labels_of(dataset)
    names_known = [label.name for label in labels] + [each.name for label in labels for each in label.sublabels]
    classes = {name: index for index, name in enumerate(names_known)}
    sceneries = [gather(task, classes, choices, report) for task in dataset.tasks]
    names = names_of(sceneries, by_subset="{subset}" in place, by_stem=by_stem)
    counted = _counted(sum(len(scenery.frames) for scenery in sceneries), progress)
    for scenery in sceneries:
        shots = _shots(scenery, names[scenery.task])
        if images == "none":
            tell_unwritten(scenery.task, report, pointing=pointing)
        else:
            shots = _written(scenery, shots, SetFolder(folder), choices, place, report)
        table = scenery.table
        if (np.diff(table.frame) < 0).any():
            table = table.take(np.argsort(table.frame, kind="stable"))
        table = usable(table, scenery, report)
        yield Album(scenery.task, counted(shots), fit(scenery.task, table) if fit else table)


def pages_of(albums: Iterable[Album]) -> Iterator[Page]:
    """The pictures of all albums, each with its rows."""
    return (page for album in albums for page in album.pages())


def _counted(total: int, progress: Progress | None) -> Callable[[Iterator[Shot]], Iterator[Shot]]:
    """What hands pictures on and tells how many of all are done; it also heeds when the work is given up."""
    done = 0

    def counted(shots: Iterator[Shot]) -> Iterator[Shot]:
        nonlocal done
        for shot in shots:
            check_cancelled()
            yield shot
            done += 1
            if progress is not None:
                progress(done, total)

    return counted


def free_place(path: Path, *, overwrite: bool) -> Path:
    """The folder or file that something is to be written to, the home folder resolved.

    Raises:
        OutputFailed: something is there, and may not be replaced.
    """
    path = Path(os.path.expanduser(path))
    if not overwrite and (path.is_file() or (path.is_dir() and any(path.iterdir()))):
        raise OutputFailed(f"{path} exists already; ask to overwrite it, or give another name")
    return path


def _shots(scenery: Scenery, names: list[str]) -> Iterator[Shot]:
    numbers = zip(scenery.frames.tolist(), scenery.true_frames.tolist(), strict=True)
    for name, (frame, true_frame), size in zip(names, numbers, scenery.sizes, strict=True):
        yield Shot(name, scenery.task.subset, frame, true_frame, name, size, size, size)


def _written(
    scenery: Scenery, shots: Iterator[Shot], folder: SetFolder, choices: Choices, place: str, report: Report
) -> Iterator[Shot]:
    """Write the pictures, and hand on those that could be, by the names that they got."""
    media = scenery.task.media
    if media is None:
        return
    number = 0
    for shot, source in zip(shots, frames_of(media, scenery.true_frames.tolist()), strict=False):
        try:
            taken = take(source)
            rgb = part_of(taken.rgb, shot)
        except (BadPicture, BadAnnotations) as error:
            report.drop("bad-picture", str(error), task=scenery.task.name, frame=shot.frame)
            continue
        number += 1
        own = taken.own is not None
        suffix, data = encoded(taken, rgb, shot, choices)
        name = shot.name if own else str(PurePosixPath(shot.name).with_suffix(suffix))
        parts = {
            "subset": file_subset(shot.subset),
            "name": name,
            "number": number,
            "suffix": PurePosixPath(name).suffix,
        }
        target = place.format(**parts).replace("//", "/").lstrip("/")
        if not (own and choices.images == "link" and source.blob is not None and folder.link(target, source.blob)):
            folder.write({target: data})
        yield Shot(name, shot.subset, shot.frame, shot.true_frame, shot.source, shot.size, shot.whole, shot.original)
