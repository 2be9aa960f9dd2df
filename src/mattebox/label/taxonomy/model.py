"""Label tables: which labels mean what, what is trained on as one class, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from mattebox.label.taxonomy.findings import Finding, Place
from mattebox.label.taxonomy.words import Lookup

if TYPE_CHECKING:
    from mattebox.label.dataset import Dataset
    from mattebox.label.report import Report

__all__ = ["Entry", "Language", "Outcome", "Resolution", "Rule", "Superclass", "Taxonomy", "Unknown"]

Language: TypeAlias = Literal["en", "ru"]
"""The language that the headers of a table are in."""

Rule: TypeAlias = Literal["use", "ignore", "reject_frame"]
"""Train on an object; leave it out and keep its frame; leave its whole frame out."""

Outcome: TypeAlias = Literal["use", "ignore", "reject_frame", "unknown"]
"""What becomes of a label: a rule, or the table does not lead it to a superclass."""

Unknown: TypeAlias = Literal["drop", "ignore", "reject", "error"]
"""What to do with objects whose label is unknown: drop them, leave them out as told, reject their frames, or stop."""

UNUSED = 0
"""Number of a superclass whose objects are left out; below it are those that reject a frame, above it the used ones."""


@dataclass(frozen=True)
class Entry:
    """A class of objects: what labels of it mean.

    Attributes:
        name: the meaning, which superclasses refer to.
        number: its place in the hierarchy, such as `II` for a group or `1.2` inside one; empty in a flat table.
        depth: how many classes it lies below; 0 for the topmost.
        parent: name of the class that it is a kind of; empty for the topmost.
        labels: what annotators call it in CVAT; none for a mere category.
        synonyms: what it is called in other sources.
        note: for people.
        traits: how to tell it.
        url: where to read on.
        extra: columns of its table that are none of these, by header.
        place: where it was read.
    """

    name: str
    number: str = ""
    depth: int = 0
    parent: str = ""
    labels: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    note: str = ""
    traits: str = ""
    url: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default_factory=Place, compare=False, repr=False)


@dataclass(frozen=True)
class Superclass:
    """Classes that are trained on as one.

    Attributes:
        name: what it is called.
        number: 1 for the first class index, 0 to leave its objects out, -1 to reject their frames.
        meanings: names of its classes.
        priority: a word for people; nothing depends on it.
        extra: columns of its table that are none of these, by header: a text for each of its rows, of which there is
            one for every meaning, and at least one.
        places: where those rows were read.

    Example:
        >>> Superclass("vehicle", 1).rule, Superclass("toy", 0).rule, Superclass("blurred", -1).rule
        ('use', 'ignore', 'reject_frame')
    """

    name: str
    number: int
    meanings: tuple[str, ...] = ()
    priority: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: tuple[Place, ...] = field(default=(), compare=False, repr=False)

    @property
    def rule(self) -> Rule:
        """What is done with its objects."""
        if self.number > UNUSED:
            return "use"
        return "ignore" if self.number == UNUSED else "reject_frame"

    def place(self, row: int = 0) -> Place:
        """Where one of its rows was read."""
        return self.places[row] if row < len(self.places) else Place()


@dataclass(frozen=True)
class Resolution:
    """Where a table leads a label.

    Attributes:
        label: as it was asked for.
        meaning: its class; empty when no class has that label.
        superclass: the superclass of that class; empty when there is none.
        index: class index of the superclass, without gaps; -1 unless the rule is `use`.
        rule: what to do with objects of that label.
    """

    label: str
    meaning: str = ""
    superclass: str = ""
    index: int = -1
    rule: Outcome = "unknown"

    @property
    def reason(self) -> str:
        """Why objects of that label are left out, in words; empty if they are used."""
        match self.rule:
            case "use":
                return ""
            case "ignore":
                return f"'{self.label}' is of '{self.superclass}', which the table leaves out"
            case "reject_frame":
                return f"'{self.label}' is of '{self.superclass}', which rejects its frames"
            case _ if self.meaning:
                return f"'{self.label}' means '{self.meaning}', which is in no superclass"
            case _:
                return f"'{self.label}' is not in the label table"


@dataclass(frozen=True)
class Taxonomy:
    """A table of classes and a table of superclasses.

    A label leads to the class that has it, as a label or else as a synonym, and the class to its superclass. Letters
    are compared as they are first, and without their case where that finds nothing. Where a table contradicts itself
    the first row counts; `lint` tells of it.

    Attributes:
        entries: the classes, in the order of the table: parents before their children.
        superclasses: in the order of their table.
        language: of the headers that it is saved with.
        findings: what was wrong with the files that it was read from.

    Example:
        >>> car = Entry("Passenger car", labels=("car", "taxi"))
        >>> taxonomy = Taxonomy((car,), (Superclass("vehicle", 4, ("Passenger car",)),))
        >>> taxonomy.resolve("Taxi")
        Resolution(label='Taxi', meaning='Passenger car', superclass='vehicle', index=0, rule='use')
    """

    entries: tuple[Entry, ...] = ()
    superclasses: tuple[Superclass, ...] = ()
    language: Language = "en"
    findings: tuple[Finding, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def load(cls, *paths: str | Path, aliases: Mapping[str, Iterable[str]] | None = None) -> Taxonomy:
        """Read the tables of one or several files; which table is which is told by their headers.

        Args:
            paths: .xlsx, .csv, .tsv, .txt, .yaml or .yml. An .xlsx may hold both tables in two sheets, a text both one
                below the other.
            aliases: further headers, by what they head: `name`, `number`, `labels`, `synonyms`, `note`, `traits`, `url`
                of classes, `superclass`, `meanings`, `priority` of superclasses.

        Raises:
            BadAnnotations: a file cannot be read as what it claims to be, or holds neither table.
            BadParameter: an alias is for something else.
            MissingExtra: the package that reads that kind of file is not installed.
        """
        from mattebox.label.taxonomy.reading import read_taxonomy

        return read_taxonomy(paths, aliases or {})

    def save(self, *paths: str | Path, overwrite: bool = False) -> None:
        """Write both tables, in a form that `load` reads back without loss.

        Args:
            paths: one file for both tables, or one for the classes and one for the superclasses.
            overwrite: replace files that are there.

        Raises:
            BadParameter: a suffix is none of those that `load` knows, or a class cannot be written in that form.
            OutputFailed: a file exists, or cannot be written.
        """
        from mattebox.label.taxonomy.saving import save_taxonomy

        save_taxonomy(self, paths, overwrite=overwrite)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the superclasses that are used, each at its class index: by number, without gaps."""
        used = (superclass for superclass in self.superclasses if superclass.rule == "use")
        return tuple(dict.fromkeys(each.name for each in sorted(used, key=lambda superclass: superclass.number)))

    def resolve(self, label: str) -> Resolution:
        """Where the table leads a label; a label that it does not know has the rule `unknown`."""
        entry = self._entries.get(label)
        if entry is None:
            return Resolution(label)
        superclass = self._superclasses.get(entry.name)
        if superclass is None:
            return Resolution(label, entry.name)
        index = self.names.index(superclass.name) if superclass.rule == "use" else -1
        return Resolution(label, entry.name, superclass.name, index, superclass.rule)

    def lint(self) -> list[Finding]:
        """What is wrong with the tables, and where: errors, warnings and notes, in the order of the files."""
        from mattebox.label.taxonomy.lint import lint

        return lint(self)

    def apply(self, dataset: Dataset, report: Report, *, unknown: Unknown = "drop") -> Dataset:
        """Turn labels into superclasses, drop what is to be ignored, and delete the frames that are to be rejected.

        Args:
            dataset: whose tracks have been interpolated; a frame between two keyframes is otherwise not rejected.
            report: told of everything that is left out, and of what the table contradicts itself in.
            unknown: what becomes of objects whose label leads to no superclass.

        Returns:
            A data set whose labels are the superclasses that are used, in the order of their indices.

        Raises:
            BadAnnotations: labels are unknown and `unknown` is `error`, or the table has no superclass to use.
            BadParameter: `unknown` is none of the four.
        """
        from mattebox.label.taxonomy.applying import apply_taxonomy

        return apply_taxonomy(self, dataset, report, unknown=unknown)

    @cached_property
    def _entries(self) -> Lookup[Entry]:
        by_label = ((label, entry) for entry in self.entries for label in entry.labels)
        by_synonym = ((synonym, entry) for entry in self.entries for synonym in entry.synonyms)
        return Lookup(by_label, by_synonym)

    @cached_property
    def _superclasses(self) -> Lookup[Superclass]:
        return Lookup((meaning, superclass) for superclass in self.superclasses for meaning in superclass.meanings)
