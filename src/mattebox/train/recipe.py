"""A recipe: everything that decides a training run, as data in one TOML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from mattebox._toml import read_toml
from mattebox.errors import BadParameter, unknown_name
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
        input_size: side of the pictures that the packaged network sees.
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
    input_size: int
    phases: tuple[Phase, ...]
    sources: Sources

    def __post_init__(self) -> None:
        for name in ("batch", "warmup_steps", "validate_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise BadParameter(f"{name} = {getattr(self, name)}: must be at least 1")
        if not self.phases or any(phase.steps < 1 or phase.size < 32 for phase in self.phases):
            raise BadParameter("phases: at least one is needed, each of at least 1 step and 32 pixels")
        falling = [phase.decay for phase in self.phases]
        if falling != sorted(falling):
            raise BadParameter("phases: those that decay must be the last ones")

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Raises:
            BadParameter: a setting is missing, unknown or makes no sense; the message names it and the file.
        """
        values = read_toml(path)
        try:
            values["phases"] = tuple(as_phase(phase) for phase in values.get("phases", ()))
            values["sources"] = made(Sources, values.get("sources", {}))
            return made(cls, values)
        except BadParameter as error:
            raise BadParameter(f"{path}: {error}") from None

    @classmethod
    def find(cls, name: str) -> Recipe:
        """Read a recipe that ships, by name (`lite`), or a file, by path (`my.toml`).

        Raises:
            BadParameter: see `read`; or no recipe of that name ships.
        """
        if name.endswith(".toml"):
            return cls.read(Path(name))
        shipped = {path.stem: path for path in SHIPPED.glob("*.toml")}
        if name not in shipped:
            raise BadParameter(unknown_name("recipe", name, shipped) + "; a recipe of your own ends in .toml")
        return cls.read(shipped[name])

    @property
    def identity(self) -> dict[str, Any]:
        """What may not change when a run goes on."""
        names = ("network", "seed", "batch", "licences", "optimizer", "learning_rate", "weight_decay", "ema_decay")
        return {name: getattr(self, name) for name in names}

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
        for candidate in self.phases:
            if step < candidate.steps:
                return candidate
            step -= candidate.steps
        return self.phases[-1]

    def factor(self, step: int) -> float:
        """Share of the learning rate at a step: linear rise, held, then half a cosine over the closing phases."""
        held = sum(phase.steps for phase in self.phases if not phase.decay)
        rise = min(1.0, (step + 1) / self.warmup_steps)
        fall = min(1.0, max(0, step - held) / max(1, self.steps - held))
        return rise * (1 + math.cos(math.pi * fall)) / 2


def as_phase(table: Any) -> Phase:
    """A phase from its table.

    Raises:
        BadParameter: it is not a table, or lacks a setting or has one that is unknown.
    """
    if not isinstance(table, dict):
        raise BadParameter("phases: must be tables, each headed [[phases]]")
    phase: Phase = made(Phase, {**table, "mix": made(Mix, table.get("mix", {}))})
    return phase


def made(form: type[Any], values: Mapping[str, Any]) -> Any:
    """A dataclass from a table.

    Raises:
        BadParameter: the table lacks a setting or has one that is unknown.
    """
    entries = {entry.name: entry for entry in fields(form)}
    unknown = values.keys() - entries
    missing = {
        name
        for name, entry in entries.items()
        if name not in values and entry.default is MISSING and entry.default_factory is MISSING
    }
    if unknown or missing:
        raise BadParameter(f"missing or unknown settings: {', '.join(sorted(unknown | missing))}")
    return form(**values)
