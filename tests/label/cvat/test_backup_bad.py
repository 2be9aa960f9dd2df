from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cvat_building import (
    annotations,
    encoded,
    images_task,
    job,
    manifest,
    rich_task,
    shape,
    video_task,
    write_project,
    write_task,
    write_zip,
)
from mattebox.errors import BadAnnotations
from mattebox.label.cvat import read_backup, write_backup
from mattebox.label.media import Images
from mattebox.label.report import Report


def told(path: Path) -> Report:
    """What is told when a backup is read."""
    report = Report()
    read_backup(path, report)
    return report


def test_a_truncated_archive_is_told(tmp_path: Path) -> None:
    path = write_task(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadAnnotations, match=r"a\.zip: not a whole zip archive"):
        read_backup(path, Report())


def test_an_archive_that_reaches_out_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", rich_task().members() | {"../../evil": b"x"})
    with pytest.raises(BadAnnotations, match=r"\.\./\.\./evil"):
        read_backup(path, Report())
    parts = images_task()
    parts.files["data/manifest.jsonl"] += encoded({"name": "../../a", "extension": ".png"})
    report = told(write_task(tmp_path / "b.zip", parts))
    assert report.counts("problem") == {"bad-manifest": 1}


def test_what_is_no_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadAnnotations, match="no backup of CVAT's"):
        read_backup(write_zip(tmp_path / "a.zip", {"annotations.xml": b"<annotations/>"}), Report())
    with pytest.raises(BadAnnotations, match="no such file"):
        read_backup(tmp_path / "none.zip", Report())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1251"])
def test_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    labels = [{"name": "кот", "color": "#ff0000", "attributes": []}]
    parts = images_task(labels=labels, annotated=[annotations([shape("кот", 0, "points", [1, 2])])])
    members = {
        name: data.decode().encode(encoding) if name.endswith((".json", ".jsonl")) else data
        for name, data in parts.members().items()
    }
    dataset = read_backup(write_zip(tmp_path / "a.zip", members), Report())
    assert dataset.labels[0].name == "кот"
    assert dataset.tasks[0].subtasks[0].table.label.lists() == ["кот"]


def test_missing_media_are_told_and_the_annotations_are_read(tmp_path: Path) -> None:
    parts = rich_task()
    del parts.files["data/noon/a.png"], parts.files["data/noon/b.png"]
    report = Report()
    (task,) = read_backup(write_task(tmp_path / "a.zip", parts), report).tasks
    assert report.counts("problem") == {"missing-media": 2}
    assert isinstance(task.media, Images)
    assert task.media.read(0).shape == (24, 32, 3)
    with pytest.raises(BadAnnotations, match=r"noon/a\.png"):
        task.media.read(2)


@pytest.mark.parametrize(
    ("storage", "words"), [("cloud_storage", "cloud storage"), ("local", "the archive has no media")]
)
def test_an_archive_without_media_says_so(tmp_path: Path, storage: str, words: str) -> None:
    parts = images_task(data={"storage": storage}, annotated=[annotations([shape("cat", 1, "points", [1, 2])])])
    parts.files = {"data/manifest.jsonl": parts.files["data/manifest.jsonl"]}
    report = Report()
    (task,) = read_backup(write_task(tmp_path / "a.zip", parts), report).tasks
    assert task.media is None
    assert (task.frames.size, len(task.subtasks[0].table)) == (4, 1)
    assert words in report.entries[0].message
    assert report.counts("problem") == {"no-media": 1}


def test_a_video_that_the_manifest_does_not_name_is_told(tmp_path: Path) -> None:
    parts = video_task(tmp_path)
    parts.files["data/other.webm"] = parts.files.pop("data/clip.webm")
    report = Report()
    assert read_backup(write_task(tmp_path / "a.zip", parts), report).tasks[0].media is None
    assert report.counts("problem") == {"missing-media": 1}


def test_a_video_with_too_few_frames_is_told(tmp_path: Path) -> None:
    report = told(write_task(tmp_path / "a.zip", video_task(tmp_path, 10, length=7)))
    assert report.counts("problem") == {"frame-count": 1}
    assert "need 10 frames of clip.webm, which has 7" in report.entries[0].message


def test_too_few_pictures_are_told(tmp_path: Path) -> None:
    parts = images_task()
    parts.document["jobs"][0]["stop_frame"] = 8
    assert told(write_task(tmp_path / "a.zip", parts)).counts("problem") == {"frame-count": 1}


def test_a_damaged_manifest_is_told_and_the_files_are_taken_as_they_lie(tmp_path: Path) -> None:
    parts = images_task()
    parts.files["data/manifest.jsonl"] = manifest([{"version": "1.1"}]) + b"{broken"
    report = Report()
    (task,) = read_backup(write_task(tmp_path / "a.zip", parts), report).tasks
    assert report.counts("problem") == {"bad-manifest": 1}
    assert task.media is not None
    assert [task.media.name_of(frame) for frame in range(4)] == ["a.png", "b.png", "c.png", "d.png"]


def test_jobs_and_their_annotations_need_not_match(tmp_path: Path) -> None:
    lost = annotations([shape("cat", 0, "points", [1, 2])] * 3) | {"tags": 5}
    many = images_task(annotated=[annotations(), lost])
    report = told(write_task(tmp_path / "a.zip", many))
    assert (report.counts("dropped"), report.counts("problem")) == ({"no-job": 3}, {"job-count": 1})
    few = images_task(annotated=[])
    report = Report()
    (task,) = read_backup(write_task(tmp_path / "b.zip", few), report).tasks
    assert [len(part.table) for part in task.subtasks] == [0]
    assert report.counts("problem") == {"job-count": 1}
    none = images_task().members()
    del none["annotations.json"]
    assert told(write_zip(tmp_path / "c.zip", none)).counts("problem") == {"no-annotations": 1}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("data", "frame_filter"), "every third"),
        (("data", "start_frame"), "first"),
        (("data", "deleted_frames"), [None]),
        (("data", "stop_frame"), 10**30),
        (("jobs",), [{"start_frame": 0, "stop_frame": float("inf")}]),
        (("jobs",), [{"start_frame": 0}]),
        (("jobs",), [{"start_frame": "a", "stop_frame": 3}]),
        (("jobs",), [{"start_frame": 0, "stop_frame": 3, "frames": ["x"]}]),
        (("jobs",), [{"start_frame": -4, "stop_frame": 3}]),
        (("jobs",), [{"start_frame": -(10**12), "stop_frame": 3}]),
        (("jobs",), [{"start_frame": 1e308, "stop_frame": 3}]),
        (("jobs",), [{"start_frame": 0, "stop_frame": 10**12}]),
        (("jobs",), [7]),
        (("jobs",), 7),
        (("labels",), [{"name": "cat", "attributes": 7}]),
        (("data",), [1]),
        (("labels",), [{"color": "#ff0000"}]),
    ],
)
def test_a_task_that_makes_no_sense_is_left_out(tmp_path: Path, where: tuple[str, ...], value: Any) -> None:
    bad = images_task(name="bad")
    inner = bad.document
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    report = Report()
    path = write_project(tmp_path / "a.zip", [bad, images_task(name="good")], labels=images_task().document["labels"])
    assert [task.name for task in read_backup(path, report).tasks] == ["good"]
    assert report.counts("dropped") == {"bad-task": 1}
    assert "task_0/task.json" in report.entries[0].message
    with pytest.raises(BadAnnotations, match=r"task\.json"):
        read_backup(write_task(tmp_path / "b.zip", bad), Report())


def test_tasks_of_which_none_can_be_read_are_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "task.json").write_bytes(b"7")
    with pytest.raises(BadAnnotations, match="none of its 2 tasks"):
        read_backup(tmp_path / "all", Report())


def test_a_job_of_an_unknown_type_is_read_and_written_back(tmp_path: Path) -> None:
    parts = images_task()
    parts.document["jobs"][0]["type"] = "immediate_feedback"
    path, report = write_task(tmp_path / "a.zip", parts), Report()
    write_backup(read_backup(path, report), tmp_path / "b.zip", report)
    assert report.counts("problem") == {"unknown-job": 1}
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert json.loads(archive.read("task.json")) == parts.document


def test_frames_outside_of_their_job_are_dropped(tmp_path: Path) -> None:
    jobs = [job(0, 3), job(1, 3, "ground_truth", frames=[0, 2, 10**11])]
    report = Report()
    path = write_task(tmp_path / "a.zip", images_task(jobs=jobs, annotated=[annotations()] * 2))
    (task,) = read_backup(path, report).tasks
    assert task.subtasks[1].frames.tolist() == [2]
    assert report.counts("dropped") == {"bad-frame": 2}


def test_truncated_json_is_told_by_its_file(tmp_path: Path) -> None:
    members = rich_task().members()
    for name in ("task.json", "annotations.json"):
        cut = members | {name: members[name][:-7]}
        with pytest.raises(BadAnnotations, match=name):
            read_backup(write_zip(tmp_path / f"{name}.zip", cut), Report())


def test_a_damaged_picture_harms_nobody_until_it_is_read(tmp_path: Path) -> None:
    parts = images_task()
    parts.files["data/b.png"] = os.urandom(50)
    assert not told(write_task(tmp_path / "a.zip", parts)).entries
