"""Small data sets, task by task, for what counts, divides and balances them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.row import Row
from mattebox.label.table import Table


def task_of(name: str, labels: Mapping[str, int], frames: int = 4, **more: Any) -> Task:
    """A task without media, with this many squares of 10 pixels of each label, dealt out over its frames."""
    names = [label for label, count in labels.items() for _ in range(count)]
    rows = [
        Row(label=label, frame=index % frames, shape="rectangle", points=(0, 0, 10, 10))
        for index, label in enumerate(names)
    ]
    return task_with(name, rows, frames, **more)


def task_with(name: str, rows: Sequence[Row], frames: int, **more: Any) -> Task:
    """A task of one job with these rows."""
    job = Subtask("job 0", np.arange(frames), Table.from_rows(rows))
    return Task(name, more.pop("media", None), FrameMap(frames), (job,), **more)


def dataset_of(*tasks: Task, labels: Sequence[str] = ("cat", "dog"), name: str = "animals") -> Dataset:
    """A data set of tasks."""
    return Dataset(name, tasks, tuple(map(Label, labels)))
