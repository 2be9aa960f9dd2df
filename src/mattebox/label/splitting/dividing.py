"""Dividing a data set into train, val and test, so that no scene is in two of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.counting import count_labels
from mattebox.label.dataset import Dataset
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.splitting.apportion import apportion
from mattebox.label.splitting.sources import Source, Ties, compiled, find_sources
from mattebox.label.subsets import PARTS, part_of, place_of

__all__ = [
    "SHARES",
    "By",
    "Leak",
    "Standing",
    "check_dividing",
    "leaks",
    "split",
    "standing",
    "tell_known_leaks",
]

SHARES = (0.8, 0.1, 0.1)
"""What train, val and test get unless told."""

TELLING = 0.1
"""How far a label's share of a part may be from the wanted one before it is told of."""

EXACT = 0.0005
"""How far a part's share of the frames may be from the wanted one to be called the same."""

REST = -1
FIRST_WORD = re.compile(r"^[^\W\d_]+")

By: TypeAlias = Literal["source", "subset", "name"]


@dataclass(frozen=True)
class Leak:
    """A scene that is in more than one part of a data set.

    Attributes:
        source: what to call the scene.
        tasks: names of its tasks, each with its part.
        reasons: why they are taken for one scene.
    """

    source: str
    tasks: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        where = ", ".join(f"{name!r} in {part}" for name, part in self.tasks)
        return f"{self.source}: {where} ({', '.join(self.reasons)})"


@dataclass(frozen=True)
class Standing:
    """What each part of a data set has of something.

    Attributes:
        kind: tasks, frames, or rows of a label.
        label: its name; empty for tasks and frames.
        total: how many there are.
        shares: of each part of `PARTS`, 0 to 1; what is in other subsets is in none of them.
    """

    kind: Literal["tasks", "frames", "rows"]
    label: str
    total: int
    shares: tuple[float, float, float]


def split(
    dataset: Dataset,
    *,
    shares: Sequence[float] = SHARES,
    by: By = "source",
    seed: int = 0,
    stratify: Literal["label", "none"] = "label",
    ties: Ties | None = None,
    pattern: str | None = None,
    report: Report,
    progress: Progress | None = None,
) -> Dataset:
    """Put every task into train, val or test; a task is never divided, and tasks of one source stay together.

    Args:
        dataset: whose tasks are divided; subsets that they had are forgotten, unless they decide.
        shares: of train, val and test, whose sum is 1; or how many tasks each gets, -1 once for all that are left.
            Shares are of frames. Whole sources cannot always give exactly that; what was reached is reported.
        by: what decides: `source` finds a part for every source; `subset` takes the subsets that tasks have, in
            English or Russian; `name` takes the beginnings of their names, or what `pattern` finds in them. In the last
            two, what is none of the three goes to the subset `other`.
        seed: for `source`; the same seed and the same tasks give the same parts.
        stratify: for `source`; whether each part should also have its share of every label.
        ties: what holds tasks together; see `find_sources`.
        pattern: for `name`: regular expression that finds the part in a name; its first group, or all it finds.
        report: is told what was reached, and of scenes that are in two parts in spite of everything.
        progress: told of every task whose source is sought.

    Raises:
        BadParameter: the shares or the pattern make no sense.
    """
    wanted = _wanted(shares, len(dataset.tasks))
    sources = find_sources(dataset.tasks, ties, report=report, progress=progress)
    if by == "source":
        parts = _by_source(dataset, sources, wanted, seed, stratify, counted=_are_counts(shares), report=report)
    else:
        parts = _by_words(dataset, by, compiled(pattern), report)
    done = dataset.replace(
        tasks=tuple(task.replace(subset=part) for task, part in zip(dataset.tasks, parts, strict=True))
    )
    _tell_leaks(_leaks(done, sources), done, report)
    if by == "source" and len(sources) > 1:
        _tell(done, wanted, report)
    elif by != "source" and parts and "train" not in parts:
        message = f"by {by}, no task goes to train: of {len(parts):,} tasks {parts.count('other'):,} go to other"
        report.problem("no-train", message, dataset=dataset.name)
    for part in PARTS:
        report.made(f"tasks in {part}", parts.count(part))
    return done


def check_dividing(shares: Sequence[float], pattern: str | None = None, ties: Ties | None = None) -> None:
    """Make sure that a split can be made as it is asked for, as far as that is known without the tasks.

    Args:
        shares: see `split`.
        pattern: see `split`.
        ties: see `split`.

    Raises:
        BadParameter: it makes no sense.
    """
    counted = np.array(shares, np.float64) if _are_counts(shares) else None
    _wanted(shares, 0 if counted is None else int(counted.clip(0).sum()))
    compiled(pattern)
    if ties is not None:
        compiled(ties.pattern)


def leaks(dataset: Dataset, ties: Ties | None = None, *, report: Report) -> list[Leak]:
    """Find scenes that are in more than one part of a data set; the arguments are those of `find_sources`."""
    return _leaks(dataset, find_sources(dataset.tasks, ties, report=report))


def tell_known_leaks(dataset: Dataset, report: Report) -> None:
    """Report the scenes that are in more than one of the subsets that tasks already have, as far as names tell them."""
    if len({task.subset for task in dataset.tasks}) > 1:
        _tell_leaks(leaks(dataset, Ties(content=False, parts=False), report=report), dataset, report)


def standing(dataset: Dataset) -> list[Standing]:
    """What train, val and test have: of the tasks, of the frames, then of every label that is used."""
    counts = count_labels(dataset)
    parts = np.array([[part_of(task.subset) == part for task in dataset.tasks] for part in PARTS], np.float64)
    amounts = np.column_stack((np.ones(len(dataset.tasks)), counts.frames, counts.rows))
    totals = amounts.sum(axis=0)
    reached = np.divide(parts @ amounts, totals, out=np.zeros((len(PARTS), len(totals))), where=totals > 0)
    kinds: list[tuple[Literal["tasks", "frames", "rows"], str]] = [("tasks", ""), ("frames", "")]
    kinds += [("rows", label) for label in counts.labels]
    return [
        Standing(kind, label, int(total), (float(train), float(val), float(test)))
        for (kind, label), total, (train, val, test) in zip(kinds, totals, reached.T, strict=True)
        if total or kind != "rows"
    ]


def _are_counts(shares: Sequence[float]) -> bool:
    return all(float(share).is_integer() for share in shares) and (sum(shares) != 1 or min(shares) < 0)


def _wanted(shares: Sequence[float], tasks: int) -> NDArray[np.float64]:
    """(3,), the share of each part, of shares or of numbers of tasks.

    Raises:
        BadParameter: they make no sense.
    """
    told = ", ".join(f"{share:g}" for share in shares)
    if len(shares) != len(PARTS):
        raise BadParameter(f"shares {told}: give three, for train, val and test")
    values = np.array(shares, np.float64)
    if not _are_counts(shares):
        if not (np.all(values >= 0) and np.isclose(values.sum(), 1)):
            raise BadParameter(f"shares {told}: each is at least 0, and their sum is 1; or give numbers of tasks")
        return values / values.sum()
    rest = values == REST
    if rest.any():
        values[rest] = tasks - values[~rest].sum()
    if np.count_nonzero(rest) > 1 or np.any(values < 0) or values.sum() != tasks:
        raise BadParameter(f"numbers of tasks {told}: there are {tasks} in all; give -1 once for all that are left")
    return values / tasks if tasks else np.array(SHARES)


def _by_source(
    dataset: Dataset,
    sources: Sequence[Source],
    wanted: NDArray[np.float64],
    seed: int,
    stratify: Literal["label", "none"],
    *,
    counted: bool,
    report: Report,
) -> list[str]:
    """The part of every task, found for whole sources."""
    groups = np.empty(len(dataset.tasks), np.int64)
    for index, source in enumerate(sources):
        groups[list(source.tasks)] = index
    if len(sources) == 1:
        parts = np.array([int(np.argmax(wanted > 0))])
        only = PARTS[parts[0]]
        why = f" ({', '.join(sources[0].reasons)})" if sources[0].reasons else ""
        if np.count_nonzero(wanted) > 1:
            message = (
                f"all tasks are of one source, {sources[0].name}{why}, and go to {only}; divide stills one by one "
                "(--stills), or say what one source is (--pattern)"
            )
            report.problem("one-source", message, dataset=dataset.name)
    else:
        counts = count_labels(dataset)
        sizes = np.ones_like(counts.frames) if counted else counts.frames
        amounts = np.zeros((len(sources), 1 + len(counts.labels) * (stratify == "label")))
        np.add.at(amounts, groups, np.column_stack((sizes, counts.rows))[:, : amounts.shape[1]])
        parts = apportion(amounts, wanted, seed)
    return [PARTS[parts[group]] for group in groups]


def _by_words(
    dataset: Dataset, by: Literal["subset", "name"], pattern: re.Pattern[str] | None, report: Report
) -> list[str]:
    """The part of every task, by the subset it has or by what its name says."""
    parts = []
    for task in dataset.tasks:
        word = task.subset if by == "subset" else _word_in(task.name, pattern)
        part = part_of(word)
        if part not in PARTS:
            what = f"its {'subset' if by == 'subset' else 'name'} says neither train nor val nor test"
            report.note("other-subset", f"{what}{f' but {word!r}' if word else ''}: it goes to other", task=task.name)
        parts.append(part or "other")
    return parts


def _word_in(name: str, pattern: re.Pattern[str] | None) -> str:
    match = (pattern or FIRST_WORD).search(name)
    if match is None:
        return ""
    return match[1] if match.re.groups and match[1] is not None else match[0]


def _leaks(dataset: Dataset, sources: Sequence[Source]) -> list[Leak]:
    found = []
    for source in sources:
        tasks = [dataset.tasks[index] for index in source.tasks]
        where = tuple((task.name, place_of(task.subset)) for task in tasks if task.subset)
        if len({part for _, part in where}) > 1:
            found.append(Leak(source.name, where, source.reasons))
    return found


def _tell_leaks(found: Sequence[Leak], dataset: Dataset, report: Report) -> None:
    for leak in found:
        report.problem("leak", f"one scene is in two parts: {leak}", dataset=dataset.name)


def _tell(dataset: Dataset, wanted: NDArray[np.float64], report: Report) -> None:
    """Report what the parts have of the frames, and of which labels they have far more or less than they should."""
    should = _percent(wanted)
    for each in standing(dataset):
        away = float(np.abs(np.array(each.shares) - wanted).max())
        message = f"{each.label or each.kind}: {_percent(each.shares)} of {each.total:,}, wanted {should}"
        if each.kind == "frames" and away > EXACT:
            report.note("split-shares", message, dataset=dataset.name)
        elif each.kind == "rows" and away > TELLING:
            report.note("uneven-label", f"{message}; sources are not divided", dataset=dataset.name)


def _percent(shares: Sequence[float] | NDArray[np.float64]) -> str:
    return " / ".join(f"{100 * share:.1f} %" for share in shares)
