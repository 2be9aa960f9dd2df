from __future__ import annotations

from pathlib import Path

import pytest

from label_tasks import dataset_of, task_of
from mattebox.errors import BadParameter
from mattebox.label.balance import Plan, Targets, apply_plan, plan
from mattebox.label.balance.applying import carried_out
from mattebox.label.dataset import Dataset, Label
from mattebox.label.formats import read, write
from mattebox.label.report import Report
from mattebox.label.splitting.dividing import leaks

HALVES = {"train": 0.5, "val": 0.5}


def crowded() -> Dataset:
    return dataset_of(*(task_of(f"{name}x", {"cat": 2, "dog": 1}, subset="train") for name in "abcd"), name="crowded")


def spare() -> Dataset:
    return dataset_of(task_of("fox", {"fox": 1}, subset="val"), labels=("fox",), name="spare")


def planned(*datasets: Dataset, **targets: object) -> Plan:
    return plan(datasets, Targets(**targets), report=Report())  # type: ignore[arg-type]


def test_tasks_get_their_new_subset_and_keep_everything_else() -> None:
    dataset = crowded()
    found = planned(dataset, between="subset", places=HALVES)
    done = carried_out(found, [dataset], report := Report())["crowded"]
    assert sorted(task.name for task in done.tasks) == ["ax", "bx", "cx", "dx"]
    assert sorted(task.subset for task in done.tasks) == ["train", "train", "val", "val"]
    before = {task.name: task.subtasks for task in dataset.tasks}
    assert all(task.subtasks is before[task.name] for task in done.tasks)
    assert report.results == {"tasks moved": 2}


def test_a_project_gets_the_labels_of_what_comes_in() -> None:
    datasets = crowded(), spare()
    found = planned(*datasets, between="project", places={"crowded": 0.5, "spare": 0.5})
    done = carried_out(found, datasets, report := Report())
    assert [label.name for label in done["spare"].labels] == ["fox", "cat", "dog"]
    assert len(done["spare"].tasks) + len(done["crowded"].tasks) == 5
    assert report.counts("note") == {"labels-added": 2}


def test_labels_of_a_task_go_with_it_where_a_project_has_none() -> None:
    one = crowded()
    two = Dataset("bare", ())
    found = planned(one, two, between="project", places={"crowded": 0.5, "bare": 0.5})
    done = carried_out(found, (one, two), Report())["bare"]
    assert [task.labels for task in done.tasks] == [(Label("cat"), Label("dog"))] * 2


def test_copies_have_names_of_their_own_and_are_no_strangers_to_what_they_copy() -> None:
    tasks = task_of("ax", {"cat": 6}, subset="train"), task_of("bx", {"dog": 2}, subset="train")
    dataset = dataset_of(*tasks)
    found = planned(
        dataset, between="subset", places={"train": 1.0}, labels={"cat": 0.5, "dog": 0.5}, max_growth=3.0, max_copies=5
    )
    done = carried_out(found, [dataset], Report())["animals"]
    assert [task.name for task in done.tasks] == ["ax", "bx", "bx (copy 1)", "bx (copy 2)"]
    apart = done.replace(tasks=(*done.tasks[:3], done.tasks[3].replace(subset="val")))
    assert [leak.source for leak in leaks(apart, report=Report())] == ["bx"]


def test_a_plan_is_for_its_own_data_sets() -> None:
    found = planned(crowded(), between="subset", places=HALVES)
    with pytest.raises(BadParameter, match="the plan is for crowded of 4 tasks; given are spare of 1 tasks"):
        carried_out(found, [spare()], Report())
    renamed = crowded().replace(tasks=tuple(task.replace(name=f"{task.name}!") for task in crowded().tasks))
    with pytest.raises(BadParameter, match="there is another, so make a new plan"):
        carried_out(found, [renamed], Report())


def test_new_archives_are_written_and_old_ones_stay_as_they_are(tmp_path: Path) -> None:
    paths = [tmp_path / "old" / f"{name}.zip" for name in ("crowded", "spare")]
    for path, dataset in zip(paths, (crowded(), spare()), strict=True):
        path.parent.mkdir(exist_ok=True)
        write(dataset, path, format="cvat", report=Report())
    before = [path.read_bytes() for path in paths]
    datasets = [read(path, report=Report()) for path in paths]
    found = planned(*datasets, between="subset", places=HALVES)
    written = apply_plan(found, paths, tmp_path / "new", report=(report := Report()))
    assert written == [tmp_path / "new" / "crowded.zip"]
    assert [path.read_bytes() for path in paths] == before
    assert report.counts("note").get("unchanged") == 1
    done = read(written[0], report=Report())
    moved = {step.task for step in found.steps}
    assert moved
    assert {task.name for task in done.tasks if task.subset == "val"} == moved
    assert sum(len(subtask.table) for _, subtask in done.walk()) == 12


def test_a_dry_run_writes_nothing_and_the_folder_is_another(tmp_path: Path) -> None:
    path = tmp_path / "crowded.zip"
    write(crowded(), path, format="cvat", report=Report())
    found = planned(read(path, report=Report()), between="subset", places=HALVES)
    assert apply_plan(found, [path], tmp_path / "new", dry_run=True, report=Report()) == [
        tmp_path / "new" / "crowded.zip"
    ]
    assert not (tmp_path / "new").exists()
    with pytest.raises(BadParameter, match="give another folder"):
        apply_plan(found, [path], tmp_path, report=Report())
