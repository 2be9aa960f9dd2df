from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_tasks import dataset_of, task_of
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.balance import Plan, Targets, plan
from mattebox.label.balance.moving import COST, Units, best_places
from mattebox.label.dataset import Dataset
from mattebox.label.report import Report

HALVES = {"train": 0.5, "val": 0.5}


def planned(targets: Targets, *datasets: Dataset, report: Report | None = None) -> Plan:
    return plan(datasets, targets, report=report or Report())


def steps(found: Plan) -> list[tuple[str, str, str, str]]:
    return [(step.action, step.task, step.to_project, step.to_subset) for step in found.steps]


def test_what_is_even_is_left_alone() -> None:
    tasks = [task_of(f"{part} {label}", {label: 2}, subset=part) for part in HALVES for label in ("cat", "dog")]
    assert planned(Targets("subset", HALVES), dataset_of(*tasks)).steps == ()


def test_tasks_move_between_subsets_until_labels_are_even() -> None:
    tasks = [
        task_of(name, {label: 2}, subset="train")
        for name, label in zip("abcd", ("cat", "cat", "dog", "dog"), strict=True)
    ]
    found = planned(Targets("subset", HALVES), dataset_of(*tasks))
    moved = {task for _, task, *_ in steps(found)}
    assert len(moved & {"a", "b"}) == len(moved & {"c", "d"}) == 1
    train, val = found.standings
    assert (train.frames, val.frames) == ((16, 8), (0, 8))
    assert (train.shares["cat"], val.shares["dog"]) == ((1, 0.5), (0, 0.5))


def test_tasks_move_between_projects_and_keep_their_subset() -> None:
    crowded = dataset_of(*(task_of(name, {"cat": 1}, subset="train") for name in "abcd"), name="crowded")
    found = planned(Targets("project", {"crowded": 0.5, "empty": 0.5}), crowded, dataset_of(name="empty"))
    assert len(found.steps) == 2
    assert {step[2:] for step in steps(found)} == {("empty", "train")}


def test_tasks_move_between_subsets_of_projects() -> None:
    crowded = dataset_of(*(task_of(name, {"cat": 1}, subset="train") for name in "ab"), name="one")
    found = planned(Targets("both", {"one/train": 0.5, "two/val": 0.5}), crowded, dataset_of(name="two"))
    assert [step[2:] for step in steps(found)] == [("two", "val")]


def test_subsets_are_known_however_they_are_spelled() -> None:
    tasks = [
        task_of(name, {"cat": 1}, subset=subset) for name, subset in zip("abcd", ("Train",) * 3 + ("Val",), strict=True)
    ]
    (step,) = planned(Targets("subset", HALVES), dataset_of(*tasks)).steps
    assert (step.subset, step.to_subset) == ("Train", "Val")
    (step,) = planned(Targets("both", {"animals/train": 0.5, "animals/val": 0.5}), dataset_of(*tasks)).steps
    assert (step.to_project, step.to_subset) == ("animals", "Val")


def test_places_without_any_task_are_told() -> None:
    with pytest.raises(
        BadParameter, match=r"no task is in train, val; tasks are in: no subset\. .*mattebox label split"
    ):
        planned(Targets("subset", HALVES), dataset_of(task_of("a", {"cat": 1})))


def test_sources_move_as_a_whole() -> None:
    tasks = [task_of(f"t{index}x", {"cat": 1}, subset="train", source=f"s{index // 2}") for index in range(8)]
    found = planned(Targets("subset", HALVES), dataset_of(*tasks))
    moved = sorted(step.index for step in found.steps)
    assert len(moved) == 4
    assert all(first + 1 == second for first, second in zip(moved[::2], moved[1::2], strict=True))


def test_no_more_is_moved_than_may_be() -> None:
    tasks = [task_of(name, {"cat": 1}, subset="train") for name in "abcdefghij"]
    found = planned(Targets("subset", HALVES, max_moved=0.2), dataset_of(*tasks))
    assert sum(step.frames for step in found.steps) == 8  # 2 of 10 tasks of 4 frames


def test_tasks_elsewhere_are_left_alone() -> None:
    tasks = [task_of("a", {"cat": 1}, subset="train"), task_of("b", {"cat": 9}, subset="spare")]
    found = planned(Targets("subset", HALVES), dataset_of(*tasks, task_of("c", {"cat": 1}, subset="train")))
    assert "b" not in {step.task for step in found.steps}
    assert sum(each.frames[0] for each in found.standings) == 8


def test_a_place_that_gets_nothing_and_tasks_that_are_left_out_are_told() -> None:
    tasks = [task_of("a", {"cat": 1}, subset="train"), task_of("b", {"cat": 1}, subset="test")]
    planned(Targets("subset", HALVES), dataset_of(*tasks), report=(report := Report()))
    assert {entry.code: entry.severity for entry in report.entries} == {"empty-place": "problem", "elsewhere": "note"}
    assert any("val gets nothing" in entry.message for entry in report.entries)
    assert any("(test), of 4 frames" in entry.message for entry in report.entries)


def test_a_scene_in_two_parts_is_brought_together() -> None:
    report = Report()
    tasks = [
        task_of("a", {"cat": 1}, 9, subset="train", source="s"),
        task_of("b", {"cat": 1}, 2, subset="val", source="s"),
        task_of("c", {"cat": 1}, 11, subset="val"),
    ]
    assert steps(planned(Targets("subset", HALVES), dataset_of(*tasks), report=report)) == [
        ("move", "b", "animals", "train")
    ]
    assert report.counts("problem") == {"leak": 1}


def test_a_scene_that_cannot_be_brought_together_is_left_and_told() -> None:
    report = Report()
    one = dataset_of(task_of("a", {"cat": 1}, subset="train", source="s"), name="one")
    two = dataset_of(task_of("b", {"cat": 1}, subset="val", source="s"), name="two")
    assert planned(Targets("project", {"one": 0.9, "two": 0.1}), one, two, report=report).steps == ()
    assert report.counts("problem") == {"source-left": 2}  # tasks


def test_copies_bring_a_rare_label_up_in_training_only() -> None:
    tasks = [
        task_of("a", {"cat": 6}, subset="train"),
        task_of("b", {"dog": 2}, subset="train"),
        task_of("c", {"cat": 6}, subset="val"),
        task_of("d", {"dog": 2}, subset="val"),
    ]
    targets = Targets("subset", HALVES, {"cat": 0.5, "dog": 0.5}, max_growth=3, max_copies=5)
    assert steps(planned(targets, dataset_of(*tasks))) == [("copy", "b", "animals", "train")] * 2


def test_copies_stop_at_their_limits() -> None:
    tasks = [task_of("a", {"cat": 60}, subset="train"), task_of("b", {"dog": 2}, subset="train")]
    wanted = {"cat": 0.5, "dog": 0.5}
    growth = Targets("subset", {"train": 1.0}, wanted, max_growth=2, max_copies=9)
    assert len(planned(growth, dataset_of(*tasks)).steps) == 2  # 8 frames may grow to 16: two tasks of 4
    copies = Targets("subset", {"train": 1.0}, wanted, max_growth=9, max_copies=1)
    assert len(planned(copies, dataset_of(*tasks)).steps) == 1


def test_copies_never_cross_the_parts_of_a_split() -> None:
    one = dataset_of(task_of("a", {"cat": 4}, subset="train"), name="one")
    two = dataset_of(task_of("b", {"dog": 4}, subset="val"), task_of("c", {"dog": 4}, subset="train"), name="two")
    places = {"one/train": 1 / 3, "two/val": 1 / 3, "two/train": 1 / 3}
    found = planned(Targets("both", places, {"cat": 0.5, "dog": 0.5}, max_moved=0, max_growth=3), one, two)
    assert sorted(steps(found)) == [("copy", "a", "two", "train"), ("copy", "c", "one", "train")]


def test_projects_need_names_of_their_own() -> None:
    with pytest.raises(BadParameter, match="several data sets are called animals"):
        planned(Targets("subset", HALVES), dataset_of(), dataset_of())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"places": {}}, "no places"),
        ({"places": {"train": 0.5}}, "their sum is 1"),
        ({"labels": {"cat": 2.0}}, "their sum is 1"),
        ({"max_moved": 2}, "max_moved"),
        ({"max_growth": 0.5}, "max_growth"),
    ],
)
def test_targets_that_make_no_sense_are_told(options: dict[str, object], told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        Targets(**{"between": "subset", "places": HALVES, **options})  # type: ignore[arg-type]


def test_unknown_labels_and_projects_are_told() -> None:
    with pytest.raises(BadParameter, match="no such label: owl"):
        planned(Targets("subset", HALVES, {"owl": 1.0}), dataset_of())
    with pytest.raises(BadParameter, match="no project of the place 'zoo'"):
        planned(Targets("project", {"zoo": 1.0}), dataset_of())


def test_a_plan_comes_back_from_its_file(tmp_path: Path) -> None:
    tasks = [task_of(name, {"cat": 1}, subset="train") for name in "abcd"]
    found = planned(Targets("subset", HALVES), dataset_of(*tasks))
    found.save(tmp_path / "plan.json")
    assert Plan.load(tmp_path / "plan.json") == found


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"mattebox_plan": 1}', '{"mattebox_plan": 1, "targets": {"between": 3}}']
)
def test_what_is_no_plan_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(BadAnnotations, match=r"plan\.json: "):
        Plan.load(tmp_path / "plan.json")


def test_a_plan_with_a_bad_step_is_told(tmp_path: Path) -> None:
    found = planned(
        Targets("subset", HALVES), dataset_of(*(task_of(name, {"cat": 1}, subset="train") for name in "ab"))
    )
    found.save(tmp_path / "plan.json")
    told = json.loads((tmp_path / "plan.json").read_text())
    del told["steps"][0]["task"]
    (tmp_path / "plan.json").write_text(json.dumps(told))
    with pytest.raises(BadAnnotations, match="wrong or missing: 'task'"):
        Plan.load(tmp_path / "plan.json")


units = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=6)


@settings(max_examples=20, deadline=None)
@given(drawn=units, share=st.sampled_from([0.5, 0.8]), max_moved=st.sampled_from([0.0, 0.4, 1.0]))
def test_few_units_are_placed_as_well_as_possible(
    drawn: list[tuple[int, int, int]], share: float, max_moved: float
) -> None:
    amounts = np.array([unit[:2] for unit in drawn], np.float64)
    home = np.array([unit[2] % 2 for unit in drawn])
    shares = np.array([share, 1 - share])
    fractions = amounts / np.maximum(amounts.sum(axis=0), 1)

    def cost(places: np.ndarray) -> float:
        filled = np.array([fractions[places == place].sum(axis=0) for place in range(2)])
        off = np.abs(filled - shares[:, None])
        return float(off[:, 0].sum() + (off[:, 1].sum() if amounts[:, 1].any() else 0) + COST * moved(places))

    def moved(places: np.ndarray) -> float:
        return float(fractions[places != home, 0].sum())

    found = best_places(Units(amounts, home, np.zeros((2, 2))), shares, max_moved)
    allowed = [
        each for each in map(np.array, itertools.product((0, 1), repeat=len(drawn))) if moved(each) <= max_moved + 1e-9
    ]
    assert moved(found) <= max_moved + 1e-6
    assert cost(found) <= min(map(cost, allowed)) * 1.01 + 1e-3
