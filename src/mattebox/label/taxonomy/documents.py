"""Label tables as YAML: lists of classes and superclasses, for people who keep them under version control."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.extra import needed_for
from mattebox.label.taxonomy.findings import Finding, Place
from mattebox.label.taxonomy.grids import read_bytes
from mattebox.label.taxonomy.model import UNUSED, Entry, Superclass, Taxonomy
from mattebox.label.taxonomy.numbering import canonical, is_well_formed, numbered_tree, standings
from mattebox.label.taxonomy.tables import Tables, fault_of, split_labels, superclass_numbers
from mattebox.label.taxonomy.words import same, tidy
from mattebox.label.text import decode_text

__all__ = ["DOCUMENTS", "document", "read_document"]

DOCUMENTS = (".yaml", ".yml")

LINE = "\0line"
"""Key under which the line of a mapping is kept while a document is read."""

RULES = {"ignore": str(UNUSED), "reject_frame": str(UNUSED - 1)}
"""Numbers that rules stand for."""

LARGEST = 1_000_000
"""Values that a document may have, those counted again that an alias repeats."""

ENTRY_KEYS = ("number", "name", "parent", "labels", "synonyms", "note", "traits", "url")
SUPERCLASS_KEYS = ("number", "name", "priority", "classes")
LISTS = ("labels", "synonyms", "classes")


def read_document(path: Path, tables: Tables) -> None:
    """Add what a YAML file says.

    Every value is taken as the text that is written, so that a label `no` stays one.

    Raises:
        BadAnnotations: it is not YAML, or has neither `classes` nor `superclasses`.
        MissingExtra: PyYAML is not installed.
    """
    read = _parsed(decode_text(read_bytes(path), path), path)
    if not isinstance(read, dict) or not {"classes", "superclasses"} & set(read):
        raise BadAnnotations(f"{path}: has neither 'classes' nor 'superclasses'; both are lists of mappings")
    for key in set(read) - {"classes", "superclasses", "language", LINE}:
        tables.findings.append(Finding("note", "unread-key", f"'{key}' is not read", str(path), column=key))
    if read.get("language") in ("en", "ru"):
        tables.languages.append(read["language"])
    tables.entries += _entries(list(_mappings(read, "classes", path, tables)), path, tables)
    tables.superclasses += _superclasses(list(_mappings(read, "superclasses", path, tables)), path, tables)


def document(taxonomy: Taxonomy) -> bytes:
    """A taxonomy as YAML, in UTF-8.

    Raises:
        MissingExtra: PyYAML is not installed.
    """
    with needed_for("writing label tables as .yaml"):
        import yaml
    told = {
        "language": taxonomy.language,
        "classes": [_told(ENTRY_KEYS, vars(entry)) for entry in taxonomy.entries],
        "superclasses": [
            _told(SUPERCLASS_KEYS, {**vars(each), "classes": each.meanings}) for each in taxonomy.superclasses
        ],
    }
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120).encode()


def _told(keys: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """What a mapping says: the keys that are not empty, and the columns that are not understood."""
    known = {key: _plain(values[key]) for key in keys if values.get(key) not in {None, "", ()}}
    extra = {name: _plain(value) for name, value in values["extra"].items()}
    return {**known, "extra": extra} if extra else known


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _parsed(text: str, path: Path) -> Any:
    """The document with all scalars as texts, and in each mapping the line on which it begins."""
    with needed_for("reading label tables from .yaml"):
        import yaml

    class Loader(yaml.BaseLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
            read = super().construct_mapping(node, deep=deep)
            if len(read) < len(node.value):
                raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
            return {**read, LINE: node.start_mark.line + 1}

    try:
        size = _size(yaml.compose(text, Loader), {})
        if size > LARGEST:
            raise BadAnnotations(f"{path}: its aliases unfold to more than {LARGEST:,} values, which no table needs")
        return yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise BadAnnotations(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error


def _size(node: Any, known: dict[int, float]) -> float:
    """How many values a node has once its aliases are unfolded; infinite for one that holds itself."""
    if node is None or isinstance(node.value, str):
        return 1
    if id(node) not in known:
        known[id(node)] = math.inf
        parts = chain.from_iterable(each if isinstance(each, tuple) else (each,) for each in node.value)
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]


def _mappings(read: dict[str, Any], key: str, path: Path, tables: Tables) -> Iterator[dict[str, Any]]:
    listed = read.get(key) or []
    if not isinstance(listed, list):
        raise BadAnnotations(f"{path}: '{key}' is not a list of mappings")
    for position, item in enumerate(listed, start=1):
        if isinstance(item, dict):
            tables.findings += _nested(item, path)
            yield item
        else:
            cause = f"item {position} of '{key}' is not a mapping such as '- name: Car'; it is not read"
            tables.findings.append(Finding("error", "not-a-mapping", cause, str(path), column=key))


def _nested(item: dict[str, Any], path: Path) -> Iterator[Finding]:
    """Values that are lists or mappings where a text is expected."""
    for key in {*ENTRY_KEYS, *SUPERCLASS_KEYS, "rule"} & set(item):
        values = item[key] if key in LISTS and isinstance(item[key], list) else [item[key]]
        if not all(isinstance(value, str) for value in values):
            cause = f"'{key}' holds a list or a mapping where a text is expected; it is read as JSON"
            yield Finding.at("error", "not-a-text", cause, _place(item, path), key)


def _entries(items: list[dict[str, Any]], path: Path, tables: Tables) -> list[Entry]:
    entries = [_entry(item, path) for item in items]
    parents = _parents(entries)
    if not any(entry.number for entry in entries) and parents is not None:
        ordered = [replace(entries[position], number=number) for position, number in numbered_tree(parents)]
    else:
        ordered = entries
        for entry in entries:
            fault = "no-number" if not entry.number else "bad-number" if not is_well_formed(entry.number) else ""
            if fault:
                cell = f"{entry.number} {entry.name}".strip()
                tables.findings.append(Finding.at(*fault_of(fault, cell), entry.place, "number"))
    stand = list(standings([(entry.number, entry.name) for entry in ordered]))
    placed = [replace(entry, parent=entry.parent or at.parent) for entry, at in zip(ordered, stand, strict=True)]
    above = {same(entry.name): same(entry.parent) for entry in reversed(placed)}
    for position, (entry, at) in enumerate(zip(placed, stand, strict=True)):
        by_number = same(entry.parent) == same(at.parent)
        if entry.number and not by_number:
            cause = f"'{entry.name}' is a kind of '{entry.parent}', and of '{at.parent}' by its number {entry.number}"
            tables.findings.append(Finding.at("warning", "parent-against-number", cause, entry.place, "parent"))
        placed[position] = replace(entry, depth=at.depth if by_number else _depth(same(entry.name), above))
    return placed


def _depth(name: str, above: Mapping[str, str]) -> int:
    """How many classes a class lies below; a cycle ends where it closes."""
    seen = {name}
    while (name := above.get(name, "")) and name in above and name not in seen:
        seen.add(name)
    return len(seen) - 1


def _parents(entries: list[Entry]) -> list[int] | None:
    """Position of each class's parent, -1 for none; None where one is unknown or classes are their own ancestors."""
    positions: dict[str, int] = {}
    for position, entry in enumerate(entries):
        positions.setdefault(same(entry.name), position)
    parents = [positions.get(same(entry.parent), len(entries)) if entry.parent else -1 for entry in entries]
    for start in range(len(entries)):
        position, steps = start, 0
        while position >= 0:
            if position == len(entries) or steps > len(entries):
                return None
            position, steps = parents[position], steps + 1
    return parents


def _entry(item: dict[str, Any], path: Path) -> Entry:
    return Entry(
        name=tidy(_text(item.get("name", ""))),
        number=canonical(tidy(_text(item.get("number", "")))),
        parent=tidy(_text(item.get("parent", ""))),
        labels=_texts(item.get("labels", "")),
        synonyms=_texts(item.get("synonyms", "")),
        note=_text(item.get("note", "")),
        traits=_text(item.get("traits", "")),
        url=_text(item.get("url", "")),
        extra={name: _text(value) for name, value in _extra(item, ENTRY_KEYS)},
        place=_place(item, path),
    )


def _superclasses(items: list[dict[str, Any]], path: Path, tables: Tables) -> list[Superclass]:
    told: list[tuple[str, Place]] = []
    for item in items:
        place, rule = _place(item, path), tidy(_text(item.get("rule", "")))
        number = tidy(_text(item.get("number", RULES.get(rule, ""))))
        if rule and (rule not in {*RULES, "use"} or number != RULES.get(rule, number)):
            cause = f"the rule '{rule}' does not fit: use needs a number from 1, {', '.join(RULES)} none"
            tables.findings.append(Finding.at("error", "bad-rule", cause, place, "rule"))
        told.append((number, place))
    numbers = superclass_numbers(told, tables.findings)
    return [_superclass(item, number, _place(item, path), tables) for item, number in zip(items, numbers, strict=True)]


def _superclass(item: dict[str, Any], number: int, place: Place, tables: Tables) -> Superclass:
    meanings = _texts(item.get("classes", ""))
    rows = max(len(meanings), 1)
    extra = {}
    for key, value in _extra(item, (*SUPERCLASS_KEYS, "rule")):
        told = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
        if len(told) > rows:
            cause = f"'{key}' has {len(told)} values for {rows} classes; those after them are not read"
            tables.findings.append(Finding.at("warning", "too-many-values", cause, place, key))
        extra[key] = tuple([*told, *[""] * rows][:rows])
    name, priority = (tidy(_text(item.get(key, ""))) for key in ("name", "priority"))
    return Superclass(name, number, meanings, priority, extra, (place,) * rows)


def _extra(item: dict[str, Any], keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What is not understood: the mapping `extra`, and other keys."""
    extra = item.get("extra", {})
    nested = (
        {key: value for key, value in extra.items() if key != LINE} if isinstance(extra, dict) else {"extra": extra}
    )
    other = {key: value for key, value in item.items() if key not in {*keys, "extra", LINE}}
    yield from {**other, **nested}.items()


def _place(item: dict[str, Any], path: Path) -> Place:
    """Where a mapping stands, with its keys by what tables call them."""
    columns = {key: key for key in item if key != LINE}
    named = {"meanings": columns.get("classes", ""), "superclass": columns.get("name", "")}
    return Place(str(path), "", item[LINE], {**columns, **{holds: key for holds, key in named.items() if key}})


def _text(value: Any) -> str:
    """A scalar as it is written; what is nested, as JSON."""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(_without_lines(value), ensure_ascii=False)


def _without_lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_lines(each) for key, each in value.items() if key != LINE}
    return [_without_lines(each) for each in value] if isinstance(value, list) else value


def _texts(value: Any) -> tuple[str, ...]:
    """A list of names, or a single text as a cell of a table has it."""
    if isinstance(value, list):
        return tuple(dict.fromkeys(filter(None, (tidy(_text(each)) for each in value))))
    return split_labels(_text(value))
