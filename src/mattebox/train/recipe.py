"""A recipe: everything that decides a training run, as data in one TOML file."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mattebox._toml import read_toml
from mattebox.errors import BadParameter


@dataclass(frozen=True, slots=True)
class Phase:
    """Some optimiser steps at one picture size; the learning rate falls over the run of phases that say `decay`."""

    steps: int
    size: int
    decay: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run.

    Attributes:
        network: name of the network that is trained.
        seed: decides the first weights and every sample.
        batch: pictures per step.
        workers: processes that compose samples.
        learning_rate: the held rate of AdamW.
        weight_decay: AdamW's, on every weight that is not a bias or a normalisation.
        warmup_steps: steps over which the rate rises from zero.
        ema_decay: per step, of the averaged weights that are shipped.
        gradient_clip: largest norm of the gradient.
        validate_every: steps between validations.
        checkpoint_every: steps between checkpoints.
        phases: in order.
    """

    network: str
    seed: int
    batch: int
    workers: int
    learning_rate: float
    weight_decay: float
    warmup_steps: int
    ema_decay: float
    gradient_clip: float
    validate_every: int
    checkpoint_every: int
    phases: tuple[Phase, ...]

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Raises:
            BadParameter: a setting is missing or unknown; the message names it and the file.
        """
        values: dict[str, Any] = read_toml(path)
        names = {field.name for field in fields(cls)}
        if wrong := names ^ values.keys():
            raise BadParameter(f"{path}: missing or unknown settings: {', '.join(sorted(wrong))}")
        return cls(**{**values, "phases": tuple(Phase(**phase) for phase in values["phases"])})

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return sum(phase.steps for phase in self.phases)

    def rate(self, step: int) -> float:
        """Learning rate at a step: linear rise, held, then half a cosine over the closing phases that decay."""
        held = sum(phase.steps for phase in self.phases if not phase.decay)
        rise = min(1.0, (step + 1) / self.warmup_steps)
        fall = max(0, step - held) / max(1, self.steps - held)
        return self.learning_rate * rise * (1 + math.cos(math.pi * fall)) / 2
