from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvat_building import frame_color, picture, rich_task, write_project, write_task, write_video
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.cvat import read_backup, write_backup
from mattebox.label.dataset import Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Media, Video
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

CAT = Label("cat", (255, 0, 0))


def stills(folder: Path, *names: str, **more: Any) -> Images:
    """Pictures of 24 x 32 in files, called so."""
    files = []
    for index in range(len(names)):
        file = folder / f"{index}.png"
        file.write_bytes(picture(frame_color(index)))
        files.append(Blob(file))
    return Images(files, names, **more)


def one_task(media: Media | None, frames: FrameMap, *parts: Subtask, **more: Any) -> Dataset:
    return Dataset("", (Task("park", media, frames, parts, **more),), (CAT,))


def whole(size: int, *rows: Row) -> Subtask:
    return Subtask("job", np.arange(size), Table.from_rows(rows))


def read_json(path: Path, name: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(name))


def test_new_pictures_become_a_task_that_cvat_can_restore(tmp_path: Path) -> None:
    media = stills(tmp_path, "a.png", "sub/a.png", "b.png", related={1: [Blob(tmp_path / "2.png")]})
    row = Row(label="cat", frame=1, shape="rectangle", points=(1, 2, 3, 4), score=0.5)
    dataset = one_task(media, FrameMap(3, deleted=frozenset({2})), whole(3, row), subset="Train", guide="look")
    report = Report()
    write_backup(dataset, tmp_path / "a.zip", report)
    assert not report.entries
    task = read_json(tmp_path / "a.zip", "task.json")
    assert task["version"] == "1.0"
    assert task["status"] == task["jobs"][0]["status"] == "annotation"
    data = {name: task["data"][name] for name in ("start_frame", "stop_frame", "deleted_frames", "sorting_method")}
    assert data == {"start_frame": 0, "stop_frame": 2, "deleted_frames": [2], "sorting_method": "predefined"}
    assert task["jobs"] == [{"start_frame": 0, "stop_frame": 2, "type": "annotation", "status": "annotation"}]
    (again,) = read_backup(tmp_path / "a.zip", report).tasks
    assert not report.entries
    assert (again.subset, again.guide) == ("Train", "look")
    assert again.subtasks[0].table.equals(dataset.tasks[0].subtasks[0].table)
    assert [again.media.original(frame) for frame in range(3)] == [media.original(frame) for frame in range(3)]
    assert [again.media.name_of(frame) for frame in range(3)] == ["a.png", "sub/a.png", "b.png"]
    assert again.media.size_of(1) == (24, 32)
    assert [blob.read() for blob in again.media.related(1)] == [media.original(2)]


def test_odd_values_are_written_as_python_reads_them(tmp_path: Path) -> None:
    odd = [10**30, "\ud800"]
    write_backup(one_task(None, FrameMap(1), whole(1), extra={"odd": odd}), tmp_path / "a.zip", Report())
    assert read_json(tmp_path / "a.zip", "task.json")["odd"] == odd


def test_media_are_stored_byte_for_byte_and_not_packed(tmp_path: Path) -> None:
    write_backup(one_task(stills(tmp_path, "a.png"), FrameMap(1), whole(1)), tmp_path / "a.zip", Report())
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.getinfo("data/a.png").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("task.json").compress_type == zipfile.ZIP_DEFLATED
        assert archive.read("data/a.png") == (tmp_path / "0.png").read_bytes()
        assert archive.testzip() is None


def test_a_new_video_becomes_a_task(tmp_path: Path) -> None:
    video = Video(Blob(write_video(tmp_path / "clip.webm", 12)))
    dataset = one_task(video, FrameMap(4, start=2, step=3), whole(4))
    write_backup(dataset, tmp_path / "a.zip", Report())
    assert read_json(tmp_path / "a.zip", "task.json")["data"]["frame_filter"] == "step=3"
    (again,) = read_backup(tmp_path / "a.zip", Report()).tasks
    assert isinstance(again.media, Video)
    assert again.media.count() == 12
    assert again.frames == FrameMap(4, start=2, step=3)


def test_names_that_clash_or_lead_out_are_changed(tmp_path: Path) -> None:
    media = stills(tmp_path, "a.png", "a.png", "../../b.png", "..")
    report = Report()
    write_backup(one_task(media, FrameMap(4), whole(4)), tmp_path / "a.zip", report)
    (again,) = read_backup(tmp_path / "a.zip", Report()).tasks
    assert [again.media.name_of(frame) for frame in range(4)] == ["a.png", "1/a.png", "b.png", "3.png"]
    assert [again.media.original(frame) for frame in range(4)] == [media.original(frame) for frame in range(4)]
    assert [entry.message for entry in report.entries if entry.code == "renamed-pictures"] == [
        "3 pictures have other names in the archive: 'a.png' is '1/a.png', '../../b.png' is 'b.png', '..' is '3.png'"
    ]


def test_related_pictures_of_one_name_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    blobs = [Blob(tmp_path / "x.png"), Blob(tmp_path / "sub" / "x.png")]
    for index, blob in enumerate(blobs):
        blob.path.write_bytes(picture(frame_color(index)))
    media = stills(tmp_path, "a.png", related={0: blobs})
    write_backup(one_task(media, FrameMap(1), whole(1)), tmp_path / "a.zip", Report())
    (again,) = read_backup(tmp_path / "a.zip", Report()).tasks
    assert [blob.read() for blob in again.media.related(0)] == [blob.read() for blob in blobs]


def test_a_picture_that_comes_twice_is_written_once_with_what_goes_with_it(tmp_path: Path) -> None:
    media = stills(tmp_path, "a.png")
    twice = Images(media.files * 2, ["a.png"] * 2, related={0: media.files, 1: media.files})
    write_backup(one_task(twice, FrameMap(2), whole(2)), tmp_path / "b.zip", Report())
    (again,) = read_backup(tmp_path / "b.zip", Report()).tasks
    assert [again.media.name_of(frame) for frame in range(2)] == ["a.png"] * 2
    assert [again.media.related(frame)[0].read() for frame in range(2)] == [media.original(0)] * 2


def test_several_tasks_or_a_name_make_a_project(tmp_path: Path) -> None:
    dataset = one_task(None, FrameMap(1), whole(1))
    write_backup(dataset, tmp_path / "task.zip", Report())
    write_backup(dataset.replace(name="zoo"), tmp_path / "named.zip", Report())
    write_backup(dataset.replace(tasks=dataset.tasks * 2), tmp_path / "pair.zip", Report())
    write_backup(dataset.replace(name="zoo"), tmp_path / "asked.zip", Report(), kind="task")
    names = {}
    for name in ("task", "named", "pair", "asked"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as archive:
            names[name] = set(archive.namelist())
    assert names["task"] == names["asked"] == {"task.json", "annotations.json"}
    assert names["named"] == {"project.json", "task_0/task.json", "task_0/annotations.json"}
    assert names["pair"] == names["named"] | {"task_1/task.json", "task_1/annotations.json"}
    assert read_json(tmp_path / "pair.zip", "project.json")["name"] == "pair"
    with pytest.raises(BadParameter, match="has 2 tasks"):
        write_backup(dataset.replace(tasks=dataset.tasks * 2), tmp_path / "no.zip", Report(), kind="task")
    with pytest.raises(BadParameter, match="no kind"):
        write_backup(dataset, tmp_path / "no.zip", Report(), kind="job")  # type: ignore[arg-type]


def test_all_labels_are_the_project_s(tmp_path: Path) -> None:
    rows = [Row(label=name, frame=0, shape="points", points=(1, 2)) for name in ("dog", "gnu")]
    own = Task("own", None, FrameMap(1), (whole(1, *rows),), (Label("dog", (0, 0, 1)), Label("cat", (9, 9, 9))))
    report = Report()
    write_backup(Dataset("zoo", (own,), (CAT,)), tmp_path / "a.zip", report)
    assert [label["name"] for label in read_json(tmp_path / "a.zip", "project.json")["labels"]] == ["cat", "dog", "gnu"]
    assert report.counts("problem") == {"label-differs": 1}
    assert report.counts("note") == {"label-added": 1}


def test_what_changed_is_written_and_the_rest_stays(tmp_path: Path) -> None:
    path = write_task(tmp_path / "a.zip")
    dataset = read_backup(path, Report())
    (task,) = dataset.tasks
    frames = FrameMap(task.frames.size, deleted=frozenset({0, 1}))
    renamed = task.replace(name="forest", subset="Test", frames=frames)
    write_backup(dataset.replace(tasks=(renamed,)), tmp_path / "b.zip", Report())
    before, after = read_json(path, "task.json"), read_json(tmp_path / "b.zip", "task.json")
    expected = {**before, "name": "forest", "subset": "Test", "data": {**before["data"], "deleted_frames": [0, 1]}}
    assert after == expected


def test_other_media_replace_those_of_the_archive(tmp_path: Path) -> None:
    dataset = read_backup(write_task(tmp_path / "a.zip"), Report())
    (task,) = dataset.tasks
    media = stills(tmp_path, *"vwxyz")
    write_backup(dataset.replace(tasks=(task.replace(media=media),)), tmp_path / "b.zip", Report())
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        data = {name for name in archive.namelist() if name.startswith("data/")}
    assert data == {"data/manifest.jsonl", *(f"data/{name}" for name in "vwxyz")}


def test_a_relative_path_leads_to_the_same_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_task(tmp_path / "a.zip")
    monkeypatch.chdir(tmp_path)
    dataset = read_backup(Path("a.zip"), Report())
    write_backup(dataset, Path("b.zip"), Report())
    with zipfile.ZipFile(path) as before, zipfile.ZipFile("b.zip") as after:
        assert after.read("data/manifest.jsonl") == before.read("data/manifest.jsonl")


def test_media_can_be_left_out(tmp_path: Path) -> None:
    report = Report()
    write_backup(read_backup(write_task(tmp_path / "a.zip"), report), tmp_path / "b.zip", report, media=False)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        names = set(archive.namelist())
    assert {name for name in names if name.startswith("data/")} == {"data/manifest.jsonl"}
    assert "assets/look.png" in names
    assert report.counts("note") == {"no-media": 1}


def test_what_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = write_task(tmp_path / "a.zip")
    before = path.read_bytes()
    dataset = read_backup(path, Report())
    with pytest.raises(OutputFailed, match=r"a\.zip exists already"):
        write_backup(dataset, path, Report())
    assert path.read_bytes() == before
    report = Report()
    write_backup(dataset, path, report, overwrite=True)
    assert not report.entries
    assert read_backup(path, report).tasks[0].media.original(0) == picture(frame_color(0))
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_media_that_are_gone_are_told_and_the_rest_is_written(tmp_path: Path) -> None:
    media = stills(tmp_path, "a.png", "b.png")
    (tmp_path / "0.png").unlink()
    report = Report()
    write_backup(one_task(media, FrameMap(2), whole(2)), tmp_path / "a.zip", report)
    assert report.counts("dropped") == {"missing-media": 1}
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {name for name in archive.namelist() if name.endswith(".png")} == {"data/b.png"}


def test_an_archive_that_is_gone_is_told(tmp_path: Path) -> None:
    path = write_task(tmp_path / "a.zip")
    dataset = read_backup(path, Report())
    path.unlink()
    report = Report()
    write_backup(dataset, tmp_path / "b.zip", report)
    assert report.counts("problem") == {"origin-gone": 1}
    assert report.counts("dropped") == {"missing-media": 6}
    assert [part.table.equals(other.table) for (_, part), (_, other) in pairs(dataset, tmp_path / "b.zip")] == [
        True
    ] * 3


def pairs(dataset: Dataset, path: Path) -> Any:
    return zip(dataset.walk(), read_backup(path, Report()).walk(), strict=True)


def moving(*frames: int, **more: Any) -> list[Row]:
    return [
        Row(label="cat", frame=frame, shape="points", points=(frame, 1), object=0, tracked=True, **more)
        for frame in frames
    ]


def test_scenes_become_one_job_in_which_tracks_end_with_their_scene(tmp_path: Path) -> None:
    first = Subtask("scene_0", np.arange(1, 3), Table.from_rows(moving(1)), "scene")
    second = Subtask("scene_1", np.arange(5, 8), Table.from_rows(moving(5, 7)), "scene")
    truth = Subtask("truth", np.array([2, 6]), Table.empty(), "ground_truth")
    report = Report()
    write_backup(one_task(None, FrameMap(8), first, second, truth), tmp_path / "a.zip", report)
    assert report.counts("note") == {"jobs-joined": 1}
    jobs = read_json(tmp_path / "a.zip", "task.json")["jobs"]
    assert [(job["start_frame"], job["stop_frame"], job["type"]) for job in jobs] == [
        (0, 7, "annotation"),
        (2, 6, "ground_truth"),
    ]
    assert jobs[1]["frames"] == [2, 6]
    tracks = read_json(tmp_path / "a.zip", "annotations.json")[0]["tracks"]
    keys = [[(key["frame"], key["outside"]) for key in track["shapes"]] for track in tracks]
    assert keys == [[(1, False), (3, True)], [(5, False), (7, False)]]


@pytest.mark.parametrize(
    ("ranges", "regular"),
    [
        ([(0, 9)], True),
        ([(0, 4), (5, 9)], True),
        ([(0, 3), (4, 7), (8, 9)], True),
        ([(0, 5), (4, 9)], True),
        ([(0, 4)], False),
        ([(1, 9)], False),
        ([(0, 2), (3, 9)], False),
        ([(0, 4), (7, 9)], False),
    ],
)
def test_jobs_of_unequal_length_are_joined(tmp_path: Path, ranges: list[tuple[int, int]], regular: bool) -> None:
    parts = [
        Subtask(f"part_{number}", np.arange(first, last + 1), Table.empty())
        for number, (first, last) in enumerate(ranges)
    ]
    write_backup(one_task(None, FrameMap(10), *parts), tmp_path / "a.zip", Report())
    jobs = read_json(tmp_path / "a.zip", "task.json")["jobs"]
    assert [(job["start_frame"], job["stop_frame"]) for job in jobs] == (ranges if regular else [(0, 9)])


def test_a_task_without_jobs_gets_one(tmp_path: Path) -> None:
    write_backup(one_task(None, FrameMap(3)), tmp_path / "a.zip", Report())
    (job,) = read_json(tmp_path / "a.zip", "task.json")["jobs"]
    assert (job["start_frame"], job["stop_frame"]) == (0, 2)
    assert read_json(tmp_path / "a.zip", "annotations.json") == [{"version": 0, "tags": [], "shapes": [], "tracks": []}]


def test_tasks_of_two_archives_make_one_project(tmp_path: Path) -> None:
    one = read_backup(write_task(tmp_path / "a.zip"), Report())
    two = read_backup(write_project(tmp_path / "b.zip", [rich_task(name="second")]), Report())
    report = Report()
    write_backup(one.replace(name="both", tasks=one.tasks + two.tasks), tmp_path / "c.zip", report)
    assert not report.entries
    both = read_backup(tmp_path / "c.zip", report)
    assert [task.name for task in both.tasks] == ["park", "second"]
    assert all(task.media.original(0) == picture(frame_color(0)) for task in both.tasks if task.media)
    assert [task.guide for task in both.tasks] == ["# Котики\n![look](assets/look.png)\n"] * 2
