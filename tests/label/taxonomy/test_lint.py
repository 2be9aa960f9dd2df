from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from label_tables import vehicles, write_book
from mattebox.label.taxonomy import Entry, Finding, Superclass, Taxonomy

HEADERS = ("Class", "CVAT label", "Label elsewhere", "Note")
SUPER_HEADERS = ("No.", "Superclass", "Classes", "Priority")

CLASSES: dict[str, tuple[list[tuple[Any, ...]], tuple[str, int, str]]] = {
    "missing-dot": ([("I. A",), ("1 Car", "car")], ("warning", 3, "A")),
    "missing-space": ([("I. A",), ("1.Car", "car")], ("warning", 3, "A")),
    "bad-number": ([("I. A",), ("IIX. Car", "car")], ("error", 3, "A")),
    "no-number": ([("I. A",), ("Car", "car")], ("warning", 3, "A")),
    "child-before-parent": ([("I. A",), ("1.1. Car", "car"), ("1. Van", "van")], ("error", 3, "A")),
    "number-gap": ([("I. A",), ("1. Car", "car"), ("3. Van", "van")], ("warning", 4, "A")),
    "number-twice": ([("I. A",), ("1. Car", "car"), ("1. Van", "van")], ("warning", 4, "A")),
    "empty-name": ([("I. A",), ("1. ", "car")], ("error", 3, "A")),
    "label-with-two-meanings": ([("I. A",), ("1. Car", "car"), ("2. Van", "van", "car")], ("error", 4, "C")),
    "class-twice": ([("I. A",), ("1. Car", "car"), ("2. car", "van")], ("warning", 4, "A")),
    "comma-in-label": ([("I. A",), ("1. Car", "car, van")], ("warning", 3, "B")),
    "no-header": ([("I. A",), ("1. Car", "car", None, None, "lost")], ("warning", 3, "E")),
    "mixed-alphabets": ([("I. A",), ("1. \u0421ar", "car")], ("warning", 3, "A")),
}


@pytest.mark.parametrize("code", CLASSES)
def test_slips_in_the_table_of_classes_are_found_in_their_cell(tmp_path: Path, code: str) -> None:
    rows, (severity, row, column) = CLASSES[code]
    path = write_book(tmp_path / "t.xlsx", Classes=[HEADERS, *rows])
    assert place_of(Taxonomy.load(path), code) == (severity, str(path), "Classes", row, column)


SUPERCLASSES: dict[str, tuple[list[tuple[Any, ...]], tuple[str, int, str]]] = {
    "meaning-in-two-superclasses": ([(1, "a", "Car"), (2, "b", "car")], ("error", 3, "C")),
    "number-of-two-superclasses": ([(1, "a", "Car"), (1, "b", "Van")], ("error", 3, "A")),
    "superclass-with-two-numbers": ([(1, "a", "Car"), (2, "a", "Van")], ("error", 3, "A")),
    "number-gap": ([(1, "a", "Car"), (3, "b", "Van")], ("warning", 3, "A")),
    "bad-number": ([(1, "a", "Car"), ("two", "b", "Van")], ("error", 3, "A")),
    "empty-superclass": ([(1, "a", "Car"), (2, "b", None)], ("warning", 3, "C")),
    "incomplete-block": ([(1, "a", "Car", "Low"), (None, None, "Van", "High")], ("warning", 3, "D")),
    "unused-priority": ([(1, "a", "Car", "High"), (0, "b", "Van", "High")], ("note", 3, "D")),
    "no-priority": ([(1, "a", "Car", "High"), (2, "b", "Van")], ("warning", 3, "D")),
    "empty-name": ([(1, "a", "Car"), (2, None, "Van")], ("error", 3, "B")),
    "orphan-meaning": ([(1, "a", "Car"), (2, "b", "Vam")], ("error", 3, "C")),
    "labels-of-one-index": ([(1, "a", "Car"), (None, None, "Van")], ("note", 2, "B")),
    "near-duplicate": ([(1, "people group", "Car"), (2, "people groups", "Van")], ("warning", 3, "B")),
}


@pytest.mark.parametrize("code", SUPERCLASSES)
def test_slips_in_the_table_of_superclasses_are_found_in_their_cell(tmp_path: Path, code: str) -> None:
    rows, (severity, row, column) = SUPERCLASSES[code]
    classes = [HEADERS, ("Car", "car"), ("Van", "van")]
    path = write_book(tmp_path / "t.xlsx", Classes=classes, Super=[SUPER_HEADERS, *rows])
    assert place_of(Taxonomy.load(path), code) == (severity, str(path), "Super", row, column)


def place_of(taxonomy: Taxonomy, code: str) -> tuple[str, str, str, int, str]:
    """Severity and place of the only finding of a code."""
    (found,) = (finding for finding in taxonomy.lint() if finding.code == code)
    return found.severity, found.file, found.sheet, found.row, found.column


def test_the_slips_of_real_tables_are_found_with_a_guess() -> None:
    """A hydrant that has two names and a taxon that is written large once: both are in dl_utils' own examples."""
    entries = (Entry("Пожарный гидрант", labels=("fire hydrant",)), Entry("Отряд Хищные", labels=("carnivora",)))
    supers = (Superclass("улица", 1, ("Гидрант",)), Superclass("звери", 2, ("отряд  хищные",)))
    findings = {finding.code: finding for finding in Taxonomy(entries, supers).lint()}
    assert "did you mean 'Гидрант'?" in findings["orphan-class"].message
    assert "did you mean 'Пожарный гидрант'?" in findings["orphan-meaning"].message
    assert "'Отряд Хищные'" in findings["near-duplicate"].message
    assert "only in case or spaces" in findings["near-duplicate"].message
    assert Taxonomy(entries, supers).resolve("carnivora").superclass == "звери"


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("fire hydrant", "Fire Hydrant", "case or spaces"),
        ("fire hydrant", "fire_hydrant", "marks between words"),
        ("зеленый", "зелёный", "look alike"),
        ("coca", "\u0441\u043e\u0441\u0430", "look alike"),
        ("bicycle", "bicylce", "letters"),
        ("motorcycle", "motorcylce", "letters"),
        ("bicycle", "tricycle", ""),
        ("car", "cat", ""),
        ("lane 1", "lane 2", ""),
        ("lane 11", "lane 1", ""),
    ],
)
def test_near_duplicates(one: str, other: str, told: str) -> None:
    taxonomy = Taxonomy((Entry("A", labels=(one,)), Entry("B", labels=(other,))))
    found = [finding.message for finding in taxonomy.lint() if finding.code == "near-duplicate"]
    assert len(found) == bool(told)
    assert told in "".join(found)


def test_spellings_of_one_class_are_no_near_duplicates() -> None:
    taxonomy = Taxonomy((Entry("A", labels=("fire hydrant", "Fire_hydrant"), synonyms=("FIRE HYDRANT",)),))
    assert taxonomy.lint() == []


def test_a_mere_category_may_be_in_no_superclass() -> None:
    codes = [(finding.severity, finding.code) for finding in vehicles().lint()]
    assert codes == [("note", "labels-of-one-index")] * 2
    lonely = Taxonomy((*vehicles().entries, Entry("Spare", "3", 1, "Marks")), vehicles().superclasses)
    assert ("note", "orphan-class") in [(finding.severity, finding.code) for finding in lonely.lint()]


def test_classes_alone_have_no_orphans() -> None:
    assert Taxonomy(vehicles().entries).lint() == []


def test_a_class_without_a_name_is_not_its_own_ancestor() -> None:
    assert [each.code for each in Taxonomy((Entry("", labels=("car",)),)).lint()] == ["empty-name"]


def test_formulas_without_a_saved_value_are_found(tmp_path: Path) -> None:
    path = write_book(tmp_path / "t.xlsx", A=[HEADERS, ("I. A", None), ("1. Car", "=LOWER(A3)")])
    (found,) = Taxonomy.load(path).lint()
    assert (found.severity, found.code, found.row, found.column) == ("error", "formula-without-value", 3, "B")
    assert "=LOWER(A3)" in found.message


def test_errors_of_formulas_are_found(tmp_path: Path) -> None:
    path = write_book(tmp_path / "t.xlsx", A=[HEADERS, ("Car", "car", None, "x")])
    book = openpyxl.load_workbook(path)
    book["A"]["D2"].value = "#REF!"
    book.save(path)
    (found,) = Taxonomy.load(path).lint()
    assert (found.code, found.row, found.column) == ("formula-error", 2, "D")


def test_findings_stand_in_the_order_of_the_files(tmp_path: Path) -> None:
    rows = [HEADERS, ("I. A",), ("3 Car", "car"), ("Van", "car")]
    path = write_book(tmp_path / "t.xlsx", Classes=rows, Super=[SUPER_HEADERS, (2, "a", "Car"), (2, "b", "Vam")])
    findings = Taxonomy.load(path).lint()
    assert [(each.sheet, each.row) for each in findings] == sorted((each.sheet, each.row) for each in findings)
    assert {finding.sheet for finding in findings} == {"Classes", "Super"}


def test_a_finding_is_told_with_its_place() -> None:
    told = str(Finding("error", "x", "is wrong", "t.xlsx", "Classes", 4, "B"))
    assert told == "t.xlsx, sheet Classes, row 4, column B: is wrong"
    assert str(Finding("error", "x", "is wrong")) == "the table: is wrong"
