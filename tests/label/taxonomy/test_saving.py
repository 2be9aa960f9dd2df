from __future__ import annotations

import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_tables import vehicles, write_book
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.taxonomy import Entry, Superclass, Taxonomy

FORMS = [(".xlsx",), (".csv",), (".tsv",), (".yaml",), (".xlsx", ".csv"), (".tsv", ".yaml")]


def plain(text: str) -> str:
    """A text as it is read: composed, and without what divides labels, such as Greek question marks."""
    return unicodedata.normalize("NFC", text).replace(";", "")


letters = st.characters(codec="utf-8", categories=("Lu", "Ll", "Nd", "Po", "Sm"), exclude_characters=";")
words = st.text(letters, min_size=1, max_size=8).map(lambda text: f"n{plain(text)}")
labels = st.lists(words, max_size=3, unique=True).map(tuple)
notes = st.one_of(st.just(""), words, st.tuples(words, words).map("\n".join), words.map(lambda text: f"={text}"))


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    """Tables of two groups with kinds in them, and superclasses of any number."""
    names = draw(st.lists(words, min_size=4, max_size=4, unique=True))
    extra = draw(st.lists(words, max_size=2, unique=True))
    places = [("I", 0, ""), ("1", 1, names[0]), ("1.1", 2, names[1]), ("II", 0, "")]
    entries = tuple(
        Entry(
            name,
            *place,
            labels=draw(labels),
            synonyms=draw(labels),
            note=draw(notes),
            traits=draw(notes),
            url=draw(notes),
            extra={header: draw(notes) for header in extra},
        )
        for name, place in zip(names, places, strict=True)
    )
    supers = tuple(
        Superclass(
            name,
            draw(st.integers(-1, 50)),
            meanings := draw(labels),
            draw(st.one_of(st.just(""), words)),
            {header: tuple(draw(notes) for _ in meanings or ("",)) for header in extra},
        )
        for name in draw(st.lists(words, min_size=1, max_size=3, unique=True))
    )
    return Taxonomy(entries, supers, draw(st.sampled_from(["en", "ru"])))


@settings(max_examples=15, deadline=None)
@given(taxonomies())
def test_nothing_is_lost_in_any_form(taxonomy: Taxonomy) -> None:
    with TemporaryDirectory() as folder:
        for number, suffixes in enumerate(FORMS):
            paths = [Path(folder, f"{number}-{part}{suffix}") for part, suffix in enumerate(suffixes)]
            taxonomy.save(*paths)
            assert Taxonomy.load(*paths) == taxonomy, suffixes


def test_a_table_goes_through_all_forms_one_after_the_other(tmp_path: Path) -> None:
    taxonomy = vehicles()
    for suffix in (".yaml", ".xlsx", ".tsv", ".csv"):
        taxonomy.save(tmp_path / f"t{suffix}")
        taxonomy = Taxonomy.load(tmp_path / f"t{suffix}")
    assert taxonomy == vehicles()
    assert taxonomy.findings == ()


def test_columns_that_are_not_understood_survive(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "t.xlsx",
        A=[["Class", "CVAT label", "Owner", "Owner"], ["Car", "car", "Ann", "Bob"], ["Van", "van", None, 3]],
        B=[["No.", "Superclass", "Classes", "Since"], [1, "vehicle", "Car", 2019], [None, None, "Van", None]],
    )
    Taxonomy.load(path).save(tmp_path / "again.xlsx")
    again = Taxonomy.load(tmp_path / "again.xlsx")
    assert [entry.extra for entry in again.entries] == [
        {"Owner": "Ann", "Owner (2)": "Bob"},
        {"Owner": "", "Owner (2)": "3"},
    ]
    assert again.superclasses[0].extra == {"Since": ("2019", "")}


def test_a_file_that_is_there_is_left_alone_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("mine")
    with pytest.raises(OutputFailed, match="exists"):
        vehicles().save(path)
    assert path.read_text() == "mine"
    vehicles().save(path, overwrite=True)
    assert Taxonomy.load(path) == vehicles()


def test_a_label_with_a_semicolon_is_only_written_as_yaml(tmp_path: Path) -> None:
    taxonomy = Taxonomy((Entry("Car", labels=("a;b",)),))
    with pytest.raises(BadParameter, match=r"'a;b' of 'Car' holds a semicolon .*save as .yaml"):
        taxonomy.save(tmp_path / "t.csv")
    taxonomy.save(tmp_path / "t.yaml")
    assert Taxonomy.load(tmp_path / "t.yaml").entries[0].labels == ("a;b",)


def test_what_no_table_can_hold_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="no workbook can hold"):
        Taxonomy((Entry("Car", note="\x01"),)).save(tmp_path / "t.xlsx")
    with pytest.raises(BadParameter, match="no cell of a workbook holds 32,768 characters"):
        Taxonomy((Entry("Car", note="x" * 32_768),)).save(tmp_path / "t.xlsx")
    with pytest.raises(BadParameter, match="'Car' is a kind of 'Vehicle', which its number does not say"):
        Taxonomy((Entry("Car", parent="Vehicle"),)).save(tmp_path / "t.csv")
    with pytest.raises(BadParameter, match=r"t\.ods: a label table is written as"):
        vehicles().save(tmp_path / "t.ods")
    with pytest.raises(BadParameter, match="3 files"):
        vehicles().save("a.csv", "b.csv", "c.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_is_pleasant_to_fill_in(tmp_path: Path) -> None:
    vehicles().save(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["Classes", "Superclasses"]
    classes = book["Classes"]
    assert classes.freeze_panes == "B2"
    assert classes["A1"].font.bold
    assert "Parents come before" in classes["A1"].comment.text
    assert classes.column_dimensions["A"].width > len("1. Vehicles")
    assert classes["A2"].fill.fgColor.rgb == classes["B2"].fill.fgColor.rgb != classes["A3"].fill.fgColor.rgb
