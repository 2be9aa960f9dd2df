from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from label_tasks import dataset_of, task_of
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.report import Report
from mattebox.label.statistics import Statistics, collect, write_statistics

LABELS = ("cat", "=1+1", "<b>dog</b>", "кот")


@pytest.fixture(scope="module")
def found() -> Statistics:
    tasks = [
        task_of("a", {"cat": 3, "=1+1": 2}, subset="train"),
        task_of("b", {"<b>dog</b>": 1, "кот": 2}, subset="val"),
    ]
    superclasses = dict.fromkeys(LABELS, "animal")
    return collect([dataset_of(*tasks, labels=LABELS)], superclasses=superclasses, report=Report())


def test_a_table_has_a_line_for_every_figure(found: Statistics, tmp_path: Path) -> None:
    write_statistics(found, tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(found.figures)
    (cat,) = (line for line in lines if (line["scope"], line["level"], line["label"]) == ("all", "label", "cat"))
    assert (cat["shapes"], cat["rectangle"], cat["polygon"], cat["share"]) == ("3", "3", "0", "")


def test_json_has_everything(found: Statistics, tmp_path: Path) -> None:
    write_statistics(found, tmp_path / "s.json")
    told = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    assert told["names"] == ["animals"]
    assert told["crowds"] == {"0": 1, "1": 6, "2": 1}
    assert [each["label"] for each in told["figures"][:6]] == ["", *LABELS, "animal"]


def test_a_workbook_has_a_sheet_for_every_kind_of_part(found: Statistics, tmp_path: Path) -> None:
    write_statistics(found, tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    assert book.sheetnames == ["Labels", "Superclasses", "Subsets", "Projects", "Tasks"]
    sheet = book["Labels"]
    headings = [cell.value for cell in sheet[1]]
    assert "polygon" not in headings
    column = headings.index("shapes")
    values = {row[1].value: row[column].value for row in sheet.iter_rows(min_row=2)}
    assert values == {None: 8, "cat": 3, "=1+1": 2, "<b>dog</b>": 1, "кот": 2}
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.freeze_panes == "C2"


class Page(HTMLParser):
    """Text, and every tag that is open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.bars: list[float] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag == "rect":
            self.bars.append(float(dict(attrs)["width"] or 0))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())


def test_a_page_needs_nothing_else_and_shows_names_as_they_are(found: Statistics, tmp_path: Path) -> None:
    write_statistics(found, tmp_path / "s.html")
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "http" not in text
    assert "<script" not in text
    page = Page()
    page.feed(text)
    assert page.open == []
    assert set(LABELS) <= set(page.words)
    assert {"Labels", "Superclasses", "Subsets", "Tasks", "Sizes"} <= set(page.words)
    assert "Projects" not in page.words  # there is one only


def test_bars_are_as_long_as_their_figures(found: Statistics, tmp_path: Path) -> None:
    write_statistics(found, tmp_path / "s.html")
    page = Page()
    page.feed((tmp_path / "s.html").read_text(encoding="utf-8"))
    cat, formula, other, dog = page.bars[:4]  # the largest first: cat 3, then two of 2, then dog
    assert (formula / cat, other / cat, dog / cat) == (
        pytest.approx(2 / 3, 1e-2),
        pytest.approx(2 / 3, 1e-2),
        pytest.approx(1 / 3, 1e-2),
    )


def test_a_page_of_nothing_is_a_page(tmp_path: Path) -> None:
    write_statistics(collect([dataset_of()], report=Report()), tmp_path / "s.html")
    assert "<svg" not in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_other_suffixes_are_refused(found: Statistics, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"s\.txt: statistics are written as \.csv, \.json, \.xlsx, \.html"):
        write_statistics(found, tmp_path / "s.txt")


def test_what_is_there_is_kept_unless_told(found: Statistics, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("mine")
    with pytest.raises(OutputFailed, match="exists already"):
        write_statistics(found, tmp_path / "s.csv")
    write_statistics(found, tmp_path / "s.csv", overwrite=True)
    assert (tmp_path / "s.csv").read_text() != "mine"
