from __future__ import annotations

import pytest

from label_tasks import dataset_of, task_of, task_with
from mattebox.label.balance import Evenness, label_evenness
from mattebox.label.dataset import Dataset
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.statistics import collect


def compared(*datasets: Dataset, **superclasses: str) -> dict[tuple[str, str], Evenness]:
    found = collect(datasets, superclasses=superclasses or None, report=Report())
    return {(each.of, each.measure): each for each in label_evenness(found, "superclass" if superclasses else "label")}


def test_shares_are_of_each_measure() -> None:
    rows = [
        Row(label="cat", frame=frame, shape="rectangle", points=(0, 0, 2, 2), object=0, tracked=True)
        for frame in range(3)
    ]
    rows.append(Row(label="dog", frame=0, shape="rectangle", points=(0, 0, 4, 3), object=1))
    found = compared(dataset_of(task_with("t", rows, 3)))
    assert {measure: each.shares["cat"] for (_, measure), each in found.items()} == {
        "frames": 0.75, "shapes": 0.75, "tracks": 1, "objects": 0.5, "area": 0.5,
    }  # fmt: skip
    assert found["", "tracks"].missing == ("dog",)
    assert found["", "tracks"].ratio is None
    assert found["", "frames"].ratio == 3
    assert (found["", "objects"].even, found["", "tracks"].even) == (pytest.approx(1), pytest.approx(0))


def test_projects_and_subsets_are_compared_where_there_are_several() -> None:
    first = dataset_of(task_of("a", {"cat": 1}, subset="train"), task_of("b", {"dog": 3}, subset="val"))
    found = compared(first)
    assert {of for of, _ in found} == {"", "train", "val"}
    assert found["train", "shapes"].shares == {"cat": 1, "dog": 0}
    found = compared(first, dataset_of(task_of("c", {"cat": 1}), name="more"))
    assert {of for of, _ in found} == {"", "animals", "more", "train", "val", "no subset"}


def test_superclasses_are_compared_in_place_of_labels() -> None:
    found = compared(dataset_of(task_of("a", {"cat": 1, "dog": 2, "car": 1})), cat="animal", dog="animal", car="thing")
    assert found["", "shapes"].shares == {"animal": 0.75, "thing": 0.25}


def test_nothing_is_not_compared() -> None:
    assert compared(dataset_of()) == {}
