"""The training loop, on Lightning: a task and a recipe in; a checkpoint, TensorBoard events and figures as CSV out."""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from mattebox.errors import BadParameter
from mattebox.train.checkpoint import load_averaged
from mattebox.train.data import Record
from mattebox.train.optimizer import new_optimizer
from mattebox.train.package import package, write_card
from mattebox.train.progress import Progress, Views
from mattebox.train.recipe import Recipe
from mattebox.train.samples import sample_loader
from mattebox.train.tasks import Task

log = logging.getLogger(__name__)

CHECKPOINT = "last.ckpt"


class Training(pl.LightningModule):
    """A network in training: what a task says of loss and figures, what a recipe says of rates.

    Args:
        recipe: the run.
        task: what is trained.
    """

    def __init__(self, recipe: Recipe, task: Task) -> None:
        super().__init__()
        self.recipe, self.task = recipe, task
        self.network = task.new_network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def training_step(self, batch: Sequence[Tensor]) -> Tensor:
        """Loss of a batch."""
        loss = self.task.loss(self.network, batch)
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, record: Record) -> None:
        """Figures of one held-out record, with the averaged weights, at the size of the phase."""
        size = self.recipe.phase(max(0, self.global_step - 1)).size
        self.log_dict(self.task.judge(self.network, record, size), on_epoch=True, batch_size=1)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The recipe's optimiser and schedule."""
        recipe = self.recipe
        optimizer = new_optimizer(recipe.optimizer, self.network, recipe.learning_rate, recipe.weight_decay)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": LambdaLR(optimizer, recipe.factor), "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note which run this is."""
        checkpoint["run"] = self.recipe.identity

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with nothing but the same run.

        Raises:
            BadParameter: the checkpoint is of a run that differs in more than its length.
        """
        before, now = checkpoint.get("run", {}), self.recipe.identity
        if differing := [f"{name} {before[name]!r}, not {now[name]!r}" for name in before if before[name] != now[name]]:
            raise BadParameter(
                f"the output folder holds a run with {'; '.join(differing)}: take another folder, or the same settings"
            )

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        """Batches from the step that the run has reached."""
        return sample_loader(self.recipe, self.task, self.global_step, self.device.type)

    def val_dataloader(self) -> DataLoader[Record]:
        """The held-out records, one by one."""
        return DataLoader(self.task.held_out, batch_size=None)  # type: ignore[arg-type]  # any sequence will do

    def transfer_batch_to_device(self, batch: object, device: torch.device, dataloader_idx: int) -> object:
        """Tensors go to the device; records stay what they are."""
        return batch if isinstance(batch, Record) else super().transfer_batch_to_device(batch, device, dataloader_idx)


class Averaging(EMAWeightAveraging):
    """Averaged weights, which validation sees and which are shipped."""

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Put the run's own weights back before anything is saved, if it was stopped in the middle of a validation."""
        if trainer.validating:
            self._swap_models(pl_module)


def check_device(device: str) -> None:
    """Raise when nothing can be trained there.

    Raises:
        BadParameter: it is neither `cpu` nor a `cuda` that torch finds.
    """
    if device not in {"cpu", "cuda"} or (device == "cuda" and not torch.cuda.is_available()):
        raise BadParameter(f"device '{device}': must be cpu, or cuda where torch finds a CUDA device")


def half_precision(device: str) -> bool:
    """Whether a device has instructions for bfloat16, which halve the time of a step."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16"))


def train(
    recipe: Recipe,
    task: Task,
    out: Path,
    device: str = "cpu",
    threads: int | None = None,
    *,
    half: bool | None = None,
) -> Path:
    """Run a recipe, or go on with what an earlier run left in `out`.

    Args:
        recipe: what to run.
        task: what is trained.
        out: folder for `last.ckpt`, TensorBoard events and figures (`figures/version_N`, one for every start).
        device: `cpu` or `cuda`.
        threads: CPU threads for the network; None leaves torch's own choice.
        half: train in bfloat16 (weights stay float32); None where the machine is faster at it.

    Returns:
        The checkpoint; its `state_dict` holds the averaged weights.
    """
    pl.seed_everything(recipe.seed, verbose=False)
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    torch.set_flush_denormal(True)
    if threads:
        torch.set_num_threads(threads)
    checkpoint = out / CHECKPOINT
    trainer = pl.Trainer(
        accelerator="gpu" if device == "cuda" else "cpu",
        devices=1,
        precision="bf16-mixed" if (half_precision(device) if half is None else half) else "32-true",
        max_steps=recipe.steps,
        max_epochs=-1,
        val_check_interval=recipe.validate_every,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        gradient_clip_val=recipe.gradient_clip,
        log_every_n_steps=min(recipe.checkpoint_every, recipe.steps),
        enable_progress_bar=False,
        enable_model_summary=False,
        logger=[TensorBoardLogger(out, name="", version="events"), CSVLogger(out, name="figures")],
        callbacks=[
            Views(recipe, task),  # before the weights are swapped back
            Averaging(device, decay=recipe.ema_decay),
            ModelCheckpoint(
                out,
                filename="last",
                every_n_train_steps=recipe.checkpoint_every,
                save_top_k=-1,
                save_on_exception=True,
                enable_version_counter=False,
            ),
            LearningRateMonitor("step"),
            Progress(recipe, checkpoint),
        ],
        default_root_dir=out,
    )
    log.info("%d records are held out of training", len(task.held_out))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        trainer.fit(Training(recipe, task), ckpt_path=checkpoint if checkpoint.exists() else None)
    return checkpoint


def held_out_figures(task: Task, network: nn.Module, size: int) -> dict[str, float]:
    """Means of a network's figures on the held-out records."""
    found: dict[str, list[float]] = defaultdict(list)
    for record in task.held_out:
        for name, value in task.judge(network, record, size).items():
            found[name].append(value)
    return {name: fmean(values) for name, values in found.items()}


def train_and_package(
    recipe: Recipe, task: Task, out: Path, device: str = "cpu", threads: int | None = None
) -> tuple[Path, dict[str, float]]:
    """From material to a file that ships: train, or go on, then package.

    Returns:
        The card, which stands beside the ONNX file in `out`, and the figures on the held-out records.
    """
    checkpoint = train(recipe, task, out, device, threads)
    size = recipe.input_size
    network = load_averaged(task.new_network(), checkpoint)
    figures = held_out_figures(task, network, size)
    calibration = task.calibrate(network, size)
    made = {
        "seed": recipe.seed,
        "steps": recipe.steps,
        "samples": recipe.steps * recipe.batch,
        "sizes": list(dict.fromkeys(phase.size for phase in recipe.phases)),
        "optimizer": recipe.optimizer,
        "licences": recipe.licences,
        "held_out": len(task.held_out),
        **calibration,
    }
    weights, card = out / f"{recipe.network}.onnx", out / f"{recipe.network}.toml"
    package(network, weights, size, calibration.get("subject_logit", 0.0))
    write_card(recipe.network, weights, card, size, made, figures)
    return card, figures
