"""Annotations that are written without their pictures lead to these."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from cvat_building import write_video
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.formats import read
from mattebox.label.formats.coco import write_coco
from mattebox.label.formats.labelme import write_labelme
from mattebox.label.formats.mot import write_mot
from mattebox.label.formats.voc import write_voc
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.table import Table
from sets_building import BOX, LABELS, put_picture, rows_of, told

WRITERS = {"coco": write_coco, "labelme": write_labelme, "voc": write_voc}


def of(media: Images | Video) -> Dataset:
    table = Table.from_rows([replace(BOX, frame=frame) for frame in (0, 1)])
    return Dataset("set", (Task("park", media, FrameMap(2), (Subtask("job", np.arange(2), table),)),), LABELS)


def two_pictures(folder: Path) -> Dataset:
    return of(Images([Blob(put_picture(folder / "pictures" / name)) for name in ("a.png", "b.png")]))


@pytest.mark.parametrize("name", WRITERS)
def test_pictures_that_stay_where_they_are_are_found_again(name: str, tmp_path: Path) -> None:
    report = Report()
    WRITERS[name](two_pictures(tmp_path), tmp_path / "out" / "deep", report)
    assert not report.entries
    back = read(tmp_path / "out" / "deep", format=name, report=report)
    assert [blob.path for task in back.tasks for blob in task.media.files] == [
        tmp_path / "pictures" / picture for picture in ("a.png", "b.png")
    ]
    assert all("/.." not in f"/{name}" for task in back.tasks for name in task.media.names)
    assert report.counts("note") == {"picture-outside": 2}
    assert len(rows_of(back)) == 2


def test_the_ways_begin_where_programs_look(tmp_path: Path) -> None:
    dataset = two_pictures(tmp_path)
    write_coco(dataset, tmp_path / "out.json", Report())
    assert [each["file_name"] for each in json.loads((tmp_path / "out.json").read_text())["images"]] == [
        "pictures/a.png",
        "pictures/b.png",
    ]
    write_labelme(dataset, tmp_path / "labelme", Report())
    assert json.loads((tmp_path / "labelme" / "a.json").read_text())["imagePath"] == "../pictures/a.png"
    write_voc(dataset, tmp_path / "voc", Report())
    sheet = ElementTree.parse(tmp_path / "voc" / "Annotations" / "a.xml")
    assert (sheet.findtext("filename"), sheet.findtext("path")) == ("a.png", "../pictures/a.png")


def test_links_on_the_way_are_followed(tmp_path: Path) -> None:
    dataset = two_pictures(tmp_path)
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "near").symlink_to(tmp_path / "far" / "away")
    write_coco(dataset, tmp_path / "near" / "out.json", Report())
    (name, _) = (each["file_name"] for each in json.loads((tmp_path / "near" / "out.json").read_text())["images"])
    assert name == "../../pictures/a.png"
    for place in ("near", "far/away"):
        assert read(tmp_path / place / "out.json", report=Report()).tasks[0].media.files[0].exists()


@pytest.mark.parametrize("name", ["coco", "labelme"])
def test_another_picture_of_that_name_is_not_taken(name: str, tmp_path: Path) -> None:
    WRITERS[name](two_pictures(tmp_path), tmp_path / "out", Report())
    put_picture(tmp_path / "out" / "other" / "a.png", color=(1, 1, 1))
    media = read(tmp_path / "out", format=name, report=Report()).tasks[0].media
    assert media.files[0].path == tmp_path / "pictures" / "a.png"


def test_a_form_that_cannot_point_tells_of_every_picture(tmp_path: Path) -> None:
    report = Report()
    write_mot(two_pictures(tmp_path), tmp_path / "out", report)
    assert report.counts("note") == {"pictures-not-written": 2}


@pytest.mark.parametrize("write", [*WRITERS.values(), write_mot])
def test_pictures_that_nothing_can_lead_to_are_told(write: Callable[..., None], tmp_path: Path) -> None:
    report = Report()
    write(of(Video(Blob(write_video(tmp_path / "clip.webm", 2)))), tmp_path / "none", report)
    assert report.counts("note")["pictures-not-written"] == 2
    report = Report()
    write(of(Video(Blob(tmp_path / "clip.webm"))), tmp_path / "copied", report, images="copy")
    assert "pictures-not-written" not in told(report)


@pytest.mark.parametrize(
    "name", ["../secret.txt", "../../pictures/../none.png", "../\0.png", "../" + "x" * 300 + ".png"]
)
def test_nothing_but_a_picture_that_is_there_is_found_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    document = {"images": [{"id": 1, "file_name": name}], "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "instances.json").write_text(json.dumps(document))
    report = Report()
    (task,) = read(tmp_path / "set" / "instances.json", report=report).tasks
    assert not task.media.files[0].exists()
    assert report.counts("problem") == {"picture-missing": 1}
    assert ".." not in task.media.names[0].split("/")
