from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_rows import mask_row, one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import rotate, to_polygons
from mattebox.label.interpolation import interpolate
from mattebox.label.linking import link_shapes, unlink_tracks


def box(frame, x, **more):
    return row("rectangle", (x, 10, x + 20, 20), frame=frame, **more)


def tracks(rows):
    """Frames of the rows of every track, those that say outside left out."""
    seen = rows.take(rows.tracked & ~rows.outside)
    return [sorted(seen.frame[seen.object == each].tolist()) for each in np.unique(seen.object)]


def test_shapes_that_follow_each_other_become_a_track():
    linked = link_shapes(table(box(0, 10), box(1, 12), box(2, 14), box(2, 100)), last_frame=9)
    assert tracks(linked) == [[0, 1, 2]]
    assert linked.take(~linked.tracked).points.lists() == [[100, 10, 120, 20]]
    (end,) = linked.take(linked.outside).rows()
    assert (end.frame, end.points, end.keyframe) == (3, (14, 10, 34, 20), True)


def test_a_track_ends_after_its_last_row_but_not_after_the_job():
    shapes = table(box(0, 10), box(1, 10))
    assert not link_shapes(shapes, last_frame=1).outside.any()
    assert link_shapes(shapes).outside.tolist() == [False, False, True]
    assert interpolate(link_shapes(shapes), last_frame=9).frame.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("x", "iou", "linked"),
    [(15, 0.6, True), (15.01, 0.6, False), (15.01, 0.5, True), (10, 1, True)],
)
def test_the_overlap_decides(x, iou, linked):
    """Boxes 20 wide that are 5 apart share 15 of 25, which is 0.6."""
    assert link_shapes(table(box(0, 10), box(1, x)), iou=iou).tracked.any() == linked


@pytest.mark.parametrize(("frame", "linked"), [(20, True), (21, False)])
def test_a_track_waits_for_so_many_frames(frame, linked):
    assert link_shapes(table(box(0, 10), box(frame, 10))).tracked.any() == linked
    assert link_shapes(table(box(0, 10), box(3, 10)), reach=2).tracked.any() == (frame < 0)


def test_labels_and_shapes_must_agree():
    shapes = table(box(0, 10), box(1, 10, label="dog"), row("polygon", (10, 10, 30, 10, 30, 20, 10, 20), frame=1))
    assert link_shapes(shapes).equals(shapes)


def test_the_sum_of_overlaps_is_greatest():
    """The first box on frame 1 overlaps both tracks, the second only the one that the first overlaps more."""
    linked = link_shapes(table(box(0, 10), box(0, 6), box(1, 9), box(1, 14)), iou=0.5)
    objects = linked.take(~linked.outside).object.tolist()
    assert objects[3] == objects[0]
    assert objects[2] == objects[1]


def test_outlines_count_where_shapes_are_not_boxes():
    one = row("rectangle", (0, 0, 40, 4), rotation=45)
    across = row("rectangle", (0, 0, 40, 4), rotation=135, frame=1)
    along = row("rectangle", (1, 0, 41, 4), rotation=45, frame=1)
    assert not link_shapes(table(one, across)).tracked.any()
    assert link_shapes(table(one, along)).tracked.all()
    assert link_shapes(table(mask_row(["##", ".#"]), mask_row(["##", ".#"], frame=1))).tracked.all()
    assert not link_shapes(table(mask_row(["##", ".#"]), mask_row(["#.", "##"], frame=1))).tracked.any()


def test_what_is_the_same_but_for_rounding_is_linked():
    """GEOS finds nothing in common between these two unless it is told to round."""
    angle = np.radians(318.92460006575527)
    about = np.array([-6.53586323959491, -3.8671850158806294])
    upright = one("rectangle", (1, 2, 7, 5))
    turned = rotate(upright, 318.92460006575527, tuple(about)).row(0)
    matrix = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    corners = (to_polygons(upright).points.values.reshape(-1, 2) - about) @ matrix + about
    other = row("polygon", corners.ravel().tolist(), frame=1)
    first = replace(to_polygons(table(turned)).row(0), object=-1)
    assert link_shapes(table(first, other), iou=0.99).tracked.all()


def test_a_track_has_the_fixed_attributes_and_the_group_of_its_first_row():
    shapes = table(
        box(0, 10, attributes={"a": "1"}, frame_attributes={"b": "1"}, group=4),
        box(1, 10, attributes={"a": "2"}, frame_attributes={"b": "2"}, group=0),
    )
    rows = list(link_shapes(shapes, last_frame=1).rows())
    assert [dict(each.attributes) for each in rows] == [{"a": "1"}] * 2
    assert [dict(each.frame_attributes) for each in rows] == [{"b": "1"}, {"b": "2"}]
    assert [each.group for each in rows] == [4, 4]


def test_tracks_and_what_has_no_area_stay_as_they_are():
    rest = table(
        box(0, 10, tracked=True, object=30),
        box(1, 10, tracked=True, object=31),
        row("points", (1, 1)),
        row("points", (1, 1), frame=1),
        row("tag", ()),
        row("skeleton", (), object=40),
        row("rectangle", (0, 0, 5, 5), parent=40),
        row("rectangle", (0, 0, 5, 5), parent=40, frame=1),
    )
    assert link_shapes(rest).equals(rest)


def test_wrong_use_is_told():
    with pytest.raises(BadParameter, match="iou"):
        link_shapes(table(), iou=0)
    with pytest.raises(BadParameter, match="reach"):
        link_shapes(table(), reach=0)
    assert len(link_shapes(table())) == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 12)), min_size=1, max_size=25))
def test_no_track_has_two_rows_on_a_frame_and_no_shape_is_lost(places):
    shapes = table(*(box(frame, 3 * x) for frame, x in places))
    linked = link_shapes(shapes, iou=0.3, reach=3)
    assert all(len(set(frames)) == len(frames) for frames in tracks(linked))
    assert all(max(np.diff(frames)) <= 3 for frames in tracks(linked))
    seen = linked.take(~linked.outside)
    assert sorted(seen.points.lists()) == sorted(shapes.points.lists())
    loose = unlink_tracks(interpolate(linked, last_frame=10))
    assert not loose.tracked.any()
    assert len(loose) >= len(shapes)


def test_tracks_become_loose_shapes_and_elements_stay_with_their_skeleton():
    rows = []
    for frame in (0, 1):
        rows += [
            row("skeleton", (), object=50, frame=frame, tracked=True),
            row("points", (1, 1), object=51, parent=50, frame=frame, tracked=True, outside=frame == 1),
        ]
    rows += [box(0, 10, object=7, tracked=True), box(1, 10, object=7, tracked=True, outside=True), box(3, 9, object=9)]
    loose = unlink_tracks(table(*rows))
    assert len(loose) == 6
    assert len(set(loose.object.tolist())) == 6
    assert not loose.tracked.any()
    assert loose.parent.tolist() == [-1, loose.object[0], -1, loose.object[2], -1, -1]
    assert loose.outside.tolist() == [False, False, False, True, False, False]
