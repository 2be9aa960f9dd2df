"""A recipe: everything that decides a training run, as data in one TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mattebox._toml import read_toml
from mattebox.errors import BadParameter
from mattebox.train.composition import Mix, Sources

SHIPPED = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Phase:
    """Some optimiser steps at one picture size.

    Attributes:
        steps: how many.
        size: side of the pictures or tiles.
        decay: the learning rate falls over the run of closing phases that say so.
        mix: what is shown.
    """

    steps: int
    size: int
    decay: bool = False
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run.

    Attributes:
        network: name of the network that is trained.
        seed: decides the first weights and every sample.
        batch: pictures per step.
        workers: processes that compose samples.
        cache_gigabytes: memory for decoded material, shared out among the workers.
        licences: `any`, or `open` to leave out what is not under an open licence.
        optimizer: `muon` or `adamw`; see `mattebox.train.optimizer`.
        learning_rate: the held rate.
        weight_decay: on every weight that is not a bias or a normalisation.
        warmup_steps: steps over which the rate rises from zero.
        ema_decay: per step, of the averaged weights that are shipped.
        gradient_clip: largest norm of the gradient.
        validate_every: steps between validations.
        checkpoint_every: steps between checkpoints and lines of the log.
        phases: in order.
        sources: odds of the material's sources.
    """

    network: str
    seed: int
    batch: int
    workers: int
    cache_gigabytes: float
    licences: str
    optimizer: str
    learning_rate: float
    weight_decay: float
    warmup_steps: int
    ema_decay: float
    gradient_clip: float
    validate_every: int
    checkpoint_every: int
    phases: tuple[Phase, ...]
    sources: Sources

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Raises:
            BadParameter: a setting is missing or unknown; the message names it and the file.
        """
        values = read_toml(path)
        try:
            values["phases"] = tuple(
                made(Phase, {**phase, "mix": made(Mix, phase.get("mix", {}))}) for phase in values.get("phases", ())
            )
            values["sources"] = made(Sources, values.get("sources", {}))
            return made(cls, values)
        except BadParameter as error:
            raise BadParameter(f"{path}: {error}") from None

    @classmethod
    def find(cls, name: str) -> Recipe:
        """Read a recipe that ships, by name (`lite`), or a file, by path (`my.toml`)."""
        return cls.read(Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml")

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run."""
        return sum(phase.steps for phase in self.phases)

    @property
    def room(self) -> int:
        """Bytes of memory for decoded material in each process that composes."""
        return int(self.cache_gigabytes * 2**30) // max(1, self.workers)

    def phase(self, step: int) -> Phase:
        """The phase that a step belongs to."""
        for phase in self.phases:
            if step < phase.steps:
                return phase
            step -= phase.steps
        return self.phases[-1]

    def factor(self, step: int) -> float:
        """Share of the learning rate at a step: linear rise, held, then half a cosine over the closing phases."""
        held = sum(phase.steps for phase in self.phases if not phase.decay)
        rise = min(1.0, (step + 1) / self.warmup_steps)
        fall = min(1.0, max(0, step - held) / max(1, self.steps - held))
        return rise * (1 + math.cos(math.pi * fall)) / 2


def made(form: type[Any], values: Mapping[str, Any]) -> Any:
    """A dataclass from a table.

    Raises:
        BadParameter: the table lacks a setting or has one that is unknown.
    """
    known = {entry.name for entry in fields(form)}
    try:
        if values.keys() <= known:
            return form(**values)
    except TypeError:
        pass
    needed = sorted(known ^ values.keys())
    raise BadParameter(f"missing or unknown settings: {', '.join(needed)}")
