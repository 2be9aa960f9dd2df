"""The training loop: phases of a recipe, averaged weights, validation, checkpoints that a later run continues from."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Dataset

from mattebox.train.recipe import Recipe
from mattebox.train.tasks import Task

log = logging.getLogger(__name__)


class Samples(Dataset[tuple[Tensor, ...]]):
    """Composed samples; number i is the same whenever it is drawn, in a run that goes on too."""

    def __init__(self, task: Task, size: int, seed: int, first: int, count: int) -> None:
        self.task, self.size, self.seed, self.first, self.count = task, size, seed, first, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return self.task.sample(self.size, np.random.default_rng((self.seed, self.first + index)))


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Weights with decay; biases and normalisations without."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


class Trainer:
    """Runs a recipe on a data folder and keeps its state in an output folder.

    Args:
        recipe: what to run.
        task: what is trained.
        out: where `checkpoint.pt` and `metrics.csv` are kept; an existing checkpoint is continued.
        device: `cpu` or `cuda`.
        threads: CPU threads for the network; None leaves torch's own choice.
    """

    def __init__(self, recipe: Recipe, task: Task, out: Path, device: str = "cpu", threads: int | None = None) -> None:
        torch.manual_seed(recipe.seed)
        torch.set_flush_denormal(True)
        if threads:
            torch.set_num_threads(threads)
        self.recipe, self.out, self.device = recipe, out, torch.device(device)
        out.mkdir(parents=True, exist_ok=True)
        self.task = task
        self.network = task.new_network().to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = AveragedModel(
            self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
        )
        self.optimizer = torch.optim.AdamW(parameter_groups(self.network, recipe.weight_decay), lr=recipe.learning_rate)
        self.step = 0
        if (out / "checkpoint.pt").exists():
            self.load(out / "checkpoint.pt")

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        log.info("continuing from step %d of %d", self.step, self.recipe.steps)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.out / "checkpoint.part")
        (self.out / "checkpoint.part").replace(self.out / "checkpoint.pt")

    def batches(self) -> Iterator[tuple[int, list[Tensor]]]:
        """What is left of the recipe's phases, batch by batch, each with its picture size."""
        start = 0
        for phase in self.recipe.phases:
            done = max(0, self.step - start)
            start += phase.steps
            if done >= phase.steps:
                continue
            first, count = self.step * self.recipe.batch, (phase.steps - done) * self.recipe.batch
            samples = Samples(self.task, phase.size, self.recipe.seed, first, count)
            loader = DataLoader(
                samples,
                self.recipe.batch,
                num_workers=self.recipe.workers,
                # A forked copy of a process whose libraries have started threads can wait for ever.
                multiprocessing_context="spawn" if self.recipe.workers else None,
                worker_init_fn=one_thread,
                pin_memory=self.device.type == "cuda",
                prefetch_factor=3 if self.recipe.workers else None,
            )
            yield from ((phase.size, batch) for batch in loader)

    def run(self) -> None:
        """Train to the end of the recipe."""
        self.network.train()
        losses: list[float] = []
        clock, seen = time.perf_counter(), 0
        for size, batch in self.batches():
            losses.append(self.update(batch))
            seen += len(batch[0])
            if self.step % self.recipe.checkpoint_every == 0 or self.step == self.recipe.steps:
                self.save()
                rate, clock, seen = seen / (time.perf_counter() - clock), time.perf_counter(), 0
                left = (self.recipe.steps - self.step) * self.recipe.batch / rate / 60
                log.info(
                    "step %d/%d loss %.4f, %.1f pictures/s, %.0f min left at this rate",
                    self.step, self.recipe.steps, float(np.mean(losses)), rate, left,
                )  # fmt: skip
                self.note("train", {"loss": float(np.mean(losses)), "pictures_per_second": rate})
                losses.clear()
            if self.step % self.recipe.validate_every == 0 or self.step == self.recipe.steps:
                self.average.eval()
                scores = self.task.validate(self.average.module, size, self.device)
                log.info("validation %s", " ".join(f"{k} {v:.3f}" for k, v in scores.items()))
                self.note("validation", scores)
                clock = time.perf_counter()

    def update(self, batch: Sequence[Tensor]) -> float:
        """One optimiser step; returns the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate(self.step)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            loss = self.task.loss(self.network, [part.to(self.device, non_blocking=True) for part in batch])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip)
        self.optimizer.step()
        self.average.update_parameters(self.network)
        self.step += 1
        return float(loss.detach())

    def note(self, event: str, values: dict[str, float]) -> None:
        """Append to `metrics.csv`: step, event, name, value."""
        with (self.out / "metrics.csv").open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows((self.step, event, name, f"{value:.5f}") for name, value in values.items())


def one_thread(_: int) -> None:
    """Keep a worker that composes samples to one core."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
