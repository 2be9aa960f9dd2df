"""MOT Challenge as other programs write it."""

from pathlib import Path

import pytest

from mattebox.errors import BadAnnotations
from mattebox.label.formats.mot import looks_like_mot, read_mot
from mattebox.label.report import Report
from sets_building import put_picture, put_text, rows_of, told

INFO = "[Sequence]\nname=park\nimDir=img1\nframeRate=30\nseqLength=5\nimWidth=40\nimHeight=30\nimExt=.png\n"


def put_sequence(folder: Path, lines: str, *, info: str = INFO, labels: str = "cat\ndog\n") -> Path:
    """A sequence of five pictures."""
    for number in range(1, 6):
        put_picture(folder / "img1" / f"{number:06d}.png")
    put_text(folder / "gt" / "gt.txt", lines)
    if labels:
        put_text(folder / "gt" / "labels.txt", labels)
    if info:
        put_text(folder / "seqinfo.ini", info)
    return folder


def test_a_track_is_outside_where_it_pauses(tmp_path: Path) -> None:
    lines = "1,7,1,2,10,12,1,2,1\n2,7,2,2,10,12,1,2,0.5\n4,7,4,2,10,12,1,2,1\n"
    report = Report()
    dataset = read_mot(put_sequence(tmp_path, lines), report)
    rows = sorted(rows_of(dataset), key=lambda row: row.frame)
    assert [(row.frame, row.outside) for row in rows] == [(0, False), (1, False), (2, True), (3, False), (4, True)]
    assert rows[0].points == (1, 2, 11, 14)
    assert {row.object for row in rows} == {7}
    assert {row.label for row in rows} == {"dog"}
    assert rows[1].frame_attributes == {"visibility": "0.5"}
    assert not report.entries
    assert (dataset.tasks[0].name, dataset.tasks[0].frames.size) == ("park", 5)


def test_a_box_without_a_track_is_loose(tmp_path: Path) -> None:
    (row,) = rows_of(read_mot(put_sequence(tmp_path, "1,-1,1,2,10,12,0,1,0\n"), Report()))
    assert (row.tracked, row.occluded) == (False, True)
    assert row.frame_attributes == {"visibility": "0", "ignored": "true"}


def test_detections_have_scores(tmp_path: Path) -> None:
    put_text(tmp_path / "det" / "det.txt", "3,-1,1,2,10,12,0.75,-1,-1,-1\n")
    (row,) = rows_of(read_mot(tmp_path, Report()))
    assert (row.frame, row.score, row.label) == (2, 0.75, "pedestrian")


def test_lines_of_2015_end_with_places_in_the_world(tmp_path: Path) -> None:
    lines = "1,7,1,2,10,12,1,-1,-1,-1\n2,7,1,2,10,12,1,3.2,0,9.5\n"
    rows = rows_of(read_mot(put_sequence(tmp_path, lines, labels=""), Report()))[:2]
    assert [(row.label, row.occluded, row.frame_attributes) for row in rows] == [("pedestrian", False, {})] * 2


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_any_ends_of_lines(end: str, tmp_path: Path) -> None:
    lines = end.join(["1,7,1,2,10,12,1,2,1", "2, 7, 1, 2, 10, 12, 1, 2, 1", ""])
    report = Report()
    assert sum(not row.outside for row in rows_of(read_mot(put_sequence(tmp_path, lines), report))) == 2
    assert not report.entries


def test_a_length_that_no_sequence_has_is_not_believed(tmp_path: Path) -> None:
    info = INFO.replace("seqLength=5", "seqLength=99999999999999999999999")
    dataset = read_mot(put_sequence(tmp_path, "1,7,1,2,10,12,1,1,1\n", info=info), Report())
    assert dataset.tasks[0].frames.size == 5


def test_pictures_named_by_the_time_are_counted(tmp_path: Path) -> None:
    put_sequence(tmp_path, "1,7,1,2,10,12,1,1,1\n", info="")
    for number in range(1, 6):
        (tmp_path / "img1" / f"{number:06d}.png").rename(tmp_path / "img1" / f"2024010112000{number}.png")
    assert read_mot(tmp_path, Report()).tasks[0].frames.size == 5


def test_several_sequences_become_tasks(tmp_path: Path) -> None:
    for name in ("b", "a"):
        put_sequence(tmp_path / name, "1,1,1,2,10,12,1,3,1\n", info="", labels="")
    dataset = read_mot(tmp_path, Report())
    assert [task.name for task in dataset.tasks] == ["a", "b"]
    assert [label.name for label in dataset.labels] == ["car"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("1,2,3", "bad-line"),
        ("1,2,a,4,5,6,1,1,1", "bad-line"),
        ("0,2,3,4,5,6,1,1,1", "bad-line"),
        ("nan,2,3,4,5,6,1,1,1", "bad-line"),
        ("1e300,2,3,4,5,6,1,1,1", "bad-line"),
        ("1,2,3,4,5,6,1,3,1", "bad-line"),
        ("1,2,3,4,0,6,1,1,1", "empty-shape"),
        ("1,2,inf,4,5,6,1,1,1", "not-a-number"),
        ("1,2,300,4,5,6,1,1,1", "outside-picture"),
        ("1,7,3,4,5,6,1,1,1", "duplicate-row"),
        ("9999999,7,3,4,5,6,1,1,1", "bad-line"),
        ("2,9223372036854775808,3,4,5,6,1,1,1", "bad-line"),
    ],
)
def test_lines_that_cannot_be_used_are_told(line: str, code: str, tmp_path: Path) -> None:
    report = Report()
    dataset = read_mot(put_sequence(tmp_path, f"1,7,1,2,10,12,1,1,1\n{line}\n"), report)
    assert told(report) == {code: 1}
    assert "gt/gt.txt, line 2" in report.entries[0].message
    assert sum(not row.outside for row in rows_of(dataset)) == 1


def test_pictures_that_are_missing_are_told(tmp_path: Path) -> None:
    put_sequence(tmp_path, "1,7,1,2,10,12,1,1,1\n")
    (tmp_path / "img1" / "000003.png").unlink()
    report = Report()
    dataset = read_mot(tmp_path, report)
    assert report.counts("problem") == {"picture-missing": 1}
    assert dataset.tasks[0].media.name_of(2) == "000003.png"


def test_what_is_no_sequence_is_refused(tmp_path: Path) -> None:
    assert not looks_like_mot(tmp_path)
    with pytest.raises(BadAnnotations, match=r"no sequence"):
        read_mot(tmp_path, Report())
