from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from label_tables import vehicles
from label_tasks import dataset_of, task_with
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label.dataset import Attribute, Dataset, Label, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.report import Report
from mattebox.label.row import Row, Shape
from mattebox.label.table import Table
from mattebox.label.taxonomy import Entry, Superclass, Taxonomy


def row(label: str, frame: int = 0, shape: Shape = "rectangle", **more: object) -> Row:
    return Row(label=label, frame=frame, shape=shape, points=(0, 0, 9, 9), **more)  # type: ignore[arg-type]


def applied(rows: Sequence[Row], report: Report | None = None, **options: str) -> tuple[Task, Table]:
    """The table of vehicles applied to a task of ten frames."""
    dataset = dataset_of(task_with("park", rows, 10), labels=("car", "truck"))
    turned = vehicles().apply(dataset, Report() if report is None else report, **options)  # type: ignore[arg-type]
    return turned.tasks[0], turned.tasks[0].subtasks[0].table


def test_labels_become_superclasses_whose_codes_are_indices() -> None:
    _, table = applied([row("lorry"), row("CAR"), row("automobile"), row("truck")])
    assert table.label.lists() == ["cargo", "passenger", "passenger", "cargo"]
    assert table.label.values == ("passenger", "cargo")
    assert table.label.codes.tolist() == [1, 0, 0, 1]


def test_what_is_to_be_ignored_goes_and_its_frame_stays() -> None:
    report = Report()
    task, table = applied([row("reflection", 3), row("car", 3), row("Reflection", 4)], report)
    assert table.label.lists() == ["passenger"]
    assert task.frames.deleted == frozenset()
    assert report.counts("dropped") == {"ignored-label": 2}
    first = report.entries[0]
    assert (first.task, first.subtask) == ("park", "job 0")
    assert first.message == "'reflection' is of 'void', which the table leaves out: frame 3"


def test_what_rejects_frames_takes_all_their_rows_along() -> None:
    report = Report()
    rows = [row("car", 1), row("blurred", 2, "tag"), row("car", 2), row("lorry", 5), row("blurred", 7)]
    task, table = applied(rows, report)
    assert task.frames.deleted == {2, 7}
    assert task.frames.kept().tolist() == [0, 1, 3, 4, 5, 6, 8, 9]
    assert table.frame.tolist() == [1, 5]
    assert report.counts("dropped") == {"row-on-rejected-frame": 3, "rejected-frame": 2}


def test_a_frame_is_rejected_in_every_job_of_its_task_and_stays_deleted() -> None:
    jobs = [
        Subtask(name, np.arange(4), Table.from_rows([row(label, 2), row("car", 3)]))
        for name, label in (("a", "blurred"), ("truth", "car"))
    ]
    task = Task("park", None, FrameMap(4, deleted=frozenset({0})), tuple(jobs))
    other = task_with("yard", [row("car", 2)], 4)
    turned = vehicles().apply(dataset_of(task, other), Report())
    assert turned.tasks[0].frames.deleted == {0, 2}
    assert [subtask.table.frame.tolist() for _, subtask in turned.walk()] == [[3], [3], [2]]


def test_an_object_that_is_outside_rejects_nothing() -> None:
    track = {"object": 5, "tracked": True}
    task, table = applied([row("blurred", 2, **track), row("blurred", 3, outside=True, **track), row("car", 3)])
    assert task.frames.deleted == {2}
    assert table.label.lists() == ["passenger"]


def test_unknown_labels_are_told_with_their_frames_and_dropped() -> None:
    report = Report()
    rows = [row("sheep", frame) for frame in range(8)] + [row("car")]
    task, table = applied(rows, report)
    assert table.label.lists() == ["passenger"]
    assert task.frames.deleted == frozenset()
    (entry,) = report.entries
    assert (entry.severity, entry.code, entry.count) == ("dropped", "unknown-label", 8)
    assert entry.message == "'sheep' is not in the label table: frames 0, 1, 2, 3, 4 and 3 more"


def test_unknown_labels_may_be_left_out_reject_their_frames_or_stop_everything() -> None:
    rows = [row("sheep", 4), row("car", 4), row("car", 5)]
    report = Report()
    assert applied(rows, report, unknown="ignore")[1].frame.tolist() == [4, 5]
    assert (report.dropped, report.counts("note")) == (0, {"unknown-label": 1})
    task, table = applied(rows, unknown="reject")
    assert (task.frames.deleted, table.frame.tolist()) == ({4}, [5])
    with pytest.raises(BadAnnotations, match=r"park, job 0: 'sheep' is not in the label table \(frame 4\)"):
        applied(rows, unknown="error")
    with pytest.raises(BadParameter, match="no way with unknown labels 'eror'; did you mean 'error'"):
        applied(rows, unknown="eror")


def test_elements_of_skeletons_keep_their_names_and_share_their_skeletons_fate() -> None:
    rows = [
        row("car", object=1, shape="skeleton"),
        row("lorry", object=2, parent=1, shape="points"),
        row("reflection", object=3, shape="skeleton"),
        row("wheel", object=4, parent=3, shape="points"),
        row("lamp", object=5, parent=1, shape="points"),
    ]
    report = Report()
    _, table = applied(rows, report)
    assert table.label.lists() == ["passenger", "lorry", "lamp"]
    assert table.label.values[:2] == ("passenger", "cargo")
    assert len(set(table.label.values)) == len(table.label.values)
    assert report.counts("dropped") == {"ignored-label": 2}


def test_labels_of_the_data_set_are_the_superclasses_in_order() -> None:
    color, doors, plate = Attribute("color"), Attribute("doors"), Attribute("plate", mutable=True)
    labels = (
        Label("lorry", (0, 0, 9), "polygon", (plate,)),
        Label("cargo", (9, 9, 9)),
        Label("taxi", (0, 0, 9), "rectangle", (color, doors)),
        Label("car", (9, 0, 0), "rectangle", (doors, plate), (Label("wheel"),), "<svg/>"),
    )
    task = task_with("park", [row("car")], 1, labels=(Label("truck", (0, 9, 0), "polygon"),))
    turned = vehicles().apply(Dataset("d", (task,), labels), Report())
    first, second = turned.labels
    assert (first.name, first.color, first.type) == ("passenger", (0, 0, 9), "rectangle")
    assert [attribute.name for attribute in first.attributes] == ["color", "doors", "plate"]
    assert (first.sublabels, first.svg) == ((Label("wheel"),), "<svg/>")
    assert (second.name, second.color, second.type) == ("cargo", (0, 9, 0), "polygon")
    assert turned.tasks[0].labels == ()


def test_colours_that_are_missing_are_distinct() -> None:
    supers = tuple(Superclass(f"s{number}", number, (f"c{number}",)) for number in range(1, 31))
    entries = tuple(Entry(f"c{number}", labels=(f"l{number}",)) for number in range(1, 31))
    labels = Taxonomy(entries, supers).apply(dataset_of(task_with("t", [], 1)), Report()).labels
    assert [label.name for label in labels] == [f"s{number}" for number in range(1, 31)]
    assert len({label.color for label in labels}) == 30


def test_contradictions_of_the_table_are_problems_and_the_first_row_counts() -> None:
    entries = (Entry("A", labels=("car",)), Entry("B", labels=("car",)))
    taxonomy = Taxonomy(entries, (Superclass("a", 1, ("A",)), Superclass("b", 2, ("B",))))
    report = Report()
    turned = taxonomy.apply(dataset_of(task_with("t", [row("car")], 1)), report)
    assert report.counts("problem") == {"label-with-two-meanings": 1}
    assert turned.tasks[0].subtasks[0].table.label.lists() == ["a"]


def test_a_table_without_superclasses_is_refused() -> None:
    with pytest.raises(BadAnnotations, match="no superclass with a number from 1"):
        Taxonomy(vehicles().entries).apply(dataset_of(), Report())


def test_what_was_given_is_not_changed() -> None:
    dataset = dataset_of(task_with("park", [row("blurred"), row("car")], 4))
    before = dataset.tasks[0].subtasks[0].table.label.codes.copy()
    vehicles().apply(dataset, Report())
    assert dataset.tasks[0].frames.deleted == frozenset()
    assert np.array_equal(dataset.tasks[0].subtasks[0].table.label.codes, before)


def test_an_element_without_its_skeleton_is_left_alone() -> None:
    _, table = applied([row("wheel", object=4, parent=9, shape="points"), row("car", object=2), row("reflection")])
    assert table.label.lists() == ["wheel", "passenger"]
