import numpy as np
import pytest

from mattebox.cancelling import Cancellation, Cancelled
from mattebox.errors import BadPicture
from mattebox.label.masks.applying import apply_filters
from mattebox.label.masks.filters import Chain, DropByArea, KeepLargest, Morphology, SplitParts, parse_filters
from mattebox.label.masks.tables import Place
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Row
from mattebox.label.table import Table

SIZE = (20, 30)


def square(left, top, side, frame=0, **rest):
    return Row(
        **{"label": "cat", "frame": frame, "shape": "rectangle", "points": (left, top, left + side, top + side)} | rest
    )


def two_squares(frame=0, **rest):
    """A polygon of two parts, of 16 and 4 pixels."""
    points = (0, 0, 4, 0, 4, 4, 0, 4, 10, 10, 12, 10, 12, 12, 10, 12)
    return Row(**{"label": "cat", "frame": frame, "shape": "polygon", "points": points, "rings": (4, 4)} | rest)


def applied(rows, filters, size=SIZE, **rest):
    report = Report()
    changed = apply_filters(Table.from_rows(rows), size, filters, report, **rest)
    return changed.table, changed.objects.tolist(), report


def test_what_no_filter_changes_stays_to_the_last_digit():
    rows = [
        square(1.3, 2.7, 5.1, rotation=12.5, attributes={"a": "b"}, extra={"id": 7}),
        Row(label="cat", frame=0, shape="ellipse", points=(15.1, 8.2, 19.3, 4.4)),
        Row(label="scene", frame=1, shape="tag"),
        Row(label="cat", frame=2, shape="points", points=(1, 2)),
    ]
    table, objects, report = applied(rows, parse_filters("area>=3,split,fill,duplicates<0.9,partition"))
    assert table.equals(Table.from_rows(rows))
    assert objects == []
    assert report.entries == []


def test_rows_that_go_are_told_with_their_place_and_every_reason():
    rows = [square(1, 1, 2, frame=3), square(5, 5, 6, frame=3)]
    table, objects, report = applied(rows, DropByArea(5), place=Place("animals", "park", "job 1"))
    assert table.object.tolist() == [1]
    assert objects == [0]
    assert [str(entry) for entry in report.entries] == [
        "animals, park, job 1, frame 3, row 0: rectangle of cat: 4 pixels, and at least 5 are asked for"
    ]
    assert report.counts("dropped") == {"area": 1}


def test_the_largest_part_is_the_row_and_the_others_are_new_objects():
    first = two_squares(object=4, group=2, z_order=3, attributes={"a": "b"}, extra={"id": 7})
    table, objects, _ = applied([first, square(20, 1, 3, object=9)], SplitParts(), epsilon=0)
    assert objects == [4]
    assert table.object.tolist() == [4, 10, 9]
    assert [SHAPES[shape] for shape in table.shape] == ["polygon", "polygon", "rectangle"]
    assert table.points[0].tolist() == [0, 0, 4, 0, 4, 4, 0, 4]
    assert table.points[1].tolist() == [10, 10, 12, 10, 12, 12, 10, 12]
    assert table.rings.lengths.tolist() == [0, 0, 0]
    assert table.group.tolist() == [2, 2, 0]
    assert table.attributes.lists() == [{"a": "b"}, {"a": "b"}, {}]
    assert table.extra.lists() == [{"id": 7}, {}, {}]


def test_parts_that_go_are_notes():
    table, _, report = applied([two_squares()], KeepLargest(), becomes="mask")
    assert SHAPES[table.shape[0]] == "mask"
    assert table.points[0].tolist() == [0, 0, 3, 3]
    assert report.counts("note") == {"part-smaller-part": 1}
    assert report.dropped == 0


def test_changed_rows_become_what_is_asked_for():
    mask = Row(label="cat", frame=0, shape="mask", points=(0, 0, 2, 2), runs=(0, 9))
    for becomes, expected in (("same", ["mask", "polygon"]), ("mask", ["mask"] * 2), ("polygon", ["polygon"] * 2)):
        table, _, _ = applied([mask, square(9, 9, 4)], Morphology("dilate", 1), becomes=becomes)
        assert [SHAPES[shape] for shape in table.shape] == expected


def test_a_track_that_changes_anywhere_has_one_kind_of_shape_everywhere():
    rows = [
        square(2, 2, 8, frame=0, object=0, tracked=True),
        square(2, 2, 8, frame=1, object=0, tracked=True, keyframe=False),
        square(5, 5, 4, frame=1, object=1, z_order=1),
        square(2, 2, 8, frame=2, object=0, tracked=True, outside=True),
        square(2, 2, 8, frame=0, object=2, tracked=True, label="dog"),
    ]
    table, objects, _ = applied(rows, parse_filters("cut>=0.9"))
    assert objects == [0]
    assert [SHAPES[shape] for shape in table.shape] == ["polygon", "polygon", "rectangle", "polygon", "rectangle"]
    assert table.tracked.tolist() == [True, True, False, True, True]
    assert table.rings[1].tolist() == [4, 4]


def test_of_a_track_with_keys_only_a_dropped_row_ends_it():
    rows = [square(2, 2, side, frame=frame, object=0, tracked=True) for frame, side in enumerate((8, 2, 8))]
    table, _, report = applied(rows, DropByArea(5))
    assert table.frame.tolist() == [0, 1, 2]
    assert table.outside.tolist() == [False, True, False]
    assert report.counts("dropped") == {"area": 1}


def test_of_an_interpolated_track_a_dropped_row_is_gone():
    rows = [
        square(2, 2, side, frame=frame, object=0, tracked=True, keyframe=frame != 1)
        for frame, side in enumerate((8, 2, 8))
    ]
    table, _, _ = applied(rows, DropByArea(5))
    assert table.frame.tolist() == [0, 2]
    assert not table.outside.any()


def test_parts_of_a_track_are_loose():
    table, _, _ = applied([two_squares(object=3, tracked=True, keyframe=False)], SplitParts())
    assert table.object.tolist() == [3, 4]
    assert table.tracked.tolist() == [True, False]
    assert table.keyframe.tolist() == [False, True]


def test_elements_and_rows_that_are_outside_are_left_alone():
    rows = [square(1, 1, 1, parent=5), square(1, 1, 1, tracked=True, outside=True)]
    table, _, _ = applied(rows, DropByArea(100))
    assert table.equals(Table.from_rows(rows))


def test_frames_whose_picture_cannot_be_read_stay_as_they_are():
    def size(frame):
        if frame == 0:
            raise BadPicture("a.jpg is empty")
        return SIZE

    table, _, report = applied([square(1, 1, 1, frame=0), square(1, 1, 1, frame=1)], DropByArea(5), size=size)
    assert table.frame.tolist() == [0]
    assert report.counts("problem") == {"no-picture": 1}
    assert "a.jpg is empty; its frame is left as it is" in report.entries[0].message


def test_progress_and_cancelling():
    seen = []
    rows = [square(1, 1, 4, frame=frame) for frame in range(3)]
    applied(rows, Chain(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with Cancellation() as cancellation:
        cancellation.cancel()
        with pytest.raises(Cancelled):
            applied(rows, Chain())


def test_an_empty_table():
    table, objects, _ = applied([], DropByArea(5))
    assert (len(table), objects) == (0, [])
    assert np.array_equal(table.frame, [])


def test_a_track_of_which_rows_are_only_dropped_keeps_its_shape():
    rows = [square(2, 2, side, frame=frame, object=0, tracked=True) for frame, side in enumerate((8, 2))]
    table, objects, _ = applied(rows, DropByArea(5), becomes="mask")
    assert objects == [0]
    assert [SHAPES[shape] for shape in table.shape] == ["rectangle", "rectangle"]
