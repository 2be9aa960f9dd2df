"""Answers of Yandex's crowd."""

import json
from pathlib import Path
from typing import Any

import pytest

from cvat_building import write_video
from mattebox.errors import BadAnnotations
from mattebox.label.formats.yandex import looks_like_yandex, read_yandex
from mattebox.label.report import Report
from sets_building import put_json, put_picture, put_text, rows_of, told

CORNERS = [{"left": 0.1, "top": 0.2}, {"left": 0.5, "top": 0.2}, {"left": 0.5, "top": 0.6}]


def polygon(points: list[dict[str, Any]] = CORNERS, label: str = "cat") -> dict[str, Any]:
    """One outline."""
    return {"shape": "polygon", "label": label, "points": points}


def answer(frame: int, *shapes: Any) -> dict[str, Any]:
    """An answer about a frame."""
    return {"inputValues": {"frame": frame}, "outputValues": {"polygons": list(shapes)}}


def test_outlines_on_the_frames_of_a_video(tmp_path: Path) -> None:
    write_video(tmp_path / "film.webm", 4, (48, 64))
    path = put_json(tmp_path / "film.json", [answer(2, polygon()), answer(0)])
    assert looks_like_yandex(path)
    report = Report()
    dataset = read_yandex(path, report)
    (row,) = rows_of(dataset)
    assert (row.label, row.frame) == ("cat", 2)
    assert row.points == pytest.approx((6.4, 9.6, 32, 9.6, 32, 28.8))
    assert dataset.tasks[0].frames.kept().tolist() == [0, 2]
    assert [label.name for label in dataset.labels] == ["cat"]
    assert not report.entries


def test_answers_that_are_flat(tmp_path: Path) -> None:
    put_picture(tmp_path / "film" / "0.png")
    put_json(tmp_path / "film.json", [{"frame": 0, "polygons": [polygon()]}])
    assert len(rows_of(read_yandex(tmp_path, Report()))) == 1


def test_several_contours_in_one_list_become_rings(tmp_path: Path) -> None:
    put_picture(tmp_path / "film" / "0.png")
    other = [{"left": each["left"] + 0.4, "top": each["top"]} for each in CORNERS]
    put_json(tmp_path / "film.json", [answer(0, polygon([*CORNERS, CORNERS[-1], *other, other[-1]]))])
    (row,) = rows_of(read_yandex(tmp_path, Report()))
    assert row.rings == (3, 3)


def test_pictures_by_name_and_older_shapes(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    shapes = [
        {"type": "polygon", "data": [{"x": 0, "y": 0}, {"x": 0.5, "y": 0}, {"x": 0.5, "y": 1}]},
        {"type": "rectangle", "data": {"p1": {"x": 0.5, "y": 0.5}, "p2": {"x": 0.25, "y": 0}}, "annotation": "dog"},
        {"shape": "rectangle", "left": 0.25, "top": 0, "width": 0.5, "height": 0.5, "label": "dog"},
        {"shape": "point", "left": 0.5, "top": 0.5},
    ]
    lines = [json.dumps({"file": "a.png", "result": shapes}), "{"]
    path = put_text(tmp_path / "x.jsonl", "\n".join(lines))
    report = Report()
    assert [(row.label, row.shape, row.points) for row in rows_of(read_yandex(path, report))] == [
        ("object", "polygon", (0, 0, 20, 0, 20, 30)),
        ("dog", "rectangle", (10, 0, 20, 15)),
        ("dog", "rectangle", (10, 0, 30, 15)),
        ("object", "points", (20, 15)),
    ]
    assert told(report) == {"bad-line": 1}
    assert "x.jsonl, line 2" in report.entries[0].message


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (3, "bad-record"),
        ({"shape": "star", "points": CORNERS}, "bad-record"),
        (polygon(CORNERS[:2]), "too-few-points"),
        (polygon([*CORNERS[:2], {"left": float("nan"), "top": 0}]), "not-a-number"),
        (polygon([{"left": each["left"] + 5, "top": 0} for each in CORNERS]), "outside-picture"),
        (polygon([{"left": 1}, *CORNERS]), "bad-record"),
    ],
)
def test_shapes_that_cannot_be_used_are_told(shape: Any, code: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "film" / "0.png")
    put_json(tmp_path / "film.json", [answer(0, polygon(), shape)])
    report = Report()
    assert len(rows_of(read_yandex(tmp_path, report))) == 1
    assert told(report) == {code: 1}
    assert "film.json, [0], shape 1" in report.entries[0].message


def test_without_its_medium_nothing_can_be_placed(tmp_path: Path) -> None:
    path = put_json(tmp_path / "film.json", [answer(0, polygon())])
    report = Report()
    assert rows_of(read_yandex(path, report)) == []
    assert told(report) == {"picture-missing": 1}


def test_a_frame_that_is_not_there_is_told(tmp_path: Path) -> None:
    put_picture(tmp_path / "film" / "0.png")
    put_json(tmp_path / "film.json", [answer(0, polygon()), answer(9, polygon()), answer(-1, polygon())])
    report = Report()
    assert len(rows_of(read_yandex(tmp_path, report))) == 1
    assert told(report) == {"bad-record": 2}


def test_what_is_no_answer_among_answers_is_told(tmp_path: Path) -> None:
    put_picture(tmp_path / "film" / "0.png")
    put_json(tmp_path / "film.json", [answer(0, polygon()), None, [1], {"inputValues": {"frame": 0}}, answer(2**31)])
    report = Report()
    assert len(rows_of(read_yandex(tmp_path / "film.json", report))) == 1
    assert told(report) == {"bad-record": 4}
    assert "film.json, [1]" in report.entries[0].message


def test_no_frame_of_a_medium_that_is_not_there_takes_all_memory(tmp_path: Path) -> None:
    report = Report()
    read_yandex(put_json(tmp_path / "film.json", [answer(0, polygon()), answer(2**31, polygon())]), report)
    assert told(report) == {"picture-missing": 2, "bad-record": 1}


@pytest.mark.parametrize("text", ["", "{}", "[{}]", '[{"frame": 1}]', "[1, 2"])
def test_what_is_no_answers_is_refused(text: str, tmp_path: Path) -> None:
    path = put_text(tmp_path / "x.json", text)
    assert not looks_like_yandex(path)
    with pytest.raises(BadAnnotations, match=r"x\.json"):
        read_yandex(path, Report())
