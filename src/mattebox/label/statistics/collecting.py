"""Counting what data sets hold: every figure of every part in a few passes over whole columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Dataset
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import SHAPES
from mattebox.label.statistics.figures import Figures, Level, Scope, Statistics
from mattebox.label.statistics.instances import Instances, find_instances
from mattebox.label.subsets import PARTS, part_of

__all__ = ["NO_SUBSET", "NO_SUPERCLASS", "collect"]

NO_SUBSET = "no subset"
NO_SUPERCLASS = "no superclass"
SMALL, LARGE = 32**2, 96**2


def collect(
    datasets: Sequence[Dataset],
    *,
    superclasses: Mapping[str, str] | None = None,
    sizes: bool = True,
    report: Report,
    progress: Progress | None = None,
) -> Statistics:
    """Find the figures of data sets, together and for each data set, subset and task.

    Args:
        datasets: interpolated, if every frame of a track is to count and not its key frames only.
        superclasses: name of the superclass of each label, where they are to be counted too.
        sizes: find out how large pictures are; stills whose size nobody noted are opened for that.
        report: told of media and rows that cannot be measured.
        progress: told of every task.
    """
    found = find_instances(datasets, sizes=sizes, report=report, progress=progress)
    groups: list[tuple[Level, list[str], NDArray[np.int64]]] = [
        ("all", [""], np.zeros(len(found.labels), np.int64)),
        ("label", list(found.labels), np.arange(len(found.labels))),
    ]
    if superclasses is not None:
        groups.append(("superclass", *_numbered([superclasses.get(label, NO_SUPERCLASS) for label in found.labels])))
    scopes: tuple[tuple[Scope, list[str]], ...] = (
        ("all", [""] * len(found.places)),
        ("project", [place.project for place in found.places]),
        ("subset", [place.subset or NO_SUBSET for place in found.places]),
        ("task", _unique_names(found)),
    )
    figures = [
        each
        for scope, names in scopes
        for level, labels, codes in groups
        for each in _grid(found, scope, names, level, labels, codes)
    ]
    shown = np.bincount(found.frame, minlength=len(found.frame_task))
    crowds = dict(zip(*(each.tolist() for each in np.unique(shown, return_counts=True)), strict=True))
    return Statistics(tuple(dataset.name for dataset in datasets), tuple(figures), crowds)


def _numbered(names: Sequence[str], rank: Callable[[str], int] | None = None) -> tuple[list[str], NDArray[np.int64]]:
    """Each name once, in order of rank and of first use, and the position of each cell's name among them."""
    unique = sorted(dict.fromkeys(names), key=rank or (lambda _: 0))
    position = {name: index for index, name in enumerate(unique)}
    return unique, np.array([position[name] for name in names], np.int64)


def _rank(subset: str) -> int:
    """Where a subset comes: train, val and test first."""
    part = part_of(subset)
    return PARTS.index(part) if part in PARTS else len(PARTS)


def _unique_names(found: Instances) -> list[str]:
    """Names of tasks; with that of the data set where two have the same."""
    times = Counter(place.task for place in found.places)
    return [place.task if times[place.task] == 1 else f"{place.project}/{place.task}" for place in found.places]


def _grid(
    found: Instances, scope: Scope, names: Sequence[str], level: Level, labels: list[str], codes: NDArray[np.int64]
) -> Iterator[Figures]:
    """The figures of every part and every label; labels that a part has nothing of are told only of everything."""
    parts, part_of_task = _numbered(names, _rank if scope == "subset" else None)
    parts = parts or ([""] if scope == "all" else [])
    key = part_of_task[found.task] * len(labels) + codes[found.label]
    everything = level == "all" or scope == "all"
    told = np.arange(len(parts) * len(labels)) if everything else np.unique(key)
    columns = _tally(found, np.searchsorted(told, key), len(told))
    frames = np.bincount(part_of_task[found.frame_task], minlength=len(parts)).tolist()
    for index, (part, label) in enumerate(zip(*(each.tolist() for each in divmod(told, len(labels))), strict=True)):
        values: dict[str, Any] = {name: column[index] for name, column in columns.items()}
        yield Figures(scope, parts[part], level, labels[label], without=frames[part] - values["frames"], **values)


def _tally(found: Instances, key: NDArray[np.int64], size: int) -> dict[str, list[Any]]:
    """All figures of the instances of each key, but for those of frames without any."""
    shapes = np.bincount(key, minlength=size)
    kinds = np.bincount(key * len(SHAPES) + found.shape, minlength=size * len(SHAPES)).reshape(size, len(SHAPES))
    on_frames, together = np.unique(key * max(1, len(found.frame_task)) + found.frame, return_counts=True)
    showing = on_frames // max(1, len(found.frame_task))
    most = np.zeros(size, np.int64)
    np.maximum.at(most, showing, together)
    frames = np.bincount(showing, minlength=size)
    large = np.select([found.area < SMALL, found.area < LARGE, found.area >= LARGE], [0, 1, 2], default=3)
    large[~(found.area > 0)] = 3
    sizes = np.bincount(key * 4 + large, minlength=size * 4).reshape(size, 4)
    return {
        "frames": frames.tolist(),
        "shapes": shapes.tolist(),
        "tracks": _different(key[found.tracked], found.object[found.tracked], size).tolist(),
        "objects": _different(key, found.object, size).tolist(),
        "by_shape": [{SHAPES[kind]: int(row[kind]) for kind in np.flatnonzero(row)} for row in kinds],
        "area": np.bincount(key, np.nan_to_num(found.area), minlength=size).tolist(),
        "share": _means(key, np.where(found.area > 0, found.area / found.picture, np.nan), size),
        "small": sizes[:, 0].tolist(),
        "medium": sizes[:, 1].tolist(),
        "large": sizes[:, 2].tolist(),
        "per_frame": (shapes / np.maximum(frames, 1)).tolist(),
        "most": most.tolist(),
        "aspect": _medians(key, _ratio(found.width, found.height), size),
    }


def _different(key: NDArray[np.int64], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """(size,), how many different values each key has."""
    span = int(values.max(initial=0)) + 1
    pairs = np.sort(key * span + values)  # np.unique hashes here, which takes ten times as long
    return np.bincount(pairs[np.diff(pairs, prepend=-1) != 0] // span, minlength=size)


def _ratio(width: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(width, height, out=np.full(len(width), np.nan), where=height > 0)


def _means(key: NDArray[np.int64], values: NDArray[np.float64], size: int) -> list[float | None]:
    """(size,), the mean of the values of each key that are numbers."""
    known = np.isfinite(values)
    counts = np.bincount(key[known], minlength=size)
    sums = np.bincount(key[known], values[known], minlength=size)
    return [total / count if count else None for total, count in zip(sums.tolist(), counts.tolist(), strict=True)]


def _medians(key: NDArray[np.int64], values: NDArray[np.float64], size: int) -> list[float | None]:
    """(size,), the median of the values of each key that are numbers."""
    known = np.isfinite(values)
    key, values = key[known], values[known]
    values = values[np.lexsort((values, key))]
    counts = np.bincount(key, minlength=size)
    there = np.flatnonzero(counts)
    begins = (np.cumsum(counts) - counts)[there]
    middle = (values[begins + (counts[there] - 1) // 2] + values[begins + counts[there] // 2]) / 2
    found = dict(zip(there.tolist(), middle.tolist(), strict=True))
    return [found.get(index) for index in range(size)]
