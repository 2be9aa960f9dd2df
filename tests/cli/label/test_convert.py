from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvat_building import annotations, images_task, key, label, track, write_task
from mattebox.label.formats import read
from mattebox.label.report import Report
from standins import Command


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    keys = [key(0, "rectangle", [0, 0, 10, 10]), key(3, "rectangle", [6, 0, 16, 10])]
    return write_task(tmp_path / "walk.zip", images_task(annotated=[annotations(tracks=[track("cat", keys)])]))


@pytest.mark.parametrize(
    ("words", "rows"), [([], 2), (["--keyframes"], 2), (["--interpolate"], 4)], ids=["as-needed", "keyframes", "frames"]
)
def test_tracks_are_written_as_asked(
    mattebox: Command, archive: Path, tmp_path: Path, words: list[str], rows: int
) -> None:
    assert mattebox("label", "convert", "walk.zip", "-o", "rows.tsv", "--to", "tsv", "-q", *words).code == 0
    [(_, subtask)] = read(tmp_path / "rows.tsv", report=Report()).walk()
    assert len(subtask.table) == rows


def test_forms_without_tracks_get_every_frame(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    assert mattebox("label", "convert", "walk.zip", "-o", "boxes.json", "--to", "coco", "-q").code == 0
    assert len(json.loads((tmp_path / "boxes.json").read_text())["annotations"]) == 4


@pytest.mark.parametrize(("kind", "mode"), [("images", "annotation"), ("video", "interpolation")])
def test_the_kind_of_cvat_xml_can_be_said(
    mattebox: Command, archive: Path, tmp_path: Path, kind: str, mode: str
) -> None:
    words = ("label", "convert", "walk.zip", "-o", "walk.xml", "--to", "cvat-xml", "--kind", kind, "-q")
    assert mattebox(*words).code == 0
    assert f"<mode>{mode}</mode>" in (tmp_path / "walk.xml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "tsv", "--kind", "video"], "--kind is for --to cvat-xml"),
        (["--to", "tsv", "--images", "copy"], "leave out --images"),
        (["--to", "coco", "--images", "some"], "error: Invalid value for '--images': 'some' is not one of"),
    ],
)
def test_what_makes_no_sense_names_the_option(mattebox: Command, archive: Path, words: list[str], told: str) -> None:
    said = mattebox("label", "convert", "walk.zip", "-o", "out", "-q", *words)
    assert said.code == 2
    assert told in said.err


def test_several_sources_become_one(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    other = images_task(["x.png"], [label("cow")], name="farm")
    write_task(tmp_path / "farm.zip", other)
    assert mattebox("label", "convert", "walk.zip", "farm.zip", "-o", "all.json", "--to", "json", "-q").code == 0
    assert "cow" in (tmp_path / "all.json").read_text()
    assert "cat" in (tmp_path / "all.json").read_text()


def test_what_is_there_is_not_replaced_unless_asked(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    words = ("label", "convert", "walk.zip", "-o", "rows.tsv", "--to", "tsv", "-q")
    (tmp_path / "rows.tsv").write_text("mine")
    assert mattebox(*words).code != 0
    assert (tmp_path / "rows.tsv").read_text() == "mine"
    assert mattebox(*words, "--overwrite").code == 0
    assert (tmp_path / "rows.tsv").read_text() != "mine"


def test_a_dry_run_writes_nothing_and_a_wrong_form_lists_all(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    said = mattebox("label", "convert", "walk.zip", "-o", "rows.tsv", "--to", "tsv", "--dry-run")
    assert said.code == 0
    assert "2 rows of 1 task to be written to rows.tsv as tsv" in said.err
    assert not (tmp_path / "rows.tsv").exists()
    wrong = mattebox("label", "convert", "walk.zip", "-o", "rows.tsv", "--to", "tvs", "-q")
    assert wrong.code == 2
    assert "did you mean 'tsv'? Valid: coco, cvat" in wrong.err
