import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from label_sets import LABELS, SIZE, box, dataset, polygon, stills, task
from mattebox.errors import BadParameter
from mattebox.label.building import Tiling
from mattebox.label.dataset import Label
from mattebox.label.formats import read
from mattebox.label.formats.index_masks_write import write_index_masks
from mattebox.label.geometry import areas
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.picture import open_picture


def written(tmp_path: Path, *rows: Row, labels=LABELS, **options) -> tuple[Path, Report]:
    media = Images([Blob(tmp_path / "a.jpg")], sizes=[SIZE])
    report = Report()
    write_index_masks(dataset(task(media, rows), labels=labels), tmp_path / "set", report, images="none", **options)
    return tmp_path / "set", report


def mask(path: Path, name: str = "park_000000") -> np.ndarray:
    with Image.open(path / f"train/out/{name}.png") as image:
        assert image.mode == "L"
        return np.array(image)


def test_a_mask_has_the_class_after_background_wherever_an_object_is(tmp_path):
    hole = polygon("dog", 0, 20, 0, 40, 0, 40, 20, 20, 20, 25, 5, 35, 5, 35, 15, 25, 15, rings=(4, 4))
    runs = Row(label="cat", frame=0, shape="mask", points=(50, 30, 53, 31), runs=(1, 2, 1, 4))
    path, _ = written(tmp_path, box("cat", 0, 2, 3, 10, 8), hole, runs)
    expected = np.zeros(SIZE, np.uint8)
    expected[3:8, 2:10] = 1
    expected[0:20, 20:40] = 2
    expected[5:15, 25:35] = 0
    expected[30, 51:53] = expected[31, 50:54] = 1
    assert np.array_equal(mask(path), expected)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("z-order", [2, 2, 1]), ("class", [1, 1, 1]), ("small", [2, 2, 1])],
)
def test_what_lies_on_top_is_as_asked(tmp_path, rule, expected):
    rows = (
        box("cat", 0, 0, 0, 60, 40),
        box("dog", 0, 2, 2, 8, 8, z_order=0),  # the same z: the later one is on top
        box("dog", 0, 20, 2, 28, 8, z_order=3),
        box("cat", 0, 40, 2, 48, 8, z_order=-1),
    )
    path, _ = written(tmp_path, *rows, overlap=rule)
    made = mask(path)
    assert [int(made[4, column]) for column in (4, 24, 44)] == expected


def test_what_is_ignored_gets_255(tmp_path):
    path, _ = written(tmp_path, box("cat", 0, 0, 0, 20, 20), box("dog", 0, 10, 0, 30, 20, z_order=1), ignored=["dog"])
    assert mask(path)[5, [5, 15, 25, 35]].tolist() == [1, 255, 255, 0]
    record = json.loads((path / "classes.json").read_text())
    assert record["ignore"] == 255
    assert [(each["index"], each["name"], each["color"]) for each in record["classes"]] == [
        (1, "cat", [255, 0, 0]),
        (2, "dog", [0, 0, 255]),
    ]


def test_opencv_and_pillow_read_the_same_indices(tmp_path):
    path, _ = written(tmp_path, box("dog", 0, 0, 0, 20, 20))
    for flag in (cv2.IMREAD_UNCHANGED, cv2.IMREAD_GRAYSCALE):
        assert np.array_equal(cv2.imread(str(path / "train/out/park_000000.png"), flag), mask(path))


def test_of_two_of_one_z_order_the_later_one_is_seen(tmp_path):
    path, _ = written(tmp_path, box("dog", 0, 0, 0, 20, 20), box("cat", 0, 10, 0, 30, 20))
    other, _ = written(tmp_path / "other", box("cat", 0, 10, 0, 30, 20), box("dog", 0, 0, 0, 20, 20))
    assert (mask(path)[5, 15], mask(other)[5, 15]) == (1, 2)


def test_masks_of_one_value_are_left_out_on_request_and_told(tmp_path):
    media = stills(tmp_path / "stills")
    data = dataset(task(media, [box("cat", 0, 0, 0, 64, 48), box("cat", 1, 0, 0, 9, 9)]))
    report = Report()
    write_index_masks(data, tmp_path / "set", report, homogeneous=False)
    assert [each.name for each in (tmp_path / "set/train/out").iterdir()] == ["park_000001.png"]
    assert [each.name for each in (tmp_path / "set/train/inp").iterdir()] == ["park_000001.jpg"]
    assert report.counts("dropped") == {"homogeneous-sample": 2}
    assert report.results["samples in train"] == 1


def test_pictures_and_masks_have_the_same_names_and_sizes(tmp_path):
    data = dataset(task(stills(tmp_path / "stills"), [box("cat", 1, 30, 0, 40, 9)]))
    write_index_masks(data, tmp_path / "set", Report(), tiling=Tiling((32, 32)))
    pictures = {each.stem: open_picture(each).size for each in (tmp_path / "set/train/inp").iterdir()}
    masks = {each.stem: open_picture(each).size for each in (tmp_path / "set/train/out").iterdir()}
    assert pictures == masks
    assert len(masks) == 3 * 6


def test_previews_show_the_picture_under_the_mask(tmp_path):
    data = dataset(task(stills(tmp_path / "stills", 1), [box("dog", 0, 40, 10, 60, 40)]))
    write_index_masks(data, tmp_path / "set", Report(), previews=True)
    seen = open_picture(tmp_path / "set/train/prv/park_000000.jpg").rgb.astype(int)
    plain = open_picture(tmp_path / "stills/0.jpg").rgb.astype(int)
    assert np.abs(seen[2:8, 40:60] - plain[2:8, 40:60]).max() < 16
    assert np.abs(seen[25, 50] - (plain[25, 50] // 2 + (0, 0, 127))).max() < 16


def test_a_row_that_covers_no_pixel_is_told(tmp_path):
    _, report = written(tmp_path, box("cat", 0, 1.6, 1, 1.9, 9), box("cat", 0, 10, 10, 20, 20))
    assert report.dropped == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"overlap": "big"}, "rule for overlaps"),
        ({"ignored": ["dgo"]}, "did you mean 'dog'"),
        ({"labels": tuple(Label(str(number)) for number in range(255))}, "254 classes"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, options, told):
    with pytest.raises(BadParameter, match=told):
        written(tmp_path, **options)


def test_what_is_written_is_read_again(tmp_path):
    data = dataset(task(stills(tmp_path / "stills", 1), [box("cat", 0, 2, 2, 10, 10), box("dog", 0, 30, 5, 40, 20)]))
    write_index_masks(data, tmp_path / "set", Report())
    [(_, subtask)] = read(tmp_path / "set", report=Report()).walk()
    found = dict(zip(subtask.table.label.lists(), areas(subtask.table).tolist(), strict=True))
    assert found == {"cat": 64, "dog": 150}


def test_rows_that_cover_no_pixel_are_told_by_their_frame_alone(tmp_path: Path):
    rows = [box("cat", 1, 4.6, 4.6, 5.4, 5.4), box("cat", 1, 1, 1, 9, 9)]
    report = Report()
    write_index_masks(dataset(task(stills(tmp_path / "stills"), rows)), tmp_path / "set", report)
    (entry,) = [entry for entry in report.entries if entry.code == "no-pixels"]
    assert (entry.task, entry.frame, entry.row) == ("park", 1, None)
