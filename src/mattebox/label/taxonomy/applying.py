"""Labels of a data set become superclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, BadParameter, unknown_name
from mattebox.label.colors import colors_of
from mattebox.label.columns import Coded
from mattebox.label.dataset import Color, Dataset, Label, Subtask, Task
from mattebox.label.report import Report
from mattebox.label.table import Table
from mattebox.label.taxonomy.model import Resolution, Rule, Taxonomy, Unknown

__all__ = ["apply_taxonomy", "class_labels"]

SHOWN = 5
"""How many frames a message lists."""

UNKNOWN: dict[str, Rule] = {"drop": "ignore", "ignore": "ignore", "reject": "reject_frame"}
"""What is done with objects of unknown labels."""


def apply_taxonomy(taxonomy: Taxonomy, dataset: Dataset, report: Report, *, unknown: Unknown = "drop") -> Dataset:
    """Turn labels into superclasses, see `Taxonomy.apply`."""
    if unknown not in get_args(Unknown):
        raise BadParameter(unknown_name("way with unknown labels", unknown, get_args(Unknown)))
    if not taxonomy.names:
        raise BadAnnotations("the label table has no superclass with a number from 1; add its table of superclasses")
    for finding in taxonomy.lint():
        if finding.severity == "error":
            report.problem(finding.code, str(finding), dataset=dataset.name)
    turning = Turning(taxonomy, dataset, report, unknown)
    if unknown == "error":
        turning.check()
    tasks = tuple(map(turning.turned, dataset.tasks))
    specs = [*dataset.labels, *(label for task in dataset.tasks for label in task.labels)]
    return dataset.replace(tasks=tasks, labels=class_labels(taxonomy, specs))


def class_labels(taxonomy: Taxonomy, labels: Iterable[Label] = ()) -> tuple[Label, ...]:
    """The superclasses that are used, as labels in the order of their indices.

    Each has the attributes and sublabels of all its labels, their kind of shape if they have the same, and the colour
    of the label of its own name, or else of the first of its labels; a colour that is missing or taken is chosen anew.

    Args:
        taxonomy: the table.
        labels: what the objects of a data set could be.
    """
    members: dict[str, list[Label]] = {name: [] for name in taxonomy.names}
    for label in labels:
        found = taxonomy.resolve(label.name)
        if found.rule == "use":
            members[found.superclass].append(label)
    merged: list[Label] = []
    taken: set[Color] = set()
    for name, specs in members.items():
        own_first = sorted(specs, key=lambda spec: spec.name != name)
        color = next((spec.color for spec in own_first if spec.color and spec.color not in taken), None)
        taken |= {color} if color else set()
        merged.append(_merged(name, specs, color))
    chosen = colors_of(merged)
    return tuple(replace(label, color=chosen[label.name]) for label in merged)


def _merged(name: str, specs: list[Label], color: Color | None) -> Label:
    types = {spec.type for spec in specs}
    attributes = {attribute.name: attribute for spec in reversed(specs) for attribute in reversed(spec.attributes)}
    sublabels = {sublabel.name: sublabel for spec in reversed(specs) for sublabel in reversed(spec.sublabels)}
    return Label(
        name,
        color,
        types.pop() if len(types) == 1 else "any",
        tuple(reversed(attributes.values())),
        tuple(reversed(sublabels.values())),
        next((spec.svg for spec in specs if spec.svg), ""),
    )


@dataclass(frozen=True)
class Turning:
    """A table on its way through a data set.

    Attributes:
        taxonomy: the table.
        dataset: whose labels are turned into superclasses.
        report: told of what is left out.
        unknown: what becomes of objects whose label leads to no superclass.
    """

    taxonomy: Taxonomy
    dataset: Dataset
    report: Report
    unknown: Unknown

    def check(self) -> None:
        """Make sure that every label leads to a superclass.

        Raises:
            BadAnnotations: one does not; the message has all of them, with their frames.
        """
        told = [
            f"{task.name}, {subtask.name}: {found.reason} ({_frames(subtask.table.frame[rows])})"
            for task, subtask in self.dataset.walk()
            for found, rows in self._outcomes(subtask.table)
            if found.rule == "unknown"
        ]
        if told:
            raise BadAnnotations(f"{self.dataset.name}: labels without a superclass: {'; '.join(told)}")

    def turned(self, task: Task) -> Task:
        """A task in the words of the table.

        Raises:
            Cancelled: whoever asked has given the work up.
        """
        check_cancelled()
        rejected = [self._rejected(task, subtask) for subtask in task.subtasks]
        frames = np.unique(np.concatenate([np.empty(0, np.int32), *rejected]))
        subtasks = tuple(self._turned(task, subtask, frames) for subtask in task.subtasks)
        deleted = task.frames.deleted.union(frames.tolist())
        return task.replace(subtasks=subtasks, labels=(), frames=replace(task.frames, deleted=deleted))

    def _rejected(self, task: Task, subtask: Subtask) -> NDArray[np.int32]:
        """Frames that show something of a label that rejects them."""
        table = subtask.table
        shown = [np.empty(0, np.int32)]
        for found, rows in self._outcomes(table):
            if self._rule(found) == "reject_frame":
                frames = np.unique(table.frame[rows & ~table.outside])
                self._tell(task, subtask, found, f"{found.reason}: {_frames(frames)}", len(frames), "rejected-frame")
                shown.append(frames)
        return np.concatenate(shown)

    def _turned(self, task: Task, subtask: Subtask, rejected: NDArray[np.int32]) -> Subtask:
        table = subtask.table
        on_rejected = np.isin(table.frame, rejected)
        keeps = ~on_rejected
        for found, rows in self._outcomes(table):
            if self._rule(found) == "use":
                continue
            code = "unknown-label" if found.rule == "unknown" else "ignored-label"
            lost = rows & ~on_rejected
            told = f"{found.reason}: {_frames(table.frame[lost])}"
            self._tell(task, subtask, found, told, int(lost.sum()), code)
            keeps &= ~rows
        if on_rejected.any():
            told = f"rows on {_frames(np.unique(table.frame[on_rejected]))}, which are rejected"
            count = int(on_rejected.sum())
            where, what = self.dataset.name, "row-on-rejected-frame"
            self.report.drop(what, told, dataset=where, task=task.name, subtask=subtask.name, count=count)
        return subtask.replace(table=self._renamed(table.take(keeps)))

    def _outcomes(self, table: Table) -> Iterator[tuple[Resolution, NDArray[np.bool_]]]:
        """Where each label of a table leads, and which rows it has, elements of its skeletons included."""
        codes = codes_of_objects(table)
        for code in np.unique(codes[codes >= 0]).tolist():
            yield self.taxonomy.resolve(table.label.values[code]), codes == code

    def _rule(self, found: Resolution) -> Rule:
        return UNKNOWN[self.unknown] if found.rule == "unknown" else found.rule

    def _renamed(self, table: Table) -> Table:
        """Rows of superclasses; the codes of whole objects are class indices, elements keep the names they have."""
        indices = np.array([self.taxonomy.resolve(label).index for label in table.label.values], np.int32)
        elements = table.parent >= 0
        kept = np.unique(table.label.codes[elements])
        names = (*self.taxonomy.names, *(table.label.values[code] for code in kept))
        of_elements = len(self.taxonomy.names) + np.searchsorted(kept, table.label.codes)
        codes = np.where(elements, of_elements, indices[table.label.codes]).astype(np.int32)
        return table.replace(label=Coded(names, codes).map(str))

    def _tell(self, task: Task, subtask: Subtask, found: Resolution, message: str, count: int, code: str) -> None:
        """Report what a label loses; what was asked to be ignored without complaint is a note."""
        if count:
            tell = self.report.note if (found.rule, self.unknown) == ("unknown", "ignore") else self.report.drop
            tell(code, message, dataset=self.dataset.name, task=task.name, subtask=subtask.name, count=count)


def codes_of_objects(table: Table) -> NDArray[np.int32]:
    """(N,), the label of every row, and for an element of a skeleton that of its skeleton; -1 if that is not there."""
    codes, element = table.label.codes.copy(), table.parent >= 0
    if element.any():
        order = np.flatnonzero(~element)[np.argsort(table.object[~element], kind="stable")]
        objects = np.append(table.object[order], -1)
        at = np.searchsorted(objects[:-1], table.parent[element])
        codes[element] = np.where(objects[at] == table.parent[element], np.append(codes[order], -1)[at], -1)
    return codes


def _frames(frames: NDArray[np.int32]) -> str:
    """The first of some frames.

    Example:
        >>> _frames(np.array([7, 3, 3])), _frames(np.arange(100))
        ('frames 3, 7', 'frames 0, 1, 2, 3, 4 and 95 more')
    """
    known = np.unique(frames).tolist()
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"frame{'s' * (len(known) != 1)} {', '.join(map(str, known[:SHOWN]))}{more}"
