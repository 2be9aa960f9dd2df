"""The figures of a label in a part of a data set, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from mattebox.label.row import SHAPES

__all__ = ["COLUMNS", "Figures", "Level", "Scope", "Statistics"]

Scope: TypeAlias = Literal["all", "project", "subset", "task"]
"""What figures are about: everything, or every data set, every subset, every task."""

Level: TypeAlias = Literal["all", "label", "superclass"]
"""Whether figures are of all objects, of those of a label, or of those of a superclass."""


@dataclass(frozen=True)
class Figures:
    """What there is of a label, or of all, in a part of the data.

    Attributes:
        scope: what kind of part it is.
        of: name of the part; empty for all.
        level: what is counted.
        label: its name; empty for all objects.
        frames: how many frames show one.
        without: how many do not.
        shapes: how many shapes there are, on all frames together.
        tracks: how many different tracks.
        objects: how many different objects: tracks, and shapes that are none.
        by_shape: how many shapes of each kind; kinds that do not occur are left out.
        area: of all of them, square pixels.
        share: of its picture that one takes up, on average; None where none has an area or sizes are not known.
        small: how many have an area below 32 x 32 pixels, as COCO counts.
        medium: those below 96 x 96.
        large: the others; what has no area is in none of the three.
        per_frame: shapes on a frame that shows one, on average.
        most: shapes on the frame that shows most.
        aspect: width by height of the boxes around them, the median; None without boxes.
    """

    scope: Scope
    of: str
    level: Level
    label: str
    frames: int
    without: int
    shapes: int
    tracks: int
    objects: int
    by_shape: Mapping[str, int]
    area: float
    share: float | None
    small: int
    medium: int
    large: int
    per_frame: float
    most: int
    aspect: float | None


COLUMNS: dict[str, str] = {
    "scope": "scope",
    "of": "of",
    "level": "level",
    "label": "label",
    "frames": "frames with",
    "without": "frames without",
    "shapes": "shapes",
    "tracks": "tracks",
    "objects": "objects",
    "area": "area, px",
    "share": "share of picture",
    "small": "small",
    "medium": "medium",
    "large": "large",
    "per_frame": "per frame",
    "most": "most on a frame",
    "aspect": "width / height",
    **{shape: shape for shape in SHAPES},
}
"""Headings of the columns of a table of figures, by name."""


@dataclass(frozen=True)
class Statistics:
    """The figures of data sets.

    Attributes:
        names: of the data sets.
        figures: of all scopes and levels; labels come in their order, tasks only with labels that they have.
        crowds: how many frames show how many shapes.
    """

    names: tuple[str, ...]
    figures: tuple[Figures, ...]
    crowds: Mapping[int, int] = field(default_factory=dict)

    def pick(self, scope: Scope, level: Level) -> list[Figures]:
        """The figures of a scope and a level, in order."""
        return [each for each in self.figures if (each.scope, each.level) == (scope, level)]

    @property
    def whole(self) -> Figures:
        """The figures of everything."""
        return self.pick("all", "all")[0]

    def records(self) -> list[dict[str, Any]]:
        """The figures as rows of a table, whose columns are `COLUMNS`."""
        return [
            {name: each.by_shape.get(name, 0) if name in SHAPES else getattr(each, name) for name in COLUMNS}
            for each in self.figures
        ]
