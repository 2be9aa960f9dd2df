"""What is wrong with a label table: every rule is a function that yields findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING

from mattebox.label.taxonomy.findings import Finding, Level, Place
from mattebox.label.taxonomy.numbering import parts_of, roman, roman_value
from mattebox.label.taxonomy.similar import nearest, similar_pairs
from mattebox.label.taxonomy.words import has_mixed_alphabets, same

if TYPE_CHECKING:
    from mattebox.label.taxonomy.model import Entry, Superclass, Taxonomy

__all__ = ["RULES", "lint"]


def lint(taxonomy: Taxonomy) -> list[Finding]:
    """Everything that is wrong, see `Taxonomy.lint`."""
    found = list(taxonomy.findings)
    for rule in RULES:
        found += rule(taxonomy)
    files = list(dict.fromkeys(finding.file for finding in found))
    sheets = list(dict.fromkeys(finding.sheet for finding in found))
    return sorted(found, key=lambda each: (files.index(each.file), sheets.index(each.sheet), each.row))


def _where(place: Place) -> str:
    """Where another row is, in words."""
    return f"in row {place.row}" if place.row else "before"


def empty_names(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Classes and superclasses without a name."""
    for entry in taxonomy.entries:
        if not entry.name:
            yield Finding.at("error", "empty-name", "a class without a name", entry.place, "name")
    for superclass in taxonomy.superclasses:
        if not superclass.name:
            yield Finding.at("error", "empty-name", "a superclass without a name", superclass.place(), "superclass")


def labels_with_two_meanings(taxonomy: Taxonomy) -> Iterator[Finding]:
    """A label or synonym that several classes have: the first one gets its objects."""
    owners: dict[str, Entry] = {}
    for holds, entry in product(("labels", "synonyms"), taxonomy.entries):
        for label in getattr(entry, holds):
            owner = owners.setdefault(label, entry)
            if same(owner.name) != same(entry.name):
                cause = f"'{label}' means '{entry.name}' here and '{owner.name}' {_where(owner.place)}, which counts"
                yield Finding.at("error", "label-with-two-meanings", cause, entry.place, holds)


def labels_with_commas(taxonomy: Taxonomy) -> Iterator[Finding]:
    """A label that is perhaps several."""
    for entry in taxonomy.entries:
        for label in entry.labels:
            if "," in label:
                cause = f"'{label}' is read as one label; several are divided by semicolons"
                yield Finding.at("warning", "comma-in-label", cause, entry.place, "labels")


def meanings_twice(taxonomy: Taxonomy) -> Iterator[Finding]:
    """A class that stands in the table twice."""
    owners: dict[str, Entry] = {}
    for entry in taxonomy.entries:
        owner = owners.setdefault(same(entry.name), entry)
        if owner is not entry and entry.name:
            cause = f"the class '{entry.name}' stands {_where(owner.place)} too; both are taken for the same"
            yield Finding.at("warning", "class-twice", cause, entry.place, "name")


def meanings_in_two_superclasses(taxonomy: Taxonomy) -> Iterator[Finding]:
    """A class that several superclasses claim, or one claims twice."""
    owners: dict[str, tuple[Superclass, int]] = {}
    for superclass in taxonomy.superclasses:
        for row, meaning in enumerate(superclass.meanings):
            owner, line = owners.setdefault(same(meaning), (superclass, row))
            if (owner, line) == (superclass, row):
                continue
            before = f"of '{owner.name}' {_where(owner.place(line))}"
            cause = f"the class '{meaning}' is a class {before} too; a class belongs to one superclass"
            severity: Level = "warning" if owner.name == superclass.name else "error"
            yield Finding.at(severity, "meaning-in-two-superclasses", cause, superclass.place(row), "meanings")


def numbers_of_superclasses(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Numbers that two superclasses share, that one has two of, that are left out, or that mean nothing."""
    by_number: dict[int, Superclass] = {}
    by_name: dict[str, Superclass] = {}
    for superclass in taxonomy.superclasses:
        place, number, name = superclass.place(), superclass.number, superclass.name
        if superclass.rule == "use" and (owner := by_number.setdefault(number, superclass)).name != name:
            cause = f"'{name}' and '{owner.name}' both have the number {number}; give one of them another"
            yield Finding.at("error", "number-of-two-superclasses", cause, place, "number")
        if name and (owner := by_name.setdefault(same(name), superclass)).number != number:
            cause = f"'{name}' has the number {number} here and {owner.number} {_where(owner.place())}"
            yield Finding.at("error", "superclass-with-two-numbers", cause, place, "number")
        if number < -1:
            cause = f"'{name}' has the number {number}; use -1 to reject frames and 0 to ignore objects"
            yield Finding.at("error", "bad-number", cause, place, "number")
    for missing, after in _gaps(sorted(by_number)):
        cause = f"no superclass has the number {missing}; indices are given without gaps"
        yield Finding.at("warning", "number-gap", cause, by_number[after].place(), "number")


def empty_superclasses(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Superclasses without classes."""
    for superclass in taxonomy.superclasses:
        if not superclass.meanings:
            cause = f"the superclass '{superclass.name}' has no classes"
            yield Finding.at("warning", "empty-superclass", cause, superclass.place(), "meanings")


def priorities(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Priorities of what is not trained on, and those that are left out where others have one."""
    has_some = any(superclass.priority for superclass in taxonomy.superclasses)
    for superclass in taxonomy.superclasses:
        used = superclass.rule == "use"
        if superclass.priority and not used:
            cause = f"'{superclass.name}' is not used for training, so its priority '{superclass.priority}' is void"
            yield Finding.at("note", "unused-priority", cause, superclass.place(), "priority")
        elif has_some and used and not superclass.priority:
            cause = f"'{superclass.name}' has no priority, and others have"
            yield Finding.at("warning", "no-priority", cause, superclass.place(), "priority")


def orphans(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Classes that stand in one table only."""
    if not taxonomy.entries or not taxonomy.superclasses:
        return
    classes = list(dict.fromkeys(entry.name for entry in taxonomy.entries if entry.name))
    meanings = list(dict.fromkeys(meaning for each in taxonomy.superclasses for meaning in each.meanings))
    known, used = set(map(same, classes)), set(map(same, meanings))
    parents = {same(entry.parent) for entry in taxonomy.entries}
    for entry in taxonomy.entries:
        labelled = bool(entry.labels or entry.synonyms)
        if same(entry.name) in used or not entry.name or (not labelled and same(entry.name) in parents):
            continue
        told = f"'{entry.name}' is in no superclass" + (", so that its labels are unknown" if labelled else "")
        severity: Level = "error" if labelled else "note"
        yield Finding.at(severity, "orphan-class", told + nearest(entry.name, meanings), entry.place, "name")
    for superclass in taxonomy.superclasses:
        for row, meaning in enumerate(superclass.meanings):
            if same(meaning) not in known:
                told = f"'{meaning}' of '{superclass.name}' is not in the table of classes" + nearest(meaning, classes)
                yield Finding.at("error", "orphan-meaning", told, superclass.place(row), "meanings")


def merged_labels(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Labels that become one class index: what a table is for, and good to look over."""
    merged: dict[str, list[str]] = defaultdict(list)
    for label in dict.fromkeys(label for entry in taxonomy.entries for label in entry.labels):
        found = taxonomy.resolve(label)
        if found.rule == "use":
            merged[found.superclass].append(label)
    for superclass in taxonomy.superclasses:
        labels = merged.pop(superclass.name, [])
        if len(labels) > 1:
            index = taxonomy.names.index(superclass.name)
            cause = f"{len(labels)} labels become index {index}, '{superclass.name}': {', '.join(labels)}"
            yield Finding.at("note", "labels-of-one-index", cause, superclass.place(), "superclass")


def hierarchy(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Parents that are not there, and classes that are their own ancestors."""
    known = {same(entry.name): entry for entry in reversed(taxonomy.entries) if entry.name}
    for entry in taxonomy.entries:
        if entry.parent and same(entry.parent) not in known:
            names = [each.name for each in taxonomy.entries]
            cause = f"'{entry.name}' is a kind of '{entry.parent}', which is no class{nearest(entry.parent, names)}"
            yield Finding.at("error", "unknown-parent", cause, entry.place, "parent")
        path, above = [entry.name], known.get(same(entry.parent))
        while above and same(above.name) not in map(same, path):
            path, above = [*path, above.name], known.get(same(above.parent))
        if above and same(above.name) == same(entry.name):
            cause = f"'{entry.name}' is its own ancestor: {' < '.join([*path, entry.name])}"
            yield Finding.at("error", "cycle", cause, entry.place, "parent")


def numbers_of_classes(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Numbers of classes that stand twice in their group, or that are left out."""
    group = ""
    seen: dict[tuple[str, tuple[int, ...]], dict[int, Entry]] = defaultdict(dict)
    for entry in taxonomy.entries:
        parts = parts_of(entry.number)
        value = parts[-1] if parts else roman_value(entry.number)
        if value is None:
            continue
        group = group if parts else entry.number
        siblings = seen[(group if parts else "", parts[:-1])] if parts else seen["roman", ()]
        owner = siblings.setdefault(value, entry)
        if owner is not entry:
            cause = f"'{entry.name}' has the number {entry.number} of '{owner.name}' {_where(owner.place)}"
            yield Finding.at("warning", "number-twice", cause, entry.place, "name")
    for (kind, _), siblings in seen.items():
        for missing, after in _gaps(sorted(siblings)):
            entry = siblings[after]
            told = roman(missing) if kind == "roman" else ".".join([*entry.number.split(".")[:-1], str(missing)])
            yield Finding.at("warning", "number-gap", f"no class has the number {told}", entry.place, "name")


def _gaps(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Numbers that are left out from 1 on, each with the one that follows: of a run of them only the first."""
    for before, number in zip([0, *numbers], numbers, strict=False):
        if number > before + 1:
            yield before + 1, number


def near_duplicates(taxonomy: Taxonomy) -> Iterator[Finding]:
    """Names that differ in case, spaces, letters that look alike or a letter or two, and words of mixed alphabets."""
    meanings = [(entry.name, entry.place, "name", entry.name) for entry in taxonomy.entries]
    labels = [(label, entry.place, "labels", entry.name) for entry in taxonomy.entries for label in entry.labels]
    labels += [(label, entry.place, "synonyms", entry.name) for entry in taxonomy.entries for label in entry.synonyms]
    supers = [(each.name, each.place(), "superclass", each.name) for each in taxonomy.superclasses]
    for each in taxonomy.superclasses:
        meanings += [(meaning, each.place(row), "meanings", meaning) for row, meaning in enumerate(each.meanings)]
    for names in (meanings, labels, supers):
        yield from _near(names)


def _near(names: Iterable[tuple[str, Place, str, str]]) -> Iterator[Finding]:
    """Near-duplicates among texts, each with its place, what its column holds, and what it stands for."""
    once = list({each[0]: each for each in reversed(list(names)) if each[0]}.values())[::-1]
    for text, place, holds, _ in once:
        if has_mixed_alphabets(text):
            cause = f"'{text}' has a word in Latin and Cyrillic letters"
            yield Finding.at("warning", "mixed-alphabets", cause, place, holds)
    for one, other, difference in similar_pairs([text for text, *_ in once]):
        if _are_spellings(once[one], once[other]):
            continue
        text, place, holds, _ = once[other]
        cause = f"'{text}' differs from '{once[one][0]}' {_where(once[one][1])} only in {difference}"
        yield Finding.at("warning", "near-duplicate", cause, place, holds)


def _are_spellings(one: tuple[str, Place, str, str], other: tuple[str, Place, str, str]) -> bool:
    """Whether two labels are spellings of one class, which is meant so."""
    return {one[2], other[2]} <= {"labels", "synonyms"} and same(one[3]) == same(other[3])


RULES = (
    empty_names,
    labels_with_two_meanings,
    labels_with_commas,
    meanings_twice,
    meanings_in_two_superclasses,
    numbers_of_superclasses,
    empty_superclasses,
    priorities,
    orphans,
    merged_labels,
    hierarchy,
    numbers_of_classes,
    near_duplicates,
)
"""Every rule, in the order in which they are told of a row."""
