import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from cvat_building import (
    annotations,
    images_task,
    key,
    label,
    rich_task,
    shape,
    track,
    video_task,
    write_project,
    write_task,
)
from mattebox.errors import BadParameter, MatteboxError, OutputFailed
from mattebox.label.building import Choices, Scales, Tiling
from mattebox.label.checks import check as look_over
from mattebox.label.formats import read, write
from mattebox.label.formats.yolo_write import write_yolo_detect
from mattebox.label.pipeline import SETS, build_dataset
from mattebox.label.report import Report
from mattebox.label.splitting import Ties
from mattebox.picture import open_picture
from sets_building import BOX, dataset_of

LABELS = [label("cat"), label("dog", "#33ddff"), label("scene-start", kind="any"), label("scene-finish", kind="any")]

TABLE = """\
№;Наименование суперкласса;Классы
1;Pet;Cat
;;Dog
0;Junk;Bag
-1;Blurred;Blur
"""
CLASSES = """\
Класс объекта;Метка в CVAT
I. Things;
1. Cat;cat
2. Dog;dog
3. Bag;bag
4. Blur;blur
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Eight tasks of three pictures: a cat on the first, a dog on the second, nothing on the third."""
    tasks = []
    for number in range(8):
        shapes = [shape("cat", 0, "rectangle", [2, 2, 12, 12]), shape("dog", 1, "rectangle", [4, 4, 20, 20])]
        names = [f"{number}-{letter}.png" for letter in "abc"]
        subset = ("Train", "Validation")[number % 2]
        more = {"size": (24, 32 + number), "name": f"walk {number}", "subset": subset}  # no two pictures are the same
        tasks.append(images_task(names, LABELS, annotated=[annotations(shapes)], **more))
    return write_project(tmp_path / "zoo.zip", tasks, LABELS)


def label_files(path: Path) -> dict[str, str]:
    return {each.relative_to(path / "labels").as_posix(): each.read_text() for each in (path / "labels").rglob("*.txt")}


def samples(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((path / "samples.csv").read_text().splitlines()))


def test_an_archive_becomes_a_set_that_is_split_by_tasks(project, tmp_path):
    report = Report()
    build_dataset([project], tmp_path / "set", report, to="yolo-detect", shares=(0.5, 0.25, 0.25), seed=3)
    of_task = {}
    for sample in samples(tmp_path / "set"):
        of_task.setdefault(sample["task"], set()).add(sample["subset"])
    assert len(of_task) == 8
    assert all(len(subsets) == 1 for subsets in of_task.values())
    assert {subset for subsets in of_task.values() for subset in subsets} == {"train", "val", "test"}
    assert sum(count for what, count in report.results.items() if what.startswith("samples")) == 24


def test_subsets_of_cvat_can_decide(project, tmp_path):
    build_dataset([project], tmp_path / "set", Report(), to="yolo-detect", by="subset")
    split = {(sample["subset"], int(sample["task"][-1]) % 2) for sample in samples(tmp_path / "set")}
    assert split == {("train", 0), ("val", 1)}


def test_labels_become_the_classes_of_a_table_and_frames_are_rejected_by_it(tmp_path):
    shapes = [
        shape(name, frame, "rectangle", [2, 2, 12, 12]) for frame, name in enumerate(["cat", "dog", "bag", "blur"])
    ]
    shapes.append(shape("cat", 3, "rectangle", [5, 5, 9, 9]))
    task = images_task(labels=[label(name) for name in ("blur", "bag", "dog", "cat")], annotated=[annotations(shapes)])
    write_task(tmp_path / "walk.zip", task)
    (tmp_path / "classes.csv").write_text(CLASSES, encoding="utf-8")
    (tmp_path / "supers.csv").write_text(TABLE, encoding="utf-8")
    tables = [tmp_path / "classes.csv", tmp_path / "supers.csv"]
    build_dataset([tmp_path / "walk.zip"], tmp_path / "set", Report(), to="yolo-detect", taxonomy=tables)
    assert yaml.safe_load((tmp_path / "set/data.yaml").read_text())["names"] == {0: "Pet"}
    lines = [text.split(" ")[0] for _, text in sorted(label_files(tmp_path / "set").items())]
    assert lines == ["0", "0", ""]  # the bag is no object, and the blurred frame no sample


def test_tracks_are_interpolated_and_videos_decoded(tmp_path):
    keys = [key(0, "rectangle", [0, 0, 10, 10]), key(4, "rectangle", [40, 0, 50, 10])]
    write_task(tmp_path / "clip.zip", video_task(tmp_path, 5, annotated=[annotations(tracks=[track("cat", keys)])]))
    build_dataset([tmp_path / "clip.zip"], tmp_path / "set", Report(), to="yolo-detect")
    centres = [float(text.split(" ")[1]) * 64 for _, text in sorted(label_files(tmp_path / "set").items())]
    assert centres == pytest.approx([5, 15, 25, 35, 45], abs=1e-4)
    assert len(list((tmp_path / "set/images/train").iterdir())) == 5


def test_scenes_leave_out_what_is_between_them(tmp_path):
    marks = [shape("scene-start", 1, "points", [1, 1]), shape("scene-finish", 2, "points", [1, 1])]
    task = images_task(labels=LABELS, annotated=[annotations(marks)])
    write_task(tmp_path / "walk.zip", task)
    build_dataset([tmp_path / "walk.zip"], tmp_path / "set", Report(), to="yolo-detect", scenes=True)
    assert [sample["frame"] for sample in samples(tmp_path / "set")] == ["1", "2"]


def test_annotations_can_be_checked_and_repaired_on_the_way(tmp_path):
    twice = [shape("cat", 0, "rectangle", [2, 2, 12, 12])] * 2
    write_task(tmp_path / "walk.zip", images_task(annotated=[annotations(twice)]))
    told, repaired = Report(), Report()
    build_dataset([tmp_path / "walk.zip"], tmp_path / "told", told, to="yolo-detect", check="tell")
    build_dataset([tmp_path / "walk.zip"], tmp_path / "repaired", repaired, to="yolo-detect", check="repair")
    assert [
        sum(text.count("\n") for text in label_files(tmp_path / name).values()) for name in ("told", "repaired")
    ] == [2, 1]
    assert any("duplicate" in code for code in told.counts("problem") | told.counts("note"))
    assert repaired.dropped == 1


@pytest.mark.parametrize("to", SETS)
def test_every_form_is_made_and_made_dry(project, tmp_path, to):
    report = Report()
    build_dataset([project], tmp_path / "dry", report, to=to, dry_run=True)
    assert not (tmp_path / "dry").exists()
    build_dataset([project], tmp_path / "set", Report(), to=to, choices=Choices(images="link"))
    pictures = [each for each in (tmp_path / "set").rglob("*.png") if {"images", "inp"} & set(each.parts)]
    assert len(pictures) == 24
    assert all(open_picture(each).size[0] == 24 for each in pictures)


def test_tiles_and_masks_fit_together(project, tmp_path):
    choices = Choices(tiling=Tiling((24, 24)), scales=Scales((2,)), negatives=0)
    build_dataset([project], tmp_path / "set", Report(), to="masks", choices=choices, options={"overlap": "small"})
    for each in (tmp_path / "set").glob("*/out/*.png"):
        mask = cv2.imread(str(each), cv2.IMREAD_UNCHANGED)
        assert mask.shape[:2] == (24, 24)
        assert np.any(mask)


@pytest.mark.parametrize("to", SETS)
def test_a_preview_is_drawn_on_request(project, tmp_path, to):
    build_dataset([project], tmp_path / "set", report := Report(), to=to, preview=4)
    assert open_picture(tmp_path / "set/preview.jpg").size[1] >= 1000
    assert report.results["samples on the preview"] == 4
    assert not report.counts("problem")


def test_the_preview_shows_what_the_labels_of_the_set_say(tmp_path):
    outline = [shape("cat", 0, "polygon", [20, 20, 60, 60, 20, 60])]
    task = images_task(["a.png"], LABELS, annotated=[annotations(outline)], size=(80, 80))
    write_task(tmp_path / "walk.zip", task)
    sheets = {}
    for to in ("yolo-detect", "yolo-segment"):
        build_dataset([tmp_path / "walk.zip"], tmp_path / to, Report(), to=to, preview=1)
        sheets[to] = open_picture(tmp_path / to / "preview.jpg").rgb.astype(int)
    cell = sheets["yolo-detect"].shape[1] - 16
    row, column = 8 + round(cell * 30 / 80), 8 + round(cell * 50 / 80)  # in the box, and not in the outline
    assert np.abs(sheets["yolo-detect"][row, column] - sheets["yolo-segment"][row, column]).max() > 20


def test_without_pictures_there_is_nothing_to_preview(project, tmp_path):
    choices = Choices(images="none")
    build_dataset([project], tmp_path / "set", report := Report(), to="yolo-detect", preview=4, choices=choices)
    assert report.counts("note")["no-preview"] == 1


def test_what_is_told_names_the_place_in_the_file_and_the_project(tmp_path):
    keys = [key(0, "rectangle", [0, 0, 10, 10]), key(2, "rectangle", [4, 0, 14, 10])]
    lonely = shape("cat", 0, "rectangle", [2, 2, 12, 12], group=3)
    flat = shape("dog", 0, "rectangle", [2, 2, 2, 12])
    for name in ("north", "south"):
        task = images_task(
            labels=LABELS, name="walk", annotated=[annotations([lonely, flat], tracks=[track("cat", keys)])]
        )
        write_task(tmp_path / f"{name}.zip", task)
    sources = [tmp_path / "north.zip", tmp_path / "south.zip"]
    alone, report = Report(), Report()
    look_over(read(sources[0], report=Report()), alone)
    done = build_dataset(sources, tmp_path / "set", report, to="yolo-detect")
    [row] = [entry.row for entry in alone.entries if entry.code == "lonely-group"]
    told = [(entry.dataset, entry.row) for entry in report.entries if entry.code == "lonely-group"]
    assert told == [("north", row), ("south", row)]
    assert {entry.dataset for entry in report.entries if entry.task} == {"north", "south"}
    assert [task.name for task in done.tasks] == ["walk (north)", "walk (south)"]


def test_a_frame_that_was_deleted_is_no_gap_in_a_track(tmp_path):
    keys = [key(0, "rectangle", [0, 0, 10, 10]), key(3, "rectangle", [4, 0, 14, 10])]
    task = images_task(labels=LABELS, annotated=[annotations(tracks=[track("cat", keys)])], deleted=[1])
    write_task(tmp_path / "walk.zip", task)
    build_dataset([tmp_path / "walk.zip"], tmp_path / "set", report := Report(), to="yolo-detect")
    assert "track-gap" not in report.counts("note") | report.counts("problem")


def test_coco_can_be_cut_and_goes_on_where_it_was(project, tmp_path):
    choices = Choices(tiling=Tiling((16, 16)))
    build_dataset([project], tmp_path / "set", Report(), to="coco", by="subset", choices=choices)
    read_back = read(tmp_path / "set", report=Report())
    assert {task.media.size_of(0) for task in read_back.tasks} == {(16, 16)}
    assert {task.subset for task in read_back.tasks} == {"train", "val"}
    boxes = [row for _, subtask in read_back.walk() for row in subtask.table.rows()]
    assert len(boxes) == 16 + sum(row.points[2] == 16 for row in boxes)
    build_dataset([project], tmp_path / "set", report := Report(), to="coco", by="subset", choices=choices)
    assert report.results["samples that were there already"] == len(samples(tmp_path / "set"))


def test_coco_without_pictures_points_at_them(tmp_path):
    data = dataset_of(tmp_path, [BOX])
    write(data, tmp_path / "rows.json", format="json", report=Report())
    choices = Choices(images="none")
    build_dataset([tmp_path / "rows.json"], tmp_path / "set", Report(), to="coco", choices=choices)
    [document] = [json.loads(each.read_text()) for each in (tmp_path / "set/annotations").iterdir()]
    assert [each["file_name"] for each in document["images"]] == ["../pictures/p0.png", "../pictures/p1.png"]
    [task] = read(tmp_path / "set", report=Report()).tasks
    assert task.media.read(0).shape == (30, 40, 3)
    tiled = Choices(images="none", tiling=Tiling((16, 16)))
    build_dataset([tmp_path / "rows.json"], tmp_path / "tiles", report := Report(), to="coco", choices=tiled)
    assert report.counts("note")["pictures-not-written"] == 1


def test_coco_keeps_skeletons(tmp_path):
    write_task(tmp_path / "rich.zip", rich_task())
    build_dataset([tmp_path / "rich.zip"], tmp_path / "set", Report(), to="coco")
    [document] = [json.loads(each.read_text()) for each in (tmp_path / "set/annotations").iterdir()]
    assert any("keypoints" in each for each in document["annotations"])


def test_a_set_is_not_written_over_what_it_is_made_of(project, tmp_path):
    build_dataset([project], tmp_path / "set", Report(), to="yolo-detect")
    before = label_files(tmp_path / "set")
    with pytest.raises(OutputFailed, match="lies there and is read"):
        build_dataset([tmp_path / "set"], tmp_path / "set", Report(), to="yolo-detect", overwrite=True)
    with pytest.raises(OutputFailed, match="lies there and is read"):
        write_yolo_detect(read(tmp_path / "set"), tmp_path / "set", Report(), overwrite=True)
    assert label_files(tmp_path / "set") == before


def test_what_makes_no_sense_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(BadParameter, match="did you mean 'yolo-detect'"):
        build_dataset([tmp_path / "missing.zip"], tmp_path / "set", Report(), to="yolo-detec")


@pytest.mark.parametrize("to", SETS)
def test_a_list_of_unrelated_stills_is_divided_picture_by_picture(tmp_path, to):
    shapes = [shape("cat", frame, "rectangle", [2, 2, 12, 12]) for frame in range(6)]
    names = [f"park-{letter}.png" for letter in "abcdef"]
    write_task(tmp_path / "walk.zip", images_task(names, annotated=[annotations(shapes)]))
    done = build_dataset(
        [tmp_path / "walk.zip"],
        tmp_path / "set",
        Report(),
        to=to,
        shares=(0.5, 0.25, 0.25),
        stills=True,
        ties=Ties(content=False),
    )
    assert {task.subset for task in done.tasks} == {"train", "val", "test"}
    assert sorted(sample["source"] for sample in samples(tmp_path / "set")) == names
    assert {(sample["true_frame"], sample["source"]) for sample in samples(tmp_path / "set")} == {
        (str(number), name) for number, name in enumerate(names)
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"shares": (0.9, 0.2, 0.1)}, "their sum is 1"),
        ({"shares": (0.6, 0.2, 0.2), "by": "name"}, "leave one of the two out"),
        ({"by": "name", "pattern": "("}, "not a regular expression"),
        ({"taxonomy": ["none.csv"]}, "none.csv"),
    ],
)
def test_options_are_looked_at_before_anything_is_read(tmp_path, asked, told):
    with pytest.raises(MatteboxError, match=told):
        build_dataset([tmp_path / "missing.zip"], tmp_path / "set", Report(), to="masks", **asked)


def test_how_to_divide_without_dividing_is_refused(tmp_path):
    with pytest.raises(BadParameter, match="matters to a split only"):
        build_dataset([tmp_path / "walk.zip"], tmp_path / "set", Report(), to="coco", stills=True)


@pytest.mark.parametrize(("second", "told"), [("a.png", {"leak": 1}), ("b.png", {})])
def test_a_scene_in_two_of_the_subsets_that_tasks_came_with_is_told(tmp_path, second, told):
    tasks = [
        images_task([f"park-{name}"], LABELS, name=name, subset=subset)
        for name, subset in (("a.png", "Train"), (second, "Test"))
    ]
    write_project(tmp_path / "zoo.zip", tasks, LABELS)
    build_dataset([tmp_path / "zoo.zip"], tmp_path / "set", report := Report(), to="masks")
    assert {code: count for code, count in report.counts("problem").items() if code == "leak"} == told
