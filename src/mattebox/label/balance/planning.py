"""Finding which tasks to move, so that every place has its share of every label, and which to copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.balance.copying import best_copies
from mattebox.label.balance.moving import Units, best_places
from mattebox.label.balance.plans import PlaceStanding, Plan, Step, Targets
from mattebox.label.counting import all_labels, counted_frames, label_totals
from mattebox.label.dataset import Dataset, Task
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.splitting import Source, Ties, find_sources
from mattebox.label.subsets import place_of

__all__ = ["plan"]


@dataclass(frozen=True, eq=False)
class _Item:
    """One task of one of the projects.

    Attributes:
        project: name of its data set.
        index: its position there.
        task: itself.
        place: position of its place among those of the targets; -1 for none of them.
        amounts: (1 + L,), its frames, then its rows of each label.
    """

    project: str
    index: int
    task: Task
    place: int
    amounts: NDArray[np.float64]


def plan(
    datasets: Sequence[Dataset],
    targets: Targets,
    ties: Ties | None = None,
    *,
    report: Report,
    progress: Progress | None = None,
) -> Plan:
    """Plan moves and copies of whole tasks; nothing is changed.

    Tasks of one source are moved together, so no scene comes into two parts of a split; one that is in two already is
    brought together where it has most frames, if tasks may change their subset. Copies are made within one part of the
    split only, and never in validation or test, whose figures they would falsify.

    Args:
        datasets: projects, each with a name of its own.
        targets: what is wanted, and how far one may go.
        ties: what holds tasks together; see `find_sources`.
        report: told of sources that are left where they are, and why.
        progress: told of every task whose source is sought.

    Raises:
        BadParameter: two projects have one name, a label of the targets does not occur, or no task is in their places.
    """
    labels = _labels(datasets, targets)
    targets = _as_spelled(targets, datasets)
    items = _items(datasets, targets, labels)
    sources = find_sources([item.task for item in items], ties, report=report, progress=progress)
    places = _moved(items, sources, targets, report)
    copies = _copied(items, places, labels, targets)
    steps = _steps(items, places, copies, targets, sources)
    _tell(items, places, targets, report)
    projects = {dataset.name: len(dataset.tasks) for dataset in datasets}
    return Plan(targets, projects, tuple(steps), tuple(_standings(items, places, copies, labels, targets)))


def _tell(items: Sequence[_Item], places: NDArray[np.int64], targets: Targets, report: Report) -> None:
    """Tell of places that get nothing though they should, and of tasks that the plan leaves out."""
    for place, (name, share) in enumerate(targets.places.items()):
        if share > 0 and not (places == place).any():
            report.problem("empty-place", f"{name} gets nothing, and {100 * share:.0f} % are wanted there")
    left = [item for item in items if item.place < 0]
    if left:
        frames = int(sum(item.amounts[0] for item in left))
        subsets = ", ".join(dict.fromkeys(item.task.subset or "no subset" for item in left))
        message = f"tasks in none of the places ({subsets}), of {frames:,} frames, are left as they are"
        report.note("elsewhere", message, count=len(left))


def _labels(datasets: Sequence[Dataset], targets: Targets) -> tuple[str, ...]:
    names = Counter(dataset.name for dataset in datasets)
    if twice := [name or "(no name)" for name, times in names.items() if times > 1]:
        raise BadParameter(f"several data sets are called {', '.join(twice)}; a plan tells them by their names")
    labels = all_labels(datasets)
    if unknown := set(targets.labels) - set(labels):
        raise BadParameter(f"no such label: {', '.join(sorted(unknown))}. There are: {', '.join(labels)}")
    return labels


def _as_spelled(targets: Targets, datasets: Sequence[Dataset]) -> Targets:
    """The targets with subsets spelled as tasks have them: `Train` for `train`, where it is that there."""
    spelled = {place_of(task.subset): task.subset for dataset in datasets for task in dataset.tasks}
    places = {}
    for name, share in targets.places.items():
        project, mark, subset = name.rpartition("/") if targets.between == "both" else ("", "", name)
        subset = subset if targets.between == "project" else spelled.get(place_of(subset), subset)
        places[f"{project}{mark}{subset}"] = share
    return replace(targets, places=places)


def _items(datasets: Sequence[Dataset], targets: Targets, labels: tuple[str, ...]) -> list[_Item]:
    """Every task of every project, and its place.

    Raises:
        BadParameter: no project has the name of a place, or no task is in any of the places.
    """
    projects = {dataset.name for dataset in datasets}
    for name in targets.places:
        project = name.rpartition("/")[0] if targets.between == "both" else name
        if targets.between != "subset" and project not in projects:
            raise BadParameter(f"no project of the place {name!r}. There are: {', '.join(sorted(projects))}")
    order = {_key(name, targets): index for index, name in enumerate(targets.places)}
    items, names = [], set()
    for dataset in datasets:
        for index, task in enumerate(dataset.tasks):
            amounts = np.array([len(counted_frames(task)), *label_totals(task, labels)], np.float64)
            name = targets.place(dataset.name, task.subset)
            names.add(name or "no subset")
            items.append(_Item(dataset.name, index, task, order.get(_key(name, targets), -1), amounts))
    if items and all(item.place < 0 for item in items):
        told = f"no task is in {', '.join(targets.places)}; tasks are in: {', '.join(sorted(names))}"
        raise BadParameter(f"{told}. To divide what is not divided: mattebox label split")
    return items


def _key(name: str, targets: Targets) -> str:
    """What makes two places the same, however their subset is spelled."""
    if targets.between == "project":
        return name
    project, mark, subset = name.rpartition("/") if targets.between == "both" else ("", "", name)
    return f"{project}{mark}{place_of(subset)}"


def _moved(items: Sequence[_Item], sources: Sequence[Source], targets: Targets, report: Report) -> NDArray[np.int64]:
    """The place of every item after the moves; -1 for those that are in none."""
    places = np.array([item.place for item in items], np.int64)
    shares = np.array(list(targets.places.values()))
    fixed = np.zeros((len(shares), len(items[0].amounts) if items else 1))
    movable: list[tuple[Source, int, bool]] = []
    for source in sources:
        where = {int(places[index]) for index in source.tasks}
        parts = {place_of(items[index].task.subset) for index in source.tasks}
        may_mend = targets.between != "project" and len(parts) > 1 and -1 not in where
        if where == {-1}:
            continue
        if len(where) == 1 or may_mend:
            frames = np.zeros(len(shares))
            for index in source.tasks:
                frames[places[index]] += items[index].amounts[0]
            movable.append((source, int(np.argmax(frames)), len(where) > 1))
            continue
        leak = " and is in several parts of the split" if len(parts) > 1 else ""
        message = f"{source.name} is in several places{leak}: its {len(source.tasks)} tasks are left where they are"
        (report.problem if leak else report.note)("source-left", message, count=len(source.tasks))
        for index in source.tasks:
            if places[index] >= 0:
                fixed[places[index]] += items[index].amounts
    units = Units(
        np.array([sum(items[index].amounts for index in source.tasks) for source, *_ in movable]).reshape(
            len(movable), fixed.shape[1]
        ),
        np.array([home for _, home, _ in movable], np.int64),
        fixed,
    )
    found = best_places(units, shares, targets.max_moved)
    for (source, _, leaked), place in zip(movable, found.tolist(), strict=True):
        places[list(source.tasks)] = place
        if leaked:
            name = list(targets.places)[place]
            report.problem("leak", f"{source.name} was in several parts of the split; all of it goes to {name}")
    return places


def _destination(item: _Item, place: int, targets: Targets) -> tuple[str, str]:
    """Project and subset of a task that is in a place."""
    if place < 0:
        return item.project, item.task.subset
    name = list(targets.places)[place]
    match targets.between:
        case "subset":
            return item.project, name
        case "project":
            return name, item.task.subset
        case _:
            project, _, subset = name.rpartition("/")
            return project, subset


def _copied(
    items: Sequence[_Item], places: NDArray[np.int64], labels: tuple[str, ...], targets: Targets
) -> dict[tuple[int, int], int]:
    """How many copies each place gets of which item."""
    wanted = np.array([targets.labels.get(label, 0.0) for label in labels])
    found: dict[tuple[int, int], int] = {}
    for place in range(len(targets.places)) if wanted.any() else ():
        candidates = [
            index for index in range(len(items)) if _may_copy(items[index], int(places[index]), place, targets)
        ]
        if not candidates:
            continue
        copies = best_copies(
            np.array([items[index].amounts for index in candidates]),
            _filled(items, places, place, len(labels)),
            wanted,
            max_growth=targets.max_growth,
            max_copies=targets.max_copies,
        )
        found |= {(index, place): times for index, times in zip(candidates, copies.tolist(), strict=True) if times}
    return found


def _may_copy(item: _Item, own: int, place: int, targets: Targets) -> bool:
    """Whether a place may have a copy of a task: its part of the split is the same, and is none that judges."""
    part = place_of(_destination(item, own, targets)[1])
    if own < 0 or part in {"val", "test"}:
        return False
    return own == place if targets.between == "subset" else place_of(_destination(item, place, targets)[1]) == part


def _filled(items: Sequence[_Item], places: NDArray[np.int64], place: int, labels: int) -> NDArray[np.float64]:
    """(1 + L,), frames of a place, then its rows of each label."""
    own = [item.amounts for item, where in zip(items, places.tolist(), strict=True) if where == place]
    return np.sum(own, axis=0) if own else np.zeros(1 + labels)


def _steps(
    items: Sequence[_Item],
    places: NDArray[np.int64],
    copies: Mapping[tuple[int, int], int],
    targets: Targets,
    sources: Sequence[Source],
) -> list[Step]:
    """The moves, then the copies."""
    names = {index: source.name for source in sources for index in source.tasks}

    def step(action: Literal["move", "copy"], index: int, place: int) -> Step:
        item = items[index]
        project, subset = _destination(item, place, targets)
        frames = int(item.amounts[0])
        return Step(
            action, item.project, item.index, item.task.name, item.task.subset, project, subset, frames, names[index]
        )

    moves = [step("move", index, int(places[index])) for index, item in enumerate(items) if places[index] != item.place]
    return moves + [step("copy", index, place) for (index, place), times in copies.items() for _ in range(times)]


def _standings(
    items: Sequence[_Item],
    places: NDArray[np.int64],
    copies: Mapping[tuple[int, int], int],
    labels: tuple[str, ...],
    targets: Targets,
) -> list[PlaceStanding]:
    """What every place has before and after."""
    everywhere = range(len(targets.places))
    here = np.array([item.place for item in items], np.int64)
    before = np.array([_filled(items, here, place, len(labels)) for place in everywhere])
    after = np.array([_filled(items, places, place, len(labels)) for place in everywhere])
    for (index, place), times in copies.items():
        after[place] += times * items[index].amounts
    shares = [each / np.where(each.sum(axis=0) > 0, each.sum(axis=0), 1) for each in (before, after)]
    return [
        PlaceStanding(
            name,
            wanted,
            (int(before[place, 0]), int(after[place, 0])),
            {
                label: (float(shares[0][place, column]), float(shares[1][place, column]))
                for column, label in enumerate(("", *labels))
            },
        )
        for place, (name, wanted) in enumerate(targets.places.items())
    ]
