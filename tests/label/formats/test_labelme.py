"""LabelMe files as the program writes them."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mattebox.errors import BadAnnotations
from mattebox.label.formats.labelme import looks_like_labelme, read_labelme, write_labelme
from mattebox.label.report import Report
from sets_building import BOX, HOLE, PARTS, SIZE, dataset_of, put_json, put_picture, put_text, rows_of, told


def sheet(*shapes: Any, **more: Any) -> dict[str, Any]:
    """A file of LabelMe about a.png."""
    told_of = {"imagePath": "a.png", "imageData": None, "imageHeight": SIZE[0], "imageWidth": SIZE[1]}
    return {"version": "5.5.0", "flags": {}, "shapes": list(shapes), **told_of, **more}


def shape(kind: str, *points: tuple[float, float], **more: Any) -> dict[str, Any]:
    """One shape."""
    return {"label": "cat", "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def png(pixels: np.ndarray[Any, Any]) -> str:
    """A picture in letters."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("given", "kind", "points"),
    [
        (shape("polygon", (1, 2), (9, 2), (9, 8)), "polygon", (1, 2, 9, 2, 9, 8)),
        (shape("rectangle", (9, 8), (1, 2)), "rectangle", (1, 2, 9, 8)),
        (shape("circle", (10, 10), (13, 14)), "ellipse", (10, 10, 15, 5)),
        (shape("line", (1, 2), (9, 2)), "polyline", (1, 2, 9, 2)),
        (shape("linestrip", (1, 2), (9, 2), (9, 9)), "polyline", (1, 2, 9, 2, 9, 9)),
        (shape("point", (1, 2)), "points", (1, 2)),
        (shape("rotation", (20, 5), (20, 25), (10, 25), (10, 5), direction=1.57), "rectangle", (5, 10, 25, 20)),
        (shape("mask", (3, 4), (5, 5), mask=png(np.array([[1, 1, 0], [0, 0, 1]], bool))), "mask", (3, 4, 5, 5)),
    ],
)
def test_shapes(given: dict[str, Any], kind: str, points: tuple[float, ...], tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    path = put_json(tmp_path / "a.json", sheet(given))
    assert looks_like_labelme(path)
    report = Report()
    (row,) = rows_of(read_labelme(path, report))
    assert (row.label, row.shape) == ("cat", kind)
    assert row.points == pytest.approx(points)
    assert row.runs == ((0, 2, 3, 1) if kind == "mask" else ())
    assert not report.entries


def test_flags_groups_and_what_is_not_known(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    given = shape("point", (1, 2), flags={"wild": True}, group_id=0, description="by the door", score=0.5)
    put_json(tmp_path / "a.json", sheet(given, flags={"night": True, "day": False}))
    tag, row = rows_of(read_labelme(tmp_path, Report()))
    assert (tag.label, tag.shape) == ("night", "tag")
    assert (row.group, row.attributes) == (1, {"wild": "true"})
    assert row.extra == {"description": "by the door", "score": 0.5}


def test_attributes_that_are_texts_survive(tmp_path: Path) -> None:
    row = replace(BOX, attributes={"name": "Том", "wild": "true"}, frame_attributes={"pose": "left"})
    write_labelme(dataset_of(tmp_path, [row]), tmp_path / "out", Report())
    (again,) = rows_of(read_labelme(tmp_path / "out", Report()))
    assert again.attributes == {"name": "Том", "wild": "true", "pose": "left"}
    record = json.loads((tmp_path / "out/train/p0.json").read_bytes())["shapes"][0]
    assert (record["flags"], record["attributes"]) == ({"wild": True}, {"name": "Том", "pose": "left"})


def test_a_name_longer_than_any_is_told(tmp_path: Path) -> None:
    put_json(tmp_path / "a.json", sheet(shape("point", (1, 2)), imagePath="x" * 100_000))
    report = Report()
    assert len(rows_of(read_labelme(tmp_path, report))) == 1
    assert report.counts("problem") == {"picture-missing": 1}


def test_a_picture_that_is_only_inside_its_file(tmp_path: Path) -> None:
    pixels = np.full((*SIZE, 3), (10, 200, 30), np.uint8)
    put_json(tmp_path / "a.json", sheet(shape("point", (1, 2)), imageData=png(pixels), imagePath="..\\b\\a.png"))
    report = Report()
    dataset = read_labelme(tmp_path, report)
    assert np.array_equal(dataset.tasks[0].media.read(0), pixels)
    assert not report.entries
    write_labelme(dataset, tmp_path / "out", report, images="link")
    again = read_labelme(tmp_path / "out", report)
    assert np.array_equal(again.tasks[0].media.read(0), pixels)
    assert (tmp_path / "out" / "a.png").read_bytes() == dataset.tasks[0].media.files[0].local().read_bytes()


def test_a_picture_that_is_nowhere_is_told(tmp_path: Path) -> None:
    put_json(tmp_path / "a.json", sheet(shape("point", (1, 2))))
    report = Report()
    assert len(rows_of(read_labelme(tmp_path, report))) == 1
    assert report.counts("problem") == {"picture-missing": 1}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (3, "bad-record"),
        ({"label": "cat"}, "bad-record"),
        (shape("polygon", (1, 2), (3, 4)), "too-few-points"),
        (shape("polygon", (1, 2), (3,)), "bad-record"),  # type: ignore[arg-type]
        (shape("polygon", (1, 2), (float("nan"), 4), (5, 6)), "not-a-number"),
        (shape("circle", (1, 2), (1, 2)), "empty-shape"),
        (shape("rectangle", (101, 2), (111, 20)), "outside-picture"),
        (shape("mask", (3, 4), (5, 5), mask="no picture"), "bad-record"),
        (shape("mask", (3, 4), (5, 5), mask=png(np.zeros((2, 3), bool))), "empty-shape"),
        (shape("star", (3, 4), (5, 5)), "unknown-shape"),
        (shape("point", (3, 4), group_id=2**63), "bad-record"),
        ({**shape("mask", mask=png(np.ones((2, 3), bool))), "points": ""}, "bad-record"),
    ],
)
def test_shapes_that_cannot_be_used_are_told(given: Any, code: str, tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    put_json(tmp_path / "a.json", sheet(given, shape("point", (1, 2))))
    report = Report()
    assert len(rows_of(read_labelme(tmp_path, report))) == 1
    assert told(report) == {code: 1}
    assert "a.json, shapes[0]" in report.entries[0].message


def test_bad_files_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    put_json(tmp_path / "a.json", sheet(shape("point", (1, 2))))
    for name, text in (("b", ""), ("c", '{"shapes": ['), ("d", "[1]")):
        put_text(tmp_path / f"{name}.json", text)
    put_text(tmp_path / "e.json", json.dumps(sheet(shape("point", (1, 2), label="кот")), ensure_ascii=False), "cp1251")
    report = Report()
    assert sorted(row.label for row in rows_of(read_labelme(tmp_path, report))) == ["cat", "кот"]
    assert told(report) == {"bad-file": 3}


@pytest.mark.parametrize("text", ["", "[1]", "{}"])
def test_what_is_not_of_labelme_is_refused(text: str, tmp_path: Path) -> None:
    path = put_text(tmp_path / "a.json", text)
    assert not looks_like_labelme(path)
    with pytest.raises(BadAnnotations, match=r"a\.json"):
        read_labelme(path, Report())


def test_parts_of_a_polygon_become_a_group(tmp_path: Path) -> None:
    write_labelme(dataset_of(tmp_path, [PARTS]), tmp_path / "out", Report())
    one, other = rows_of(read_labelme(tmp_path / "out", Report()))
    assert one.group == other.group != 0
    assert (*one.points, *other.points) == PARTS.points


def test_a_polygon_with_a_hole_becomes_a_mask(tmp_path: Path) -> None:
    write_labelme(dataset_of(tmp_path, [HOLE]), tmp_path / "out", Report())
    (row,) = rows_of(read_labelme(tmp_path / "out", Report()))
    assert (row.shape, row.points) == ("mask", (0, 0, 19, 19))
    assert sum(row.runs[1::2]) == 300
