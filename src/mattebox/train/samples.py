"""From a task to batches: one endless stream for the whole run, that begins at any step."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from mattebox.errors import BadPicture
from mattebox.train.recipe import Recipe
from mattebox.train.tasks import Task

log = logging.getLogger(__name__)

TRIES = 20
"""Samples that are tried in a row before a run ends because of pictures that cannot be read."""


class Samples(Dataset[tuple[Tensor, ...]]):
    """Composed samples; number i is the same whenever and wherever it is drawn, in a run that goes on too."""

    def __init__(self, recipe: Recipe, task: Task) -> None:
        self.recipe, self.task = recipe, task

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return self._drawn(index, failed=0)

    def _drawn(self, index: int, failed: int) -> tuple[Tensor, ...]:
        phase = self.recipe.phase(index // self.recipe.batch)
        seed = (self.recipe.seed, index, failed) if failed else (self.recipe.seed, index)
        try:
            return self.task.sample(phase, np.random.default_rng(seed))
        except BadPicture as error:
            if failed == TRIES:
                raise
            log.warning("%s; another takes its place", error)
            return self._drawn(index, failed + 1)


class Steps(Sampler[list[int]]):
    """Numbers of the samples of every step from `first` on. It has no length: the trainer says when to stop."""

    def __init__(self, recipe: Recipe, first: int) -> None:
        self.recipe, self.first = recipe, first

    def __iter__(self) -> Iterator[list[int]]:
        batch = self.recipe.batch
        for step in range(self.first, self.recipe.steps):
            yield list(range(step * batch, (step + 1) * batch))


def sample_loader(recipe: Recipe, task: Task, first: int, device: str) -> DataLoader[tuple[Tensor, ...]]:
    """Batches from step `first` on; the same worker processes, with what they keep in memory, serve all phases."""
    return DataLoader(
        Samples(recipe, task),
        batch_sampler=Steps(recipe, first),
        num_workers=recipe.workers,
        # A forked copy of a process whose libraries have started threads can wait for ever.
        multiprocessing_context="spawn" if recipe.workers else None,
        worker_init_fn=one_thread,
        pin_memory=device == "cuda",
        prefetch_factor=4 if recipe.workers else None,
    )


def one_thread(_: int) -> None:
    """Keep a worker that composes samples to one core."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
