"""Scenes: parts of jobs that annotators marked, each of which becomes a subtask of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["FINISH", "START", "split_scenes"]

START, FINISH = "scene-start", "scene-finish"
"""Labels that mark the first and the last frame of a scene unless others are given."""

_LISTED = 10
"""How many labels a message names."""


def split_scenes(
    dataset: Dataset,
    report: Report,
    *,
    start: str = START,
    finish: str = FINISH,
    open_end: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Cut jobs into the scenes that are marked in them.

    A mark is a row of any shape, or a tag, with one of two labels; of a track the first row counts. A scene has the
    frames from its start to its finish, both included; a frame that one scene ends and another starts on belongs to
    the first. Tracks are cut where scenes are: a scene's table has a key on its first and on its last frame where a
    track went on there, made by interpolation. What lies in no scene is dropped, and so are the marks and their labels.
    Jobs without a mark stay as they are; that there is none at all is told.

    Marks that do not fit together are told: of two starts the later one counts, a finish without a start does not, and
    a scene without a finish is left out.

    Args:
        dataset: tracks as keys, or interpolated.
        report: is told of marks that do not fit together and of rows in no scene, with project, task, frame and row.
        start: label of the first frame of scenes.
        finish: label of their last frame.
        open_end: a scene without a finish goes on to the end of its job.
        progress: told how many jobs are done.

    Raises:
        BadParameter: both labels are the same.
        Cancelled: the work was given up.
    """
    if start == finish:
        raise BadParameter(f"start and finish are both '{start}': give two labels")
    cutter = _Cutter(dataset, report, start, finish, open_end)
    marked = [task.replace(subtasks=tuple(filter(cutter.is_marked, task.subtasks))) for task in dataset.tasks]
    grown = interpolate_dataset(dataset.replace(tasks=tuple(marked)), report, keep_outside=True)
    parts, done = sum(len(task.subtasks) for task in dataset.tasks), 0
    tasks = []
    for task, interpolated in zip(dataset.tasks, grown.tasks, strict=True):
        whole = iter(interpolated.subtasks)
        subtasks: list[Subtask] = []
        for subtask in task.subtasks:
            check_cancelled()
            subtasks += cutter.cut(task, subtask, next(whole).table) if cutter.is_marked(subtask) else [subtask]
            done += 1
            if progress:
                progress(done, parts)
        tasks.append(task.replace(subtasks=tuple(subtasks), labels=cutter.without_marks(task.labels)))
    if not any(task.subtasks for task in marked):
        cutter.tell_of_none()
    return dataset.replace(tasks=tuple(tasks), labels=cutter.without_marks(dataset.labels))


class _Scene(NamedTuple):
    """The first and the last frame of a scene, both its own."""

    first: int
    last: int


class _Mark(NamedTuple):
    """What an annotator left on a frame, and in which row."""

    frame: int
    starts: bool
    row: int


@dataclass(frozen=True)
class _Cutter:
    """What is asked, as `split_scenes` has it."""

    dataset: Dataset
    report: Report
    start: str
    finish: str
    open_end: bool

    def is_marked(self, subtask: Subtask) -> bool:
        """Whether there is a mark in a job."""
        return bool(subtask.table.label.isin([self.start, self.finish]).any())

    def tell_of_none(self) -> None:
        """Tell that there is no mark anywhere, and which labels there are instead."""
        names = sorted({name for _, subtask in self.dataset.walk() for name in subtask.table.label.values})
        there = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
        message = f"nothing is called '{self.start}' or '{self.finish}', so no scene is cut; labels are: {there or '-'}"
        self.report.note("no-scenes", message, dataset=self.dataset.name)

    def without_marks(self, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        """Labels without those of marks."""
        return tuple(label for label in labels if label.name not in {self.start, self.finish})

    def cut(self, task: Task, subtask: Subtask, grown: Table) -> Iterator[Subtask]:
        """The scenes of a job, given its table with a row of every track on every frame."""
        frames = np.setdiff1d(subtask.frames, np.fromiter(task.frames.deleted, np.int64, len(task.frames.deleted)))
        kept = np.zeros(len(subtask.table), bool)
        for number, scene in enumerate(self._scenes(task, subtask), start=1):
            kept |= _within(subtask.table.frame, scene)
            own = frames[_within(frames, scene)]
            name = f"{subtask.name} scene {number}"
            table = _cut_table(self._without_marked(grown), subtask.table, own)
            yield subtask.replace(
                name=name, frames=subtask.frames[_within(subtask.frames, scene)], table=table, kind="scene", extra={}
            )
            self.report.made("scenes")
        lost = np.count_nonzero(~kept & ~subtask.table.label.isin([self.start, self.finish]))
        if lost:
            self.report.drop(
                "in-no-scene",
                "rows on frames of no scene",
                dataset=self.dataset.name,
                task=task.name,
                subtask=subtask.name,
                count=int(lost),
            )

    def _scenes(self, task: Task, subtask: Subtask) -> Iterator[_Scene]:
        """The scenes of a job; marks that do not fit together are told."""
        opened: _Mark | None = None
        numbered = bool(subtask.table.keyframe.all())  # interpolation gives rows other positions than in their file
        free = 0  # a frame that ends a scene is not the first of the next one as well

        def tell(code: str, message: str, mark: _Mark) -> None:
            true = int(task.frames.true(mark.frame))
            self.report.problem(
                code,
                message,
                dataset=self.dataset.name,
                task=task.name,
                subtask=subtask.name,
                frame=mark.frame,
                true_frame=None if true == mark.frame else true,
                row=mark.row if numbered else None,
            )

        for mark in self._marks(subtask.table):
            if mark.starts:
                if opened is not None:
                    tell("two-starts", f"a scene has started on frame {opened.frame} already: this start counts", mark)
                opened = mark
            elif opened is None:
                tell("finish-without-start", "a scene finishes that has not started: the mark is left out", mark)
            else:
                yield _Scene(max(opened.frame, free), mark.frame)
                opened, free = None, mark.frame + 1
        if opened is not None and self.open_end:
            yield _Scene(max(opened.frame, free), int(subtask.frames.max(initial=opened.frame)))
        elif opened is not None:
            tell("no-finish", "a scene starts that does not finish: it is left out", opened)

    def _marks(self, table: Table) -> Iterator[_Mark]:
        """Marks in the order in which they are to be read, one of a kind on a frame.

        Where a scene is open, its finish comes before the next start on that frame; where none is, a start and a
        finish on one frame are a scene of that frame.
        """
        marked = np.flatnonzero(table.label.isin([self.start, self.finish]) & ~table.outside)
        marked = marked[np.argsort(table.frame[marked], kind="stable")]
        first = np.ones(len(marked), bool)
        tracked = np.flatnonzero(table.tracked[marked])
        first[tracked] = False
        first[tracked[np.unique(table.object[marked[tracked]], return_index=True)[1]]] = True
        found: dict[int, dict[bool, int]] = {}
        for row in marked[first].tolist():
            found.setdefault(int(table.frame[row]), {}).setdefault(table.label[row] == self.start, row)
        is_open = False
        for frame, rows in found.items():
            for starts in sorted(rows, reverse=not is_open):
                yield _Mark(frame, starts, rows[starts])
                is_open = starts

    def _without_marked(self, table: Table) -> Table:
        return table.take(~table.label.isin([self.start, self.finish]))


def _within(frames: NDArray[np.integer], scene: _Scene) -> NDArray[np.bool_]:
    return (frames >= scene.first) & (frames <= scene.last)


def _cut_table(grown: Table, keys: Table, frames: NDArray[np.int64]) -> Table:
    """The rows of a scene: its keys, and one more where a track goes on beyond an end of the scene.

    Args:
        grown: rows of tracks on every frame.
        keys: the table as it was; its tracks with rows that are no keys had been interpolated before, and stay so.
        frames: of the scene, without deleted ones.
    """
    if not frames.size:
        return Table.empty()
    inside = (grown.frame >= frames[0]) & (grown.frame <= frames[-1])
    complete = np.isin(grown.object, keys.object[keys.tracked & ~keys.keyframe])
    known = inside & (~grown.tracked | grown.keyframe | complete)
    later = np.isin(grown.object, grown.object[grown.keyframe & (grown.frame > frames[-1])])
    shown = ~grown.outside | (grown.parent >= 0)
    made = inside & grown.tracked & ~known & shown
    made &= (grown.frame == frames[0]) | ((grown.frame == frames[-1]) & later)
    table = grown.replace(keyframe=grown.keyframe | made).take(known | made)
    return _seen(table)


def _seen(table: Table) -> Table:
    """Rows without the tracks that are outside all the time; an element that is goes with its skeleton only."""
    hidden = table.tracked & (table.parent < 0) & ~np.isin(table.object, table.object[~table.outside])
    return table.take(~hidden & ((table.parent < 0) | np.isin(table.parent, table.object[~hidden])))
