from pathlib import Path

import numpy as np
import pytest
import yaml

from label_sets import LABELS, SIZE, box, dataset, polygon, stills, task
from mattebox.errors import BadParameter
from mattebox.label.building import Tiling
from mattebox.label.columns import Ragged
from mattebox.label.dataset import Label
from mattebox.label.formats import read
from mattebox.label.formats.yolo_write import label_lines, write_yolo, write_yolo_detect
from mattebox.label.geometry import areas
from mattebox.label.masks.rasterize import fill
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row


def lines(path: Path, name: str = "train/park_000000") -> list[list[float]]:
    """The numbers of every line of a label file."""
    text = (path / f"labels/{name}.txt").read_text()
    return [[float(word) for word in line.split(" ")] for line in text.splitlines()]


def written(tmp_path: Path, *rows: Row, size=SIZE, labels=LABELS, **options) -> tuple[Path, Report]:
    media = Images([Blob(tmp_path / "a.jpg")], sizes=[size])
    report = Report()
    write_yolo(dataset(task(media, rows), labels=labels), tmp_path / "set", report, images="none", **options)
    return tmp_path / "set", report


def test_a_box_is_its_centre_and_size_as_shares_of_the_picture(tmp_path):
    path, _ = written(tmp_path, box("dog", 0, 16, 12, 32, 36))
    assert lines(path) == [[1, 24 / 64, 24 / 48, 16 / 64, 24 / 48]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (box("cat", 0, 20, 10, 40, 30, rotation=45), [0, 30 / 64, 20 / 48, 800**0.5 / 64, 800**0.5 / 48]),
        (Row(label="cat", frame=0, shape="ellipse", points=(30, 20, 40, 15)), [0, 30 / 64, 20 / 48, 20 / 64, 10 / 48]),
        (polygon("cat", 0, 10, 10, 30, 10, 20, 40), [0, 20 / 64, 25 / 48, 20 / 64, 30 / 48]),
        (
            Row(label="cat", frame=0, shape="mask", points=(4, 6, 7, 7), runs=(0, 8)),
            [0, 6 / 64, 7 / 48, 4 / 64, 2 / 48],
        ),
    ],
    ids=["rotated", "ellipse", "polygon", "mask"],
)
def test_every_area_has_its_box(tmp_path, row, expected):
    path, _ = written(tmp_path, row)
    assert lines(path) == [pytest.approx(expected, abs=1e-6)]


def test_a_mask_becomes_its_exact_outline(tmp_path):
    # Two rows of four pixels, of which the last two of the first are background: an L.
    mask = Row(label="cat", frame=0, shape="mask", points=(4, 6, 7, 7), runs=(0, 2, 2, 4))
    path, _ = written(tmp_path, mask, mode="segment")
    [[label, *numbers]] = lines(path)
    ring = np.array(numbers).reshape(-1, 2) * (64, 48)
    truth = np.zeros(SIZE, bool)
    truth[6, 4:6] = truth[7, 4:8] = True
    assert label == 0
    assert np.array_equal(fill([ring.round(3)], SIZE), truth)


def test_a_rotated_box_becomes_its_four_corners(tmp_path):
    path, _ = written(tmp_path, box("cat", 0, 20, 10, 40, 30, rotation=90), mode="segment")
    [[_, *numbers]] = lines(path)
    corners = {tuple(point) for point in np.round(np.array(numbers).reshape(-1, 2) * (64, 48), 3).tolist()}
    assert corners == {(20, 10), (40, 10), (40, 30), (20, 30)}


def test_holes_and_parts_are_one_line(tmp_path):
    rings = ([2, 2, 30, 2, 30, 30, 2, 30], [10, 10, 20, 10, 20, 20, 10, 20], [40, 5, 60, 5, 50, 25])
    row = polygon("cat", 0, *(value for ring in rings for value in ring), rings=(4, 4, 3))
    path, _ = written(tmp_path, row, mode="segment")
    [[_, *numbers]] = lines(path)
    ring = np.array(numbers).reshape(-1, 2) * (64, 48)
    expected = fill([np.array(each, float).reshape(-1, 2) for each in rings], SIZE)
    assert np.array_equal(fill([ring], SIZE), expected)


def test_a_turned_box_is_four_corners_of_the_right_size(tmp_path):
    path, _ = written(tmp_path, box("dog", 0, 20, 16, 44, 26, rotation=30), mode="obb")
    [[label, *numbers]] = lines(path)
    corners = np.array(numbers).reshape(-1, 2) * (64, 48)
    sides = np.sort(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1))
    assert label == 1
    assert sides == pytest.approx([10, 10, 24, 24], abs=1e-3)
    assert corners.mean(axis=0) == pytest.approx([32, 21], abs=1e-3)


@pytest.mark.parametrize("mode", ["detect", "segment", "obb"])
def test_no_number_leaves_the_picture(tmp_path, mode):
    rows = (
        box("cat", 0, -20, -20, 90, 90, rotation=20),
        polygon("dog", 0, -5, 3, 70, 9, 30, 60),
        Row(label="cat", frame=0, shape="ellipse", points=(60, 44, 80, 30)),
        box("cat", 0, 0, 0, 64, 48),
    )
    path, report = written(tmp_path, *rows, mode=mode)
    made = lines(path)
    assert len(made) == 4
    assert all(0 <= number <= 1 for line in made for number in line[1:])
    assert report.dropped == 0


def test_what_has_no_area_is_told_by_kind(tmp_path):
    rows = (
        Row(label="cat", frame=0, shape="tag"),
        Row(label="cat", frame=0, shape="points", points=(3, 3)),
        Row(label="cat", frame=0, shape="points", points=(4, 4)),
        Row(label="dog", frame=0, shape="polyline", points=(1, 1, 9, 9)),
        box("dog", 0, 1, 1, 9, 9),
    )
    path, report = written(tmp_path, *rows)
    assert len(lines(path)) == 1
    assert report.counts("dropped") == {"format-cannot-hold": 4}
    told = sorted(
        (entry.message.rpartition(" ")[2], entry.count) for entry in report.entries if entry.severity == "dropped"
    )
    assert told == [("points", 2), ("polyline", 1), ("tag", 1)]


def test_the_class_is_the_position_among_the_labels_of_the_data_set(tmp_path):
    labels = (Label("ant"), Label("dog"), Label("bee"), Label("cat"))
    path, _ = written(tmp_path, box("cat", 0, 1, 1, 9, 9), box("dog", 0, 2, 2, 9, 9), labels=labels)
    assert sorted(line[0] for line in lines(path)) == [1, 3]
    assert yaml.safe_load((path / "data.yaml").read_text())["names"] == {0: "ant", 1: "dog", 2: "bee", 3: "cat"}


def test_data_yaml_names_the_parts_by_relative_paths_and_no_root(tmp_path):
    media = stills(tmp_path / "stills", 1)
    tasks = [task(media, [], name, subset=name) for name in ("Validation", "train", "test", "spare")]
    labels = (Label("кошка"), Label("dog: 2"))
    write_yolo(dataset(*tasks, labels=labels), tmp_path / "set", report := Report())
    record = yaml.safe_load((tmp_path / "set/data.yaml").read_text(encoding="utf-8"))
    assert record == {
        "train": "images/train",
        "val": "images/val",
        "test": "images/test",
        "spare": "images/spare",
        "names": {0: "кошка", 1: "dog: 2"},
    }
    assert all((tmp_path / "set" / record[part]).is_dir() for part in ("train", "val", "test", "spare"))
    assert report.counts("problem") == {"other-subset": 1}


def test_a_part_that_ultralytics_asks_for_and_nobody_has_is_told(tmp_path):
    _, report = written(tmp_path, box("cat", 0, 1, 1, 9, 9))
    assert report.counts("problem") == {"no-subset": 1}


def test_tiles_have_labels_of_their_own(tmp_path):
    path, _ = written(tmp_path, box("cat", 0, 40, 8, 56, 40), tiling=Tiling((48, 32), overlap=0))
    assert lines(path, "train/park_000000_t0-0") == []
    assert lines(path, "train/park_000000_t0-32") == [pytest.approx([0, 0.5, 0.5, 0.5, 2 / 3], abs=1e-6)]


def test_without_labels_there_are_no_classes(tmp_path):
    with pytest.raises(BadParameter, match="no labels"):
        written(tmp_path, labels=())


@pytest.mark.parametrize(("mode", "expected"), [("detect", [361, 784]), ("segment", [361, 684]), ("obb", [361, 784])])
def test_what_is_written_is_read_again(tmp_path, mode, expected):
    hole = polygon("dog", 0, 2, 2, 30, 2, 30, 30, 2, 30, 10, 10, 20, 10, 20, 20, 10, 20, rings=(4, 4))
    data = dataset(task(stills(tmp_path / "stills", 1), [box("cat", 0, 40, 1, 59, 20), hole]))
    write_yolo(data, tmp_path / "set", Report(), mode=mode)
    report = Report()
    [(_, subtask)] = read(tmp_path / "set", report=report).walk()
    assert areas(subtask.table) == pytest.approx(expected, abs=1e-2)
    assert subtask.table.label.lists() == ["cat", "dog"]
    assert report.dropped == 0


def test_a_choice_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(BadParameter, match="no choice 'tile'"):
        written(tmp_path, tile=3)


def test_many_lines_are_worded_as_one_by_one(monkeypatch):
    monkeypatch.setattr("mattebox.label.formats.yolo_write.AT_ONCE", 50)
    chance = np.random.default_rng(0)
    cells = Ragged.from_lists([chance.random(count).tolist() for count in chance.integers(0, 30, 80)])
    classes = chance.integers(0, 12, 80)
    expected = [
        " ".join([str(label), *(f"{value:.6f}" for value in cell)]) + "\n"
        for label, cell in zip(classes.tolist(), cells.lists(), strict=True)
    ]
    assert label_lines(classes, cells) == expected
    assert label_lines(classes[:0], cells.take(np.array([], int))) == []


def test_a_subset_that_data_yaml_cannot_name_is_told(tmp_path: Path):
    rows = [box("cat", 0, 1, 1, 9, 9)]
    data = dataset(task(stills(tmp_path / "stills"), rows).replace(subset="names"))
    report = Report()
    write_yolo(data, tmp_path / "set", report, images="none")
    assert "cannot name the subset names" in " ".join(entry.message for entry in report.entries)


def test_subsets_that_ultralytics_does_not_read_are_told(tmp_path):
    data = dataset(task(stills(tmp_path / "stills", 1), [box("cat", 0, 1, 1, 9, 9)], subset="night"))
    write_yolo_detect(data, tmp_path / "set", report := Report())
    assert any(entry.code == "other-subset" and "night" in entry.message for entry in report.entries)
