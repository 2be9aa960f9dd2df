from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cvat_building import (
    RICH_LABELS,
    annotations,
    element,
    element_track,
    key,
    mask_shape,
    rich_annotations,
    shape,
    tag,
    track,
    values,
)
from mattebox.label.cvat.annotations import JobParser
from mattebox.label.cvat.annotations_write import job_record
from mattebox.label.cvat.entries import Place, Specs
from mattebox.label.cvat.labels import parse_labels
from mattebox.label.cvat.soundness import upright
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

SPECS = Specs(parse_labels(RICH_LABELS, "task.json"))


class Job:
    """A job that is read, and what is told meanwhile."""

    def __init__(self, *records: dict[str, Any]) -> None:
        self.report = Report()
        self.place = Place(self.report, "zoo", "park", "job_0")
        parser = JobParser(SPECS, self.place)
        for record in records:
            parser.add(record)
        self.table, self.extra = parser.finish()

    def written(self, table: Table | None = None) -> dict[str, Any]:
        return job_record(self.table if table is None else table, self.extra, SPECS, self.place)

    @property
    def told(self) -> list[tuple[str, int | None, int | None]]:
        return [(entry.code, entry.frame, entry.row) for entry in self.report.entries]


def test_rows_have_what_the_records_say() -> None:
    rows = list(Job(rich_annotations()[0]).table.rows())
    assert [row.shape for row in rows[:10]] == [
        *("tag", "tag", "rectangle", "ellipse", "polygon", "polyline", "points", "cuboid", "mask", "skeleton")
    ]
    assert rows[2] == Row(
        label="cat",
        frame=0,
        shape="rectangle",
        points=(1.5, 2.25, 20.0, 12.0),
        object=2,
        rotation=30.5,
        z_order=2,
        group=7,
        score=1.0,
        attributes={"breed": "manx", "age": "3"},
        frame_attributes={"pose": "runs"},
    )
    assert (rows[3].source, rows[3].score, rows[3].rotation) == ("auto", 0.5, 350.0)
    assert (rows[8].points, rows[8].runs) == ((2.0, 3.0, 5.0, 6.0), (1, 2, 2, 2, 3, 4, 2))
    person, head, hand, foot = rows[9:13]
    assert person.points == ()
    assert [(row.label, row.parent, row.tracked) for row in (head, hand, foot)] == [
        (name, person.object, False) for name in ("head", "hand", "foot")
    ]
    assert (hand.occluded, foot.outside) == (True, True)
    assert len({row.object for row in rows[:13]}) == 13


def test_tracks_share_what_holds_for_all_their_keys() -> None:
    rows = list(Job(rich_annotations()[0]).table.rows())[13:]
    walking = rows[:3]
    assert len({row.object for row in walking}) == 1
    assert all(row.tracked and row.group == 3 and row.source == "semi-auto" for row in walking)
    assert all(row.attributes == {"breed": "manx", "age": "2"} for row in walking)
    assert [row.frame_attributes for row in walking] == [{"pose": "sits"}, {"pose": "runs"}, {}]
    assert [(row.frame, row.outside) for row in walking] == [(0, False), (2, False), (3, True)]
    assert all(row.score is None for row in walking)
    skeleton = rows[3].object
    assert [(row.label, row.parent) for row in rows[5:]] == [("head", skeleton)] * 2 + [("hand", skeleton)] * 2


@pytest.mark.parametrize("number", range(3))
def test_what_is_read_is_written_again(number: int) -> None:
    record = rich_annotations()[number]
    job = Job(record)
    assert job.written() == record
    assert not job.report.entries


def test_pieces_of_a_job_are_the_job() -> None:
    record = rich_annotations()[0]
    whole = Job(record)
    pieces = [{name: [each]} for name in ("tags", "shapes", "tracks") for each in record[name]]
    parted = Job(*pieces, {"version": 0})
    assert parted.table.equals(whole.table)
    assert parted.extra == whole.extra


OLD_SHAPE = {"type": "rectangle", "occluded": False, "z_order": 0, "points": [1, 2, 3, 4], "frame": 0, "label": "cat"}


NULLABLE = ("group", "source", "rotation", "z_order", "occluded", "outside", "attributes", "elements", "score")


@pytest.mark.parametrize(
    "record",
    [
        {"version": 1, "tags": [], "shapes": [OLD_SHAPE | {"group": None, "attributes": []}], "tracks": []},
        {"tags": [], "shapes": [OLD_SHAPE | {"group": 0, "source": "manual", "id": 7}], "tracks": [], "version": 0},
        annotations(
            [shape("cat", 0, "polygon", [1, 2, 3, 4, 5, 6], color="red", attributes=values(age="1", breed="x"))]
        ),
        annotations([], [track("cat", [key(3, "points", [1, 2], odd=[1])], frame=0, id=4, note={"a": None})]),
        annotations([], [track("cat", [key(3, "points", [1, 2])], group=None, attributes=values(age="1", breed="x"))]),
        annotations([], [], [tag("blur", 1, group=None, source=None)]),
        annotations([shape("cat", 0, "points", [1, 2], attributes=values(unheard="1"))]),
        {**annotations(), "unheard": [1, {"of": None}], "absent": {"shape": 7}},
        annotations([shape("cat", 0, "points", [1, 2]) | {name: None} for name in NULLABLE]),
        annotations([], [track("cat", [key(3, "points", [1, 2], rotation=None, score=None)], elements=None)]),
        annotations([], [track("cat", [key(3, "points", [1, 2])], attributes=None, score=0.25)]),
        annotations([shape("cat", 0, "points", [1, 2], order=3, track=4, attributes=values(age="1"))]),
        annotations([], [track("cat", [key(3, "points", [1, 2], track=5)], order=1)]),
        annotations(
            [shape("cat", 0, "points", [-0.0, 0.1 + 0.2], rotation=-0.0, source="")], [], [tag("blur", 1, type=1)]
        ),
    ],
)
def test_old_and_unknown_fields_survive(record: dict[str, Any]) -> None:
    assert Job(record).written() == {"version": 0, **record}


def test_what_was_null_is_what_somebody_says_since() -> None:
    job = Job(annotations([], [track("cat", [key(0, "points", [1, 2], score=None, rotation=None)])]))
    (told,) = job.written(job.table.replace(score=[0.5], rotation=[3.0]))["tracks"][0]["shapes"]
    assert (told["score"], told["rotation"]) == (0.5, 3.0)


def test_what_another_form_says_by_the_same_name_changes_nothing() -> None:
    row = Row(label="cat", frame=0, shape="points", points=(1, 2), extra={"attributes": {"odd": 1}, "group": "a"})
    (told,) = Job(annotations()).written(Table.from_rows([row]))["shapes"]
    assert (told["attributes"], told["group"]) == ([], 0)


def test_elements_are_put_into_a_skeleton_whose_elements_were_null() -> None:
    job = Job(annotations([shape("person", 0, "skeleton", [], elements=None)]))
    head = Row(label="head", frame=0, shape="points", points=(1, 2), object=1, parent=0)
    (person,) = job.written(Table.concat([Table.from_rows([*job.table.rows(), head])]))["shapes"]
    assert [each["label"] for each in person["elements"]] == ["head"]


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (True, "true"), (1, "1"), (None, ""), (["ё"], '["ё"]')])
def test_attributes_that_are_no_text_become_text(value: Any, text: str) -> None:
    told = [[{"name": "age", "value": each}] for each in (1, True, value)]
    table = Job(annotations([shape("cat", 0, "points", [1, 2], attributes=each) for each in told])).table
    assert [row.attributes["age"] for row in table.rows()] == ["1", "true", text]


def test_an_attribute_of_a_track_and_of_its_keys_is_written_once_in_each() -> None:
    walking = track("cat", [key(0, "points", [1, 2], attributes=values(pose="2"))], attributes=values(pose="1"))
    assert Job(annotations([], [walking])).written()["tracks"] == [walking]


def test_a_number_that_is_not_whole_is_named() -> None:
    (entry,) = Job(annotations([mask_shape("cat", 3, (0, 0, 1, 1), [1, 1, 2.5])])).report.entries
    assert "a run of a mask is 2.5" in entry.message


BAD = [
    (shape("cat", 3, "hexagon", [1, 2]), "unknown-shape"),
    (shape("cat", 3, "tag", [1, 2]), "unknown-shape"),
    ({**shape("cat", 3, "points", [1, 2]), "type": None}, "unknown-shape"),
    (shape("cat", 3, "rectangle", [1, 2, 3]), "bad-points"),
    (shape("cat", 3, "polygon", [1, 2, 3]), "bad-points"),
    (shape("cat", 3, "polygon", []), "bad-points"),
    (shape("cat", 3, "cuboid", [1, 2, 3, 4]), "bad-points"),
    (shape("cat", 3, "polygon", [1, math.nan, 3, 4, 5, 6]), "bad-points"),
    (shape("cat", 3, "rectangle", [1, 2, 3, 4], rotation=math.inf), "bad-points"),
    (mask_shape("cat", 3, (0, 0, 1, 1), [1, 2]), "bad-mask"),
    (mask_shape("cat", 3, (0, 0, 1, 1), [5, -1]), "bad-mask"),
    (mask_shape("cat", 3, (4, 4, 1, 1), [4]), "bad-mask"),
    (shape("cat", 3, "mask", [1, 3, 0.5, 0, 1.5, 1]), "bad-mask"),
    (shape("cat", 3, "mask", [4, 0, 0, 1e30, 1e30]), "bad-mask"),
    (shape("cat", 3, "points", [1, 2], group=2**63), "malformed-row"),
    (shape("cat", 3, "points", [1, 2], rotation=[]), "malformed-row"),
    (shape("cat", 3, "points", [1, 2], z_order=[1, 2]), "malformed-row"),
    (shape("cat", 3, "mask", [1, 2]), "bad-points"),
    (shape("cat", 3, "polygon", [1, None, 3, 4]), "bad-points"),
    (shape("cat", 3, "polygon", "1,2,3,4"), "malformed-row"),
    (shape("cat", 3, "points", [1, 2], z_order="top"), "malformed-row"),
    (shape("cat", 3, "points", [1, 2], attributes=[{"value": "x"}]), "malformed-row"),
    (shape("cat", 3, "points", [1, 2], attributes=7), "malformed-row"),
    ({**shape("", 3, "points", [1, 2]), "label": None}, "malformed-row"),
    ({**shape("", 3, "points", [1, 2]), "label": None, "label_id": 99}, "malformed-row"),
]


@pytest.mark.parametrize(("record", "code"), BAD)
def test_a_row_that_makes_no_sense_is_dropped_and_the_others_stay(record: dict[str, Any], code: str) -> None:
    good = [shape("cat", frame, "points", [1, 2]) for frame in range(5)]
    job = Job(annotations([*good[:2], record, *good[2:]]))
    assert job.told == [(code, 3, 2)]
    assert job.table.frame.tolist() == [0, 1, 2, 3, 4]
    assert job.report.entries[0].place == "zoo, park, job_0, frame 3, row 2"


@pytest.mark.parametrize("frame", [-1, 1.5, "one", None, 2**40])
def test_a_row_without_a_frame_is_dropped(frame: Any) -> None:
    job = Job(annotations([shape("cat", frame, "points", [1, 2]), shape("cat", 1, "points", [1, 2])]))
    assert job.table.frame.tolist() == [1]
    assert job.report.dropped == 1


def test_what_hangs_on_a_dropped_skeleton_is_dropped_too() -> None:
    lost = shape("person", -1, "skeleton", [], elements=[element("head", 1, "points", [1, 2])])
    kept = shape("person", 1, "skeleton", [], elements=[element("head", 1, "points", [1])])
    job = Job(annotations([lost, kept]))
    assert [row.shape for row in job.table.rows()] == ["skeleton"]
    assert sorted(job.report.counts("dropped")) == ["bad-frame", "bad-points", "orphan-element"]


def test_tracks_without_shapes_and_what_is_no_record_are_told() -> None:
    job = Job({"shapes": [7, shape("cat", 0, "points", [1, 2])], "tags": 5, "tracks": [track("cat", [])]})
    assert len(job.table) == 1
    assert job.report.counts("dropped") == {"not-a-record": 2, "empty-track": 1}
    assert Job({"shapes": "", "tags": {}, "tracks": None}).report.counts("dropped") == {"not-a-record": 2}


def test_labels_that_nobody_declared_stay_and_are_told() -> None:
    job = Job(annotations([shape("gnu", 0, "points", [1, 2])] * 3))
    assert len(job.table) == 3
    (entry,) = job.report.entries
    assert (entry.code, entry.count) == ("undeclared-label", 3)


def test_labels_told_by_number_are_found() -> None:
    specs = Specs(parse_labels([{**RICH_LABELS[0], "id": 4}, {**RICH_LABELS[1], "id": [5]}], "task.json"))
    parser = JobParser(specs, Place(Report(), "", ""))
    parser.add(annotations([{**shape("", 0, "points", [1, 2]), "label": None, "label_id": 4}]))
    assert parser.finish()[0].label.lists() == ["cat"]


def test_rows_between_keys_are_not_written() -> None:
    job = Job(annotations([], [track("cat", [key(0, "points", [0, 0]), key(2, "points", [2, 2])])]))
    between = job.table.take(np.array([0, 0, 1])).replace(
        frame=[0, 1, 2], keyframe=[True, False, True], points=[[0, 0], [1, 1], [2, 2]]
    )
    assert job.written(between) == job.written()


def test_a_table_in_any_order_is_written_with_its_skeletons_whole() -> None:
    job = Job(rich_annotations()[0])
    record = job.written(job.table.sorted())
    (person,) = (each for each in record["shapes"] if each["type"] == "skeleton")
    assert [each["label"] for each in person["elements"]] == ["head", "hand", "foot"]
    (waving,) = (each for each in record["tracks"] if each["label"] == "person")
    assert [each["label"] for each in waving["elements"]] == ["head", "hand", "foot"]
    assert [each["frame"] for each in waving["elements"][0]["shapes"]] == [0, 2]


def test_elements_without_their_skeleton_are_dropped() -> None:
    job = Job(annotations([], [track("person", [key(0, "skeleton", [])], elements=[element_track("head", [])])]))
    rows = [Row(label="head", frame=1, shape="points", points=(1, 2), object=3, parent=9)]
    assert job.written(Table.from_rows(rows))["shapes"] == []
    assert job.told == [("orphan-element", 1, None)]


def test_polygons_with_holes_become_masks() -> None:
    outer, inner = (0, 0, 4, 0, 4, 4, 0, 4), (1, 1, 3, 1, 3, 3, 1, 3)
    row = Row(label="dog", frame=1, shape="polygon", points=(*outer, *inner), rings=(4, 4), tracked=True, object=2)
    job = Job(annotations())
    (shape_,) = job.written(Table.from_rows([row]))["shapes"]
    # Of 4 x 4 pixels all but the middle 2 x 2: five, two out, two, two out, five.
    assert shape_["points"] == [0, 5, 2, 2, 2, 5, 0, 0, 3, 3]
    assert shape_["type"] == "mask"
    assert job.report.counts("note") == {"rings": 1}
    empty = Row(label="dog", frame=1, shape="polygon", points=(0, 0, 0.1, 0, 0, 0.1) * 2, rings=(3, 3))
    assert job.written(Table.from_rows([empty]))["shapes"] == []
    assert job.report.counts("dropped") == {"empty-mask": 1}


def test_what_cvat_would_refuse_is_mended_or_told() -> None:
    turned = Row(label="cat", frame=0, shape="rectangle", points=(0, 0, 1, 1), rotation=-10.0)
    broken = Row(label="cat", frame=5, shape="points", points=(math.nan, 1))
    job = Job(annotations())
    (record,) = job.written(Table.from_rows([turned, broken]))["shapes"]
    assert record["rotation"] == 350.0
    assert "score" not in record
    assert job.told == [("bad-points", 5, None)]


NUMBERS = some.floats(-1e6, 1e6)
WORDS = some.text("abяж", max_size=3)


@some.composite
def loose(draw: some.DrawFn) -> Row:
    kind = draw(some.sampled_from(["tag", "rectangle", "ellipse", "polygon", "polyline", "points", "cuboid", "mask"]))
    count = {"tag": 0, "rectangle": 4, "ellipse": 4, "cuboid": 16}.get(kind, 2 * draw(some.integers(1, 5)))
    runs: list[int] = []
    points = draw(some.lists(NUMBERS, min_size=count, max_size=count))
    if kind == "mask":
        runs = draw(some.lists(some.integers(0, 4), min_size=1, max_size=6).filter(any))
        points = [3.0, 5.0, 2.0 + sum(runs), 5.0]
    has_geometry = kind != "tag"
    return Row(
        label=draw(some.sampled_from(["cat", "dog"])),
        frame=draw(some.integers(0, 99)),
        shape=kind,
        points=tuple(points),
        runs=tuple(runs),
        occluded=has_geometry and draw(some.booleans()),
        outside=has_geometry and draw(some.booleans()),
        z_order=has_geometry * draw(some.integers(-9, 9)),
        rotation=has_geometry * draw(some.floats(0, 360)),
        group=draw(some.integers(0, 3)),
        source=draw(some.sampled_from(["manual", "auto"])),
        score=draw(some.none() | some.floats(0, 1)),
        attributes=draw(some.dictionaries(some.sampled_from(["breed", "age"]), WORDS)),
        extra=draw(some.dictionaries(some.sampled_from(["odd", "id"]), some.integers(), max_size=1)),
    )


@settings(max_examples=60, deadline=None)
@given(some.lists(loose(), max_size=6))
def test_any_table_is_written_and_read_without_loss(rows: list[Row]) -> None:
    # The file has tags first.
    table = Table.from_rows(sorted(rows, key=lambda row: row.shape != "tag"))
    report = Report()
    place = Place(report, "", "")
    parser = JobParser(SPECS, place)
    parser.add(json.loads(json.dumps(job_record(table, {}, SPECS, place))))
    assert parser.finish()[0].equals(upright(table, Place(Report(), "", "")))
    assert set(report.counts("note")) <= {"inverted"}
    assert not report.dropped + report.problems


def test_the_corners_of_rectangles_are_put_in_order() -> None:
    report = Report()
    parser = JobParser(SPECS, Place(report, "", ""))
    points = [[1, 2, 3, 4], [9, 8, 1, 2], [9, 2, 1, 8]]
    parser.add(
        annotations([*(shape("cat", 0, "rectangle", each) for each in points), shape("cat", 0, "points", [9, 1])])
    )
    table, _ = parser.finish()
    assert table.points.lists() == [[1, 2, 3, 4], [1, 2, 9, 8], [1, 2, 9, 8], [9, 1]]
    assert report.counts("note") == {"inverted": 2}
