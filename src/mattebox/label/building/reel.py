"""What a task gives to a training set: its samples, and the rows of each in the sample's own pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mattebox.geometry import Box
from mattebox.label.dataset import Task
from mattebox.label.table import Table

__all__ = ["Reel", "Shot"]


@dataclass(frozen=True, slots=True)
class Shot:
    """One sample: a frame, or a part of it, at some size.

    Attributes:
        name: of its files, without suffix; unique in the training set.
        subset: the folder that it goes to.
        frame: index in the thinned task.
        true_frame: frame of the original media.
        source: what the medium calls the frame.
        size: (height, width) of the sample in pixels.
        whole: (height, width) of the frame, once it is scaled.
        original: (height, width) of the frame as it is.
        box: part of the scaled frame that the sample shows; None for all of it.
    """

    name: str
    subset: str
    frame: int
    true_frame: int
    source: str
    size: tuple[int, int]
    whole: tuple[int, int]
    original: tuple[int, int]
    box: Box | None = None

    @property
    def untouched(self) -> bool:
        """Whether it shows the frame as it is."""
        return self.box is None and self.whole == self.original


@dataclass(frozen=True, eq=False)
class Reel:
    """The samples of a task, in the order of its media's frames.

    Attributes:
        task: which.
        shots: its samples.
        table: the rows of all samples, sample by sample, in each from below to above; in pixels of their sample and
            inside it.
        classes: (N,), of each row the position of its label among those of the training set.
        bounds: (S + 1,), where the rows of each sample begin in the table.
    """

    task: Task
    shots: tuple[Shot, ...]
    table: Table
    classes: NDArray[np.int32]
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.shots)

    @property
    def sizes(self) -> NDArray[np.float64]:
        """(S, 2), height and width of every sample."""
        return np.array([shot.size for shot in self.shots], np.float64).reshape(-1, 2)

    @property
    def shot_of_row(self) -> NDArray[np.int64]:
        """(N,), position of the sample that each row belongs to."""
        return np.repeat(np.arange(len(self.shots)), np.diff(self.bounds))

    @property
    def with_rows(self) -> NDArray[np.bool_]:
        """(S,), which samples have any rows."""
        return np.diff(self.bounds) > 0

    def rows(self, index: int) -> slice:
        """Where the rows of a sample are in the table."""
        return slice(int(self.bounds[index]), int(self.bounds[index + 1]))

    def table_of(self, index: int) -> Table:
        """The rows of a sample."""
        return self.table.take(np.arange(self.bounds[index], self.bounds[index + 1]))

    def only(self, rows: NDArray[np.bool_]) -> Reel:
        """The reel with the rows where a mask is true."""
        if rows.all():
            return self
        bounds = np.searchsorted(np.flatnonzero(rows), self.bounds)
        return replace(self, table=self.table.take(rows), classes=self.classes[rows], bounds=bounds)

    def take(self, which: NDArray[np.int64]) -> Reel:
        """The reel with some of its samples only, in their order."""
        lengths = np.diff(self.bounds)[which]
        kept = np.isin(self.shot_of_row, which)
        bounds = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        shots = tuple(self.shots[index] for index in which)
        return Reel(self.task, shots, self.table.take(kept), self.classes[kept], bounds)

    def by_frame(self) -> Iterator[tuple[int, list[int]]]:
        """Every true frame with the positions of the samples that show it, in the order of frames."""
        numbered = enumerate(shot.true_frame for shot in self.shots)
        for true_frame, group in groupby(numbered, key=lambda pair: pair[1]):
            yield true_frame, [index for index, _ in group]
