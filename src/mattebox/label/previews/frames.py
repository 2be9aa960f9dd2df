"""Which frames of a data set are looked at, and how they come to be drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest

import numpy as np

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.geometry import resized
from mattebox.label.colors import colors_of
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.geometry import resize
from mattebox.label.media import Media
from mattebox.label.previews.draw import Drawing, draw
from mattebox.label.previews.sheet import size_with
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.skeletons import edges
from mattebox.label.table import Table
from mattebox.types import Rgb

__all__ = ["Spot", "drawn", "picked", "spots_of"]


@dataclass(frozen=True, eq=False)
class Spot:
    """A frame with its annotations.

    Attributes:
        task: that it is of.
        subtask: that it is of.
        media: of the task.
        frame: index in the task.
        table: the annotations on it.
    """

    task: Task
    subtask: Subtask
    media: Media
    frame: int
    table: Table

    @property
    def true_frame(self) -> int:
        """Frame of the media."""
        return int(self.task.frames.true(self.frame))

    @property
    def caption(self) -> str:
        """Where it is, in a line."""
        parts = self.task.subset, self.task.name, self.media.name_of(self.true_frame)
        return " · ".join(filter(None, parts))


def spots_of(dataset: Dataset) -> Iterator[Spot]:
    """Every frame of a data set whose media are there and that was not deleted, with its annotations."""
    for task, subtask in dataset.walk():
        if task.media is None:
            continue
        order = np.argsort(subtask.table.frame, kind="stable")
        frames = np.intersect1d(subtask.frames, task.frames.kept())
        begins, ends = (np.searchsorted(subtask.table.frame[order], frames, side) for side in ("left", "right"))
        for frame, begin, end in zip(frames.tolist(), begins, ends, strict=True):
            yield Spot(task, subtask, task.media, frame, subtask.table.take(order[begin:end]))


def picked(dataset: Dataset, count: int, *, seed: int = 0) -> list[Spot]:
    """Frames that show as much as possible: every label, the rare ones first, then every task in turn.

    Args:
        dataset: interpolated, so that tracks are on all their frames.
        count: how many frames, at most.
        seed: other seeds pick other frames.
    """
    shuffled = list(spots_of(dataset))
    random.Random(seed).shuffle(shuffled)
    by_label: dict[str, list[Spot]] = {}
    by_task: dict[int, list[Spot]] = {}
    for spot in shuffled:
        by_task.setdefault(id(spot.task), []).append(spot)
        for label in set(spot.table.label.lists()):
            by_label.setdefault(label, []).append(spot)
    rare_first = sorted(by_label.values(), key=len)
    in_turn = (spot for spots in zip_longest(*by_task.values()) for spot in spots if spot)
    chosen = dict.fromkeys([spots[0] for spots in rare_first] + sorted(in_turn, key=lambda spot: not len(spot.table)))
    places = {id(task): index for index, task in enumerate(dataset.tasks)}
    return sorted(list(chosen)[:count], key=lambda spot: (places[id(spot.task)], spot.subtask.name, spot.frame))


def drawn(
    dataset: Dataset,
    spots: Sequence[Spot],
    drawing: Drawing,
    report: Report,
    progress: Progress | None = None,
    *,
    longest: int | None = None,
) -> Iterator[tuple[Spot, Rgb]]:
    """Draw frames; one that cannot be read is told and left out.

    Args:
        dataset: that the frames are of; labels without a colour get one.
        spots: the frames, those of a subtask together and in ascending order.
        drawing: how; colours in it go before those of the data set.
        report: told what was left out.
        progress: told after every frame.
        longest: shrink frames to this longest side before anything is drawn, so that captions stay readable.
    """
    styles = {id(task): _styled(drawing, task.label_specs(dataset)) for task in dataset.tasks}
    for done, (spot, rgb) in enumerate(_read(spots), 1):
        if isinstance(rgb, Exception):
            report.drop("unreadable-frame", str(rgb), dataset=dataset.name, task=spot.task.name, frame=spot.frame)
        else:
            shown, table = _shrunk(rgb, spot.table, longest)
            yield spot, draw(shown, table, styles[id(spot.task)])
        if progress:
            progress(done, len(spots))


def _styled(drawing: Drawing, labels: Sequence[Label]) -> Drawing:
    """How the annotations of a task are drawn, whose labels these are."""
    lines = {label.name: edges(label) for label in labels if label.sublabels}
    return replace(drawing, colors={**colors_of(labels), **drawing.colors}, edges={**lines, **drawing.edges})


def _shrunk(rgb: Rgb, table: Table, longest: int | None) -> tuple[Rgb, Table]:
    """A frame and its annotations at the size at which they will be looked at."""
    size = rgb.shape[0], rgb.shape[1]
    if longest is None or max(size) <= longest:
        return rgb, table
    small = size_with(size, longest)
    return resized(rgb, small), resize(table, size, small)


def _read(spots: Sequence[Spot]) -> Iterator[tuple[Spot, Rgb | BadAnnotations | BadPicture]]:
    """The pixels of frames, those of one medium in one pass, or why they cannot be read."""
    for _, group in groupby(spots, key=lambda spot: (id(spot.task), spot.subtask.name)):
        left = list(group)
        while left:
            yield from _one_pass(left)


def _one_pass(left: list[Spot]) -> Iterator[tuple[Spot, Rgb | BadAnnotations | BadPicture]]:
    """Take frames from a list until one cannot be read, and that one too."""
    try:
        for _, rgb in left[0].media.stream([spot.true_frame for spot in left]):
            yield left.pop(0), rgb
    except (BadAnnotations, BadPicture) as error:
        yield left.pop(0), error
