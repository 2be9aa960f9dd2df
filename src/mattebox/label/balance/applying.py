"""Doing what a plan says: new archives beside the old ones, which are never touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.balance.plans import Plan
from mattebox.label.counting import used_labels
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats import read, recognise, write
from mattebox.label.merging import named
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["apply_plan", "carried_out"]


def apply_plan(
    plan: Plan,
    archives: Sequence[Path],
    out_dir: Path,
    *,
    dry_run: bool = False,
    report: Report,
    progress: Progress | None = None,
) -> list[Path]:
    """Write the projects of a plan as it wants them; those that it does not change are not written.

    Args:
        plan: what is to be done.
        archives: the files that it was made of, in any form that can be read and written.
        out_dir: folder for the new ones, which are called as the old ones.
        dry_run: only report.
        report: told what was done.
        progress: told of every archive.

    Returns:
        The new files.

    Raises:
        BadParameter: the archives are not those of the plan, or would be overwritten.
        BadAnnotations: one cannot be read.
        OutputFailed: one is there already, or cannot be written.
    """
    targets = {path: out_dir / path.name for path in archives}
    for path, target in targets.items():
        if target.resolve() == path.resolve():
            raise BadParameter(f"{path}: would be overwritten; give another folder than {out_dir}")
        if target.exists() or list(targets.values()).count(target) > 1:
            raise OutputFailed(f"{target} exists already, or would be written twice; give another folder")
    forms = {path: recognise(path) for path in archives}
    datasets = {path: named(read(path, format=forms[path].name, report=report), path) for path in archives}
    changed = carried_out(plan, list(datasets.values()), report)
    written = []
    for index, path in enumerate(archives):
        check_cancelled()
        name = datasets[path].name
        if name in changed:
            if not dry_run:
                out_dir.mkdir(parents=True, exist_ok=True)
                write(changed[name], targets[path], format=forms[path].name, report=report)
            report.made("archives")
            written.append(targets[path])
        else:
            report.note("unchanged", "nothing changes here: not written again", dataset=name)
        if progress is not None:
            progress(index + 1, len(archives))
    return written


def carried_out(plan: Plan, datasets: Sequence[Dataset], report: Report) -> dict[str, Dataset]:
    """The projects that a plan changes, as it wants them, by name.

    Args:
        plan: what is to be done.
        datasets: what it was made of.
        report: told what was done, and which labels a project got for it.

    Raises:
        BadParameter: these are not the data sets of the plan.
    """
    before = {dataset.name: dataset for dataset in datasets}
    _check(plan, before)
    gone = {(step.project, step.index) for step in plan.steps if step.action == "move"}
    after = {
        name: dataset.replace(
            tasks=tuple(task for index, task in enumerate(dataset.tasks) if (name, index) not in gone)
        )
        for name, dataset in before.items()
    }
    copies: Counter[tuple[str, int]] = Counter()
    for step in plan.steps:
        task = before[step.project].tasks[step.index].replace(subset=step.to_subset)
        if step.action == "copy":
            copies[step.project, step.index] += 1
            task = task.replace(name=f"{task.name} (copy {copies[step.project, step.index]})")
        after[step.to_project] = _with_task(after[step.to_project], task, before[step.project], report)
        report.made("tasks moved" if step.action == "move" else "tasks copied")
    touched = {step.to_project for step in plan.steps} | {project for project, _ in gone}
    return {name: dataset for name, dataset in after.items() if name in touched}


def _check(plan: Plan, datasets: Mapping[str, Dataset]) -> None:
    """Make sure that these are the data sets of a plan.

    Raises:
        BadParameter: they are not.
    """
    found = {name: len(dataset.tasks) for name, dataset in datasets.items()}
    if found != dict(plan.projects):
        told = [
            ", ".join(f"{name} of {count} tasks" for name, count in each.items()) for each in (plan.projects, found)
        ]
        raise BadParameter(f"the plan is for {told[0]}; given are {told[1]}")
    for step in plan.steps:
        tasks = datasets[step.project].tasks if step.project in datasets else ()
        if step.to_project not in datasets or not 0 <= step.index < len(tasks) or tasks[step.index].name != step.task:
            raise BadParameter(f"the plan says: {step}; task {step.index} there is another, so make a new plan")


def _with_task(dataset: Dataset, task: Task, home: Dataset, report: Report) -> Dataset:
    """A project with one task more, and with the labels that it needs."""
    if dataset.name == home.name:
        return dataset.replace(tasks=(*dataset.tasks, task))
    specs = task.label_specs(home)
    if not dataset.labels:
        return dataset.replace(tasks=(*dataset.tasks, task.replace(labels=specs)))
    known = {label.name for label in dataset.labels}
    used = set(used_labels(task))
    missing = tuple(label for label in specs if label.name in used - known)
    if missing:
        names = ", ".join(label.name for label in missing)
        report.note("labels-added", f"got for {task.name!r}: {names}", dataset=dataset.name, count=len(missing))
    return dataset.replace(tasks=(*dataset.tasks, task.replace(labels=())), labels=dataset.labels + missing)
