"""A card: one published model as data, so that a new model of a known kind is a new file and no new code."""

from __future__ import annotations

import string
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePath
from typing import Any

from mattebox._toml import read_toml
from mattebox.errors import BadParameter, unknown_name

__all__ = ["Card", "Licence", "Weights"]

TASKS = ("segment", "refine", "matte", "classify", "detect")
SCALES = ("255", "max")
FITS = ("stretch", "limit-short", "short", "limit-long")
FORMS = ("onnx", "torch")
DIGESTS = {"sha512": 128, "sha256": 64, "md5": 32}
"""Digests that a file may be known by, the strongest first, and how many hexadecimal digits they have."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The file of a model.

    Attributes:
        file: its name in the cache; of an embedded model the path from the folder of this module, of a model of the
            user's own the whole path.
        size: in bytes; None where nobody has published it.
        sha512: hex digest, checked with the others that are given before anything reads the file.
        sha256: the same.
        md5: the same; says that a file is whole, and little about who made it, so it is never the only one of a card
            of ours.
        first_sight: nobody has published a digest. The SHA-256 of the first file that comes is noted, and every later
            one must be the same. For checkpoints only, which are read without running anything.
        embedded: the file lies inside the package.
        form: `onnx`, or `torch` for a checkpoint: of PyTorch, of Paddle or in safetensors, as the file itself shows.
        repository: on the hub, as `owner/name`, for files that lie there.
        revision: commit of the repository.
        remote: name of the file in the repository, where that is another.
        urls: addresses of a file that does not lie on the hub, in the order in which they are tried.
    """

    file: str
    size: int | None = None
    sha512: str = ""
    sha256: str = ""
    md5: str = ""
    first_sight: bool = False
    embedded: bool = False
    form: str = "onnx"
    repository: str = ""
    revision: str = ""
    remote: str = ""
    urls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of("form of weights", self.form, FORMS)
        if not self.digests and not self.first_sight:
            raise BadParameter(
                f"weights {self.file}: give at least one of {', '.join(DIGESTS)}, "
                "or first_sight = true where nobody has published any"
            )
        if self.first_sight and self.form != "torch":
            raise BadParameter(f"weights {self.file}: first_sight is for form 'torch' only, not for '{self.form}'")
        for name, value in self.digests.items():
            if len(value) != DIGESTS[name] or not set(value) <= set(string.hexdigits.lower()):
                raise BadParameter(f"weights {self.file}: {name} must be {DIGESTS[name]} lower-case hexadecimal digits")

    @property
    def name(self) -> str:
        """Name of the file, wherever it lies."""
        return PurePath(self.file).name

    @property
    def digests(self) -> dict[str, str]:
        """The digests that are given, by the names that `hashlib` has for them, the strongest first."""
        return {name: getattr(self, name) for name in DIGESTS if getattr(self, name)}

    @property
    def digest(self) -> str:
        """The strongest digest: what names these weights and no others; empty where none is given."""
        return next(iter(self.digests.values()), "")


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
        task: `segment`, `refine`, `matte`, `classify` or `detect`.
        architecture: the network's class in `mattebox.nets`.
        input_size: (height, width) that pictures are resized to, or that limits them.
        mean: per channel, of pixels scaled to 0..1, taken away before the network sees them.
        deviation: per channel, divided by.
        weights: the file.
        licence: of code, weights and training data.
        source: paper or page that describes the model.
        description: what it is good and bad at.
        family: whose programs use these weights: `mattebox`, `carvekit`, `rembg`, `paddleseg`, `vitmatte`; `own` for a
            card of a user's own.
        options: what the network's class is called with.
        scale: what pixels are divided by: `255`, or `max` for the largest value in the picture.
        fit: how pictures are brought to `input_size`: `stretch` to exactly that; or in their own proportions, each side
            rounded down to a multiple, with the shorter side as long as the shorter of `input_size` (`short`), that
            only when it is longer (`limit-short`), or the same for the longer side (`limit-long`).
        multiple: both sides of what the network sees must be multiples of this.
        answers: what the first outputs of the network are, in their order.
        kinds: what a subject can be, in the order of the network's answer; empty when it does not say.
        fixed: the network is only ever shown `input_size`, as its file takes no other.
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
    family: str = "own"
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    scale: str = "255"
    fit: str = "stretch"
    multiple: int = 1
    answers: tuple[str, ...] = ("mask",)
    kinds: tuple[str, ...] = ()
    fixed: bool = False
    mirrored: bool = False
    training: dict[str, Any] = field(default_factory=dict, hash=False)
    figures: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        one_of("task", self.task, TASKS)
        one_of("scale", self.scale, SCALES)
        one_of("fit", self.fit, FITS)

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read a card from its TOML file.

        Raises:
            BadParameter: the file lacks an entry, or has one that is not known or makes no sense.
        """
        record = with_tuples(read_toml(path))
        if unknown := record.keys() - {entry.name for entry in fields(cls)}:
            raise BadParameter(f"{path}: unknown entries {', '.join(sorted(unknown))}")
        try:
            record["weights"] = Weights(**with_tuples(record["weights"]))
            record["licence"] = Licence(**record["licence"])
            return cls(**record)
        except BadParameter as error:
            raise BadParameter(f"{path}: {error}") from error
        except (AttributeError, KeyError, TypeError) as error:
            raise BadParameter(f"{path}: not a complete card: {error}") from error


def one_of(kind: str, value: str, valid: tuple[str, ...]) -> None:
    """Refuse a value that is not among the valid ones.

    Raises:
        BadParameter: with the valid ones and the nearest.
    """
    if value not in valid:
        raise BadParameter(unknown_name(kind, value, valid))


def with_tuples(record: dict[str, Any]) -> dict[str, Any]:
    """A table as TOML has it, with tuples for its lists: a card is not changed."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
