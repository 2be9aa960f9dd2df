"""Which tasks to move and to copy between projects and subsets: what is wanted, and what is to be done for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mattebox.encode import write_file
from mattebox.errors import BadAnnotations, BadParameter

__all__ = ["Between", "PlaceStanding", "Plan", "Step", "Targets"]

Between: TypeAlias = Literal["subset", "project", "both"]
"""What tasks may change: their subset, their project, or both."""

VERSION = 1


@dataclass(frozen=True)
class Targets:
    """What is wanted, and how far one may go for it.

    Attributes:
        between: what tasks may change; it says how places are named: `train`, `Streets`, or `Streets/train`.
        places: share of the frames and of every label that each place should have, by its name; the sum is 1. Tasks in
            other places are left alone.
        labels: share of a place's rows that each label should have; reached by copies, so it may be left out. Labels
            that are not named count for nothing.
        max_moved: share of all frames that may change their place.
        max_growth: frames that a place may have with copies, as a multiple of those without.
        max_copies: copies that may be made of one task.

    Raises:
        BadParameter: a value makes no sense.
    """

    between: Between
    places: Mapping[str, float]
    labels: Mapping[str, float] = field(default_factory=dict)
    max_moved: float = 1.0
    max_growth: float = 1.5
    max_copies: int = 3

    def __post_init__(self) -> None:
        for name, shares in (("places", self.places), ("labels", self.labels)):
            told = ", ".join(f"{key}={share:g}" for key, share in shares.items())
            if shares and not (all(share >= 0 for share in shares.values()) and abs(sum(shares.values()) - 1) < 1e-6):
                raise BadParameter(f"{name} {told}: each share is at least 0, and their sum is 1")
        if not self.places:
            raise BadParameter("no places: say which share each is to have, as train=0.8")
        if not 0 <= self.max_moved <= 1:
            raise BadParameter(f"max_moved={self.max_moved!r}: must be from 0 to 1")
        if self.max_growth < 1 or self.max_copies < 0:
            raise BadParameter(
                f"max_growth={self.max_growth!r}, max_copies={self.max_copies!r}: at least 1, and at least 0"
            )

    def place(self, project: str, subset: str) -> str:
        """Name of the place of a task."""
        return {"subset": subset, "project": project, "both": f"{project}/{subset}"}[self.between]


@dataclass(frozen=True)
class Step:
    """One task to be moved, or to be copied.

    Attributes:
        action: which of the two.
        project: name of the data set that the task is in.
        index: its position there.
        task: its name.
        subset: the part it is in.
        to_project: where it, or its copy, is to be.
        to_subset: the same.
        frames: how many it has.
        source: what it shows; tasks of one source are moved together.
    """

    action: Literal["move", "copy"]
    project: str
    index: int
    task: str
    subset: str
    to_project: str
    to_subset: str
    frames: int
    source: str

    def __str__(self) -> str:
        return (
            f"{self.action} {self.task!r} ({self.frames:,} frames) from {self.project}/{self.subset} "
            f"to {self.to_project}/{self.to_subset}"
        )


@dataclass(frozen=True)
class PlaceStanding:
    """What a place has, before and after.

    Attributes:
        place: its name.
        wanted: its share of everything.
        frames: its frames, before and after.
        shares: its share of the frames (under an empty name) and of the rows of each label, before and after.
    """

    place: str
    wanted: float
    frames: tuple[int, int]
    shares: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """What is to be done, and what comes of it.

    Attributes:
        targets: what was wanted.
        projects: names of the data sets, and how many tasks each has, so that a plan is not applied to others.
        steps: in order.
        standings: of every place.
    """

    targets: Targets
    projects: Mapping[str, int]
    steps: tuple[Step, ...]
    standings: tuple[PlaceStanding, ...]

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write it as JSON.

        Raises:
            OutputFailed: the file is there already, or cannot be written.
        """
        told = {"mattebox_plan": VERSION, **asdict(self)}
        write_file(path, json.dumps(told, indent=1, ensure_ascii=False).encode(), overwrite=overwrite)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote.

        Raises:
            BadAnnotations: it cannot be read, or is no plan.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadAnnotations(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise BadAnnotations(f"{path}: not JSON: {error}") from error
        if not isinstance(told, dict) or told.get("mattebox_plan") != VERSION:
            raise BadAnnotations(f"{path}: not a plan of version {VERSION}; make one with: mattebox label balance plan")
        try:
            return cls(
                Targets(**_known(Targets, told["targets"])),
                dict(told["projects"]),
                tuple(Step(**_known(Step, step)) for step in told["steps"]),
                tuple(_standing(each) for each in told["standings"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadAnnotations(f"{path}: a plan with a part that is wrong or missing: {error}") from error


def _known(kind: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: told[each.name] for each in fields(kind)}


def _standing(told: Mapping[str, Any]) -> PlaceStanding:
    before, after = told["frames"]
    shares = {label: (float(one), float(other)) for label, (one, other) in told["shares"].items()}
    return PlaceStanding(told["place"], told["wanted"], (before, after), shares)
