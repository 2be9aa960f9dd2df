"""Data sets of annotations: tasks, their media, and the jobs or scenes that they are divided into."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.label.frames import FrameMap
from mattebox.label.media import Media
from mattebox.label.table import Table

__all__ = ["Attribute", "Color", "Dataset", "Label", "Subtask", "SubtaskKind", "Task"]

Color: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

SubtaskKind: TypeAlias = Literal["annotation", "ground_truth", "consensus", "scene"]


@dataclass(frozen=True)
class Attribute:
    """What can be said about the objects of a label.

    Attributes:
        name: what it is called.
        mutable: it is said for every frame; otherwise once for an object.
        input_type: how CVAT asks for it: text, number, checkbox, radio, select.
        default: what it is until somebody says otherwise.
        values: what it can be; for numbers least, greatest and step.
        extra: what a file said beyond this; it is written back.
    """

    name: str
    mutable: bool = False
    input_type: str = "text"
    default: str = ""
    values: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Label:
    """What objects can be.

    Attributes:
        name: what it is called; a class's index is its label's position in the data set.
        color: to draw it in; None leaves that to whoever draws.
        type: the only kind of shape that it may have, or any.
        attributes: what can be said about its objects.
        sublabels: of a skeleton, what its elements are.
        svg: of a skeleton, the drawing that CVAT shows.
        extra: what a file said beyond this; it is written back.
    """

    name: str
    color: Color | None = None
    type: str = "any"
    attributes: tuple[Attribute, ...] = ()
    sublabels: tuple[Label, ...] = ()
    svg: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Subtask:
    """A part of a task with annotations of its own: a job of CVAT, or a scene.

    Attributes:
        name: unique within its task.
        frames: int64, the frames of the task that are its own, in order.
        table: its annotations.
        kind: what it is.
        extra: what a file said beyond this; it is written back.
    """

    name: str
    frames: NDArray[np.int64]
    table: Table
    kind: SubtaskKind = "annotation"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def replace(self, **changes: Any) -> Subtask:
        """The subtask with other values."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, eq=False)
class Task:
    """One medium, or one list of pictures, and what is known of its frames.

    Attributes:
        name: what it is called.
        media: the frames themselves; None where the file has none.
        frames: which frame of the media each frame of the task is.
        subtasks: its jobs or scenes.
        labels: what its objects can be; empty where the data set says it.
        subset: the part of the data set that it is in, such as train; empty if none.
        source: tasks with the same source show the same scene and stay in one part of a split; empty takes the media's.
        guide: what annotators are told, as Markdown.
        extra: what a file said beyond this; it is written back.
    """

    name: str
    media: Media | None
    frames: FrameMap
    subtasks: tuple[Subtask, ...]
    labels: tuple[Label, ...] = ()
    subset: str = ""
    source: str = ""
    guide: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def replace(self, **changes: Any) -> Task:
        """The task with other values."""
        return dataclasses.replace(self, **changes)

    def label_specs(self, dataset: Dataset) -> tuple[Label, ...]:
        """What its objects can be: its own labels, or else those of its data set."""
        return self.labels or dataset.labels

    def true_frames(self, subtask: Subtask) -> NDArray[np.int64]:
        """Frames of the media that the subtask's frames are, without those that were deleted."""
        return self.frames.true(np.intersect1d(subtask.frames, self.frames.kept()))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tasks that share their labels: a project of CVAT, or a data set in any other form.

    Attributes:
        name: what it is called.
        tasks: in order.
        labels: what the objects of tasks without labels of their own can be, in the order of class indices.
        guide: what annotators are told, as Markdown.
        extra: what a file said beyond this; it is written back.
    """

    name: str
    tasks: tuple[Task, ...]
    labels: tuple[Label, ...] = ()
    guide: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def replace(self, **changes: Any) -> Dataset:
        """The data set with other values."""
        return dataclasses.replace(self, **changes)

    def walk(self) -> Iterator[tuple[Task, Subtask]]:
        """Every subtask, with its task."""
        return ((task, subtask) for task in self.tasks for subtask in task.subtasks)

    def map_tables(self, change: Callable[[Dataset, Task, Subtask], Table]) -> Dataset:
        """The data set with every table changed.

        Args:
            change: called with the data set, a task and a subtask; returns the subtask's new table.
        """

        def changed(task: Task) -> Task:
            parts = (subtask.replace(table=change(self, task, subtask)) for subtask in task.subtasks)
            return task.replace(subtasks=tuple(parts))

        return self.replace(tasks=tuple(map(changed, self.tasks)))
