from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_tasks import dataset_of, task_of
from mattebox.errors import BadParameter
from mattebox.label.dataset import Dataset
from mattebox.label.merging import merge
from mattebox.label.report import Report
from mattebox.label.splitting.dividing import leaks, split, standing


def subsets(dataset: Dataset) -> dict[str, str]:
    return {task.name: task.subset for task in dataset.tasks}


def many(count: int = 20) -> Dataset:
    labels = [{"cat": 4}, {"dog": 4}]
    return dataset_of(
        *(task_of(f"scene {index} {'abcdefghijklmnopqrst'[index]}", labels[index % 2]) for index in range(count))
    )


def test_shares_are_met_for_frames_and_labels() -> None:
    done = split(many(), report=(report := Report()))
    assert {each.label or each.kind: each.shares for each in standing(done)} == {
        of: pytest.approx((0.8, 0.1, 0.1)) for of in ("tasks", "frames", "cat", "dog")
    }
    assert report.results == {"tasks in train": 16, "tasks in val": 2, "tasks in test": 2}
    assert not report.problems
    assert not report.counts("note")


def test_tasks_of_one_source_stay_together() -> None:
    tasks = [task_of(f"t{index}x", {"cat": 1}, source=f"s{index // 3}") for index in range(12)]
    done = split(dataset_of(*tasks), shares=(0.5, 0.25, 0.25), report=Report())
    assert all(len({task.subset for task in done.tasks[begin : begin + 3]}) == 1 for begin in range(0, 12, 3))
    assert {task.subset for task in done.tasks} == {"train", "val", "test"}


def test_a_single_source_goes_to_train_and_that_is_told() -> None:
    tasks = [task_of(f"t{index}x", {"cat": 1}, source="one") for index in range(3)]
    done = split(dataset_of(*tasks), report=(report := Report()))
    assert {task.subset for task in done.tasks} == {"train"}
    (entry,) = (entry for entry in report.entries if entry.code == "one-source")
    assert "one source, one (same source), and go to train" in entry.message


def test_all_in_one_part_is_no_problem_where_it_is_asked_for() -> None:
    split(dataset_of(task_of("park", {"cat": 1})), shares=(1, 0, 0), report=(report := Report()))
    assert not report.problems


def test_what_was_reached_is_told_where_it_is_not_what_was_wanted() -> None:
    split(many(7), report=(report := Report()))
    assert report.counts("note")["split-shares"] == 1


@pytest.mark.parametrize("by", ["subset", "name"])
def test_a_division_without_training_is_a_problem(by: Literal["subset", "name"]) -> None:
    split(dataset_of(task_of("park", {"cat": 1}, subset="night")), by=by, report=(report := Report()))
    assert report.counts("problem") == {"no-train": 1}


def test_tasks_that_were_renamed_when_they_were_merged_stay_together() -> None:
    homes = [dataset_of(task_of("park", {"cat": 1}), name=name) for name in ("north", "south")]
    done = split(merge(homes), shares=(0.5, 0.5, 0), report=Report())
    assert [task.name for task in done.tasks] == ["park (north)", "park (south)"]
    assert len({task.subset for task in done.tasks}) == 1


def test_nothing_is_split_into_nothing() -> None:
    done = split(dataset_of(), report=Report())
    assert done.tasks == ()
    assert [each.total for each in standing(done)] == [0, 0]


def test_numbers_of_tasks_are_shares_too() -> None:
    done = split(many(), shares=(-1, 3, 2), stratify="none", report=Report())
    assert sorted(subsets(done).values()) == ["test"] * 2 + ["train"] * 15 + ["val"] * 3


def test_one_task_each_and_the_rest_is_no_share() -> None:
    done = split(many(), shares=(-1, 1, 1), report=Report())
    assert sorted(subsets(done).values()) == ["test"] + ["train"] * 18 + ["val"]


def test_without_stratification_only_frames_count() -> None:
    tasks = [task_of(f"t{index}x", {"cat": 9 * (index < 4)}, frames=4) for index in range(8)]
    done = split(dataset_of(*tasks), shares=(0.5, 0.5, 0), stratify="none", report=Report())
    assert sorted(subsets(done).values()) == ["train"] * 4 + ["val"] * 4


@pytest.mark.parametrize(
    "shares", [(0.8, 0.1), (0.8, 0.1, 0.2), (1.2, -0.2, 0.0), (19, 1, 1), (-1, -1, 3), (-1, 30, 1)]
)
def test_shares_that_make_no_sense_are_told(shares: tuple[float, ...]) -> None:
    with pytest.raises(BadParameter, match=r"shares|tasks"):
        split(many(), shares=shares, report=Report())


def test_subsets_of_cvat_are_taken_as_they_are_meant() -> None:
    names = ("Train", "Validation", "Тест", "spare", "")
    tasks = [task_of(f"t{index}x", {"cat": 1}, subset=name) for index, name in enumerate(names)]
    done = split(dataset_of(*tasks), by="subset", report=(report := Report()))
    assert [task.subset for task in done.tasks] == ["train", "val", "test", "other", "other"]
    assert report.counts("note") == {"other-subset": 2}
    assert "'spare'" in report.entries[0].message


def test_names_say_the_part() -> None:
    names = ("train_1", "Validation park", "test", "park")
    done = split(dataset_of(*(task_of(name, {"cat": 1}) for name in names)), by="name", report=Report())
    assert [task.subset for task in done.tasks] == ["train", "val", "test", "other"]


def test_a_pattern_finds_the_part_in_a_name() -> None:
    names = ("park (val)", "street (train)")
    tasks = [task_of(name, {"cat": 1}) for name in names]
    done = split(dataset_of(*tasks), by="name", pattern=r"\((\w+)\)", report=Report())
    assert [task.subset for task in done.tasks] == ["val", "train"]


def test_a_leak_is_told_however_the_parts_were_found() -> None:
    tasks = [
        task_of("t0x", {"cat": 1}, subset="train", source="s"),
        task_of("t1x", {"cat": 1}, subset="val", source="s"),
    ]
    dataset = dataset_of(*tasks, task_of("t2x", {"dog": 1}, subset="val"))
    (leak,) = leaks(dataset, report=Report())
    assert leak.tasks == (("t0x", "train"), ("t1x", "val"))
    assert str(leak) == "s: 't0x' in train, 't1x' in val (same source)"
    split(dataset, by="subset", report=(report := Report()))
    assert report.counts("problem") == {"leak": 1}


def test_other_names_of_one_part_are_no_leak() -> None:
    tasks = [task_of(f"t{index}x", {}, subset=name, source="s") for index, name in enumerate(("Train", "training", ""))]
    assert leaks(dataset_of(*tasks), report=Report()) == []


def test_what_cannot_be_shared_evenly_is_told() -> None:
    tasks = [task_of(f"t{index}x", {"cat": 4} if index else {"cat": 4, "dog": 2}) for index in range(10)]
    split(dataset_of(*tasks), report=(report := Report()))
    (entry,) = (entry for entry in report.entries if entry.code == "uneven-label")
    assert entry.message.startswith("dog: 100.0 % / 0.0 % / 0.0 % of 2, wanted 80.0 % / 10.0 % / 10.0 %")


tasks = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 3), st.integers(1, 9)), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None)
@given(drawn=tasks, seed=st.integers(0, 3), shares=st.sampled_from([(0.8, 0.1, 0.1), (0.6, 0.4, 0.0), (1.0, 0.0, 0.0)]))
def test_a_split_is_complete_repeatable_and_without_leaks(
    drawn: list[tuple[int, int, int, int]], seed: int, shares: tuple[float, ...]
) -> None:
    dataset = dataset_of(
        *(
            task_of(f"t{index}x", {"cat": cats, "dog": dogs}, frames, source=f"s{source}")
            for index, (source, cats, dogs, frames) in enumerate(drawn)
        )
    )
    done = split(dataset, shares=shares, seed=seed, report=Report())
    allowed = {part for part, share in zip(("train", "val", "test"), shares, strict=True) if share}
    assert [task.name for task in done.tasks] == [task.name for task in dataset.tasks]
    assert {task.subset for task in done.tasks} <= allowed
    assert leaks(done, report=Report()) == []
    assert subsets(done) == subsets(split(dataset, shares=shares, seed=seed, report=Report()))
    sources = {source for source, *_ in drawn}
    assert len({task.subset for task in done.tasks}) == min(len(sources), len(allowed))


def test_standing_leaves_other_subsets_out() -> None:
    tasks = [task_of("a", {"cat": 3}, subset="train"), task_of("b", {"cat": 1}, subset="spare")]
    (cat,) = (each for each in standing(dataset_of(*tasks)) if each.label == "cat")
    assert (cat.total, cat.shares) == (4, (0.75, 0, 0))
    assert np.isclose(sum(cat.shares), 0.75)
