"""A card: one published model as data, so that a new model of a known kind is a new file and no new code."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mattebox._toml import read_toml
from mattebox.errors import BadParameter


@dataclass(frozen=True, slots=True)
class Weights:
    """The file of a model.

    Attributes:
        file: path of the file, from the folder of this module.
        size: in bytes.
        sha256: hex digest that is checked before anything reads the file.
        embedded: the file lies inside the package.
    """

    file: str
    size: int
    sha256: str
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of the three things a model is made of."""

    code: str
    weights: str
    data: str


@dataclass(frozen=True, slots=True)
class Card:
    """One model.

    Attributes:
        name: what users type.
        title: one line for tables.
        task: `segment`, later also `matte` and others.
        architecture: the network's class in `mattebox.nets`.
        input_size: (height, width) that pictures are resized to.
        mean: per channel, of pixels scaled to 0..1, taken away before the network sees them.
        deviation: per channel, divided by.
        weights: the file.
        licence: of code, weights and training data.
        source: paper or page that describes the model.
        description: what it is good and bad at.
        kinds: what a subject can be, in the order of the network's answer; empty when it does not say.
        mirrored: the answer is the mean of those on the picture and on its mirror image.
        training: recipe, samples seen, time, machine.
        figures: measured figures by name.
    """

    name: str
    title: str
    task: str
    architecture: str
    input_size: tuple[int, int]
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    weights: Weights
    licence: Licence
    source: str
    description: str
    kinds: tuple[str, ...] = ()
    mirrored: bool = False
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read a card from its TOML file.

        Raises:
            BadParameter: the file lacks an entry or has one that is not known.
        """
        record = read_toml(path)
        if unknown := record.keys() - {entry.name for entry in fields(cls)}:
            raise BadParameter(f"{path}: unknown entries {', '.join(sorted(unknown))}")
        try:
            record["weights"] = Weights(**record["weights"])
            record["licence"] = Licence(**record["licence"])
            for entry in ("input_size", "mean", "deviation"):
                record[entry] = tuple(record[entry])
            record["kinds"] = tuple(record.get("kinds", ()))
            return cls(**record)
        except (KeyError, TypeError) as error:
            raise BadParameter(f"{path}: not a complete card: {error}") from error
