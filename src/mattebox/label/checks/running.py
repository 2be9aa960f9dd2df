"""All checks by name, and how data sets are checked and repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, unknown_name
from mattebox.label.checks.belonging import BELONGING_CHECKS
from mattebox.label.checks.duplicates import DUPLICATE_CHECKS
from mattebox.label.checks.frames import FRAME_CHECKS
from mattebox.label.checks.media import MEDIA_CHECKS
from mattebox.label.checks.names import NAME_CHECKS
from mattebox.label.checks.places import PLACE_CHECKS
from mattebox.label.checks.points import POINT_CHECKS
from mattebox.label.checks.scope import Check, RowCheck, Scope, TaskCheck
from mattebox.label.checks.tracks import TRACK_CHECKS
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.soundness import Finding
from mattebox.label.table import Table

if TYPE_CHECKING:
    from mattebox.label.taxonomy import Taxonomy

__all__ = ["CHECKS", "check", "chosen", "repair"]

CHECKS: dict[str, Check] = {
    each.name: each
    for each in (
        *POINT_CHECKS,
        *FRAME_CHECKS,
        *PLACE_CHECKS,
        *DUPLICATE_CHECKS,
        *NAME_CHECKS,
        *TRACK_CHECKS,
        *BELONGING_CHECKS,
        *MEDIA_CHECKS,
    )
}
"""Every check by its name, in the order in which they are made and mended."""


def chosen(only: Iterable[str] | None = None, skip: Iterable[str] = ()) -> list[Check]:
    """The checks that are wanted, in the order in which they are made.

    Args:
        only: names of these; all unless given.
        skip: names of those to leave out.

    Raises:
        BadParameter: there is no such check.
    """
    wanted, unwanted = list(CHECKS if only is None else only), list(skip)
    for name in (*wanted, *unwanted):
        if name not in CHECKS:
            raise BadParameter(unknown_name("check", name, CHECKS))
    return [each for each in CHECKS.values() if each.name in wanted and each.name not in unwanted]


def check(
    dataset: Dataset,
    report: Report,
    *,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    taxonomy: Taxonomy | None = None,
    media: bool = False,
    tolerance: float = 0.5,
    progress: Progress | None = None,
) -> None:
    """Look for everything in a data set that is doubtful, and change nothing.

    Pictures whose sizes nobody told are measured by their headers, for where rows lie on them.

    Args:
        dataset: tracks as they were annotated, or interpolated.
        report: is told of every finding, with its place; the code is the name of the check.
        only: names of the checks to make; all unless given.
        skip: names of checks to leave out.
        taxonomy: label table that labels must be in.
        media: decode pictures and videos too.
        tolerance: pixels by which coordinates may be off: over the border of a picture, and from a duplicate.
        progress: told how many subtasks are done.

    Raises:
        BadParameter: there is no such check, or the tolerance is negative.
        Cancelled: the work was given up.
    """
    _check_tolerance(tolerance)
    checks = chosen(only, skip)
    parts, done = sum(len(task.subtasks) for task in dataset.tasks), 0
    for task in dataset.tasks:
        for each in checks:
            if isinstance(each, TaskCheck) and (media or not each.reads):
                _tell_of_task(dataset, task, each, _telling(report, each))
        for subtask in task.subtasks:
            check_cancelled()
            scope = Scope(dataset, task, subtask, taxonomy, tolerance)
            for each in checks:
                if isinstance(each, RowCheck):
                    _tell(scope, each.name, each.find(scope), np.arange(len(subtask.table)), _telling(report, each))
            done += 1
            if progress:
                progress(done, parts)


def repair(
    dataset: Dataset,
    report: Report,
    *,
    only: Iterable[str] | None = None,
    skip: Iterable[str] = (),
    taxonomy: Taxonomy | None = None,
    tolerance: float = 0.5,
    progress: Progress | None = None,
) -> Dataset:
    """Mend what can be mended without knowing what was meant; every check's `mends` says how.

    Args:
        dataset: what is mended; it stays as it is.
        report: is told of every row that was dropped or changed. Row numbers are those before the repair.
        only: names of the checks whose findings are mended; all unless given.
        skip: names of checks to leave out.
        taxonomy: label table; rows whose label leads nowhere in it are dropped.
        tolerance: as for `check`.
        progress: told how many subtasks are done.

    Returns:
        The mended data set. What is left is found by `check`.

    Raises:
        BadParameter: there is no such check, or the tolerance is negative.
        Cancelled: the work was given up.
    """
    _check_tolerance(tolerance)
    mending = [each for each in chosen(only, skip) if isinstance(each, RowCheck) and each.mends]
    parts, done = sum(len(task.subtasks) for task in dataset.tasks), 0

    def mended(dataset: Dataset, task: Task, subtask: Subtask) -> Table:
        nonlocal done
        check_cancelled()
        numbers = np.arange(len(subtask.table))
        scope = Scope(dataset, task, subtask, taxonomy, tolerance)
        for each in mending:
            found = each.find(scope)
            if not found.rows.size:
                continue
            if each.change:
                _tell(scope, each.name, found, numbers, report.note, f"; {each.mends}")
                table = each.change(scope, found.rows)
            else:
                _tell(scope, each.name, found, numbers, report.drop)
                kept = np.setdiff1d(np.arange(len(numbers)), found.rows)
                numbers, table = numbers[kept], scope.table.take(kept)
            scope = replace(scope, subtask=subtask.replace(table=table))
        done += 1
        if progress:
            progress(done, parts)
        return scope.table

    return dataset.map_tables(mended)


def _check_tolerance(tolerance: float) -> None:
    if not tolerance >= 0:
        raise BadParameter(f"tolerance={tolerance!r}: must be at least 0 pixels")


def _telling(report: Report, each: Check) -> Callable[..., None]:
    """The way to tell a report of what a check finds."""
    return report.problem if each.severity == "problem" else report.note


def _tell(
    scope: Scope, code: str, found: Finding, numbers: NDArray[np.int64], tell: Callable[..., None], more: str = ""
) -> None:
    """Tell what was found in which row of the table as it was first, `numbers` of which are left."""
    frames = scope.table.frame[found.rows]
    places = zip(frames.tolist(), scope.task.frames.true(frames).tolist(), numbers[found.rows].tolist(), strict=True)
    for message, (frame, true, row) in zip(found.messages, places, strict=True):
        tell(
            code,
            f"{message}{more}",
            dataset=scope.dataset.name,
            task=scope.task.name,
            subtask=scope.subtask.name,
            frame=frame,
            true_frame=None if true == frame else true,
            row=row,
        )


def _tell_of_task(dataset: Dataset, task: Task, each: TaskCheck, tell: Callable[..., None]) -> None:
    """Tell what a check finds in a task and its media."""
    for told in each.find(task):
        true = None if told.frame is None else int(task.frames.true(told.frame))
        tell(
            each.name,
            told.message,
            dataset=dataset.name,
            task=task.name,
            frame=told.frame,
            true_frame=None if true == told.frame else true,
        )
