"""Making a training set: plan it, then write sample after sample, in one pass over each medium."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, MatteboxError, OutputFailed, reason_of
from mattebox.label.apart import check_media_apart
from mattebox.label.building.choices import Choices
from mattebox.label.building.digests import digest_of
from mattebox.label.building.folder import SetFolder
from mattebox.label.building.pictures import Source, Taken, encoded, frames_of, part_of, take
from mattebox.label.building.planning import plan
from mattebox.label.building.recipe import Files, Recipe
from mattebox.label.building.reel import Reel, Shot
from mattebox.label.dataset import Dataset
from mattebox.label.merging import labels_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.streaming import in_order
from mattebox.types import Rgb

__all__ = ["build_set"]


@dataclass
class Outcome:
    """What became of the samples of a frame.

    Attributes:
        made: positions in the reel of those that are in the set.
        before: an earlier run made them.
        told: what is to be reported of the others, once it is the frame's turn.
    """

    made: list[int] = field(default_factory=list)
    before: bool = False
    told: Report = field(default_factory=Report)


def build_set(
    dataset: Dataset,
    path: Path,
    recipe: Recipe,
    choices: Choices,
    report: Report,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Reel]:
    """Write a training set; a run that was stopped goes on where it was when it is started again.

    Args:
        dataset: interpolated; every task's subset says where its samples go.
        path: of the folder.
        recipe: the format.
        choices: what is asked.
        report: is told what is made, and what is left out and why.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing, and tell what would be made as far as that is known without opening pictures.
        progress: is told how many samples are done.

    Returns:
        The samples that are in the set, in a reel for every task.

    Raises:
        BadAnnotations: there is nothing that samples can be made of.
        OutputFailed: the folder holds something else, or pictures of the data set, or cannot be written.
    """
    check_media_apart(path, dataset)
    labels = labels_of(dataset)
    reels = plan(dataset, recipe, choices, report)
    if not reels:
        raise BadAnnotations(f"{_called(dataset)}: nothing to make samples of; see what was dropped and why")
    asked = json.loads(json.dumps({"format": recipe.name, **recipe.settings(), **dataclasses.asdict(choices)}))
    folder = SetFolder(path, overwrite=overwrite)
    digest = digest_of(dataset, asked)
    folder.check(asked, digest)
    if not dry_run:
        folder.begin(asked, digest, _parts(recipe, reels))
        reels = _written(reels, recipe, choices, folder, report, progress)
        if not reels:
            raise BadAnnotations(f"{_called(dataset)}: no sample could be made; see what was dropped and why")
        folder.finish(recipe.finish(reels, folder.pictures(_picture_folders(recipe, reels)), labels, report), reels)
    _tell_made(reels, report)
    return reels


def _called(dataset: Dataset) -> str:
    return dataset.name or "the data set"


def _parts(recipe: Recipe, reels: Sequence[Reel]) -> set[str]:
    """The folders at the top that a set fills."""
    shots = {shot.subset: shot for reel in reels for shot in reel.shots}.values()
    names = (name for shot in shots for name in (recipe.picture(shot), recipe.marker(shot)) if name)
    return {name.partition("/")[0] for name in names}


def _picture_folders(recipe: Recipe, reels: Sequence[Reel]) -> set[str]:
    """The folders that pictures are in."""
    shots = {shot.subset: shot for reel in reels for shot in reel.shots}.values()
    return {recipe.picture(shot).rpartition("/")[0] for shot in shots}


def _tell_made(reels: Sequence[Reel], report: Report) -> None:
    subsets = Counter(shot.subset for reel in reels for shot in reel.shots)
    for subset, count in sorted(subsets.items()):
        report.made(f"samples in {subset}", count)
    report.made("rows", sum(len(reel.table) for reel in reels))


def _written(
    reels: Sequence[Reel],
    recipe: Recipe,
    choices: Choices,
    folder: SetFolder,
    report: Report,
    progress: Progress | None,
) -> list[Reel]:
    """Write the samples of all reels; those that are in the set."""
    total, done = sum(map(len, reels)), 0
    there = folder.pictures(_picture_folders(recipe, reels))
    written = []
    for reel in reels:
        maker = Maker(reel, recipe, choices, folder, there)
        kept: list[int] = []
        for samples, outcome in maker.outcomes():
            check_cancelled()
            kept += outcome.made
            done += samples
            if outcome.before:
                report.made("samples that were there already", len(outcome.made))
            for entry in outcome.told.entries:
                report.add(entry)
            if progress is not None:
                progress(done, total)
        if kept:
            written.append(reel if len(kept) == len(reel) else reel.take(np.array(sorted(kept), np.int64)))
    return written


class Maker:
    """Makes the samples of a task.

    Args:
        reel: the samples.
        recipe: the format.
        choices: what is asked.
        folder: where files go.
        there: pictures that were in it at first, by their paths without suffix.
    """

    def __init__(
        self, reel: Reel, recipe: Recipe, choices: Choices, folder: SetFolder, there: Mapping[str, str]
    ) -> None:
        self.reel = reel
        self.recipe = recipe
        self.choices = choices
        self.folder = folder
        self._there = there
        self._prepared: Any = None
        self._blind = choices.images == "none" and not recipe.needs_pixels

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """Make them all; for each frame of the task, how many samples show it, and what became of those."""
        todo: dict[int, list[int]] = {}
        for true_frame, indices in self.reel.by_frame():
            there = [index for index in indices if self._is_there(self.reel.shots[index])]
            if there:
                yield len(there), Outcome(there, before=True)
            if left := sorted(set(indices) - set(there)):
                todo[true_frame] = left
        if todo:
            self._prepared = self.recipe.prepare(self.reel)
            yield from zip(map(len, todo.values()), self._made(todo), strict=True)

    def _is_there(self, shot: Shot) -> bool:
        marker = self.recipe.marker(shot)
        return self.recipe.picture(shot) in self._there if marker is None else self.folder.has(marker)

    def _made(self, todo: dict[int, list[int]]) -> Iterator[Outcome]:
        """Labels alone are written as they come; pictures are read, encoded and written on all cores."""
        media = self.reel.task.media
        if self._blind or media is None:
            yield from (self._make((Source(frame), indices)) for frame, indices in todo.items())
            return
        workers = os.cpu_count() or 1
        items = ((source, todo[source.true_frame]) for source in frames_of(media, list(todo)))
        with ThreadPoolExecutor(workers) as pool:
            yield from in_order(pool, self._make, items, ahead=workers + 1)

    def _make(self, item: tuple[Source, list[int]]) -> Outcome:
        """Make the samples of one frame."""
        source, indices = item
        outcome = Outcome()
        shots = [self.reel.shots[index] for index in indices]
        try:
            taken = None if self._blind else take(source)
            for index, shot in zip(indices, shots, strict=True):
                rgb = None if taken is None else part_of(taken.rgb, shot)
                files = self.recipe.files(self._prepared, self.reel, index, rgb, outcome.told)
                if files is None:
                    continue
                if taken is not None and rgb is not None and self.choices.images != "none":
                    files = {**self._picture(source, taken, rgb, shot, outcome.told), **files}
                self.folder.write(files)
                outcome.made.append(index)
        except OutputFailed:
            raise
        except (MatteboxError, MemoryError) as error:
            reason, lost = reason_of(error, shots[0].source), len(indices) - len(outcome.made)
            outcome.told.drop("bad-picture", reason, task=self.reel.task.name, frame=shots[0].frame, count=lost)
        return outcome

    def _picture(self, source: Source, taken: Taken, rgb: Rgb, shot: Shot, told: Report) -> Files:
        """The picture's file, unless it could be linked."""
        name, blob = self.recipe.picture(shot), source.blob
        if shot.untouched and blob is not None:
            if taken.own is None:
                message = "turned by its EXIF or of a format that not every trainer reads: saved anew, upright"
                told.note("saved-anew", message, task=self.reel.task.name, frame=shot.frame)
            elif self.choices.images == "link" and self.folder.link(name + taken.suffix, blob):
                return {}
        suffix, data = encoded(taken, rgb, shot, self.choices)
        return {name + suffix: data}
