"""Sets of index masks as other programs write them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mattebox.errors import BadAnnotations
from mattebox.label.formats.index_masks_read import looks_like_index_masks, read_index_masks
from mattebox.label.report import Report
from sets_building import SIZE, put_picture, put_text, rows_of, told

VALUES = np.zeros(SIZE, np.uint8)
VALUES[2:5, 3:9] = 1
VALUES[10:12, 3:4] = 2
VALUES[20:22, 30:33] = 2
VALUES[29, 39] = 255

COLORS = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0]], np.uint8)


def put_mask(path: Path, values: np.ndarray[Any, Any], *, palette: bool = False) -> Path:
    """A mask."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if palette:
        image.putpalette(COLORS.ravel().tolist() + [9] * (768 - COLORS.size))
    image.save(path)
    return path


def put_set(
    folder: Path, values: np.ndarray[Any, Any] = VALUES, *, palette: bool = False, subset: str = "train"
) -> Path:
    """A picture and its mask."""
    put_picture(folder / subset / "inp" / "a.jpg")
    put_mask(folder / subset / "out" / "a.png", values, palette=palette)
    return folder


@pytest.mark.parametrize("palette", [True, False])
def test_every_class_becomes_a_mask(palette: bool, tmp_path: Path) -> None:
    put_set(tmp_path, palette=palette)
    classes = [{"index": 1, "name": "cat", "color": [1, 2, 3]}, {"index": 2, "name": "dog", "color": None}]
    put_text(tmp_path / "classes.json", json.dumps({"background": 0, "ignore": 255, "classes": classes}))
    assert looks_like_index_masks(tmp_path)
    report = Report()
    dataset = read_index_masks(tmp_path, report)
    assert [(row.label, row.points, row.runs) for row in rows_of(dataset)] == [
        ("cat", (3, 2, 8, 4), (0, 18)),
        ("dog", (3, 10, 32, 21), (0, 1, 29, 1, 29 + 8 * 30 + 27, 3, 27, 3)),
    ]
    assert [(label.name, label.color) for label in dataset.labels] == [("cat", (1, 2, 3)), ("dog", None)]
    assert dataset.tasks[0].subset == "train"
    assert {severity: report.counts(severity) for severity in ("dropped", "problem", "note")} == {
        "dropped": {},
        "problem": {},
        "note": {"ignored-pixels": 1},
    }


def test_black_and_white_masks_have_one_class(tmp_path: Path) -> None:
    put_set(tmp_path, np.where(VALUES == 1, 255, 0).astype(np.uint8))
    report = Report()
    assert [(row.label, row.points) for row in rows_of(read_index_masks(tmp_path, report))] == [("255", (3, 2, 8, 4))]
    assert not report.entries


def test_subsets_may_be_folders_in_the_two(tmp_path: Path) -> None:
    put_picture(tmp_path / "images" / "training" / "a.jpg")
    put_mask(tmp_path / "annotations" / "training" / "a.png", VALUES)
    (task,) = read_index_masks(tmp_path, Report()).tasks
    assert (task.subset, task.media.names) == ("training", ("a.jpg",))


def test_connected_parts_apart(tmp_path: Path) -> None:
    dataset = read_index_masks(put_set(tmp_path), Report(), apart=True)
    assert sorted((row.label, row.points) for row in rows_of(dataset)) == [
        ("1", (3, 2, 8, 4)),
        ("2", (3, 10, 3, 11)),
        ("2", (30, 20, 32, 21)),
    ]


@pytest.mark.parametrize("names", ["cat\ndog\n", "background\ncat\ndog\n", "фон\ncat\ndog\n"])
def test_names_a_line_with_and_without_a_background(names: str, tmp_path: Path) -> None:
    put_text(put_set(tmp_path) / "classes.txt", names, "cp1251")
    assert [row.label for row in rows_of(read_index_masks(tmp_path, Report()))] == ["cat", "dog"]


def test_masks_in_the_colours_of_a_table(tmp_path: Path) -> None:
    colors = COLORS[np.where(VALUES == 255, 0, VALUES)]
    colors[0, 0] = (7, 7, 8)
    put_set(tmp_path, colors)
    put_text(
        tmp_path / "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:255,0,0::\ndog:0,255,0::\n"
    )
    report = Report()
    assert [row.label for row in rows_of(read_index_masks(tmp_path, report))] == ["cat", "dog"]
    assert told(report) == {"unknown-label": 1}


def test_what_cannot_be_used_is_told_and_the_rest_stays(tmp_path: Path) -> None:
    put_set(tmp_path)
    put_text(tmp_path / "classes.txt", "cat\n")
    for name in "bcde":
        put_picture(tmp_path / "train" / "inp" / f"{name}.jpg")
    (tmp_path / "train" / "out" / "b.png").write_bytes(b"")
    put_mask(tmp_path / "train" / "out" / "c.png", VALUES[1:])
    put_mask(tmp_path / "train" / "out" / "d.png", COLORS[np.where(VALUES == 255, 0, VALUES)])
    put_mask(tmp_path / "train" / "out" / "x.png", VALUES)
    report = Report()
    assert [row.label for row in rows_of(read_index_masks(tmp_path, report))] == ["cat"]
    assert told(report) == {"bad-mask": 3, "partner-missing": 2, "unknown-label": 1}


@pytest.mark.parametrize("text", ['{"classes": 3}', '{"classes": [{"index": 1e400, "name": "a"}]}', '{"classes": [3]}'])
def test_a_bad_table_of_classes_is_told(text: str, tmp_path: Path) -> None:
    put_text(put_set(tmp_path) / "classes.json", text)
    report = Report()
    assert [row.label for row in rows_of(read_index_masks(tmp_path, report))] == ["1", "2"]
    assert report.counts("problem") == {"bad-file": 1}


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    put_picture(tmp_path / "inp" / "a.png")
    assert not looks_like_index_masks(tmp_path)
    with pytest.raises(BadAnnotations, match="no index masks"):
        read_index_masks(tmp_path, Report())
