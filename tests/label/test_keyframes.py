import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_tracks import key, seen, table
from mattebox.errors import BadAnnotations
from mattebox.label.interpolation import interpolate
from mattebox.label.keyframes import close_tracks, reduce_keyframes
from mattebox.label.row import Row


def keys(found, object=0):  # noqa: A002
    return found.frame[found.object == object].tolist()


def line(frames, step=2.0, **more):
    return [key(frame, (step * frame, 0, step * frame + 4, 4), **more) for frame in frames]


class TestWhatGoes:
    def test_keys_on_the_way_between_two_others(self):
        # Even motion to frame 6, then rest: frame 9 says no more than that frame 6 holds.
        rows = [*line(range(7)), key(9, (12, 0, 16, 4))]
        assert keys(reduce_keyframes(table(*rows), tolerance=0)) == [0, 6]

    def test_a_long_track_of_which_every_frame_is_a_key(self):
        # Longer than what is looked at first, so that the view has to grow.
        rows = line(range(500))
        assert keys(reduce_keyframes(table(*rows), tolerance=0)) == [0, 499]

    def test_a_motion_within_the_tolerance(self):
        # 0.4 off the line from 0 to 2: within 0.5, not within 0.3.
        rows = [key(0, (0, 0, 4, 4)), key(1, (1.4, 0, 5.4, 4)), key(2, (2, 0, 6, 4)), key(3, (9, 0, 13, 4))]
        assert keys(reduce_keyframes(table(*rows), tolerance=0.5)) == [0, 2, 3]
        assert keys(reduce_keyframes(table(*rows), tolerance=0.3)) == [0, 1, 2, 3]

    def test_the_tolerance_is_not_used_up_twice(self):
        # A slow bend: each key is within 0.5 of its neighbours' middle, and the whole is not a line.
        rows = [key(frame, (frame * frame / 8, 0, frame * frame / 8 + 4, 4)) for frame in range(41)]
        reduced = reduce_keyframes(table(*rows), tolerance=0.5)
        assert 2 < len(reduced) < 41
        back = seen(interpolate(reduced, last_frame=40))
        assert max(np.abs(np.subtract(back[row.frame], row.points)).max() for row in rows) <= 0.5 + 1e-9

    def test_turns_by_the_shorter_way_only(self):
        box = (0, 0, 20, 20)
        even = [key(frame, box, rotation=angle) for frame, angle in enumerate((340, 350, 0, 10))]
        assert keys(reduce_keyframes(table(*even), tolerance=0)) == [0, 3]
        # Three quarters of a turn are not found again by the shorter way, and half a turn is one degree for CVAT.
        around = [key(frame, box, rotation=90 * frame) for frame in range(4)]
        assert keys(reduce_keyframes(table(*around), tolerance=0.1)) == [0, 1, 2, 3]
        flipped = [key(frame, box, rotation=180 * (frame > 1)) for frame in range(3)]
        assert keys(reduce_keyframes(table(*flipped), tolerance=0.1)) == [0, 1, 2]

    def test_a_small_turn_of_a_small_box_is_within_the_tolerance(self):
        # The corners of a box of 3 by 4 lie on a circle of 2.5; 3 degrees of 5 pixels, taken with care, are 0.26.
        def turning(size):
            return [key(frame, (0, 0, *size), rotation=3 * (frame == 1)) for frame in range(3)]

        assert keys(reduce_keyframes(table(*turning((3, 4))), tolerance=0.3)) == [0]
        assert keys(reduce_keyframes(table(*turning((30, 40))), tolerance=0.3)) == [0, 1, 2]

    def test_polygons_by_their_outline_on_every_frame(self):
        # The corners of the triangle move evenly on frames 0, 2 and 4; on frame 6 another outline begins.
        rows = [key(frame, (frame, 0, 8 + frame, 0, frame, 6), "polygon") for frame in (0, 2, 4)]
        rows.append(key(6, (0, 0, 6, 0, 6, 6, 0, 6), "polygon"))
        assert keys(reduce_keyframes(table(*rows), tolerance=0)) == [0, 4, 6]

    def test_masks_that_stay(self):
        rows = [key(frame, (0, 0, 1, 1), "mask", runs=(0, 4 - (frame > 2))) for frame in range(5)]
        assert keys(reduce_keyframes(table(*rows))) == [0, 3]


class TestWhatStays:
    @pytest.mark.parametrize(
        "change",
        [
            {"occluded": True},
            {"z_order": 2},
            {"frame_attributes": {"pose": "runs"}},
            {"outside": True},
            {"group": 3},
            {"source": "auto"},
            {"label": "dog"},
        ],
    )
    def test_a_key_where_anything_but_the_shape_changes(self, change):
        first, second = line([0, 1]), line([2, 3], **change)
        assert keys(reduce_keyframes(table(*first, *second))) == [0, 2, *([3] if "outside" not in change else [])]

    def test_a_key_that_says_again_what_holds_of_its_frame_may_go(self):
        first = key(0, (0, 0, 4, 4), frame_attributes={"pose": "sits"})
        assert keys(reduce_keyframes(table(first, key(1, (0, 0, 4, 4)), key(2, (9, 0, 13, 4))))) == [0, 1, 2]
        assert keys(reduce_keyframes(table(first, key(1, (0, 0, 4, 4))))) == [0]

    def test_what_is_not_tracked(self):
        loose = [Row(label="cat", frame=frame, shape="rectangle", points=(0, 0, 1, 1)) for frame in range(3)]
        reduced = reduce_keyframes(table(*loose))
        assert reduced.frame.tolist() == [0, 1, 2]
        assert not reduced.tracked.any()

    def test_a_track_that_cannot_be_interpolated_is_an_error(self):
        with pytest.raises(BadAnnotations, match="is a rectangle and, from frame 1 on, a points"):
            reduce_keyframes(table(key(0, (0, 0, 1, 1)), key(1, (0, 0), "points")))


class TestTracksThatWereInterpolated:
    def test_keys_are_found_again_and_the_end_is_kept(self):
        rows = key(0, (0, 0, 4, 4)), key(3, (6, 0, 10, 4)), key(5, (6, 0, 10, 4), outside=True), key(8, (0, 0, 4, 4))
        whole = interpolate(table(*rows), last_frame=12)
        reduced = reduce_keyframes(whole, last_frame=12)
        assert keys(reduced) == [0, 3, 5, 8]
        assert reduced.outside.tolist() == [False, False, True, False]
        assert interpolate(reduced, last_frame=12).frame.tolist() == whole.frame.tolist()

    def test_a_track_that_leaves_before_the_end_is_ended(self):
        whole = interpolate(table(*line([0, 4])), last_frame=4)
        assert keys(reduce_keyframes(whole, last_frame=4)) == [0, 4]
        assert keys(reduce_keyframes(whole, last_frame=9)) == [0, 4, 5]
        assert keys(reduce_keyframes(whole)) == [0, 4, 5]

    def test_deleted_frames_are_no_absence(self):
        whole = interpolate(table(*line([0, 6])), last_frame=6, deleted={2, 3})
        assert keys(reduce_keyframes(whole, last_frame=6, deleted={2, 3})) == [0, 6]
        assert keys(reduce_keyframes(whole, last_frame=6)) == [0, 1, 2, 4, 6]

    def test_a_shape_of_a_single_frame_is_ended(self):
        whole = interpolate(table(key(1, (0, 0, 4, 4)), key(2, (0, 0, 4, 4), outside=True)), last_frame=4)
        reduced = reduce_keyframes(whole, last_frame=4)
        assert [(row.frame, row.outside, row.keyframe) for row in reduced.rows()] == [(1, False, True), (2, True, True)]

    def test_closing_leaves_all_rows_there(self):
        whole = interpolate(table(*line([0, 2]), *line([0], object=1)), last_frame=3)
        gone = whole.take(~((whole.object == 0) & (whole.frame == 1)))
        closed = close_tracks(gone, last_frame=3)
        assert len(closed) == len(gone) + 1
        assert [(row.object, row.frame, row.keyframe) for row in closed.rows() if row.outside] == [(0, 1, True)]


@st.composite
def tracks(draw):
    """Tracks with stretches of rest, of even motion and of noise, as people and models make them."""
    rows = []
    for number in range(draw(st.integers(1, 3))):
        shape, count = draw(st.sampled_from([("rectangle", 4), ("polygon", 8), ("points", 2), ("ellipse", 4)]))
        points = np.array(draw(st.lists(st.integers(10, 60), min_size=count, max_size=count)), np.float64)
        frame, angle = 0, draw(st.sampled_from([0.0, 100.0, 350.0]))
        for _ in range(draw(st.integers(1, 4))):
            way = np.array(draw(st.lists(st.integers(-2, 2), min_size=count, max_size=count)))
            noise = draw(st.sampled_from([0.0, 0.2, 3.0]))
            turn = draw(st.sampled_from([0.0, 10.0, 90.0, 180.0])) if shape in ("rectangle", "ellipse") else 0.0
            gone = draw(st.integers(0, 4)) == 0
            for step in range(draw(st.integers(1, 8))):
                jitter = noise * np.sin(37.0 * step + np.arange(count))
                turned = {"rotation": angle, "object": number, "outside": gone}
                rows.append(key(frame, tuple(points + jitter), shape, **turned))
                frame += draw(st.sampled_from([1, 1, 3]))
                points = points + way
                angle = (angle + turn) % 360
    return rows


@settings(max_examples=100, deadline=None)
@given(tracks(), st.sampled_from([0.0, 0.5, 2.0]), st.booleans())
def test_interpolation_brings_back_what_was_there(rows, tolerance, dense):
    whole = interpolate(table(*rows), last_frame=60)
    reduced = reduce_keyframes(whole if dense else table(*rows), tolerance=tolerance, last_frame=60)
    again = interpolate(reduced, last_frame=60)
    assert [column.tolist() for column in (again.frame, again.object)] == [whole.frame.tolist(), whole.object.tolist()]
    assert again.points.lengths.tolist() == whole.points.lengths.tolist()
    assert np.abs(again.points.values - whole.points.values).max(initial=0) <= tolerance + 1e-6
    off = np.radians(np.abs((again.rotation - whole.rotation + 180) % 360 - 180))
    four = whole.is_shape("rectangle", "ellipse")
    corners = whole.points.take(four).values.reshape(-1, 4)
    radius = np.hypot(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    assert (off[four] * radius <= tolerance + 1e-6).all()
    if not dense:
        given_keys = {(row.object, row.frame) for row in rows}
        assert {(row.object, row.frame) for row in reduced.rows()} <= given_keys
