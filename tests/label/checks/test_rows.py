"""Every check of rows: what it finds, what it leaves alone, and what a repair makes of it."""

import math

import numpy as np
import pytest

from label_rows import SIZE, dataset, mask_row, row, table
from mattebox.errors import BadAnnotations
from mattebox.label.checks import CHECKS, RowCheck, check, repair
from mattebox.label.dataset import Attribute, Label
from mattebox.label.frames import FrameMap
from mattebox.label.report import Report
from mattebox.label.taxonomy import Entry, Superclass, Taxonomy

CAR = Label(
    "car",
    attributes=(
        Attribute("colour", input_type="select", values=("red", "blue"), default="red"),
        Attribute("parked", input_type="checkbox", default="false"),
        Attribute("doors", input_type="number", values=("2", "5", "1")),
        Attribute("plate"),
    ),
)
PERSON = Label("person", sublabels=(Label("head"), Label("hand")))
LABELS = (CAR, Label("dog", type="polygon"), PERSON)

FINE = (
    row("rectangle", (0, 0, SIZE[1], SIZE[0])),
    row("rectangle", (50, 50, 90, 60), rotation=20, attributes={"colour": "blue", "parked": "True", "doors": "4"}),
    row("ellipse", (40, 40, 50, 30), group=2),
    row("polygon", (0, 0, 9, 0, 9, 9), label="dog", group=2),
    row("polyline", (1, 1, 2, 2)),
    row("points", (3, 3)),
    row("cuboid", (0, 0, 0, 4, 4, 0, 4, 4, 1, 1, 1, 3, 3, 1, 3, 3)),
    mask_row(["##", "#."], top=98, left=198),
    row("tag", ()),
    row("skeleton", (), label="person", object=100),
    row("points", (4, 4), label="head", object=101, parent=100),
    row("points", (5, 5), label="hand", object=102, parent=100),
    *(row("rectangle", (x, 70, x + 9, 80), object=200, tracked=True, frame=x) for x in range(6)),
    row("rectangle", (6, 70, 15, 80), object=200, tracked=True, frame=6, outside=True),
)
"""Rows of every kind with nothing to say about."""


def found(name, *rows, labels=LABELS, frames=None, own=None, **asked):
    """What one check says of rows: places and messages."""
    report = Report()
    check(dataset(table(*rows), labels=labels, frames=frames, own=own), report, only=[name], **asked)
    assert {entry.code for entry in report.entries} <= {name}
    return [(entry.row, entry.message) for entry in report.entries]


def rows_of(name, *rows, **more):
    return [row for row, _ in found(name, *rows, **more)]


def mended(*rows, labels=LABELS, frames=None, **asked):
    report = Report()
    after = repair(dataset(table(*rows), labels=labels, frames=frames), report, **asked)
    return after.tasks[0].subtasks[0].table, report


def test_nothing_is_found_where_all_is_well():
    report = Report()
    check(dataset(table(*FINE), labels=LABELS), report, skip=["missing-media"])
    assert report.entries == []
    after, report = mended(*FINE)
    assert after.equals(table(*FINE))
    assert report.entries == []


@pytest.mark.parametrize(
    ("name", "bad", "said"),
    [
        ("malformed", row("rectangle", (1, 2, 3)), "rectangle with 3 coordinates in place of 4"),
        ("malformed", row("ellipse", (1, 2, 3, 4, 5, 6)), "ellipse with 6 coordinates"),
        ("malformed", row("cuboid", tuple(range(8))), "in place of 16"),
        ("malformed", row("tag", (1, 1)), "tag with 2 coordinates in place of 0"),
        ("malformed", row("polygon", (1, 2, 3, 4, 5, 6, 7)), "7 coordinates, which come in pairs"),
        ("malformed", row("polygon", (0, 0, 9, 0, 9, 9), rings=(3, 3)), "its rings have 6 points, and it has 3"),
        ("too-few-points", row("polygon", (1, 2, 3, 4)), "polygon with 2 of at least 3 points"),
        ("too-few-points", row("polyline", (1, 2)), "polyline with 1 of at least 2 points"),
        ("too-few-points", row("points", ()), "0 of at least 1"),
        ("too-few-points", row("polygon", (0, 0, 9, 0, 9, 9, 1, 1, 2, 2), rings=(3, 2)), "a ring of fewer than 3"),
        ("not-finite", row("rectangle", (1, 2, math.nan, 4)), "not a finite number"),
        ("not-finite", row("polygon", (0, 0, 9, 0, 9, math.inf)), "not a finite number"),
        ("not-finite", row("polygon", (0, 0, 1e308, 0, 9, -1e308)), "more than 1,000,000,000 pixels away"),
        ("not-finite", row("mask", (1e300, 0, 1e300, 1), runs=(0, 2)), "more than 1,000,000,000 pixels away"),
        ("malformed", row("polyline", (0, 0, 9, 0), rings=(3, -1)), "one of its rings has less than no points"),
        ("not-finite", row("rectangle", (1, 2, 3, 4), rotation=math.nan), "rotation"),
        ("not-finite", row("mask", (0, 0, math.nan, 1), runs=(0, 4)), "not a finite number"),
        ("bad-runs", row("mask", (0, 0, 1, 1), runs=(0, 3)), "3"),
        ("bad-runs", row("mask", (0, 0, 1, 1), runs=(-1, 5)), "-1"),
        ("bad-runs", row("mask", (0, 0, 1.5, 1), runs=(0, 4)), "whole pixels"),
        ("bad-runs", row("mask", (5, 0, 1, 1), runs=(0, 4)), "the box of a mask is 2 x -3 pixels"),
        ("empty", row("rectangle", (5, 5, 5, 9)), "rectangle without an area"),
        ("empty", row("ellipse", (5, 5, 5, 9)), "ellipse without an area"),
        ("empty", row("polygon", (0, 0, 5, 5, 9, 9)), "polygon without an area"),
        ("empty", row("mask", (0, 0, 1, 1), runs=(4,)), "mask without an area"),
        ("empty", row("polyline", (5, 5, 5, 5)), "without a length"),
        (
            "beyond-picture",
            row("rectangle", (201, 5, 210, 9)),
            r"beyond the picture: x 201 to 210, y 5 to 9 on 200 x 100",
        ),
        ("beyond-picture", row("points", (5, -1)), "beyond the picture"),
        ("across-border", row("rectangle", (190, 5, 201, 9)), "reaches over the border: x 190 to 201"),
        ("juts-out", row("rectangle", (0, 5, 60, 10), rotation=90), "y -22.5 to 37.5"),
        ("juts-out", row("polygon", (190, 0, 210, 0, 210, 9), tracked=True, object=500), "x 190 to 210"),
        ("beyond-picture", row("polygon", (190, -20, 220, -20, 220, 10)), "beyond the picture: x 190 to 220"),
        ("across-border", mask_row(["##"], left=199), "x 199 to 201"),
        ("unknown-label", row(label="cat"), "the task 'park' has no label 'cat'"),
        ("wrong-shape", row(label="dog"), "rectangle, and 'dog' may only be polygon"),
        ("unknown-attribute", row(attributes={"sound": "loud", "plate": "x"}), "'car' has no attribute 'sound'"),
        ("unknown-attribute", row(frame_attributes={"sound": "loud"}), "'car' has no attribute 'sound'"),
        ("unknown-value", row(attributes={"colour": "green"}), "colour='green' is not one of red, blue"),
        ("unknown-value", row(attributes={"parked": "maybe"}), "parked='maybe' is not true or false"),
        ("unknown-value", row(attributes={"doors": "7"}), "doors='7' is not a number from 2 to 5"),
        ("unknown-value", row(attributes={"doors": "many"}), "doors='many' is not a number"),
        ("outside-task", row(frame=10), "the task 'park' has 10 frames"),
        ("outside-task", row(frame=-1), "the task 'park' has 10 frames"),
        ("lost-element", row("points", (1, 1), label="head", parent=77), "its skeleton, object 77, is not there"),
        ("missing-element", row("skeleton", (), label="person", object=300), "the skeleton 'person' lacks head, hand"),
        ("lonely-group", row(group=5), "nothing else is in group 5"),
    ],
)
def test_one_bad_row_among_good_ones_is_found_with_its_place(name, bad, said):
    report = Report()
    check(dataset(table(*FINE, bad), labels=LABELS), report, only=[name])
    (entry,) = report.entries
    assert (entry.code, entry.severity) == (name, CHECKS[name].severity)
    assert (entry.dataset, entry.task, entry.subtask, entry.row) == ("zoo", "park", "job 0", len(FINE))
    assert entry.frame == bad.frame
    assert said in entry.message


def test_the_frame_of_the_media_is_told_where_it_is_another():
    frames = FrameMap(10, start=5, step=3)
    report = Report()
    check(dataset(table(row("rectangle", (5, 5, 5, 9), frame=4)), frames=frames), report, only=["empty"])
    assert report.entries[0].place == "zoo, park, job 0, frame 4, true frame 17, row 0"


def test_rows_that_cannot_be_computed_with_are_no_trouble_to_other_checks():
    broken = [
        row("rectangle", (1, 2, 3)),
        row("polygon", (0, 0, 9, 0, 9, 9), rings=(3, 4)),
        row("ellipse", (1, math.nan, 3, 3)),
        row("mask", (0, 0, 3, 3), runs=(1,)),
        row("polygon", (0, 0, 1)),
        row("polyline", (0, 0, 9, 0), rings=(3, -1)),
        *(row(shape, (1e308, 0, -1e308, 1e308)) for shape in ("rectangle", "ellipse", "polyline")),
        row("polygon", (1e308, 0, -1e308, 1e308, 5, 5)),
        row("mask", (-1e308, 0, 1e308, 1), runs=(1,)),
    ]
    report = Report()
    check(dataset(table(*broken, *FINE), labels=LABELS), report, skip=["missing-media"])
    assert sorted({entry.row for entry in report.entries}) == list(range(len(broken)))
    assert set(report.counts("problem")) == {"malformed", "not-finite", "bad-runs"}


def test_nothing_is_out_of_a_picture_whose_size_nobody_knows():
    class Nowhere:
        name = "nowhere"

        def size_of(self, frame):
            raise BadAnnotations("gone")

    report = Report()
    data = dataset(table(row("rectangle", (900, 900, 950, 950))), media=Nowhere())
    check(data, report, only=["beyond-picture", "across-border"])
    assert report.entries == []


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (row(), True),
        (row("rectangle", (10.4, 10, 30, 19.6)), True),
        (row("rectangle", (10.6, 10, 30, 20)), False),
        (row(label="dog"), False),
        (row(frame=1), False),
        (row("polygon", (10, 10, 30, 10, 30, 20, 10, 20)), False),
        (row("rectangle", (10, 10, 30, 20), rotation=180), False),
        (row("rectangle", (10, 10, 30, 20), rotation=359.5), True),
        (row(outside=True), False),
    ],
)
def test_rows_are_duplicates_within_the_tolerance(other, is_same):
    assert rows_of("duplicate", row(), other) == ([1] if is_same else [])


def test_all_repetitions_are_told_and_the_tolerance_can_be_changed():
    assert rows_of("duplicate", row(), row(), row(label="dog"), row()) == [1, 3]
    assert rows_of("duplicate", row(), row("rectangle", (11.5, 10, 30, 20)), tolerance=2) == [1]
    assert rows_of("duplicate", row(), row("rectangle", (10.1, 10, 30, 20)), tolerance=0) == []


def test_masks_and_outlines_are_compared_by_what_is_in_them():
    assert rows_of("duplicate", mask_row(["##", "#."]), mask_row(["##", "#."]), mask_row(["##", ".#"])) == [1]
    one, other = (row("polygon", (0, 0, 20, 0, 20, 20, x, x, 0, 20)) for x in (5, 12))
    assert rows_of("duplicate", one, other, one) == [2]
    assert rows_of("duplicate", row("tag", ()), row("tag", ()), row("tag", (), label="dog")) == [1]


def test_many_boxes_on_one_place_are_all_found():
    assert len(rows_of("duplicate", *[row()] * 3000)) == 2999


def test_of_a_loose_row_and_one_of_a_track_the_loose_one_is_the_duplicate():
    tracked = row(tracked=True, object=5)
    assert rows_of("duplicate", row(), tracked) == [0]
    assert rows_of("duplicate", tracked, row()) == [1]
    two = [row(tracked=True, object=each, frame=frame) for each in (5, 6) for frame in (0, 1)]
    assert rows_of("duplicate", *two) == []
    assert rows_of("double-track", *two) == [2]


def test_labels_of_elements_are_those_of_their_skeleton():
    parts = [row("points", (4, 4), label=name, parent=100) for name in ("head", "hand", "car")]
    rows = [row("skeleton", (), label="person", object=100), *parts, row("points", (1, 1), label="head")]
    assert found("unknown-label", *rows) == [
        (3, "the skeleton 'person' has no label 'car'"),
        (4, "the task 'park' has no label 'head'"),
    ]
    assert found("unknown-label", *rows, labels=()) == []


def test_labels_must_lead_somewhere_in_the_label_table():
    taxonomy = Taxonomy(
        (Entry("vehicle", labels=("car",)), Entry("animal", labels=("dog",))),
        (Superclass("vehicles", 1, meanings=("vehicle",)),),
    )
    rows = [row(), row(label="dog"), row(label="cat")]
    assert found("unlisted-label", *rows, taxonomy=taxonomy) == [
        (1, "'dog' means 'animal', which is in no superclass"),
        (2, "'cat' is not in the label table"),
    ]
    assert found("unlisted-label", *rows) == []
    assert len(mended(*rows, taxonomy=taxonomy)[0]) == 1


def key(frame, x=10.0, **more):
    return row("rectangle", (x, 10, x + 10, 20), **{"frame": frame, "tracked": True, "object": 1, **more})


@pytest.mark.parametrize(
    ("name", "rows", "at", "said"),
    [
        ("two-keys", [key(0), key(3), key(0)], [2], "the track 'car' has another row on this frame"),
        ("mixed-track", [key(0), key(4, label="dog"), key(2)], [1], "from rectangle 'car' to rectangle 'dog'"),
        ("mixed-track", [key(0), row("points", (1, 1), frame=1, tracked=True, object=1)], [1], "to points 'car'"),
        ("unseen-track", [key(0, outside=True), key(4, outside=True)], [0, 1], "outside on all of its frames"),
        ("track-gap", [key(frame) for frame in (0, 1, 2, 3, 4, 7, 8)], [5], "none on the 2 frames before"),
        ("track-jump", [key(0), key(1), key(2, 90.0)], [2], "its track moves 5.7 times its own size"),
        ("outside-job", [key(2), key(5)], [1], "'job 0' has frames 0 to 3"),
        ("deleted-frame", [key(0), key(3)], [1], "the frame was deleted"),
    ],
)
def test_tracks_are_looked_at_in_the_order_of_frames(name, rows, at, said):
    report = Report()
    frames = FrameMap(10, deleted=frozenset({3}) if name == "deleted-frame" else frozenset())
    own = range(4) if name == "outside-job" else None
    check(dataset(table(*rows), labels=LABELS, frames=frames, own=own), report, only=[name])
    assert [entry.row for entry in report.entries] == at
    assert all(said in entry.message for entry in report.entries)


def test_deleted_frames_are_no_gap():
    rows = [key(frame) for frame in (0, 1, 2, 3, 6, 7, 8, 9)]
    assert found("track-gap", *rows, frames=FrameMap(10, deleted=frozenset({4, 5}))) == []
    ((at, message),) = found("track-gap", *rows, frames=FrameMap(10, deleted=frozenset({5})))
    assert at == 4
    assert "none on the 1 frame before" in message


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("two-keys", [key(0), key(0, object=2), row(), row()]),
        ("mixed-track", [key(0), key(1, object=2, label="dog"), row(label="dog")]),
        ("unseen-track", [key(0), key(4, outside=True)]),
        ("track-gap", [key(frame) for frame in (0, 4, 5, 9)]),  # made of keys
        ("track-gap", [*(key(frame) for frame in range(5)), key(5, outside=True), key(8), key(9)]),
        ("track-jump", [key(0), key(9, 90.0)]),  # time enough
        ("track-jump", [key(0), key(1, outside=True), key(2, 90.0)]),
    ],
)
def test_sound_tracks_are_left_alone(name, rows):
    assert found(name, *rows) == []


def test_a_skeleton_may_have_its_elements_on_other_frames_of_its_track():
    skeleton = [row("skeleton", (), label="person", object=1, tracked=True, frame=frame) for frame in (0, 5)]
    head = row("points", (1, 1), label="head", object=2, parent=1, tracked=True)
    hand = row("points", (1, 1), label="hand", object=3, parent=1, tracked=True, frame=5)
    assert found("missing-element", *skeleton, head, hand) == []
    assert found("missing-element", *skeleton, head) == [(0, "the skeleton 'person' lacks hand")]


def test_a_repair_drops_what_is_wrong_and_tells_the_rows_as_they_were():
    bad = [
        row("rectangle", (5, 5, 5, 9)),
        row("polygon", (1, 1, 2, 2)),
        row(label="cat"),
        row("rectangle", (201, 5, 210, 9)),
    ]
    rows = [bad[0], FINE[0], bad[1], FINE[1], bad[2], FINE[0], bad[3]]
    after, report = mended(*rows)
    assert after.equals(table(*rows).take(np.array([1, 3])))
    assert {(entry.code, entry.row) for entry in report.entries} == {
        ("empty", 0),
        ("too-few-points", 2),
        ("unknown-label", 4),
        ("duplicate", 5),
        ("beyond-picture", 6),
    }
    assert {entry.severity for entry in report.entries} == {"dropped"}


def test_a_repair_cuts_at_the_border_what_keeps_its_shape():
    rows = [
        row("rectangle", (-5, 5, 20, 9)),
        row("rectangle", (190, 5, 220, 9), tracked=True, object=50),
        row("polygon", (-10, 0, 10, 0, 10, 10, -10, 10)),
        mask_row(["####"], left=198),
        row("polygon", (-10, 0, 10, 0, 10, 10), tracked=True, object=51),
        row("ellipse", (0, 50, 10, 40)),
        row("rectangle", (150, 90, 190, 110)),
        row("polygon", (-15, 50, 5, 30, 5, 60), label="car", object=60),
    ]
    after, report = mended(*rows)
    assert [each.points for each in after.rows()] == [
        (0, 5, 20, 9),
        (190, 5, 200, 9),
        after.row(2).points,
        (198, 0, 199, 0),
        rows[4].points,
        rows[5].points,
        (150, 90, 190, 100),
        after.row(7).points,
    ]
    assert min(after.row(7).points) == 0
    assert sorted(after.row(2).points) == [0, 0, 0, 0, 10, 10, 10, 10]
    assert after.row(3).runs == (0, 2)
    assert [entry.row for entry in report.entries] == [0, 1, 2, 3, 6, 7]
    assert report.entries[0].message.endswith("; cut")
    assert after.object.tolist() == table(*rows).object.tolist()


def test_a_repair_leaves_out_attributes_that_mean_nothing():
    after, report = mended(
        row(attributes={"sound": "loud", "plate": "x"}), row("points", (1, 1), frame_attributes={"a": "b"})
    )
    assert [dict(each.attributes) for each in after.rows()] == [{"plate": "x"}, {}]
    assert [dict(each.frame_attributes) for each in after.rows()] == [{}, {}]
    assert report.counts("note") == {"unknown-attribute": 2}


def test_a_repair_leaves_what_somebody_may_want_back():
    """Frames can be restored in CVAT, tracks can be seen again, and another object can join a group."""
    rows = [row(frame=3), key(0, outside=True), row(frame=1, group=3)]
    after, report = mended(*rows, frames=FrameMap(10, deleted=frozenset({3})))
    assert after.equals(table(*rows))
    assert report.entries == []


def test_elements_go_with_a_skeleton_that_is_dropped():
    rows = [
        row("skeleton", (), label="ghost", object=100),
        row("points", (4, 4), label="head", object=101, parent=100),
        row(),
    ]
    after, report = mended(*rows)
    assert after.object.tolist() == [102]
    assert report.counts("dropped") == {"unknown-label": 1, "lost-element": 1}


def test_what_is_left_after_a_repair_cannot_be_mended():
    messy = [
        *FINE,
        *FINE,
        *(row(shape, (1, 2, 3), frame=12) for shape in ("polygon", "mask")),
        key(0),
        key(0),
        row(group=9),
    ]
    after, report = mended(*messy)
    again = Report()
    check(dataset(after, labels=LABELS), again, skip=["missing-media"])
    left = {entry.code for entry in again.entries}
    assert report.dropped > 0
    assert not left & {name for name, each in CHECKS.items() if isinstance(each, RowCheck) and each.mends}
