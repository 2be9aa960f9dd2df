from __future__ import annotations

import numpy as np

from label_tasks import dataset_of, task_with
from mattebox.label.counting import count_labels, counted_frames
from mattebox.label.dataset import Label, Subtask
from mattebox.label.frames import FrameMap
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.statistics import collect
from mattebox.label.table import Table


def test_only_what_is_seen_counts() -> None:
    rows = [
        Row(label="cat", frame=0, shape="tag"),
        Row(label="cat", frame=0, shape="tag", outside=True),
        Row(label="dog", frame=1, shape="skeleton", object=7),
        Row(label="nose", frame=1, shape="points", points=(1, 1), parent=7),
        Row(label="dog", frame=2, shape="tag"),
    ]
    task = task_with("a", rows, 4).replace(frames=FrameMap(4, deleted=frozenset({2})))
    again = Subtask("truth", np.arange(4), Table.from_rows(rows), kind="ground_truth")
    counts = count_labels(dataset_of(task.replace(subtasks=(*task.subtasks, again))))
    assert counts.labels == ("cat", "dog")
    assert counts.rows.tolist() == [[1, 1]]
    assert counts.frames.tolist() == [3]


def test_labels_come_in_the_order_of_the_data_set_then_of_tasks_and_rows() -> None:
    task = task_with("a", [Row(label="fox", frame=0, shape="tag")], 1, labels=(Label("owl"),))
    assert count_labels(dataset_of(task, labels=("dog", "cat"))).labels == ("dog", "cat", "owl", "fox")


def test_frames_of_two_jobs_count_once() -> None:
    task = task_with("a", [], 6)
    jobs = tuple(
        task.subtasks[0].replace(name=name, frames=np.array(own)) for name, own in (("x", [0, 1]), ("y", [1, 2]))
    )
    assert counted_frames(task.replace(subtasks=jobs)).tolist() == [0, 1, 2]


def test_rows_of_a_frame_that_two_jobs_have_count_once() -> None:
    def job(name: str, *frames: int) -> Subtask:
        return Subtask(
            name, np.array(frames), Table.from_rows([Row(label="cat", frame=each, shape="tag") for each in frames])
        )

    task = task_with("a", [], 6).replace(subtasks=(job("x", 0, 1), job("y", 1, 2)))
    assert count_labels(dataset_of(task)).rows.tolist() == [[3, 0]]
    assert collect([dataset_of(task)], report=Report()).whole.shapes == 3


def test_a_data_set_without_tasks_has_nothing() -> None:
    counts = count_labels(dataset_of())
    assert (counts.labels, counts.rows.shape, counts.frames.shape) == (("cat", "dog"), (0, 2), (0,))
