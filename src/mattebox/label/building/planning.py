"""From tasks to samples: which frames, how large, cut into which tiles, and what is on each; no picture is read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.geometry import Box
from mattebox.label.building.choices import Choices
from mattebox.label.building.recipe import Recipe
from mattebox.label.building.reel import Reel, Shot
from mattebox.label.building.scenery import Scenery, gather
from mattebox.label.dataset import Dataset
from mattebox.label.geometry import boxes, crop, resize, tile_boxes
from mattebox.label.merging import labels_of, stacked, tell_double_labels
from mattebox.label.names import shot_name, subset_folder, task_names
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["labels_of", "plan"]


@dataclass(frozen=True, slots=True)
class View:
    """How some frames of a task are shown: at which size, and which part of them.

    Attributes:
        original: (height, width) of the frames.
        whole: (height, width) that they are brought to.
        box: part of that; None for all of it.
    """

    original: tuple[int, int]
    whole: tuple[int, int]
    box: Box | None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what is shown."""
        if self.box is None:
            return self.whole
        top, left, bottom, right = self.box
        return bottom - top, right - left


def plan(
    dataset: Dataset, recipe: Recipe, choices: Choices, report: Report, progress: Progress | None = None
) -> list[Reel]:
    """Decide on every sample of a training set.

    Args:
        dataset: interpolated; every task's subset says where its samples go.
        recipe: the format, which leaves out the rows that it cannot hold.
        choices: what is asked.
        report: is told what is left out.
        progress: is told how many tasks are planned.

    Returns:
        A reel for every task that gives any sample.
    """
    tell_double_labels(dataset, report)
    labels = labels_of(dataset)
    classes = {each.name: -1 for label in labels for each in label.sublabels}
    classes |= {label.name: index for index, label in enumerate(labels)}
    reels = []
    for done, (task, name) in enumerate(
        zip(dataset.tasks, task_names(task.name for task in dataset.tasks), strict=True)
    ):
        check_cancelled()
        scenery = gather(task, classes, choices, report)
        reel = recipe.fit(_reel(scenery, name, classes, choices, report), report)
        if len(reel):
            reels.append(reel)
        if progress is not None:
            progress(done + 1, len(dataset.tasks))
    return _with_negatives(reels, recipe, choices, report)


def _reel(scenery: Scenery, name: str, classes: Mapping[str, int], choices: Choices, report: Report) -> Reel:
    """Every sample of a task, the empty ones too."""
    views: dict[View, list[int]] = defaultdict(list)
    for position, (true_frame, size) in enumerate(zip(scenery.true_frames.tolist(), scenery.sizes, strict=True)):
        for view in _views(size, f"{choices.seed} {name} {true_frame}", choices):
            views[view].append(position)
    shots: list[Shot] = []
    tables: list[Table] = []
    owners: list[NDArray[np.int64]] = []
    for view, positions in views.items():
        frames = scenery.frames[positions]
        table = _shown(scenery.on(frames), view, choices)
        tables.append(table)
        owners.append(len(shots) + np.searchsorted(frames, table.frame))
        shots += [_shot(scenery, position, view, name) for position in positions]
    table = stacked(tables)
    _tell_lost(scenery, table, choices, report)
    return _in_order(scenery, shots, table, np.concatenate([np.empty(0, np.int64), *owners]), classes)


def _views(size: tuple[int, int], chance: str, choices: Choices) -> Iterable[View]:
    """The sizes and parts in which a frame is shown."""
    factors: tuple[float, ...] = (1.0,)
    if choices.scales is not None:
        seed = np.frombuffer(chance.encode(), np.uint8)  # the same for a frame, whatever else is in the set
        factors = choices.scales.of(np.random.default_rng(seed))
    tiling = choices.tiling
    for whole in dict.fromkeys(
        (max(1, round(size[0] * factor)), max(1, round(size[1] * factor))) for factor in factors
    ):
        if tiling is None or not tiling.cuts(whole):
            yield View(size, whole, None)
            continue
        overlap = int(min(tiling.tile) * tiling.overlap)
        yield from (View(size, whole, box) for box in tile_boxes(whole, tiling.tile, overlap))


def _shown(table: Table, view: View, choices: Choices) -> Table:
    """Rows in the pixels of a view, cut off at its borders."""
    if view.whole != view.original:
        table = resize(table, view.original, view.whole)
    if view.box is not None:
        keep = choices.tiling.keep if choices.tiling else 0.0
        return crop(table, view.box, keep=keep)
    height, width = view.whole
    sides = boxes(table)
    inside = (sides[:, :2] >= 0).all(axis=1) & (sides[:, 2] <= width) & (sides[:, 3] <= height)
    inside |= np.isnan(sides).any(axis=1)  # a tag or a skeleton is nowhere
    if inside.all():
        return table
    if table.is_shape("skeleton").any():
        return crop(table, (0, 0, height, width), keep=0.0)  # which looks at skeletons and their elements together
    cut = crop(table.take(~inside), (0, 0, height, width), keep=0.0)
    return stacked([table.take(inside), cut])


def _shot(scenery: Scenery, position: int, view: View, name: str) -> Shot:
    true_frame = int(scenery.true_frames[position])
    place = None if view.box is None else view.box[:2]
    return Shot(
        shot_name(name, true_frame, scale=max(view.whole) / max(view.original), tile=place),
        subset_folder(scenery.task.subset),
        int(scenery.frames[position]),
        true_frame,
        scenery.name_of(true_frame),
        view.size,
        view.whole,
        view.original,
        view.box,
    )


def _tell_lost(scenery: Scenery, table: Table, choices: Choices, report: Report) -> None:
    """Tell which rows are on no sample."""
    if len(table) == len(scenery.table) and choices.tiling is None and choices.scales is None:
        return
    kept = set(zip(table.frame.tolist(), table.object.tolist(), strict=True))
    pairs = zip(scenery.table.frame.tolist(), scenery.table.object.tolist(), strict=True)
    lost = [pair not in kept for pair in pairs]
    frames = Counter(scenery.table.frame[np.array(lost, bool)].tolist())
    for frame, count in frames.items():
        message = "outside of the picture" if choices.tiling is None else "outside of the picture, or on no tile enough"
        report.drop("not-in-picture", message, task=scenery.task.name, frame=frame, count=count)


def _in_order(
    scenery: Scenery, shots: Sequence[Shot], table: Table, owners: NDArray[np.int64], classes: Mapping[str, int]
) -> Reel:
    """The samples by their place in the media, and the rows of each from below to above."""
    order = np.argsort([shot.true_frame for shot in shots], kind="stable")
    owners = np.argsort(order)[owners] if len(order) else owners
    rows = np.lexsort((table.object, table.z_order, owners))
    table = table.take(rows)
    bounds = np.searchsorted(owners[rows], np.arange(len(shots) + 1))
    index = np.array([classes.get(name, -1) for name in table.label.values], np.int32)
    return Reel(scenery.task, tuple(shots[each] for each in order), table, index[table.label.codes], bounds)


def _with_negatives(reels: Sequence[Reel], recipe: Recipe, choices: Choices, report: Report) -> list[Reel]:
    """Leave out samples that show nothing, by chance, until each subset has no greater share of them than asked."""
    if choices.negatives == 1:
        return list(reels)
    filled: Counter[str] = Counter()
    empty: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, reel in enumerate(reels):
        for index, (shot, shows) in enumerate(zip(reel.shots, recipe.filled(reel).tolist(), strict=True)):
            if shows:
                filled[shot.subset] += 1
            else:
                empty[shot.subset].append((number, index))
    left_out = set()
    for subset, candidates in empty.items():
        wanted = int(filled[subset] * choices.negatives / (1 - choices.negatives))
        chance = np.random.default_rng([choices.seed, len(candidates)])
        left_out |= {candidates[each] for each in chance.permutation(len(candidates))[wanted:]}
        if (count := len(candidates) - wanted) > 0:
            report.drop("empty-sample", f"{subset}: nothing is on them; raise negatives to keep more", count=count)
    kept = (
        reel.take(np.array([each for each in range(len(reel)) if (number, each) not in left_out], np.int64))
        for number, reel in enumerate(reels)
    )
    return [reel for reel in kept if len(reel)]
