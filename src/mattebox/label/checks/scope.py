"""What a check looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import MatteboxError
from mattebox.label.columns import Array
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.geometry.coordinates import Floats
from mattebox.label.geometry.measures import boxes
from mattebox.label.media import Media
from mattebox.label.soundness import Finding, flaws
from mattebox.label.table import Table

if TYPE_CHECKING:
    from mattebox.label.taxonomy import Taxonomy

__all__ = ["Check", "Finding", "RowCheck", "Scope", "TaskCheck", "Told"]


@dataclass(frozen=True)
class Told:
    """Something that a check says about a task as a whole, or about one of its frames."""

    message: str
    frame: int | None = None


@dataclass(frozen=True, eq=False)
class Scope:
    """A subtask that is checked, and what several checks need to know of it.

    Attributes:
        dataset: that it belongs to.
        task: that it is a part of.
        subtask: whose table is checked.
        taxonomy: label table that the labels must be in, or None.
        tolerance: pixels by which coordinates may be off.
    """

    dataset: Dataset
    task: Task
    subtask: Subtask
    taxonomy: Taxonomy | None = None
    tolerance: float = 0.5

    @property
    def table(self) -> Table:
        """What is checked."""
        return self.subtask.table

    @cached_property
    def deleted(self) -> NDArray[np.int64]:
        """(n,), frames of the task that were deleted, in order."""
        return np.array(sorted(self.task.frames.deleted), np.int64)

    @cached_property
    def labels(self) -> dict[str, Label]:
        """What objects can be, by name; empty where nobody said."""
        return {label.name: label for label in self.task.label_specs(self.dataset)}

    @cached_property
    def flaws(self) -> dict[str, Finding]:
        """The rows that are unfit to compute with, by what is wrong with them."""
        return flaws(self.table)

    @cached_property
    def sound(self) -> NDArray[np.bool_]:
        """(N,), rows whose points, rings and runs can be computed with."""
        sound = np.ones(len(self.table), bool)
        for flaw in self.flaws.values():
            sound[flaw.rows] = False
        return sound

    @cached_property
    def boxes(self) -> Floats:
        """(N, 4), left, top, right, bottom of every row; NaN for those that have none or are not sound."""
        found = np.full((len(self.table), 4), np.nan)
        found[self.sound] = boxes(self.table.take(self.sound))
        return found

    @cached_property
    def twins(self) -> tuple[Array, Array]:
        """Pairs of rows that are the same but for the tolerance, the earlier one first."""
        from mattebox.label.checks.duplicates import same_rows

        return same_rows(self)

    @cached_property
    def sizes(self) -> Floats:
        """(N, 2), height and width of the picture that every row is on; NaN where it cannot be told."""
        true, frame_of = np.unique(self.task.frames.true(self.table.frame), return_inverse=True)
        sizes = [_size_of(self.task.media, frame) for frame in true.tolist()]
        return np.array(sizes, np.float64).reshape(-1, 2)[frame_of]

    @cached_property
    def parent_labels(self) -> NDArray[np.int64]:
        """(N,), of elements of skeletons the code of the skeleton's label; -1 for other rows and lost elements."""
        table = self.table
        found = np.full(len(table), -1)
        skeletons, elements = np.flatnonzero(table.is_shape("skeleton")), np.flatnonzero(table.parent >= 0)
        if skeletons.size and elements.size:
            objects, first = np.unique(table.object[skeletons], return_index=True)
            place = np.minimum(np.searchsorted(objects, table.parent[elements]), len(objects) - 1)
            there = objects[place] == table.parent[elements]
            found[elements[there]] = table.label.codes[skeletons[first[place[there]]]]
        return found

    def spec(self, label: int, parent: int = -1) -> Label | None:
        """What is known of a label, given by its code in the table, and by that of its skeleton for an element."""
        name = self.table.label.values[label]
        if parent < 0:
            return self.labels.get(name)
        whole = self.labels.get(self.table.label.values[parent])
        return next((part for part in whole.sublabels if part.name == name), None) if whole else None


def _size_of(media: Media | None, frame: int) -> tuple[float, float]:
    """Height and width of a frame, or NaN; the checks of media tell what is missing or damaged."""
    try:
        return (np.nan, np.nan) if media is None else media.size_of(frame)
    except MatteboxError:
        return np.nan, np.nan


@dataclass(frozen=True)
class Check:
    """One thing that is looked for.

    Attributes:
        name: to choose it by, and the code of its findings in a report.
        finds: what it finds.
        severity: of its findings.
        mends: what a repair does about it; empty if nothing can be done without knowing what was meant.
    """

    name: str
    finds: str
    severity: Literal["problem", "note"]
    mends: str = ""


@dataclass(frozen=True)
class RowCheck(Check):
    """A check of the rows of a subtask.

    Attributes:
        find: finds the rows.
        change: what a repair does with these rows, which it drops otherwise.
    """

    find: Callable[[Scope], Finding] = lambda _: Finding.joined(())
    change: Callable[[Scope, NDArray[np.int64]], Table] | None = None


@dataclass(frozen=True)
class TaskCheck(Check):
    """A check of a task and its media.

    Attributes:
        find: finds what there is to say.
        reads: it decodes media, which takes time, and is made on request only.
    """

    find: Callable[[Task], Iterable[Told]] = lambda _: ()
    reads: bool = False
