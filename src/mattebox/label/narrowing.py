"""A part of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from mattebox.errors import BadParameter
from mattebox.label.dataset import Dataset, Task

__all__ = ["narrow"]


def narrow(
    dataset: Dataset, *, tasks: Sequence[str] = (), subsets: Sequence[str] = (), labels: Sequence[str] = ()
) -> Dataset:
    """Keep some tasks, and rows of some labels; skeletons keep their elements.

    Args:
        dataset: that the part is of.
        tasks: names of tasks, with `*` and `?` as in names of files; empty keeps all, here and below.
        subsets: names of subsets.
        labels: names of labels.

    Raises:
        BadParameter: nothing is left; the message lists the names that there are.
    """
    kept = [task for task in dataset.tasks if _fits(task.name, tasks) and _fits(task.subset, subsets)]
    if not kept:
        places = ", ".join(f"{task.name!r} in {task.subset!r}" for task in dataset.tasks)
        raise BadParameter(f"no task of that name in that subset; there are: {places}")
    if labels:
        known = {name for task in kept for part in task.subtasks for name in part.table.label.values}
        if not any(_fits(name, labels) for name in known):
            raise BadParameter(f"nothing has the label {', '.join(labels)}; there are: {', '.join(sorted(known))}")
        kept = [_labelled(task, labels) for task in kept]
    return dataset.replace(tasks=tuple(kept))


def _labelled(task: Task, labels: Sequence[str]) -> Task:
    """A task with the rows of some labels, and the elements of the skeletons among them."""
    parts = []
    for part in task.subtasks:
        table = part.table
        named = table.label.isin([name for name in table.label.values if _fits(name, labels)]) & (table.parent < 0)
        parts.append(part.replace(table=table.take(named | np.isin(table.parent, table.object[named]))))
    return task.replace(subtasks=tuple(parts))


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
