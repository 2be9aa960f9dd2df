"""YOLO sets as other programs write them."""

import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset
from mattebox.label.formats import recognise
from mattebox.label.formats.yolo_read import looks_like_yolo, read_yolo
from mattebox.label.report import Report
from sets_building import SIZE, put_picture, put_text, rows_of, told

NAMES = "names: [cat, dog]\n"


def put_set(folder: Path, lines: str, *, yaml: str = f"train: images/train\n{NAMES}") -> Path:
    """A set of one picture, a.png, in train."""
    put_picture(folder / "images" / "train" / "a.png")
    put_text(folder / "labels" / "train" / "a.txt", lines)
    put_text(folder / "data.yaml", yaml)
    return folder


def read(path: Path) -> tuple[Dataset, Report]:
    """A set, and what was told."""
    report = Report()
    assert looks_like_yolo(path)
    return read_yolo(path, report), report


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        ("0 .5 .5 .1 .1\n", "yolo-detect"),
        ("0 .5 .5 .1 .1 .9\n", "yolo-detect"),
        ("", "yolo-detect"),
        ("0 .1 .1 .5 .1 .5 .5 .1 .5\n", "yolo-obb"),
        ("0 .1 .1 .5 .1 .5 .5 .1 .5\n1 .1 .1 .5 .1 .5 .5\n", "yolo-segment"),
        ("0 .5 .5 .1 .1\n1 .1 .1 .5 .1 .5 .5\n", "yolo-segment"),
    ],
)
def test_what_a_set_holds_is_seen_from_its_lines(tmp_path: Path, lines: str, form: str) -> None:
    assert recognise(put_set(tmp_path, lines)).name == form


def test_a_set_of_keypoints_is_read_as_one(tmp_path: Path) -> None:
    yaml = f"train: images/train\n{NAMES}kpt_shape: [2, 2]\n"
    assert recognise(put_set(tmp_path, "0 .5 .5 .1 .1 .2 .2 .3 .3\n", yaml=yaml)).name == "yolo-detect"


def test_a_box_is_centre_and_sides_as_shares(tmp_path: Path) -> None:
    dataset, report = read(put_set(tmp_path, "1 0.5 0.5 0.25 0.2\n0 .5 .5 .1 .1 0.75\n"))
    first, second = rows_of(dataset)
    assert (first.label, first.shape, first.points) == ("dog", "rectangle", (15, 12, 25, 18))
    assert (second.label, second.score) == ("cat", 0.75)
    assert not report.entries
    assert dataset.tasks[0].subset == "train"


def test_a_picture_turned_by_its_exif_is_measured_upright(tmp_path: Path) -> None:
    put_set(tmp_path, "1 0.5 0.5 0.5 0.5\n")
    image = Image.new("RGB", (40, 30))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "images" / "train" / "a.png", exif=exif)
    dataset, _ = read(tmp_path)
    assert rows_of(dataset)[0].points == (7.5, 10, 22.5, 30)


def test_outlines(tmp_path: Path) -> None:
    dataset, _ = read(put_set(tmp_path, "0 0 0 .5 0 .5 .5\n0 0 0 .5 0 .5 .5 0 .5 0.9\n"))
    first, second = rows_of(dataset)
    assert (first.shape, first.points) == ("polygon", (0, 0, 20, 0, 20, 15))
    assert (second.shape, len(second.points), second.score) == ("polygon", 8, 0.9)


def test_turned_boxes_where_every_object_has_four_corners(tmp_path: Path) -> None:
    corners = np.array([[20, 5], [20, 25], [10, 25], [10, 5]]) / (SIZE[1], SIZE[0])
    dataset, _ = read(put_set(tmp_path, "0 " + " ".join(map(str, corners.ravel()))))
    (row,) = rows_of(dataset)
    assert (row.shape, row.rotation) == ("rectangle", 90)
    assert row.points == pytest.approx((5, 10, 25, 20))


def test_keypoints(tmp_path: Path) -> None:
    yaml = f"train: images/train\nkpt_shape: [2, 3]\nkpt_names: {{0: [nose, eye]}}\n{NAMES}"
    dataset, report = read(put_set(tmp_path, "0 .5 .5 .2 .2 .5 .5 2 0 0 0\n0 .5 .5 .2\n", yaml=yaml))
    skeleton, nose, eye, box = rows_of(dataset)
    assert [row.shape for row in (skeleton, nose, eye, box)] == ["skeleton", "points", "points", "rectangle"]
    assert (nose.label, nose.points, eye.outside) == ("nose", (20, 15), True)
    assert skeleton.group == box.group
    assert told(report) == {"bad-line": 1}
    assert [each.name for each in dataset.labels[1].sublabels] == ["1", "2"]


@pytest.mark.parametrize(
    "yaml",
    [
        "path: .\ntrain: images/train\n",
        "path: ''\ntrain: ./images/train/\n",
        "train: ../images/train\n",
        "path: /home/somebody/else/coco8\ntrain: images/train\n",
        "train: /home/somebody/else/images/train\n",
        "path: ../set\ntrain: images/train\nval:\n",
        "train: [images/train]\n",
        "train: train.txt\n",
        "train: 'images\\train'\n",
    ],
)
def test_data_yaml_in_all_its_shapes(yaml: str, tmp_path: Path) -> None:
    folder = put_set(tmp_path / "set", "0 .5 .5 .2 .2\n", yaml=yaml + NAMES)
    put_text(folder / "train.txt", "./images/train/a.png\n/other/machine/images/train/a.png\n")
    for path in (folder, folder / "data.yaml"):
        dataset, _ = read(path)
        assert [(task.subset, task.media.names) for task in dataset.tasks] == [("train", ("a.png",))]
        assert len(rows_of(dataset)) >= 1


def test_the_folder_that_data_yaml_names_may_lie_elsewhere(tmp_path: Path) -> None:
    put_set(tmp_path / "data", "0 .5 .5 .2 .2\n")
    yaml = put_text(tmp_path / "conf" / "my.yaml", f"path: {tmp_path / 'data'}\ntrain: images/train\n{NAMES}")
    dataset, report = read(yaml)
    assert (dataset.name, len(rows_of(dataset))) == ("my", 1)
    assert not report.entries


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("names: {0: cat, 1: dog}", ["cat", "dog"]),
        ("names: {'1': dog, '0': cat}", ["cat", "dog"]),
        ("nc: 2", ["0", "1"]),
        ("names: [1, true]", ["1", "True"]),
        ("names: {0: cat, 7: dog}", ["cat", "dog"]),
    ],
)
def test_names_in_all_their_shapes(names: str, found: list[str], tmp_path: Path) -> None:
    dataset, _ = read(put_set(tmp_path, "0 .5 .5 .2 .2\n", yaml=f"train: images/train\n{names}\n"))
    assert [label.name for label in dataset.labels] == found


def test_classes_of_one_name_stay_apart(tmp_path: Path) -> None:
    yaml = "train: images/train\nnames: [cat, cat]\n"
    dataset, report = read(put_set(tmp_path, "0 .5 .5 .2 .2\n1 .5 .5 .2 .2\n", yaml=yaml))
    assert [row.label for row in rows_of(dataset)] == ["cat", "cat 1"]
    assert report.counts("problem") == {"duplicate-label": 1}


@pytest.mark.parametrize("place", ["a" * 5000, "/"])
def test_a_path_that_cannot_be_a_set_is_not_followed(place: str, tmp_path: Path) -> None:
    dataset, _ = read(put_set(tmp_path, "0 .5 .5 .2 .2\n", yaml=f"path: {place}\ntrain: images/train\nnames: [cat]\n"))
    assert len(rows_of(dataset)) == 1


def test_lists_that_hold_themselves_are_no_names(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{one}: &{one} [{', '.join(['*' + other] * 9)}]" for other, one in pairwise("abcdefghij")]
    dataset, _ = read(put_set(tmp_path, "", yaml="\n".join([*lines, "train: images/train", "names: *j", ""])))
    assert dataset.labels == ()


def test_subsets_may_have_any_name(tmp_path: Path) -> None:
    dataset, report = read(put_set(tmp_path, "0 .5 .5 .2 .2\n", yaml="night: images/train\nnames: [cat]\nnote: hi\n"))
    assert [(task.subset, task.frames.size) for task in dataset.tasks] == [("night", 1)]
    assert dataset.extra == {"yolo": {"note": "hi"}}
    assert not report.dropped
    assert not report.problems


def test_an_empty_list_of_classes_names_none(tmp_path: Path) -> None:
    put_set(tmp_path, "1 .5 .5 .2 .2\n")
    (tmp_path / "data.yaml").unlink()
    put_text(tmp_path / "classes.txt", "")
    dataset, _ = read(tmp_path)
    assert [row.label for row in rows_of(dataset)] == ["1"]


def test_a_set_without_data_yaml(tmp_path: Path) -> None:
    put_set(tmp_path, "1 .5 .5 .2 .2\n")
    (tmp_path / "data.yaml").unlink()
    dataset, _ = read(tmp_path)
    assert [label.name for label in dataset.labels] == ["1"]
    put_text(tmp_path / "classes.txt", "кит\nёж\n", "cp1251")
    dataset, _ = read(tmp_path)
    assert [row.label for row in rows_of(dataset)] == ["ёж"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("0 .5 .5", "bad-line"),
        ("cat .5 .5 .2 .2", "bad-line"),
        ("0 .5 .5 .2 x", "bad-line"),
        ("0.5 .5 .5 .2 .2", "unknown-label"),
        ("2 .5 .5 .2 .2", "unknown-label"),
        ("-1 .5 .5 .2 .2", "unknown-label"),
        ("nan .5 .5 .2 .2", "unknown-label"),
        ("0 nan .5 .2 .2", "not-a-number"),
        ("0 .5 .5 0 .2", "empty-shape"),
        ("0 1.5 .5 .2 .2", "outside-picture"),
        ("0 100 200 50 50", "not-relative"),
        ("0 .1 .1 .2 .2 .3 .3 .4 inf", "not-a-number"),
    ],
)
def test_lines_that_cannot_be_used_are_told_with_file_and_line(line: str, code: str, tmp_path: Path) -> None:
    dataset, report = read(put_set(tmp_path, f"0 .5 .5 .2 .2\n\n{line}\n"))
    assert told(report) == {code: 1}
    assert "labels/train/a.txt, line 3" in report.entries[0].message
    assert len(rows_of(dataset)) == 1


def test_pictures_and_labels_without_each_other(tmp_path: Path) -> None:
    put_set(tmp_path, "0 .5 .5 .2 .2\n")
    put_picture(tmp_path / "images" / "train" / "background.png")
    put_text(tmp_path / "labels" / "train" / "lost.txt", "0 .5 .5 .2 .2\n")
    put_text(tmp_path / "labels" / "train" / "none.txt", "")
    dataset, report = read(tmp_path)
    assert dataset.tasks[0].frames.size == 2
    assert told(report) == {"picture-missing": 2}


@pytest.mark.parametrize("data", [b"", b"not a picture"])
def test_labels_of_a_damaged_picture_are_dropped(data: bytes, tmp_path: Path) -> None:
    put_set(tmp_path, "0 .5 .5 .2 .2\n1 .5 .5 .2 .2\n")
    (tmp_path / "images" / "train" / "a.png").write_bytes(data)
    dataset, report = read(tmp_path)
    assert rows_of(dataset) == []
    assert told(report) == {"picture-missing": 2}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    put_set(tmp_path, "")
    put_text(tmp_path / "labels" / "train" / "a.txt", "0 .5 .5 .2 .2\n", encoding)
    put_text(tmp_path / "data.yaml", "train: images/train\nnames: [кит]\n", encoding)
    dataset, report = read(tmp_path)
    assert [row.label for row in rows_of(dataset)] == ["кит"]
    assert not report.entries


def test_a_zip_is_read_as_a_folder_is(tmp_path: Path) -> None:
    put_set(tmp_path / "set", "0 .5 .5 .2 .2\n")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path))
    dataset, report = read(tmp_path / "set.zip")
    assert [row.label for row in rows_of(dataset)] == ["cat"]
    assert not report.entries


def test_samples_that_mattebox_built_keep_their_tasks(tmp_path: Path) -> None:
    put_set(tmp_path, "0 .5 .5 .2 .2\n")
    put_picture(tmp_path / "images" / "train" / "b.png")
    rows = "subset,name,task,frame,true_frame,source\ntrain,a,field,0,0,film.mp4\ntrain,b,yard,0,0,\n"
    put_text(tmp_path / "samples.csv", rows)
    dataset, _ = read(tmp_path)
    assert [(task.name, task.media.names) for task in dataset.tasks] == [("field", ("a.png",)), ("yard", ("b.png",))]


@pytest.mark.parametrize("text", ["", "names: [", "- a\n", "names: [a]\ntrain: nowhere\n", "\x00\x01"])
def test_what_is_no_set_is_refused(text: str, tmp_path: Path) -> None:
    path = put_text(tmp_path / "data.yaml", text)
    assert not looks_like_yolo(path)
    with pytest.raises(BadAnnotations, match=r"data\.yaml"):
        read_yolo(path, Report())


@given(text=st.text(st.sampled_from("01.- \n e+naif"), max_size=60))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_breaks_the_reader(text: str, tmp_path: Path) -> None:
    read(put_set(tmp_path, text))
