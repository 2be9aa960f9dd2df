from __future__ import annotations

import pytest

from label_tables import vehicles
from mattebox.label.taxonomy import Entry, Resolution, Superclass, Taxonomy


@pytest.mark.parametrize(
    ("label", "meaning", "superclass", "index", "rule"),
    [
        ("car", "Car", "passenger", 0, "use"),
        ("Automobile", "Car", "passenger", 0, "use"),
        (" TAXI\u00a0", "Taxi", "passenger", 0, "use"),
        ("lorry", "Truck", "cargo", 1, "use"),
        ("reflection", "Reflection", "void", -1, "ignore"),
        ("blurred", "Blur", "bad frame", -1, "reject_frame"),
        ("Car seat", "", "", -1, "unknown"),
        ("", "", "", -1, "unknown"),
    ],
)
def test_a_label_leads_to_meaning_superclass_and_index(
    label: str, meaning: str, superclass: str, index: int, rule: str
) -> None:
    assert vehicles().resolve(label) == Resolution(label, meaning, superclass, index, rule)  # type: ignore[arg-type]


def test_a_class_without_a_superclass_is_unknown_by_name() -> None:
    found = Taxonomy((Entry("Car", labels=("car",)),), (Superclass("a", 1, ("Van",)),)).resolve("car")
    assert (found.meaning, found.superclass, found.rule) == ("Car", "", "unknown")
    assert found.reason == "'car' means 'Car', which is in no superclass"


def test_letters_count_as_they_are_before_their_case_does_not() -> None:
    entries = (Entry("Upper", labels=("CAR",)), Entry("Lower", labels=("car",)), Entry("Other", synonyms=("Car",)))
    taxonomy = Taxonomy(entries)
    meanings = {label: taxonomy.resolve(label).meaning for label in ("CAR", "car", "Car", "cAR")}
    assert meanings == {"CAR": "Upper", "car": "Lower", "Car": "Other", "cAR": "Upper"}


def test_indices_have_no_gaps_and_follow_the_numbers() -> None:
    supers = (Superclass("c", 9), Superclass("a", 2), Superclass("x", 0), Superclass("b", 4), Superclass("y", -1))
    assert Taxonomy((), supers).names == ("a", "b", "c")


def test_superclasses_that_share_a_number_or_a_name_have_one_index_each() -> None:
    supers = (Superclass("b", 1, ("B",)), Superclass("a", 1, ("A",)), Superclass("a", 3, ("AA",)))
    taxonomy = Taxonomy((Entry("AA", labels=("aa",)),), supers)
    assert taxonomy.names == ("b", "a")
    assert taxonomy.resolve("aa").index == 1
