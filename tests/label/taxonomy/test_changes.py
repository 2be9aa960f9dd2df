from __future__ import annotations

from dataclasses import replace

import pytest

from label_tables import vehicles
from mattebox.label.taxonomy import Entry, Superclass, Taxonomy, diff


def told(old: Taxonomy, new: Taxonomy) -> list[str]:
    return [str(change) for change in diff(old, new)]


def with_entry(taxonomy: Taxonomy, position: int, **changes: object) -> Taxonomy:
    entries = list(taxonomy.entries)
    entries[position] = replace(entries[position], **changes)  # type: ignore[arg-type]
    return replace(taxonomy, entries=tuple(entries))


def with_superclass(taxonomy: Taxonomy, position: int, **changes: object) -> Taxonomy:
    supers = list(taxonomy.superclasses)
    supers[position] = replace(supers[position], **changes)  # type: ignore[arg-type]
    return replace(taxonomy, superclasses=tuple(supers))


def test_nothing_changed() -> None:
    assert diff(vehicles(), vehicles()) == []


def test_a_class_that_is_renamed_is_known_by_its_labels_or_its_number() -> None:
    old = vehicles()
    by_label = with_entry(old, 3, name="Goods vehicle", number="9")
    assert "class 'Goods vehicle': name Truck -> Goods vehicle" in told(old, by_label)
    by_number = with_entry(old, 0, name="Road vehicles")
    by_number = with_entry(with_entry(by_number, 1, parent="Road vehicles"), 3, parent="Road vehicles")
    assert told(old, by_number) == ["class 'Road vehicles': name Vehicles -> Road vehicles"]


def test_a_rename_in_both_tables_is_no_move() -> None:
    new = with_superclass(with_entry(vehicles(), 3, name="Lorry"), 1, meanings=("Lorry",))
    assert told(vehicles(), new) == ["class 'Lorry': name Truck -> Lorry"]
    new = with_superclass(vehicles(), 1, name="freight")
    assert told(vehicles(), new) == ["superclass 'freight': name cargo -> freight"]


def test_what_came_and_what_went() -> None:
    old, new = vehicles(), vehicles()
    new = replace(new, entries=(*new.entries[:5], *new.entries[6:], Entry("Crack", "3", 1, "Marks", ("crack",))))
    new = with_superclass(new, 2, meanings=())
    changes = told(old, new)
    assert "class 'Crack': added" in changes
    assert "class 'Reflection': removed" in changes


def test_labels_that_came_and_went() -> None:
    new = with_entry(vehicles(), 3, labels=("truck", "van"), synonyms=("hgv",))
    assert told(vehicles(), new) == [
        "class 'Truck': labels none -> van",
        "class 'Truck': labels lorry -> none",
        "class 'Truck': synonyms none -> hgv",
    ]


def test_a_class_that_moved_in_the_hierarchy_or_to_another_superclass() -> None:
    assert told(vehicles(), with_entry(vehicles(), 2, parent="Vehicles", depth=1)) == [
        "class 'Taxi': parent Car -> Vehicles"
    ]
    new = with_superclass(with_superclass(vehicles(), 0, meanings=("Car",)), 1, meanings=("Truck", "Taxi"))
    assert told(vehicles(), new) == ["class 'Taxi': superclass passenger -> cargo"]
    new = with_superclass(vehicles(), 0, meanings=("Car",))
    assert told(vehicles(), new) == ["class 'Taxi': superclass passenger -> none"]
    assert told(new, vehicles()) == ["class 'Taxi': superclass none -> passenger"]


def test_indices_that_are_others_now() -> None:
    new = replace(vehicles(), superclasses=(Superclass("person", 1, ("Person",)), *vehicles().superclasses))
    new = with_superclass(with_superclass(new, 1, number=2), 2, number=5)
    assert told(vehicles(), new) == [
        "superclass 'person': added",
        "superclass 'passenger': index 0 -> 1",
        "superclass 'cargo': index 1 -> 2",
    ]
    assert told(vehicles(), with_superclass(vehicles(), 1, number=0)) == ["superclass 'cargo': index 1 -> ignore"]


def test_closing_a_gap_changes_no_index() -> None:
    assert diff(with_superclass(vehicles(), 1, number=7), vehicles()) == []


def test_changes_are_data() -> None:
    (change,) = diff(vehicles(), with_superclass(vehicles(), 1, number=0))
    assert change.record() == {
        "kind": "index",
        "thing": "superclass",
        "name": "cargo",
        "what": "index",
        "old": "1",
        "new": "ignore",
    }


@pytest.mark.parametrize("position", range(7))
def test_every_rename_of_a_labelled_class_is_told_both_ways(position: int) -> None:
    old = vehicles()
    new = with_entry(old, position, name="Another")
    kinds = {change.kind for change in diff(old, new) if change.name == "Another"}
    assert "renamed" in kinds
    assert "renamed" in {change.kind for change in diff(new, old) if change.name == old.entries[position].name}
