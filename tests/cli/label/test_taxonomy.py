from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from label_tables import vehicles, write_text
from label_tasks import dataset_of, task_of
from mattebox.label.dataset import Dataset, Label
from mattebox.label.report import Report
from mattebox.label.taxonomy import Superclass, Taxonomy
from standins import Command


def test_a_table_without_errors_passes(mattebox: Command, tmp_path: Path) -> None:
    vehicles().save(tmp_path / "t.xlsx")
    said = mattebox("label", "taxonomy", "lint", "t.xlsx")
    assert said.code == 0
    assert said.err == "0 errors, 0 warnings, 2 notes\n"
    lines = said.out.decode().splitlines()
    assert lines[0] == (
        "note: t.xlsx, sheet Superclasses, row 2, column B: 2 labels become index 0, 'passenger': car, taxi "
        "(labels-of-one-index)"
    )
    assert mattebox("label", "taxonomy", "lint", "t.xlsx", "--level", "warning").out == b""


def test_errors_are_printed_with_their_cell_and_make_the_exit_code(mattebox: Command, tmp_path: Path) -> None:
    write_text(tmp_path / "t.csv", "Class;CVAT label\nI. Cars;\n1 Car;c\n2. Bus;c\n")
    said = mattebox("label", "taxonomy", "lint", "t.csv", "--report", "found.json")
    assert said.code == 1
    first, second = said.out.decode().splitlines()
    assert first == "warning: t.csv, row 3, column A: the number of '1 Car' does not end with a dot (missing-dot)"
    assert second.startswith("error: t.csv, row 4, column B: 'c' means 'Bus' here and 'Car' in row 3, which counts")
    assert second.endswith(" (label-with-two-meanings)")
    assert said.err == "1 error, 1 warning, 0 notes\n"
    entries = json.loads((tmp_path / "found.json").read_text())["entries"]
    assert [(entry["code"], entry["dataset"]) for entry in entries] == [
        ("missing-dot", "t.csv, row 3, column A"),
        ("label-with-two-meanings", "t.csv, row 4, column B"),
    ]
    records = json.loads(mattebox("label", "taxonomy", "lint", "t.csv", "--json", "--quiet").out)
    assert [(each["severity"], each["sheet"], each["row"]) for each in records] == [
        ("warning", "", 3),
        ("error", "", 4),
    ]


def test_files_that_cannot_be_read_are_errors(mattebox: Command, tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").touch()
    said = mattebox("label", "taxonomy", "lint", "t.xlsx", "gone.yaml", "--quiet")
    assert (said.code, said.err) == (1, "")
    assert [line.partition(" (")[0] for line in said.out.decode().splitlines()] == [
        "error: t.xlsx: is empty",
        "error: gone.yaml: cannot be read: No such file or directory",
    ]
    said = mattebox("label", "taxonomy", "show", "t.xlsx")
    assert (said.code, said.out) == (1, b"")
    assert said.err.startswith("error: t.xlsx: is empty")


def test_classes_are_shown_as_a_tree(mattebox: Command, tmp_path: Path) -> None:
    vehicles().save(tmp_path / "t.yaml")
    said = mattebox("label", "taxonomy", "show", "t.yaml")
    assert said.code == 0
    lines = [line.rstrip() for line in said.out.decode().splitlines()]
    assert lines[:4] == [
        "7 classes",
        "├── I. Vehicles",
        "│   ├── 1. Car  car, automobile  -> passenger 0",
        "│   │   └── 1.1. Taxi  taxi  -> passenger 0",
    ]
    cells = [line.split() for line in lines]
    assert ["0", "passenger", "High", "Car,", "Taxi"] in cells
    assert ["reject_frame", "bad", "frame", "Blur"] in cells


def test_two_versions_are_compared(mattebox: Command, tmp_path: Path) -> None:
    vehicles().save(tmp_path / "old.xlsx")
    supers = (Superclass("person", 1), *vehicles().superclasses[1:])
    Taxonomy(vehicles().entries, supers).save(tmp_path / "classes.csv", tmp_path / "supers.tsv")
    vehicles().save(tmp_path / "old.csv", tmp_path / "old.tsv")
    said = mattebox("label", "taxonomy", "diff", "old.csv", "old.tsv", "classes.csv", "supers.tsv")
    assert said.code == 0
    assert "class 'Car': superclass passenger -> none" in said.out.decode().splitlines()
    records = json.loads(
        mattebox("label", "taxonomy", "diff", "old.csv", "old.tsv", "classes.csv", "supers.tsv", "--json").out
    )
    assert {record["kind"] for record in records} == {"moved", "renamed"}
    assert mattebox("label", "taxonomy", "diff", "old.xlsx", "old.xlsx").err == "nothing changed\n"
    said = mattebox("label", "taxonomy", "diff", "old.xlsx")
    assert (said.code, said.err) == (2, "error: 1 files: give as many of the old version as of the new one\n")


def test_a_template_is_written_once(mattebox: Command, tmp_path: Path) -> None:
    said = mattebox("label", "taxonomy", "template", "-o", "t.xlsx", "--dry-run")
    assert said.err.splitlines()[-1] == "This was a dry run: nothing was written."
    assert not (tmp_path / "t.xlsx").exists()
    assert mattebox("label", "taxonomy", "template", "-o", "t.xlsx", "--language", "ru").code == 0
    assert Taxonomy.load(tmp_path / "t.xlsx").language == "ru"
    said = mattebox("label", "taxonomy", "template", "-o", "t.xlsx")
    assert said.code == 1
    assert "t.xlsx" in said.err
    assert mattebox("label", "taxonomy", "template", "-o", "t.xlsx", "--blank", "--overwrite").code == 0
    assert Taxonomy.load(tmp_path / "t.xlsx") == Taxonomy()


def test_tables_are_exported_with_the_colours_of_a_data_set(mattebox: Command, tmp_path: Path) -> None:
    from mattebox.label.formats import write

    vehicles().save(tmp_path / "t.xlsx")
    dataset = Dataset("d", dataset_of(task_of("a", {"car": 2})).tasks, (Label("car", (1, 2, 3)),))
    write(dataset, tmp_path / "d.parquet", format="parquet", report=Report())
    said = mattebox("label", "taxonomy", "export", "t.xlsx", "--to", "cvat", "-o", "labels.json", "--like", "d.parquet")
    assert said.code == 0, said.err
    assert "6 labels" in said.err
    records = json.loads((tmp_path / "labels.json").read_text())
    assert (records[0]["name"], records[0]["color"]) == ("car", "#010203")
    said = mattebox("label", "taxonomy", "export", "t.xlsx", "--to", "coco", "-o", "c.json", "--like", "d.parquet")
    assert (said.code, (tmp_path / "c.json").exists()) == (2, False)


@pytest.mark.parametrize(("form", "told"), [("coco", '"supercategory": "passenger"'), ("data.yaml", "0: passenger")])
def test_tables_are_exported_for_training(mattebox: Command, tmp_path: Path, form: str, told: str) -> None:
    vehicles().save(tmp_path / "t.xlsx")
    assert mattebox("label", "taxonomy", "export", "t.xlsx", "--to", form, "-o", "out", "--dry-run").code == 0
    assert not (tmp_path / "out").exists()
    assert mattebox("label", "taxonomy", "export", "t.xlsx", "--to", form, "-o", "out").code == 0
    assert told in (tmp_path / "out").read_text()


def test_contradictions_are_told_when_a_table_is_exported(mattebox: Command, tmp_path: Path) -> None:
    write_text(tmp_path / "t.csv", "Class,Label\nCar,car\nVan,car\n\nNo.,Superclass,Classes\n1,a,Car\n,,Van\n")
    said = mattebox("label", "taxonomy", "export", "t.csv", "--to", "coco", "-o", "c.json")
    assert said.code == 0
    assert "1 label-with-two-meanings" in said.err


def test_the_commands_import_nothing_heavy() -> None:
    code = (
        "import sys, mattebox.cli.label.taxonomy; "
        "print([name for name in ('numpy', 'cv2', 'openpyxl', 'yaml', 'rapidfuzz') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
