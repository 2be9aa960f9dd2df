"""What a run says while it goes: one line now and then that a person can follow, and how busy it kept the machine."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from mattebox.train.recipe import Recipe
from mattebox.train.tasks import Task

log = logging.getLogger(__name__)


class Progress(pl.Callback):
    """Logs loss, pictures a second, the share of the time that the network waited for pictures, and what is left.

    Args:
        recipe: the run.
        checkpoint: where its last step is kept.
    """

    def __init__(self, recipe: Recipe, checkpoint: Path) -> None:
        self.recipe, self.checkpoint = recipe, checkpoint
        self._since = self._waiting_since = time.perf_counter()
        self._waited = 0.0
        self._steps = 0
        self._loss: Tensor | float = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say where the run begins."""
        log.info("step %d of %d, %s", trainer.global_step, self.recipe.steps, pl_module.device)
        self._since = self._waiting_since = time.perf_counter()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """A batch has come."""
        self._waited += time.perf_counter() - self._waiting_since

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A step is done."""
        step = trainer.global_step
        self._steps += 1
        self._loss = self._loss + outputs["loss"].detach()
        if step % self.recipe.checkpoint_every == 0 or step == self.recipe.steps:
            took = time.perf_counter() - self._since
            rate = self._steps * self.recipe.batch / took
            figures = {
                "loss_mean": float(self._loss) / self._steps,
                "pictures_per_second": rate,
                "waited": self._waited / took,
            }
            log.info(
                "step %d/%d, size %d, loss %.4f, %.1f pictures/s, %.0f %% waiting for pictures, about %.0f min left",
                step, self.recipe.steps, self.recipe.phase(step - 1).size, figures["loss_mean"], rate,
                100 * figures["waited"], self._left(step) * self.recipe.batch / rate / 60,
            )  # fmt: skip
            for logger in trainer.loggers:
                logger.log_metrics(figures, step)
            self._since, self._waited, self._steps, self._loss = time.perf_counter(), 0.0, 0, 0.0
        if step == self.recipe.steps and step % self.recipe.checkpoint_every:
            trainer.save_checkpoint(self.checkpoint)
        self._waiting_since = time.perf_counter()

    def _left(self, step: int) -> float:
        """What is left, in steps of the present size: the time of a step grows with the area of its pictures."""
        area = self.recipe.phase(step - 1).size ** 2
        return sum(self.recipe.phase(later).size ** 2 / area for later in range(step, self.recipe.steps))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say the figures on what is held out."""
        found = {
            name: float(value)
            for name, value in trainer.callback_metrics.items()
            if not name.startswith(("loss", "lr-"))
        }
        log.info("held out: %s", " ".join(f"{name} {value:.3f}" for name, value in sorted(found.items())))
        self._since += time.perf_counter() - self._waiting_since
        self._waiting_since = time.perf_counter()


class Views(pl.Callback):
    """Shows in TensorBoard, at every validation, what the network makes of the same few held-out records.

    Args:
        recipe: the run.
        task: what is trained.
    """

    count = 8

    def __init__(self, recipe: Recipe, task: Task) -> None:
        self.recipe, self.task = recipe, task

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the views, while the averaged weights are in place."""
        network = pl_module.get_submodule("network")
        size = self.recipe.phase(max(0, trainer.global_step - 1)).size
        held_out = self.task.held_out
        records = held_out[:: max(1, len(held_out) // self.count)][: self.count]
        views = [view for record in records if (view := self.task.view(network, record, size)) is not None]
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger) and views:
                logger.experiment.add_image("held out", np.vstack(views), trainer.global_step, dataformats="HWC")
