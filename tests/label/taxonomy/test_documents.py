from __future__ import annotations

from pathlib import Path

import pytest

from label_tables import vehicles, write_text
from mattebox.label.taxonomy import Superclass, Taxonomy

HANDWRITTEN = """\
classes:
- name: Siberian tiger
  parent: Tiger
  labels: no
- name: Animals
- name: Tiger
  parent: animals
  labels: [tiger, Тигр]
  habitat: [forest, {deep: 1}]
- name: Plants
  note:
superclasses:
- name: cat
  classes: [Tiger, Siberian tiger]
- name: blurred
  rule: reject_frame
- name: rest
  rule: ignore
  classes: Plants
- name: other
  number: 7
  seen: yes
"""


def test_classes_without_numbers_are_numbered_by_their_parents(tmp_path: Path) -> None:
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.yaml", HANDWRITTEN))
    assert [(each.number, each.name, each.depth, each.parent) for each in taxonomy.entries] == [
        ("I", "Animals", 0, ""),
        ("1", "Tiger", 1, "animals"),
        ("1.1", "Siberian tiger", 2, "Tiger"),
        ("II", "Plants", 0, ""),
    ]
    assert taxonomy.resolve("тигр").index == taxonomy.resolve("no").index == 0
    assert taxonomy.entries[1].extra == {"habitat": '["forest", {"deep": "1"}]'}
    assert (taxonomy.entries[2].place.row, taxonomy.entries[2].place.columns["labels"]) == (2, "labels")


def test_rules_stand_for_numbers_and_the_rest_takes_free_ones(tmp_path: Path) -> None:
    supers = Taxonomy.load(write_text(tmp_path / "t.yaml", HANDWRITTEN)).superclasses
    assert [(each.name, each.number, each.rule) for each in supers] == [
        ("cat", 1, "use"),
        ("blurred", -1, "reject_frame"),
        ("rest", 0, "ignore"),
        ("other", 7, "use"),
    ]
    assert supers[2].meanings == ("Plants",)
    assert supers[3].extra == {"seen": ("yes",)}


def test_flat_lists_need_no_numbers(tmp_path: Path) -> None:
    path = write_text(
        tmp_path / "t.yml", "classes:\n- {name: 1. FC Union, labels: union}\n- {name: Car, labels: car}\n"
    )
    taxonomy = Taxonomy.load(path)
    assert [(each.number, each.name) for each in taxonomy.entries] == [("", "1. FC Union"), ("", "Car")]
    assert taxonomy.findings == ()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("classes:\n- {name: A, parent: B}\n- {name: B, parent: A}\n", ["cycle", "cycle"]),
        ("classes:\n- {name: A, parent: A}\n", ["cycle"]),
        ("classes:\n- {name: Car, parent: Vehicle}\n- {name: Vehicles}\n", ["unknown-parent"]),
        ("classes:\n- {name: A, number: IIX}\n- {name: B}\n", ["bad-number", "no-number"]),
        ("classes:\n- car\n- {name: A}\n", ["not-a-mapping"]),
        ("superclasses:\n- {name: a, rule: drop}\n- {name: b, rule: ignore, number: 4}\n", ["bad-rule", "bad-rule"]),
        ("superclasses:\n- {name: a, number: one, classes: [A]}\n", ["bad-number"]),
        ("classes: []\nextras: 1\n", ["unread-key"]),
        ("superclasses:\n- {name: a, number: 1, classes: [A], seen: [1, 2]}\n", ["too-many-values"]),
    ],
)
def test_slips_are_found_with_their_line(tmp_path: Path, text: str, codes: list[str]) -> None:
    findings = Taxonomy.load(write_text(tmp_path / "t.yaml", text)).lint()
    assert [finding.code for finding in findings if finding.code in codes] == codes
    assert all(finding.row or finding.code in {"not-a-mapping", "unread-key"} for finding in findings)


def test_a_parent_that_the_number_contradicts_is_told(tmp_path: Path) -> None:
    text = "classes:\n- {number: I, name: A}\n- {number: II, name: B}\n- {number: 1, name: C, parent: A}\n"
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.yaml", text))
    assert [(each.parent, each.depth) for each in taxonomy.entries] == [("", 0), ("", 0), ("A", 1)]
    assert [(each.code, each.row) for each in taxonomy.findings] == [("parent-against-number", 4)]


def test_classes_of_one_name_keep_their_places(tmp_path: Path) -> None:
    text = "Class,Label\nI. Birds,\n1. Other,b\nII. Cats,\n1. Large,\n1.1. Other,c\n3.1. Lost,d\n"
    taxonomy = Taxonomy.load(write_text(tmp_path / "t.csv", text))
    assert [each.depth for each in taxonomy.entries] == [0, 1, 0, 1, 2, 1]
    taxonomy.save(tmp_path / "t.yaml")
    assert Taxonomy.load(tmp_path / "t.yaml") == taxonomy


def test_a_cycle_is_told_from_each_of_its_classes(tmp_path: Path) -> None:
    text = "classes:\n- {name: A, parent: C}\n- {name: B, parent: A}\n- {name: C, parent: B}\n- {name: D, parent: C}\n"
    findings = Taxonomy.load(write_text(tmp_path / "t.yaml", text)).lint()
    assert [finding.message for finding in findings if finding.code == "cycle"] == [
        "'A' is its own ancestor: A < C < B < A",
        "'B' is its own ancestor: B < A < C < B",
        "'C' is its own ancestor: C < B < A < C",
    ]


def test_words_of_yaml_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    supers = (Superclass("yes", 1, ("null", "1.50", "~", "2026-01-01")),)
    Taxonomy((), supers).save(path)
    assert Taxonomy.load(path).superclasses == supers


def test_what_is_written_is_what_a_person_would_write(tmp_path: Path) -> None:
    vehicles().save(tmp_path / "t.yaml")
    lines = (tmp_path / "t.yaml").read_text().splitlines()
    assert lines[:4] == ["language: en", "classes:", "- number: I", "  name: Vehicles"]
    assert "  note: with a sign" in lines
    assert not [line for line in lines if line.endswith((": ''", ": []", ": {}"))]
