from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.report import Report


@pytest.fixture
def report() -> Report:
    told = Report()
    for number in range(5):
        told.drop("too-few-points", f"a polygon of {number} points", dataset="town", task="park", frame=3, row=number)
    told.problem("frames-disagree", "the video has 9 frames, and the archive says 10", task="парк", count=2)
    told.note("no-media", "the archive holds no pictures")
    told.made("pictures", 3)
    told.made("pictures")
    return told


def test_people_get_the_first_few_of_each_kind(report: Report) -> None:
    assert list(report.lines()) == [
        "done: 4 pictures",
        "dropped: 5 too-few-points",
        "  town, park, frame 3, row 0: a polygon of 0 points",
        "  town, park, frame 3, row 1: a polygon of 1 points",
        "  town, park, frame 3, row 2: a polygon of 2 points",
        "  and 2 more",
        "problem: 2 frames-disagree",
        "  парк: the video has 9 frames, and the archive says 10",
        "note: the archive holds no pictures",
    ]
    assert (report.dropped, report.problems) == (5, 2)


def test_many_notes_are_counted_only() -> None:
    report = Report()
    for number in range(4):
        report.note("odd" if number else "even", f"note {number}")
    assert list(report.lines()) == ["notes: 3 odd, 1 even (--report lists them)"]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("tasks in val", "1 task in val"),
        ("boxes", "1 box"),
        ("rows", "1 row"),
        ("categories", "1 category"),
        ("classes", "1 class"),
    ],
)
def test_one_is_told_in_the_singular(what: str, told: str) -> None:
    report = Report()
    report.made(what)
    assert list(report.lines()) == [f"done: {told}"]


def test_files_have_all(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "told.json")
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert (told["made"], told["dropped"], told["problem"]) == (
        {"pictures": 4},
        {"too-few-points": 5},
        {"frames-disagree": 2},
    )
    assert told["entries"][5]["task"] == "парк"
    report.save(tmp_path / "told.csv")
    with (tmp_path / "told.csv").open(encoding="utf-8", newline="") as file:
        assert [line["row"] for line in csv.DictReader(file)] == ["0", "1", "2", "3", "4", "", ""]


def test_a_report_of_another_kind_is_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"told\.txt: a report is written as \.json or \.csv"):
        report.save(tmp_path / "told.txt")


@pytest.mark.parametrize("name", ["told.json", "told.csv"])
def test_only_a_report_is_replaced(report: Report, tmp_path: Path, name: str) -> None:
    report.save(tmp_path / name)
    report.save(tmp_path / name)
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(OutputFailed, match=f"{name} is there and is no report"):
        report.save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"{}"


def test_a_folder_is_no_place_for_a_report(report: Report, tmp_path: Path) -> None:
    (tmp_path / "told.json").mkdir()
    with pytest.raises(OutputFailed, match=r"told\.json cannot be written"):
        report.save(tmp_path / "told.json")
