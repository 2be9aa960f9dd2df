"""What may be asked of a training set, whatever its format: which pictures, how large, which of them empty."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from mattebox.errors import BadParameter, check_ranges, unknown_name
from mattebox.label.dataset import SubtaskKind

__all__ = ["IMAGES", "Choices", "Scales", "Tiling", "choices_with", "parse_size"]

IMAGES = ("copy", "link", "none")
ENCODINGS = ("jpeg", "png")
_NUMBER = r"\d*\.?\d+"


@dataclass(frozen=True, slots=True)
class Scales:
    """How much larger or smaller pictures get.

    Args:
        factors: to multiply both sides with.
        pick: `all` gives a sample for every factor, `one` one of them by chance, `between` any factor between the
            least and the greatest by chance.

    Raises:
        BadParameter: there is no factor, one is not from 0.01 to 100, or `between` has not two.
    """

    factors: tuple[float, ...]
    pick: Literal["all", "one", "between"] = "all"

    def __post_init__(self) -> None:
        if not self.factors or not all(0.01 <= factor <= 100 for factor in self.factors):
            raise BadParameter(f"scales {self.factors}: must be one or more numbers from 0.01 to 100")
        if self.pick == "between" and len(self.factors) != 2:
            raise BadParameter(f"scales {self.factors}: a range has a least and a greatest")

    @classmethod
    def parse(cls, text: str) -> Scales:
        """Read scales as they are typed: `0.5,1` is all of them, `0.5|1` one by chance, `0.5..1` a range.

        Raises:
            BadParameter: it cannot be read so.

        Example:
            >>> Scales.parse("0.5..1")
            Scales(factors=(0.5, 1.0), pick='between')
        """
        for mark, pick in (("..", "between"), ("|", "one"), (",", "all")):
            if mark in text or pick == "all":
                words = [word.strip() for word in text.split(mark)]
                break
        if not all(re.fullmatch(_NUMBER, word) for word in words):
            raise BadParameter(f"scales '{text}' cannot be read: give '0.5', '0.5,1' (all), '0.5|1' (one), '0.5..1'")
        return cls(tuple(map(float, words)), pick)  # type: ignore[arg-type]

    def of(self, chance: np.random.Generator) -> tuple[float, ...]:
        """The factors for one picture."""
        if self.pick == "one":
            return (self.factors[int(chance.integers(len(self.factors)))],)
        if self.pick == "between":
            return (float(chance.uniform(min(self.factors), max(self.factors))),)
        return self.factors


@dataclass(frozen=True, slots=True)
class Tiling:
    """How large pictures are cut up.

    Args:
        tile: (height, width) of a tile.
        overlap: share of a tile's shorter side that it has in common with the next, at least.
        keep: share of its area that an object must have in a tile to belong to it.
        above: (height, width) that a picture must exceed in one of them to be cut up; the tile's unless given.

    Raises:
        BadParameter: a size or a share makes no sense.
    """

    tile: tuple[int, int]
    overlap: float = 0.2
    keep: float = 0.5
    above: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if min(self.tile) < 16:
            raise BadParameter(f"tiles of {self.tile[0]} x {self.tile[1]} pixels: a side has at least 16")
        check_ranges(self, {"overlap": (0, 0.9), "keep": (0, 1)})
        if self.above is not None and (self.above[0] < self.tile[0] or self.above[1] < self.tile[1]):
            raise BadParameter(f"above={self.above}: pictures smaller than the tile {self.tile} cannot be cut up")

    def cuts(self, size: tuple[int, int]) -> bool:
        """Whether a picture of (height, width) is cut up."""
        height, width = self.above or self.tile
        return size[0] > height or size[1] > width


def parse_size(text: str) -> tuple[int, int]:
    """Read (height, width) as they are typed: `640` for both, or `HEIGHTxWIDTH`.

    Raises:
        BadParameter: it cannot be read so.

    Example:
        >>> parse_size("640"), parse_size("1080x1920")
        ((640, 640), (1080, 1920))
    """
    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text.strip().lower())
    if not found:
        raise BadParameter(f"size '{text}' cannot be read: give a side, as 640, or HEIGHTxWIDTH, as 1080x1920")
    return int(found[1]), int(found[2] or found[1])


@dataclass(frozen=True, slots=True)
class Choices:
    """What is asked of a training set.

    Args:
        images: `copy` the pictures, hard-`link` them where a still can stay as it is, or write labels only (`none`).
        encoding: of what must be encoded: frames of videos, and stills that are turned, scaled or cut.
        quality: of JPEG, 1 to 100.
        scales: how much larger or smaller pictures get; as they are unless given.
        tiling: how large pictures are cut up; never unless given.
        negatives: share of a subset's samples that may be without an object, 0 for none, 1 for however many there are.
        kinds: of subtasks that are taken; ground truth and replicas would show the same frames again.
        seed: of whatever is left to chance.

    Raises:
        BadParameter: a value makes no sense.
    """

    images: Literal["copy", "link", "none"] = "copy"
    encoding: Literal["jpeg", "png"] = "jpeg"
    quality: int = 95
    scales: Scales | None = None
    tiling: Tiling | None = None
    negatives: float = 1.0
    kinds: tuple[SubtaskKind, ...] = ("annotation", "scene")
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images not in IMAGES:
            raise BadParameter(unknown_name("way to give images", self.images, IMAGES))
        if self.encoding not in ENCODINGS:
            raise BadParameter(unknown_name("encoding", self.encoding, ENCODINGS))
        check_ranges(self, {"quality": (1, 100), "negatives": (0, 1)})


def choices_with(choices: Choices | None, changes: dict[str, Any]) -> Choices:
    """Choices with some of them changed by name.

    Raises:
        BadParameter: a name is not a choice; the message lists the valid ones and the nearest.
    """
    names = [field.name for field in fields(Choices)]
    for name in changes:
        if name not in names:
            raise BadParameter(unknown_name("choice", name, names))
    return replace(choices or Choices(), **changes)
