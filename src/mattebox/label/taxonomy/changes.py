"""What changed between two versions of a label table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from mattebox.label.taxonomy.model import Entry, Superclass, Taxonomy
from mattebox.label.taxonomy.words import same

__all__ = ["Change", "ChangeKind", "diff"]

ChangeKind: TypeAlias = Literal["added", "removed", "renamed", "moved", "label", "index"]
"""A class or superclass came, went, was renamed or belongs elsewhere; a label came or went; an index is another."""

Thing: TypeAlias = Literal["class", "superclass"]

Either = TypeVar("Either", Entry, Superclass)


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: what happened.
        thing: what it happened to.
        name: of the class or superclass, as the new table has it, or the old one if it went.
        what: in which regard: `name`, `parent`, `superclass`, `labels`, `synonyms`, `index`; empty if it came or went.
        old: what it was before; empty if nothing.
        new: what it is now; empty if nothing.

    Example:
        >>> print(Change("index", "superclass", "vehicle", "index", "2", "3"))
        superclass 'vehicle': index 2 -> 3
    """

    kind: ChangeKind
    thing: Thing
    name: str
    what: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        if self.kind in {"added", "removed"}:
            return f"{self.thing} '{self.name}': {self.kind}"
        return f"{self.thing} '{self.name}': {self.what} {self.old or 'none'} -> {self.new or 'none'}"

    def record(self) -> dict[str, Any]:
        """The change as plain data."""
        return asdict(self)


def diff(old: Taxonomy, new: Taxonomy) -> list[Change]:
    """What changed, classes first, each in the order of the new table; what went comes last.

    A class that has another name is taken for the same if it shares a label, or else stands at the same place with the
    same number; a superclass if it shares a class, or else has the same number.
    """
    return [*_class_changes(old, new), *_superclass_changes(old, new)]


def _class_changes(old: Taxonomy, new: Taxonomy) -> Iterator[Change]:
    pairs, gone = _paired(old.entries, new.entries, CLASS_WAYS)
    names = {same(before.name): entry.name for before, entry in pairs if before}
    for before, entry in pairs:
        if before is None:
            yield Change("added", "class", entry.name)
            continue
        if before.name != entry.name:
            yield Change("renamed", "class", entry.name, "name", before.name, entry.name)
        if same(names.get(same(before.parent), before.parent)) != same(entry.parent):
            yield Change("moved", "class", entry.name, "parent", before.parent, entry.parent)
        for what in ("labels", "synonyms"):
            yield from _list_changes(entry.name, what, getattr(before, what), getattr(entry, what))
    yield from (Change("removed", "class", entry.name) for entry in gone)
    yield from _moved_between_superclasses(old, new, names)


def _list_changes(name: str, what: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    yield from (Change("label", "class", name, what, "", label) for label in after if label not in before)
    yield from (Change("label", "class", name, what, label, "") for label in before if label not in after)


def _moved_between_superclasses(old: Taxonomy, new: Taxonomy, names: dict[str, str]) -> Iterator[Change]:
    """Classes that belong to another superclass, one that only has another name not being another."""
    pairs, _ = _paired(old.superclasses, new.superclasses, SUPERCLASS_WAYS)
    renamed = {same(before.name): after.name for before, after in pairs if before}
    owners = {
        same(names.get(same(meaning), meaning)): superclass.name
        for superclass in reversed(old.superclasses)
        for meaning in reversed(superclass.meanings)
    }
    known = {same(name) for name in names.values()} | set(owners)
    for superclass in new.superclasses:
        for meaning in superclass.meanings:
            before = owners.pop(same(meaning), "")
            if same(meaning) in known and same(renamed.get(same(before), before)) != same(superclass.name):
                yield Change("moved", "class", meaning, "superclass", before, superclass.name)
    still = {same(entry.name): entry.name for entry in new.entries}
    for meaning, before in owners.items():
        if meaning in still:
            yield Change("moved", "class", still[meaning], "superclass", before, "")


def _superclass_changes(old: Taxonomy, new: Taxonomy) -> Iterator[Change]:
    pairs, gone = _paired(old.superclasses, new.superclasses, SUPERCLASS_WAYS)
    for before, superclass in pairs:
        if before is None:
            yield Change("added", "superclass", superclass.name)
            continue
        if before.name != superclass.name:
            yield Change("renamed", "superclass", superclass.name, "name", before.name, superclass.name)
        was, now = _index(old, before), _index(new, superclass)
        if was != now:
            yield Change("index", "superclass", superclass.name, "index", was, now)
    yield from (Change("removed", "superclass", superclass.name) for superclass in gone)


def _index(taxonomy: Taxonomy, superclass: Superclass) -> str:
    """The class index of a superclass, or the rule that gives it none."""
    return str(taxonomy.names.index(superclass.name)) if superclass.rule == "use" else superclass.rule


def _paired(
    old: Sequence[Either], new: Sequence[Either], likely: Sequence[Callable[[Either, Either], bool]]
) -> tuple[list[tuple[Either | None, Either]], list[Either]]:
    """What was each of the new ones before, or None; and the old ones that are gone.

    Args:
        old: before.
        new: now.
        likely: what makes two of them the same, the surest first.
    """
    left = list(old)
    found: dict[int, Either] = {}
    for is_same in likely:
        for position, after in enumerate(new):
            match = next((each for each in left if is_same(each, after)), None) if position not in found else None
            if match is not None:
                found[position] = match
                left = [each for each in left if each is not match]
    return [(found.get(position), after) for position, after in enumerate(new)], left


def _same_name(old: Entry | Superclass, new: Entry | Superclass) -> bool:
    return old.name == new.name


def _same_name_but_case(old: Entry | Superclass, new: Entry | Superclass) -> bool:
    return same(old.name) == same(new.name)


def _shares_label(old: Entry, new: Entry) -> bool:
    return bool({*old.labels, *old.synonyms} & {*new.labels, *new.synonyms})


def _same_number(old: Entry, new: Entry) -> bool:
    return bool(old.number) and (old.number, same(old.parent)) == (new.number, same(new.parent))


def _shares_meaning(old: Superclass, new: Superclass) -> bool:
    return bool(set(map(same, old.meanings)) & set(map(same, new.meanings)))


def _same_superclass_number(old: Superclass, new: Superclass) -> bool:
    return old.number == new.number


CLASS_WAYS: tuple[Callable[[Entry, Entry], bool], ...] = (
    _same_name,
    _same_name_but_case,
    _shares_label,
    _same_number,
)
SUPERCLASS_WAYS: tuple[Callable[[Superclass, Superclass], bool], ...] = (
    _same_name,
    _same_name_but_case,
    _shares_meaning,
    _same_superclass_number,
)
"""What makes two of them the same, the surest first."""
