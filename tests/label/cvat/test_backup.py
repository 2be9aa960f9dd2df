from __future__ import annotations

import json
import math
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cvat_building import (
    TaskParts,
    annotations,
    frame_color,
    image_line,
    images_task,
    job,
    key,
    manifest,
    picture,
    rich_task,
    rich_video_task,
    shape,
    tag,
    track,
    video_task,
    write_project,
    write_task,
    write_zip,
)
from mattebox.label.cvat import honeypots, looks_like_backup, read_backup, write_backup, write_task_backup
from mattebox.label.dataset import Dataset
from mattebox.label.media import Images, Video
from mattebox.label.report import Report


def contents(path: Path) -> dict[str, Any]:
    """What an archive has: JSON as values, everything else as bytes."""
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return {name: json.loads(data) if name.endswith(".json") else data for name, data in found.items()}


def again(path: Path, report: Report) -> tuple[Dataset, Path]:
    """A backup that is read, and the archive that is written of it."""
    dataset = read_backup(path, report)
    target = path.with_name(f"again_{path.name}")
    write_backup(dataset, target, report)
    return dataset, target


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets have the same tasks, rows and frames."""
    pairs = list(zip(one.walk(), other.walk(), strict=True))
    return (one.name, one.labels, one.guide) == (other.name, other.labels, other.guide) and all(
        (task.name, task.frames, task.labels, task.subset, task.guide)
        == (task2.name, task2.frames, task2.labels, task2.subset, task2.guide)
        and (part.name, part.kind, part.extra) == (part2.name, part2.kind, part2.extra)
        and np.array_equal(part.frames, part2.frames)
        and part.table.equals(part2.table)
        for (task, part), (task2, part2) in pairs
    )


def without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def old_task() -> TaskParts:
    """A task as the first versions wrote it: no types of jobs and labels, no rotation, no lists of deleted frames."""
    old_shape = without(shape("cat", 0, "rectangle", [1, 2, 3, 4]), "rotation", "outside", "elements", "score")
    old_track = without(track("cat", [without(key(1, "points", [1, 2]), "rotation")], group=None), "elements")
    parts = images_task(annotated=[annotations([old_shape], [old_track], [without(tag("cat", 2), "source")])])
    parts.document["labels"] = [{"name": "cat", "color": "#ff0000", "attributes": []}]
    parts.document["jobs"] = [{"start_frame": 0, "stop_frame": 3, "status": "annotation", "reviews": []}]
    del parts.document["data"]["deleted_frames"], parts.document["data"]["sorting_method"], parts.document["subset"]
    parts.document |= {"mode": "annotation", "overlap": 0, "segment_size": 4, "dimension": "2d"}
    return parts


def new_task() -> TaskParts:
    """A task with a pool of ground truth: its pictures come again in the jobs, as honeypots."""
    names = ["a.png", "g.png", "b.png", "h.png", "g.png", "h.png"]
    lines = [{"version": "1.1"}, {"type": "images"}, *(image_line(name, (24, 32)) for name in names)]
    jobs = [
        job(0, 1, files=names[:2]),
        job(0, 1, "consensus_replica", files=names[:2]),
        job(2, 3, files=names[2:4]),
        job(4, 5, "ground_truth", frames=[4, 5], files=names[4:]),
    ]
    layout = {"mode": "gt_pool", "frames": ["g.png", "h.png"], "frames_per_job_count": 1}
    parts = images_task(jobs=jobs, data={"validation_layout": layout, "start_frame": 0, "stop_frame": 0})
    parts.files = {f"data/{name}": picture() for name in set(names)} | {"data/manifest.jsonl": manifest(lines)}
    parts.document |= {"consensus_replicas": 2, "unheard_of": {"a": [1]}}
    return parts


def odd_task() -> TaskParts:
    """A task with null where it may be, with fields that are called as ours are, and a ground truth without frames."""
    jobs = [job(0, 3, type=None, frames=None, range=[1], annotations=5), job(2, 3, "ground_truth", frames=[])]
    parts = images_task(jobs=jobs, subset=None, origin="me", absent=[3], status=None)
    guide = "![a](assets/a.png), https://example.org/assets/b.png, my_assets/c"
    parts.files |= {"annotation_guide.md": guide.encode(), "assets/a.png": b"a"}
    return parts


def custom_task() -> TaskParts:
    """A task whose jobs have files of their own choice, and a range of which the manifest keeps only its own."""
    jobs = [job(0, 2, files=["a.png", "b.png", "c.png"]), job(3, 3, files=["d.png"])]
    parts = images_task(jobs=jobs, data={"custom_segments": True})
    for name in ("start_frame", "stop_frame"):
        del parts.document["data"][name]
    return parts


TASKS = {
    "rich": rich_task,
    "old": old_task,
    "new": new_task,
    "custom": custom_task,
    "odd": odd_task,
    "step": lambda: images_task([f"{number}.png" for number in range(10)], start=1, step=4, deleted=[1]),
    "empty": lambda: images_task(annotated=[annotations()]),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_written_as_it_was(tmp_path: Path, name: str) -> None:
    path, report = write_task(tmp_path / "task.zip", TASKS[name]()), Report()
    dataset, target = again(path, report)
    assert not report.entries
    assert contents(target) == contents(path)
    assert same(read_backup(target, report), dataset)


def test_a_project_with_pictures_and_video_is_written_as_it_was(tmp_path: Path) -> None:
    tasks = [rich_task(), rich_video_task(tmp_path), rich_task(name="third", subset="Test")]
    for index in (0, 2):
        guide = tasks[index].files["annotation_guide.md"]
        tasks[index].files["annotation_guide.md"] = guide.replace(b"assets/", f"task_{index}/assets/".encode())
    tasks[1].document["labels"] = tasks[0].document["labels"]
    files = {"annotation_guide.md": b"![a](assets/a.png)", "assets/a.png": b"a"}
    path, report = write_project(tmp_path / "zoo.zip", tasks, files=files, owner=None, origin=1), Report()
    dataset, target = again(path, report)
    assert not report.entries
    assert (dataset.name, dataset.guide) == ("zoo", "![a](assets/a.png)")
    assert [task.name for task in dataset.tasks] == ["park", "clip", "third"]
    assert [task.labels for task in dataset.tasks] == [()] * 3
    assert dataset.tasks[0].guide == "# Котики\n![look](assets/look.png)\n"
    assert contents(target) == contents(path)
    assert same(read_backup(target, report), dataset)


def test_frames_sizes_and_names_are_those_of_the_media(tmp_path: Path) -> None:
    (video,) = read_backup(write_task(tmp_path / "v.zip", rich_video_task(tmp_path)), Report()).tasks
    assert isinstance(video.media, Video)
    assert (video.frames.size, video.frames.start, video.frames.step, video.frames.deleted) == (7, 1, 3, {6})
    assert video.media.size_of(0) == (48, 64)
    rgb = video.media.read(int(video.frames.true(2)))
    assert np.abs(rgb.mean(axis=(0, 1)) - frame_color(7)).max() < 12
    (stills,) = read_backup(write_task(tmp_path / "i.zip"), Report()).tasks
    assert isinstance(stills.media, Images)
    assert stills.media.names[4] == "дождь.png"
    assert stills.media.original(2) == picture(frame_color(2), (24, 32))
    assert [blob.name for blob in stills.media.related(0)] == ["depth.png"]
    assert (stills.subset, stills.frames.deleted) == ("Train", {4})


def test_pictures_that_a_task_leaves_out_keep_the_others_in_place(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(10)]
    (task,) = read_backup(write_task(tmp_path / "a.zip", images_task(names, start=1, step=4)), Report()).tasks
    assert [task.media.name_of(frame) for frame in task.frames.true([0, 1, 2])] == ["1.png", "5.png", "9.png"]
    parts = images_task(names, start=1, step=4)
    lines = [line for line in parts.files["data/manifest.jsonl"].splitlines() if line != b"{}"]
    parts.files["data/manifest.jsonl"] = b"\n".join(lines)
    (task,) = read_backup(write_task(tmp_path / "b.zip", parts), Report()).tasks
    assert [task.media.name_of(frame) for frame in task.frames.true([0, 1, 2])] == ["1.png", "5.png", "9.png"]


def test_jobs_are_told_apart(tmp_path: Path) -> None:
    (task,) = read_backup(write_task(tmp_path / "a.zip"), Report()).tasks
    assert [(part.name, part.kind) for part in task.subtasks] == [
        ("job_0", "annotation"),
        ("job_1", "annotation"),
        ("job_2", "ground_truth"),
    ]
    assert [part.frames.tolist() for part in task.subtasks] == [[0, 1, 2], [2, 3, 4], [1, 3]]
    assert honeypots(task).size == 0
    (pool,) = read_backup(write_task(tmp_path / "b.zip", new_task()), Report()).tasks
    assert [part.kind for part in pool.subtasks] == ["annotation", "consensus", "annotation", "ground_truth"]
    assert (pool.frames.size, honeypots(pool).tolist()) == (6, [1, 3])


def test_a_task_whose_jobs_are_joined_says_nothing_more_of_them(tmp_path: Path) -> None:
    (task,) = read_backup(write_task(tmp_path / "a.zip", new_task()), Report()).tasks
    parts = [part.replace(kind="scene") if part.kind == "annotation" else part for part in task.subtasks]
    report = Report()
    changed = Dataset("", (task.replace(subtasks=tuple(parts), labels=()),), task.labels)
    write_backup(changed, tmp_path / "b.zip", report)
    told = contents(tmp_path / "b.zip")["task.json"]
    assert [each["type"] for each in told["jobs"]] == ["annotation", "ground_truth"]
    assert not {"validation_layout", "consensus_replicas"} & {*told, *told["data"]}
    assert report.counts("dropped") == {"replica": 1}


def test_an_unpacked_folder_is_read_too_and_an_archive_with_a_folder_around_it(tmp_path: Path) -> None:
    path = write_project(tmp_path / "zoo.zip", [rich_task()])
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "inside" / "zoo")
        members = {f"backup/{name}": archive.read(name) for name in archive.namelist()}
    report = Report()
    zipped = read_backup(path, report)
    assert same(read_backup(tmp_path / "inside", report), zipped)
    wrapped = write_zip(tmp_path / "wrapped.zip", members)
    dataset, target = again(wrapped, report)
    assert same(dataset, zipped)
    assert contents(target) == contents(again(path, report)[1])
    assert not report.entries


def test_unpacked_tasks_without_a_project_are_one_data_set(tmp_path: Path) -> None:
    for name in ("b", "a"):
        with zipfile.ZipFile(write_task(tmp_path / "t.zip", images_task(name=name))) as archive:
            archive.extractall(tmp_path / "all" / name)
    dataset = read_backup(tmp_path / "all", Report())
    assert [task.name for task in dataset.tasks] == ["a", "b"]
    assert [label.name for label in dataset.labels] == ["cat", "dog"]
    assert all(task.labels == () for task in dataset.tasks)


def test_only_the_pictures_of_a_guide_are_named_anew(tmp_path: Path) -> None:
    parts = images_task()
    guide = b"![a](task_0/assets/a.png) https://example.org/assets/b.png my_assets/c"
    parts.files |= {"annotation_guide.md": guide, "assets/a.png": b"a"}
    dataset, target = again(write_project(tmp_path / "a.zip", [parts]), Report())
    assert dataset.tasks[0].guide == "![a](assets/a.png) https://example.org/assets/b.png my_assets/c"
    assert contents(target)["task_0/annotation_guide.md"] == guide
    (tmp_path / "inside" / "zoo").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "inside" / "zoo")
    assert read_backup(tmp_path / "inside", Report()).tasks[0].guide == dataset.tasks[0].guide


def test_memory_stays_small(tmp_path: Path) -> None:
    corners = [100 * math.sqrt(number) for number in range(20)]
    rows = [shape("cat", number % 4, "polygon", corners) for number in range(20_000)]
    path = write_task(tmp_path / "a.zip", images_task(annotated=[annotations(rows)]))
    read_backup(path, Report())
    tracemalloc.start()
    try:
        read_backup(path, Report())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # What does not grow with the rows is in it too: about 15 MB.
    assert peak / len(rows) < 1_900


def test_backups_are_recognised(tmp_path: Path) -> None:
    assert looks_like_backup(write_task(tmp_path / "a.zip"))
    assert looks_like_backup(write_project(tmp_path / "b.zip", [images_task()]))
    assert not looks_like_backup(write_zip(tmp_path / "c.zip", {"annotations.xml": b""}))
    assert not looks_like_backup(tmp_path)
    (tmp_path / "d.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:-50])
    assert looks_like_backup(tmp_path / "d.zip")
    (tmp_path / "e.xml").write_bytes(b"<annotations/>")
    assert not looks_like_backup(tmp_path / "e.xml")
    (tmp_path / "folder" / "task_0").mkdir(parents=True)
    assert not looks_like_backup(tmp_path / "folder")
    (tmp_path / "folder" / "task_0" / "task.json").write_bytes(b"{}")
    assert looks_like_backup(tmp_path / "folder")


def test_one_task_of_a_project_is_written_alone(tmp_path: Path) -> None:
    project = read_backup(write_project(tmp_path / "a.zip", [images_task(), rich_task(name="second")]), Report())
    write_task_backup(project, project.tasks[1], tmp_path / "b.zip", Report())
    task = contents(tmp_path / "b.zip")["task.json"]
    assert task["name"] == "second"
    assert [label["name"] for label in task["labels"]] == ["cat", "dog", "person", "blur"]
    assert "assets/look.png" in contents(tmp_path / "b.zip")


def test_a_video_without_a_manifest_and_pictures_without_one_are_found(tmp_path: Path) -> None:
    for parts, kind in ((video_task(tmp_path), Video), (images_task(("b10.png", "b9.png")), Images)):
        del parts.files["data/manifest.jsonl"]
        report = Report()
        (task,) = read_backup(write_task(tmp_path / "a.zip", parts), report).tasks
        assert isinstance(task.media, kind)
        assert not report.entries
    assert task.media.names == ("b9.png", "b10.png")
