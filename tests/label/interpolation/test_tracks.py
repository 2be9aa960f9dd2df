"""Whole tracks, worked by hand from the rules of CVAT's server."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_tracks import key, seen, table
from mattebox.cancelling import Cancellation, Cancelled
from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.interpolation import interpolate, interpolate_dataset
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table


def frames(found, object=0):  # noqa: A002
    return found.frame[found.object == object].tolist()


class TestMoving:
    def test_a_rectangle_moves_evenly(self):
        # 4 frames for 8 pixels to the right and 4 down: 2 and 1 each.
        found = interpolate(table(key(0, (0, 0, 10, 10)), key(4, (8, 4, 18, 14))), last_frame=4)
        assert seen(found)[1] == [2, 1, 12, 11]
        assert seen(found)[3] == [6, 3, 16, 13]
        assert found.keyframe.tolist() == [True, False, False, False, True]

    def test_an_ellipse_moves_evenly(self):
        found = interpolate(table(key(0, (5, 5, 8, 1), "ellipse"), key(2, (7, 5, 14, 3), "ellipse")), last_frame=2)
        assert seen(found)[1] == [6, 5, 11, 2]

    def test_a_cuboid_moves_evenly(self):
        first = tuple(range(16))
        last = tuple(number + 8 for number in first)
        found = interpolate(table(key(0, first, "cuboid"), key(4, last, "cuboid")), last_frame=4)
        assert seen(found)[1] == [number + 2 for number in first]

    @pytest.mark.parametrize(
        ("begin", "end", "between"),
        [
            (350, 10, [355, 0, 5]),  # 20 degrees clockwise, over 0
            (10, 350, [5, 0, 355]),  # 20 degrees the other way
            (0, 90, [22.5, 45, 67.5]),
            (0, 270, [337.5, 315, 292.5]),  # the shorter way round
            (0, 180, [0.25, 0.5, 0.75]),  # the server's own: half a turn is taken for one degree
        ],
    )
    def test_it_turns_by_the_shorter_way_round(self, begin, end, between):
        box = (0, 0, 4, 4)
        found = interpolate(table(key(0, box, rotation=begin), key(4, box, rotation=end)), last_frame=4)
        assert found.rotation[1:4].tolist() == between

    def test_a_polygon_is_matched_by_length(self):
        # The triangle and the square of test_curves, half way.
        rows = key(0, (0, 0, 8, 0, 0, 6), "polygon"), key(2, (0, 0, 6, 0, 6, 6, 0, 6), "polygon")
        assert seen(interpolate(table(*rows), last_frame=2))[1] == [0, 0, 7, 0, 7, 3, 0, 6]

    def test_a_polyline_is_matched_by_length_and_is_not_closed(self):
        rows = key(0, (0, 0, 10, 0), "polyline"), key(2, (0, 10, 4, 10, 10, 10), "polyline")
        assert seen(interpolate(table(*rows), last_frame=2))[1] == [0, 5, 2, 5, 10, 5]

    def test_a_single_point_moves_and_several_stay(self):
        one = interpolate(table(key(0, (1, 2), "points"), key(2, (3, 8), "points")), last_frame=2)
        assert seen(one)[1] == [2, 5]
        several = interpolate(table(key(0, (1, 2, 3, 4), "points"), key(2, (3, 8, 5, 6), "points")), last_frame=2)
        assert seen(several)[1] == [1, 2, 3, 4]
        fewer = interpolate(table(key(0, (1, 2), "points"), key(2, (3, 8, 5, 6), "points")), last_frame=2)
        assert seen(fewer)[1] == [1, 2]

    def test_masks_and_polygons_with_holes_stay_until_the_next_key(self):
        masks = key(0, (0, 0, 1, 1), "mask", runs=(1, 3)), key(2, (4, 4, 5, 5), "mask", runs=(0, 4))
        found = interpolate(table(*masks), last_frame=2)
        assert seen(found)[1] == [0, 0, 1, 1]
        assert found.runs[1].tolist() == [1, 3]
        ring = (0, 0, 9, 0, 0, 9, 1, 1, 3, 1, 1, 3)
        holes = [key(frame, tuple(np.add(ring, frame)), "polygon", rings=(3, 3)) for frame in (0, 2)]
        found = interpolate(table(*holes), last_frame=2)
        assert seen(found)[1] == list(ring)
        assert found.rings[1].tolist() == [3, 3]


class TestBeingThere:
    box = (0, 0, 4, 4)

    def test_the_last_key_holds_to_the_end_of_the_subtask(self):
        found = interpolate(table(key(1, self.box), key(3, (2, 2, 6, 6))), last_frame=6)
        assert frames(found) == [1, 2, 3, 4, 5, 6]
        assert seen(found)[6] == [2, 2, 6, 6]

    def test_a_single_key_holds(self):
        assert frames(interpolate(table(key(2, self.box)), last_frame=4)) == [2, 3, 4]

    def test_without_an_end_a_track_ends_with_its_last_key(self):
        assert frames(interpolate(table(key(0, self.box), key(3, self.box)), last_frame=None)) == [0, 1, 2, 3]

    def test_a_key_beyond_the_end_says_where_the_track_is_heading(self):
        # Of 10 frames for 20 pixels the subtask has the first 3.
        found = interpolate(table(key(0, (0, 0, 4, 4)), key(10, (20, 0, 24, 4))), last_frame=2)
        assert seen(found) == {0: [0, 0, 4, 4], 1: [2, 0, 6, 4], 2: [4, 0, 8, 4]}

    def test_it_is_not_there_from_a_key_that_is_outside_to_the_next(self):
        rows = key(0, self.box), key(2, (8, 0, 12, 4), outside=True), key(4, self.box), key(6, self.box, outside=True)
        found = interpolate(table(*rows), last_frame=9)
        assert frames(found) == [0, 1, 4, 5]
        assert seen(found)[1] == [4, 0, 8, 4], "until then it moves towards that key"
        assert not found.outside.any()

    def test_where_it_is_not_there_is_kept_on_request(self):
        rows = key(0, self.box), key(2, self.box, outside=True), key(4, self.box), key(6, self.box, outside=True)
        found = interpolate(table(*rows), last_frame=7, keep_outside=True)
        assert frames(found) == [0, 1, 2, 3, 4, 5, 6, 7]
        assert found.outside.tolist() == [False, False, True, True, False, False, True, True]

    def test_flags_are_those_of_the_key_before(self):
        first = key(0, self.box, occluded=True, z_order=3)
        found = interpolate(table(first, key(3, self.box)), last_frame=3).sorted()
        by_frame = {row.frame: (row.occluded, row.z_order) for row in found.rows()}
        assert by_frame == {0: (True, 3), 1: (True, 3), 2: (True, 3), 3: (False, 0)}

    def test_what_a_key_does_not_say_of_its_frame_holds_from_before(self):
        rows = (
            key(0, self.box, frame_attributes={"pose": "sits", "wet": "no"}, attributes={"name": "Tom"}),
            key(2, self.box, frame_attributes={"pose": "runs"}, attributes={"name": "Tom"}),
            key(1, self.box, object=1, frame_attributes={"pose": "lies"}),
        )
        found = interpolate(table(*rows), last_frame=3)
        told = {row.frame: dict(row.frame_attributes) for row in found.rows() if row.object == 0}
        sits, runs = {"pose": "sits", "wet": "no"}, {"pose": "runs", "wet": "no"}
        assert told == {0: sits, 1: sits, 2: runs, 3: runs}
        assert {row.attributes["name"] for row in found.rows() if row.object == 0} == {"Tom"}
        assert found.frame_attributes.lists()[-1] == {"pose": "lies"}, "another track knows nothing of it"

    def test_keys_on_deleted_frames_do_not_count_and_nothing_is_there(self):
        # Without the key on frame 2 it is 8 pixels in 4 frames.
        rows = key(0, (0, 0, 4, 4)), key(2, (100, 0, 104, 4)), key(4, (8, 0, 12, 4))
        found = interpolate(table(*rows), last_frame=5, deleted={2, 5})
        assert seen(found) == {0: [0, 0, 4, 4], 1: [2, 0, 6, 4], 3: [6, 0, 10, 4], 4: [8, 0, 12, 4]}

    def test_of_two_keys_on_a_frame_the_first_counts(self):
        rows = key(0, (0, 0, 4, 4)), key(2, (4, 0, 8, 4)), key(2, (40, 0, 44, 4))
        assert seen(interpolate(table(*rows), last_frame=2))[1] == [2, 0, 6, 4]

    def test_what_is_not_tracked_or_was_interpolated_already_stays(self):
        loose = Row(label="dog", frame=7, shape="rectangle", points=(0, 0, 1, 1), object=5)
        once = interpolate(table(key(0, self.box), key(3, self.box, outside=True), loose), last_frame=9)
        assert frames(once, 5) == [7]
        assert interpolate(once, last_frame=9).equals(once)
        told = [replace(loose, frame_attributes={"pose": pose} if pose else {}) for pose in ("", "sits")]
        assert interpolate(table(*told), last_frame=9).equals(table(*told))

    def test_a_track_of_keys_only_is_not_held_when_it_is_interpolated_again(self):
        # Nothing else would say that it was there on frame 1 only.
        once = interpolate(table(key(1, self.box), key(2, self.box, outside=True)), last_frame=4)
        assert (frames(once), once.keyframe.tolist()) == ([1], [False])
        assert interpolate(once, last_frame=4).equals(once)


class TestSkeletons:
    bones = key(0, (), "skeleton")

    def element(self, frame, points, object, **more):  # noqa: A002
        return key(frame, points, "points", label=f"joint {object}", object=object, parent=0, **more)

    def test_elements_move_on_keys_of_their_own(self):
        # The first joint goes 4 right and 8 down in 4 frames; the second leaves on frame 2.
        rows = (
            self.bones,
            self.element(0, (0, 0), 1),
            self.element(4, (4, 8), 1),
            self.element(0, (9, 9), 2),
            self.element(2, (9, 9), 2, outside=True),
        )
        found = interpolate(table(*rows), last_frame=4)
        assert frames(found, 0) == [0, 1, 2, 3, 4]
        assert seen(found, 1) == {0: [0, 0], 1: [1, 2], 2: [2, 4], 3: [3, 6], 4: [4, 8]}
        assert frames(found, 2) == [0, 1, 2, 3, 4]
        assert found.outside[found.object == 2].tolist() == [False, False, True, True, True]

    def test_elements_are_there_where_their_skeleton_is(self):
        rows = self.bones, key(2, (), "skeleton", outside=True), self.element(0, (0, 0), 1)
        found = interpolate(table(*rows), last_frame=4)
        assert frames(found, 0) == frames(found, 1) == [0, 1]

    def test_a_skeleton_without_an_element_that_is_seen_is_not_there(self):
        rows = self.bones, self.element(0, (0, 0), 1), self.element(3, (0, 0), 1, outside=True)
        found = interpolate(table(*rows), last_frame=4)
        assert frames(found, 0) == frames(found, 1) == [0, 1, 2]
        assert interpolate(found, last_frame=4).equals(found)
        kept = interpolate(table(*rows), last_frame=4, keep_outside=True)
        assert frames(kept, 0) == frames(kept, 1) == [0, 1, 2, 3, 4]


class TestWhatCannotBeInterpolated:
    mixed = key(0, (0, 0, 4, 4)), key(5, (0, 0, 4, 0, 0, 4), "polygon")

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            (mixed, r"track 0 \(cat\) is a rectangle and, from frame 5 on, a polygon"),
            ((key(0, (0, 0, 4, 4)), key(2, (0, 0, 4))), r"has a rectangle of 3 numbers on frame 2, before of 4"),
            ((key(3, (0, 0, 4), "polyline"),), r"has a polyline of 3 numbers on frame 3"),
        ],
    )
    def test_an_error_names_the_track_and_the_frame(self, rows, message):
        with pytest.raises(BadAnnotations, match=message):
            interpolate(table(*rows), last_frame=9)

    def test_of_a_data_set_the_track_is_left_out_and_told(self):
        other = key(1, (0, 0, 2, 2), object=3)
        report = Report()
        found = interpolate_dataset(dataset(table(*self.mixed, other, key(1, (5, 5, 6, 6), object=3)), 3), report)
        assert frames(found.tasks[0].subtasks[0].table, 3) == [1, 2]
        assert [(each.code, each.place, each.count) for each in report.entries] == [
            ("mixed-track", "zoo, cats, job_0, frame 5, row 1", 2),
            ("two-keys", "zoo, cats, job_0, frame 1, row 3", 1),
        ]


def dataset(rows: Table, size, own=None, deleted=frozenset()):
    subtask = Subtask("job_0", np.arange(size) if own is None else np.array(own), rows)
    return Dataset("zoo", (Task("cats", None, FrameMap(size, deleted=deleted), (subtask,)),))


class TestDataset:
    def test_a_job_has_rows_on_its_own_frames_only(self):
        # What leads from frame 0 to frame 6 is on 2 and 4 of a ground-truth job.
        rows = table(key(0, (0, 0, 4, 4)), key(6, (6, 0, 10, 4)))
        found = interpolate_dataset(dataset(rows, 9, own=[0, 2, 4, 5], deleted={5}), Report())
        assert seen(found.tasks[0].subtasks[0].table) == {0: [0, 0, 4, 4], 2: [2, 0, 6, 4], 4: [4, 0, 8, 4]}

    def test_it_tells_how_far_it_is_and_can_be_given_up(self):
        told = []
        interpolate_dataset(dataset(Table.empty(), 3), Report(), progress=lambda *now: told.append(now))
        assert told == [(1, 1)]
        with Cancellation() as cancellation:
            cancellation.cancel()
            with pytest.raises(Cancelled):
                interpolate_dataset(dataset(Table.empty(), 3), Report())


@st.composite
def tracks(draw):
    rows = []
    for number in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(["rectangle", "polygon", "points"]))
        for frame in sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=5))):
            count = 4 if shape == "rectangle" else 2 * draw(st.integers(1, 6))
            points = tuple(draw(st.lists(st.integers(0, 60), min_size=count, max_size=count)))
            rows.append(key(frame, points, shape, object=number, outside=draw(st.booleans())))
    return rows


@settings(max_examples=60, deadline=None)
@given(tracks(), st.randoms(use_true_random=False))
def test_keys_are_brought_back_and_what_is_between_them_lies_between_them(rows, random):
    found = interpolate(table(*rows), last_frame=30, keep_outside=True)
    told = {(row.object, row.frame): row for row in found.rows()}
    assert len(told) == len(found), "a track is on a frame once"
    for row in rows:
        again = told[row.object, row.frame]
        assert (again.points, again.keyframe, again.outside) == (row.points, True, row.outside)
    for before, after in pairwise(rows):
        if before.object != after.object:
            continue
        low = np.min([np.reshape(each.points, (-1, 2)).min(axis=0) for each in (before, after)], axis=0)
        high = np.max([np.reshape(each.points, (-1, 2)).max(axis=0) for each in (before, after)], axis=0)
        for frame in range(before.frame + 1, after.frame):
            between = np.reshape(told[before.object, frame].points, (-1, 2))
            assert (between >= low - 1e-9).all()
            assert (between <= high + 1e-9).all()
            assert not told[before.object, frame].keyframe
    once = interpolate(table(*rows), last_frame=30)
    assert interpolate(once, last_frame=30).equals(once)
    random.shuffle(rows)
    assert interpolate(table(*rows), last_frame=30, keep_outside=True).equals(found)
