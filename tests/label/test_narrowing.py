from __future__ import annotations

import numpy as np
import pytest

from mattebox.errors import BadParameter
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.narrowing import narrow
from mattebox.label.row import Row
from mattebox.label.table import Table

ROWS = [
    Row(label="cat", frame=0, shape="rectangle", points=(0, 0, 4, 4)),
    Row(label="person", frame=0, shape="skeleton", object=7),
    Row(label="head", frame=0, shape="points", points=(1, 1), parent=7),
    Row(label="dog", frame=1, shape="rectangle", points=(0, 0, 4, 4)),
]


def task(name: str, subset: str) -> Task:
    return Task(name, None, FrameMap(2), (Subtask("job 0", np.arange(2), Table.from_rows(ROWS)),), subset=subset)


DATASET = Dataset("zoo", (task("park-1", "train"), task("park-2", "val"), task("street", "train")))


def test_tasks_are_kept_by_name_and_by_subset() -> None:
    assert [each.name for each in narrow(DATASET, tasks=["park-*"]).tasks] == ["park-1", "park-2"]
    assert [each.name for each in narrow(DATASET, subsets=["train"]).tasks] == ["park-1", "street"]
    assert [each.name for each in narrow(DATASET, tasks=["street", "park-2"], subsets=["val"]).tasks] == ["park-2"]
    assert narrow(DATASET).tasks == DATASET.tasks


@pytest.mark.parametrize(
    ("labels", "kept"),
    [(["cat"], ["cat"]), (["person"], ["person", "head"]), (["?o*"], ["dog"]), (["head", "dog"], ["dog"])],
)
def test_rows_are_kept_by_label(labels: list[str], kept: list[str]) -> None:
    (first, *_) = narrow(DATASET, labels=labels).tasks
    assert first.subtasks[0].table.label.lists() == kept


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"tasks": ["lake"]}, "'park-1' in 'train', 'park-2' in 'val'"),
        ({"subsets": ["test"]}, "'street' in 'train'"),
        ({"labels": ["owl"]}, "label owl; there are: cat, dog, head, person"),
    ],
)
def test_a_part_that_is_not_there_is_told_with_what_is(asked: dict[str, list[str]], told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        narrow(DATASET, **asked)
