from __future__ import annotations

from pathlib import Path

import numpy as np

from label_tasks import dataset_of, task_with
from mattebox.label.dataset import Subtask
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.splitting.dividing import split
from mattebox.label.splitting.sources import Ties
from mattebox.label.splitting.stills import in_parts, picture_by_picture
from mattebox.label.table import Table

NAMES = ("a.png", "b.png", "c.png", "d.png")
ROWS = [Row(label="cat", frame=frame, shape="tag") for frame in (2, 0, 2)]


def listed() -> Images:
    return Images([Blob(Path(name)) for name in NAMES])


def test_every_still_becomes_a_task_with_its_own_rows() -> None:
    frames = FrameMap(3, start=1, deleted=frozenset({1}))
    done = picture_by_picture(dataset_of(task_with("list", ROWS, 3, media=listed()).replace(frames=frames)))
    assert [task.name for task in done.tasks] == ["list/b.png", "list/d.png"]
    assert [len(subtask.table) for _, subtask in done.walk()] == [1, 2]
    assert [subtask.table.frame.tolist() for _, subtask in done.walk()] == [[0], [0, 0]]
    assert [(len(task.media or ()), task.media and task.media.name_of(0)) for task in done.tasks] == [
        (1, "b.png"), (1, "d.png"),
    ]  # fmt: skip


def test_jobs_that_show_one_still_stay_in_one_task() -> None:
    task = task_with("list", ROWS, 4, media=listed())
    truth = Subtask("truth", np.array([2]), Table.from_rows(ROWS[:1]), kind="ground_truth")
    done = picture_by_picture(dataset_of(task.replace(subtasks=(*task.subtasks, truth))))
    assert [[subtask.name for subtask in task.subtasks] for task in done.tasks] == [
        ["job 0"], ["job 0"], ["job 0", "truth"], ["job 0"],
    ]  # fmt: skip


def test_videos_and_tracks_are_left_whole() -> None:
    track = [Row(label="cat", frame=frame, shape="tag", object=0, tracked=True) for frame in (0, 1)]
    tasks = task_with("list", track, 4, media=listed()), task_with("film", ROWS, 4, media=Video(Blob(Path("film.mp4"))))
    assert picture_by_picture(dataset_of(*tasks)).tasks == tasks


def test_stills_are_split_one_by_one() -> None:
    done = picture_by_picture(dataset_of(task_with("list", ROWS, 4, media=listed())))
    parts = split(done, shares=(0.5, 0.25, 0.25), ties=Ties(content=False), report=Report())
    assert sorted(task.subset for task in parts.tasks) == ["test", "train", "train", "val"]


def test_a_still_that_is_missing_from_the_list_keeps_its_place() -> None:
    (done,) = picture_by_picture(
        dataset_of(task_with("list", [], 1, media=listed()).replace(frames=FrameMap(1, start=9)))
    ).tasks
    assert (done.name, int(done.frames.true(0))) == ("list/9", 9)


def test_stills_of_one_part_are_a_task_again_whose_frames_keep_their_numbers() -> None:
    film = task_with("film", ROWS, 4, media=Video(Blob(Path("film.mp4"))))
    truth = Subtask("truth", np.array([2]), Table.from_rows(ROWS[:1]), kind="ground_truth")
    listing = task_with("list", ROWS, 4, media=listed()).replace(frames=FrameMap(4, deleted=frozenset({1})))
    whole = dataset_of(film, listing.replace(subtasks=(*listing.subtasks, truth)))
    pieces = picture_by_picture(whole)
    subsets = zip(pieces.tasks, ("test", "train", "val", "train"), strict=True)
    done = in_parts(whole, pieces.replace(tasks=tuple(task.replace(subset=subset) for task, subset in subsets)))
    assert [(task.name, task.subset) for task in done.tasks] == [
        ("film", "test"), ("list/train", "train"), ("list/val", "val"),
    ]  # fmt: skip
    assert [task.frames.kept().tolist() for task in done.tasks] == [[0, 1, 2, 3], [0, 3], [2]]
    assert [subtask.table.frame.tolist() for _, subtask in done.walk()] == [[2, 0, 2], [0], [2, 2], [2]]


def test_stills_that_stay_together_keep_the_name_of_their_task() -> None:
    whole = dataset_of(task_with("list", ROWS, 4, media=listed()))
    (task,) = in_parts(whole, split(picture_by_picture(whole), shares=(0, 0, 1), report=Report())).tasks
    assert (task.name, task.subset, len(task.frames.kept())) == ("list", "test", 4)


def test_a_still_is_not_said_to_be_read_from_where_all_of_them_were() -> None:
    extra = {"bug_tracker": "17", "@origin": {"archive": "a.zip", "folder": "task_0/"}}
    done = picture_by_picture(dataset_of(task_with("list", ROWS, 4, media=listed(), extra=extra)))
    assert [task.extra for task in done.tasks] == [{"bug_tracker": "17"}] * 4
