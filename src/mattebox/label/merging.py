"""Several data sets as one, and several tables."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mattebox.errors import BadParameter
from mattebox.label.dataset import Dataset, Label, Task
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["classes_of", "labels_of", "merge", "named", "own_name", "stacked", "tell_double_labels", "telling_homes"]

OWN_NAME = "@name"
"""What a task was called, noted where it was given another name."""


def labels_of(dataset: Dataset) -> tuple[Label, ...]:
    """The classes of a data set in the order of their indices: its labels, or else those of its tasks as they come.

    Of several labels of one name there is the first; see `tell_double_labels`.

    Example:
        >>> labels_of(Dataset("farm", (), (Label("cow"), Label("hen"))))[1].name
        'hen'
    """
    return _once(dataset.labels or (label for task in dataset.tasks for label in task.labels))


def classes_of(dataset: Dataset) -> tuple[Label, ...]:
    """What `labels_of` gives.

    Raises:
        BadParameter: there is none, so there is nothing to tell apart.
    """
    labels = labels_of(dataset)
    if not labels:
        raise BadParameter(
            f"{dataset.name or 'the data set'}: no labels, so there are no classes to train; give a label table"
        )
    return labels


def tell_double_labels(dataset: Dataset, report: Report) -> None:
    """Report labels that have the name of another one of the data set, so that nothing can be of them."""
    for name, times in Counter(label.name for label in dataset.labels).items():
        if times > 1:
            message = f"{times} labels are called '{name}', and make one class: give each a name of its own"
            report.problem("double-label", message, dataset=dataset.name)


def named(dataset: Dataset, path: Path) -> Dataset:
    """A data set that has a name: its own, or that of the file that it was read from.

    Example:
        >>> named(Dataset("", ()), Path("data/farm.zip")).name
        'farm'
    """
    return dataset if dataset.name else dataset.replace(name=path.stem)


def merge(datasets: Sequence[Dataset], name: str = "", *, report: Report | None = None) -> Dataset:
    """All tasks of several data sets, in one whose labels are theirs by name, each as the first one has it.

    A task whose name another data set has too gets that of its own data set behind it, so that the two can be told
    apart.

    Args:
        datasets: at least one; a single one comes back as it is.
        name: of the result; their names with plus signs between unless given.
        report: told of what a file says of its data set and not of a task, which the whole has no place for; guides are
            put one after the other.

    Raises:
        BadParameter: there is none.
    """
    if not datasets:
        raise BadParameter("no data sets to merge; give at least one")
    if len(datasets) == 1:
        return datasets[0]
    labels = _once(label for dataset in datasets for label in labels_of(dataset))
    homes = Counter(task for dataset in datasets for task in {task.name for task in dataset.tasks})
    tasks = tuple(
        _renamed(task, dataset.name) if homes[task.name] > 1 and dataset.name else task
        for dataset in datasets
        for task in dataset.tasks
    )
    for each in datasets:
        if report is not None and each.extra:
            message = (
                f"of several data sets one is made, without what is only said of this one: {', '.join(each.extra)}"
            )
            report.note("extra-lost", message, dataset=each.name)
    names = dict.fromkeys(each.name for each in datasets if each.name)
    guides = dict.fromkeys(each.guide for each in datasets if each.guide)
    return Dataset(name or " + ".join(names), tasks, labels, "\n\n".join(guides))


@contextmanager
def telling_homes(report: Report, datasets: Sequence[Dataset], merged: Dataset) -> Iterator[None]:
    """Name the data set that a task came from in all that is told of it meanwhile, where nothing else is named.

    Args:
        report: that is told.
        datasets: that were merged.
        merged: what they became.
    """
    names = [dataset.name for dataset in datasets for _ in dataset.tasks]
    homes = {task.name: name for task, name in zip(merged.tasks, names, strict=True)}
    first = len(report.entries)
    try:
        yield
    finally:
        report.entries[first:] = [
            each if each.dataset else dataclasses.replace(each, dataset=_home(homes, each.task))
            for each in report.entries[first:]
        ]


def own_name(task: Task) -> str:
    """What a task was called before data sets were merged."""
    return str(task.extra.get(OWN_NAME, task.name))


def stacked(tables: Sequence[Table]) -> Table:
    """Tables of one subtask, one after the other: unlike with `Table.concat`, equal numbers are equal objects."""
    if len(tables) == 1:
        return tables[0]
    numbers = {
        name: np.concatenate([np.empty(0, np.int64), *(getattr(table, name) for table in tables)])
        for name in ("object", "parent", "group")
    }
    return Table.concat(tables).replace(**numbers)


def _home(homes: Mapping[str, str], task: str) -> str:
    """The data set of a task, which may be a part that a split made of one: `task/val`."""
    return homes.get(task) or homes.get(task.rpartition("/")[0], "")


def _renamed(task: Task, home: str) -> Task:
    """A task with the name of its data set behind its own."""
    return task.replace(name=f"{task.name} ({home})", extra={**task.extra, OWN_NAME: own_name(task)})


def _once(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Each name once, as it was first met."""
    met: dict[str, Label] = {}
    for label in labels:
        met.setdefault(label.name, label)
    return tuple(met.values())
