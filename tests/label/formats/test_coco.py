"""COCO as other programs write it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools import mask as rle

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Attribute
from mattebox.label.formats.coco import looks_like_coco, read_coco, write_coco
from mattebox.label.formats.coco.read import subset_of
from mattebox.label.masks.rle import piece_of_row
from mattebox.label.report import Report
from mattebox.label.row import Row
from sets_building import BOX, CIRCLE, HOLE, SIZE, TURNED, dataset_of, put_json, put_picture, put_text, rows_of, told

IMAGE = {"id": 11, "file_name": "a.png", "width": SIZE[1], "height": SIZE[0], "license": 3}
CATEGORIES = [
    {"id": 7, "name": "cat", "supercategory": "animal", "mine": 1},
    {"id": 9, "name": "person", "keypoints": ["nose", "eye", "ear"], "skeleton": [[1, 2]]},
]


def coco(annotations: list[Any], images: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """A file of COCO."""
    return {"images": images or [IMAGE], "annotations": annotations, "categories": CATEGORIES, **more}


def annotation(**fields: Any) -> dict[str, Any]:
    """An annotation: a box, unless told otherwise."""
    return {"id": 1, "image_id": 11, "category_id": 7, "bbox": [1, 2, 10, 12], "iscrowd": 0, **fields}


def read(folder: Path, *annotations: Any, **more: Any) -> tuple[list[Row], Report]:
    """The rows of a file of COCO, and what was told."""
    put_picture(folder / "images" / "train" / "a.png")
    put_json(folder / "annotations" / "instances_train.json", coco(list(annotations), **more))
    report = Report()
    return rows_of(read_coco(folder, report)), report


def test_a_box_is_left_top_width_height(tmp_path: Path) -> None:
    (row,), report = read(
        tmp_path, annotation(segmentation=[], attributes={"occluded": True, "rotation": 15, "age": 3})
    )
    assert (row.label, row.shape, row.points) == ("cat", "rectangle", (1, 2, 11, 14))
    assert (row.occluded, row.rotation, row.attributes) == (True, 15, {"age": "3"})
    assert not report.dropped
    assert not report.problems


def test_corners_are_put_in_order(tmp_path: Path) -> None:
    (row,), report = read(tmp_path, annotation(bbox=[11, 14, -10, -12]))
    assert row.points == (1, 2, 11, 14)
    assert report.counts("note") == {"inverted": 1}


def test_a_track_keeps_its_object(tmp_path: Path) -> None:
    images = [IMAGE, {**IMAGE, "id": 12, "file_name": "b.png"}]
    put_picture(tmp_path / "images" / "train" / "b.png")
    told_of = [
        annotation(image_id=image, attributes={"track_id": 5, "keyframe": image == 11, "age": image})
        for image in (11, 12)
    ]
    (one, two), _ = read(tmp_path, *told_of, images=images)
    assert one.object == two.object
    assert (one.tracked, one.keyframe, two.keyframe) == (True, True, False)
    assert two.frame_attributes == {"age": "12"}


@pytest.mark.parametrize("packed", [True, False])
def test_masks_are_those_of_pycocotools(packed: bool, tmp_path: Path) -> None:
    mask = np.zeros(SIZE, np.uint8)
    mask[3:9, 5:20] = 1
    mask[5, 7] = 0
    mask[29, 39] = 1
    coded = rle.encode(np.asfortranarray(mask))
    flat = mask.ravel(order="F")
    lengths = np.diff(np.flatnonzero(np.diff(np.concatenate(([2], flat, [2]))))).tolist()
    counts = coded["counts"].decode() if packed else [0, *lengths] if flat[0] else lengths
    (row,), _ = read(tmp_path, annotation(segmentation={"size": list(SIZE), "counts": counts}, iscrowd=1))
    piece = piece_of_row(row.points, row.runs)
    found = np.zeros(SIZE, bool)
    found[piece.top : piece.top + piece.crop.shape[0], piece.left : piece.left + piece.crop.shape[1]] = piece.crop
    assert np.array_equal(found, mask.astype(bool))
    assert row.extra == {"iscrowd": 1}


def test_parts_that_overlap_leave_no_hole(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, annotation(segmentation=[[0, 0, 10, 0, 10, 10, 0, 10], [5, 5, 15, 5, 15, 15, 5, 15]]))
    assert row.rings == ()
    assert len(row.points) == 16


def test_parts_that_touch_stay_parts(tmp_path: Path) -> None:
    (row,), _ = read(tmp_path, annotation(segmentation=[[0, 0, 10, 0, 10, 10, 0, 10], [10, 0, 15, 0, 15, 10, 10, 10]]))
    assert row.rings == (4, 4)


def test_a_person_is_a_skeleton_and_its_outline(tmp_path: Path) -> None:
    person = annotation(
        category_id=9, segmentation=[[1, 2, 11, 2, 11, 14]], keypoints=[5, 5, 2, 9, 9, 1, 0, 0, 0], num_keypoints=2
    )
    rows, report = read(tmp_path, person)
    skeleton, nose, eye, ear, outline = rows
    assert [row.shape for row in rows] == ["skeleton", "points", "points", "points", "polygon"]
    assert {nose.parent, eye.parent, ear.parent} == {skeleton.object}
    assert [(row.label, row.occluded, row.outside) for row in (nose, eye, ear)] == [
        ("nose", False, False),
        ("eye", True, False),
        ("ear", False, True),
    ]
    assert skeleton.group == outline.group != 0
    assert not report.dropped


def test_a_person_without_keypoints_is_an_outline_and_nothing_is_lost(tmp_path: Path) -> None:
    person = annotation(category_id=9, segmentation=[[1, 2, 11, 2, 11, 14]], keypoints=[0] * 9, num_keypoints=0)
    (row,), report = read(tmp_path, person)
    assert (row.shape, row.group) == ("polygon", 0)
    assert not report.dropped


def test_files_of_keypoints_repeat_those_of_instances(tmp_path: Path) -> None:
    person = annotation(category_id=9, keypoints=[5, 5, 2, 9, 9, 1, 0, 0, 0])
    put_json(tmp_path / "annotations" / "person_keypoints_train.json", coco([person]))
    rows, _ = read(tmp_path, annotation(category_id=9), annotation(id=2))
    assert sorted(row.shape for row in rows) == ["points", "points", "points", "rectangle", "rectangle", "skeleton"]


def test_annotations_of_one_id_in_one_file_all_count(tmp_path: Path) -> None:
    person = annotation(category_id=9, keypoints=[5, 5, 2, 9, 9, 1, 0, 0, 0], bbox=None)
    for number in (0, None):
        rows, _ = read(tmp_path, {**person, "id": number}, annotation(id=number, category_id=9))
        assert [row.shape for row in rows] == ["skeleton", "points", "points", "points", "rectangle"]


def test_persons_are_written_back_as_they_were(tmp_path: Path) -> None:
    person = annotation(
        category_id=9, segmentation=[], keypoints=[5, 5, 2, 9, 9, 1, 0, 0, 0], num_keypoints=2, bbox=[1, 2, 20, 22]
    )
    read(tmp_path, person)
    write_coco(read_coco(tmp_path, Report()), tmp_path / "out", Report())
    (again,) = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())["annotations"]
    assert {key: again[key] for key in ("keypoints", "num_keypoints", "bbox", "area")} == {
        "keypoints": [5, 5, 2, 9, 9, 1, 0, 0, 0],
        "num_keypoints": 2,
        "bbox": [1, 2, 20, 22],
        "area": 440,
    }


def test_unknown_fields_survive(tmp_path: Path) -> None:
    read(tmp_path, annotation(mine=[1, {"a": None}], score=0.5), info={"year": 2020}, licenses=[{"id": 3}], other=1)
    write_coco(read_coco(tmp_path, Report()), tmp_path / "out", Report())
    again = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert (again["info"], again["licenses"], again["other"]) == ({"year": 2020}, [{"id": 3}], 1)
    assert again["images"] == [{**IMAGE, "file_name": "../images/train/a.png"}]
    assert again["categories"][0] == {"id": 1, "name": "cat", "supercategory": "animal", "mine": 1}
    assert again["annotations"][0]["mine"] == [1, {"a": None}]
    assert again["annotations"][0]["score"] == 0.5


def test_labels_learn_their_attributes(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    path = put_json(tmp_path / "x.json", coco([annotation(attributes={"wild": True, "age": 2, "name": "Tom"})]))
    labels = read_coco(path, Report()).labels
    assert labels[0].attributes == (
        Attribute("wild", input_type="checkbox"),
        Attribute("age", input_type="number"),
        Attribute("name"),
    )


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("a text", "bad-record"),
        (annotation(image_id=99), "unknown-picture"),
        (annotation(image_id=[1]), "unknown-picture"),
        (annotation(category_id=99), "unknown-label"),
        (annotation(bbox=[1, 2, 3]), "bad-record"),
        (annotation(bbox=None), "empty-shape"),
        (annotation(bbox=[1, 2, 0, 5]), "empty-shape"),
        (annotation(bbox=[1, 2, float("nan"), 5]), "not-a-number"),
        (annotation(bbox=[100, 100, 5, 5]), "outside-picture"),
        (annotation(segmentation=[[1, 2, 3, 4]]), "too-few-points"),
        (annotation(segmentation=[[1, 2, 3, 4, 5, "x"]]), "bad-record"),
        (annotation(segmentation={"size": [3, 3], "counts": [9]}), "bad-mask"),
        (annotation(segmentation={"size": list(SIZE), "counts": [1, 2]}), "bad-record"),
        (annotation(segmentation={"size": list(SIZE), "counts": "?!"}), "bad-record"),
        (annotation(segmentation={"size": list(SIZE), "counts": [SIZE[0] * SIZE[1]]}), "empty-shape"),
        (annotation(segmentation={"counts": [1]}), "bad-record"),
        (annotation(category_id=9, keypoints=[1, 2]), "too-few-points"),
        (annotation(category_id=9, keypoints=[0, 0, 0], bbox=None), "empty-shape"),
        (annotation(attributes=[1]), "bad-record"),
    ],
)
def test_what_cannot_be_used_is_told_and_the_rest_stays(broken: Any, code: str, tmp_path: Path) -> None:
    rows, report = read(tmp_path, broken, annotation(id=2))
    assert told(report) == {code: 1}
    assert "annotations[0]" in report.entries[0].message
    assert [row.points for row in rows] == [(1, 2, 11, 14)]


def test_pictures_that_are_not_there_are_told_once(tmp_path: Path) -> None:
    path = put_json(tmp_path / "x.json", coco([annotation()], [IMAGE, {**IMAGE, "id": 12, "file_name": "../b.png"}]))
    report = Report()
    dataset = read_coco(path, report)
    assert report.counts("problem") == {"picture-missing": 2}
    assert len(rows_of(dataset)) == 1
    assert dataset.tasks[0].media.size_of(0) == SIZE


def test_ids_that_are_none_are_told(tmp_path: Path) -> None:
    images = [IMAGE, {**IMAGE, "id": [1]}, {**IMAGE, "id": None}, {"id": 5}, "x"]
    _, report = read(tmp_path, annotation(), images=images)
    assert told(report) == {"bad-picture": 3, "bad-record": 1}
    path = put_json(tmp_path / "x.json", coco([annotation()]) | {"categories": [{"id": {}, "name": "a"}, {"id": 7}]})
    report = Report()
    read_coco(path, report)
    assert told(report) == {"bad-label": 2, "unknown-label": 1}


def test_a_file_in_annotations_finds_the_pictures_beside_it(tmp_path: Path) -> None:
    read(tmp_path, annotation())
    report = Report()
    dataset = read_coco(tmp_path / "annotations" / "instances_train.json", report)
    assert dataset.tasks[0].subset == "train"
    assert not report.entries


def test_names_that_lead_out_of_the_set_reach_nothing(tmp_path: Path) -> None:
    put_picture(tmp_path / "secret.png")
    images = [{**IMAGE, "file_name": name} for name in ("../../secret.png", str(tmp_path / "secret.png"))]
    put_json(tmp_path / "set" / "x.json", coco([], images))
    media = read_coco(tmp_path / "set" / "x.json", Report()).tasks[0].media
    assert not any(file.exists() for file in media.files)


def test_pictures_of_one_name_are_put_together(tmp_path: Path) -> None:
    rows, report = read(tmp_path, annotation(), annotation(image_id=12), images=[IMAGE, {**IMAGE, "id": 12}])
    assert [row.frame for row in rows] == [0, 0]
    assert report.counts("problem") == {"duplicate-picture": 1}


def test_folders_become_tasks(tmp_path: Path) -> None:
    names = ["park/1.png", "park/2.png", "yard/1.png"]
    images = [{**IMAGE, "id": number, "file_name": name} for number, name in enumerate(names)]
    for name in names:
        put_picture(tmp_path / "images" / name)
    put_json(tmp_path / "annotations" / "instances_default.json", coco([annotation(image_id=2)], images))
    report = Report()
    dataset = read_coco(tmp_path, report)
    assert [(task.name, task.frames.size) for task in dataset.tasks] == [("park", 2), ("yard", 1)]
    assert not report.problems


@pytest.mark.parametrize(("encoding", "text"), [("utf-16", "кот"), ("cp1251", "кот"), ("utf-8-sig", "кот")])
def test_other_encodings(encoding: str, text: str, tmp_path: Path) -> None:
    document = coco([annotation(category_id=1)]) | {"categories": [{"id": 1, "name": text}]}
    path = put_text(tmp_path / "x.json", json.dumps(document, ensure_ascii=False), encoding)
    assert looks_like_coco(path)
    assert rows_of(read_coco(path, Report()))[0].label == text


def test_a_zip_is_read_as_a_folder_is(tmp_path: Path) -> None:
    read(tmp_path / "set", annotation())
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*.*"):
            archive.write(path, path.relative_to(tmp_path / "set"))
    assert looks_like_coco(tmp_path / "set.zip")
    dataset = read_coco(tmp_path / "set.zip", Report())
    assert [row.points for row in rows_of(dataset)] == [(1, 2, 11, 14)]
    assert dataset.tasks[0].media.read(0).shape == (*SIZE, 3)


def test_one_bad_file_of_several_is_told(tmp_path: Path) -> None:
    read(tmp_path, annotation())
    put_text(tmp_path / "annotations" / "instances_val.json", '{"images": [], "annotations": [')
    report = Report()
    assert len(rows_of(read_coco(tmp_path, report))) == 1
    assert told(report) == {"bad-file": 1}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": 3, "annotations": []}', "[" * 100_000])
def test_what_is_no_coco_is_refused(text: str, tmp_path: Path) -> None:
    path = put_text(tmp_path / "x.json", text)
    with pytest.raises(BadAnnotations, match=r"x\.json"):
        read_coco(path, Report())


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools with NumPy 2
def test_a_hole_is_written_as_a_mask(tmp_path: Path) -> None:
    write_coco(dataset_of(tmp_path, [HOLE]), tmp_path / "x.json", Report())
    (record,) = json.loads((tmp_path / "x.json").read_text())["annotations"]
    assert record["area"] == 300
    assert record["bbox"] == [0, 0, 20, 20]
    mask = rle.decode(record["segmentation"])
    assert mask.shape == SIZE
    assert mask.sum() == 300
    assert mask[10, 10] == 0


def test_turned_boxes_and_ellipses_become_polygons_and_that_is_told(tmp_path: Path) -> None:
    report = Report()
    write_coco(dataset_of(tmp_path, [TURNED, BOX, CIRCLE]), tmp_path / "x.json", report)
    assert report.counts("note") == {"shape-changed": 2}
    first, second, third = json.loads((tmp_path / "x.json").read_text())["annotations"]
    assert first["area"] == pytest.approx(12 * 8)
    assert len(first["segmentation"][0]) == 8
    assert second["segmentation"] == []
    assert third["area"] == pytest.approx(36 * np.pi, rel=0.01)


def test_subsets_are_named_by_files() -> None:
    assert subset_of("annotations/person_keypoints_val2017.json") == "val"
    assert subset_of("annotations/instances_default.json") == ""
    assert subset_of("train/_annotations.coco.json") == "train"
    assert subset_of("annotations/instances_Моё.json") == "Моё"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-5, 50) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["size", "counts", "a"]), inner),
    max_leaves=6,
)
FIELDS = [
    "bbox",
    "segmentation",
    "keypoints",
    "attributes",
    "category_id",
    "image_id",
    "id",
    "iscrowd",
    "score",
    "track_id",
]


@given(record=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_annotation_breaks_the_reader(record: dict[str, Any], tmp_path: Path) -> None:
    rows, _ = read(tmp_path, {**annotation(), **record}, annotation(id=77))
    assert rows
