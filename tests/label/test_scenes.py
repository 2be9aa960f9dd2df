"""Scenes, by cases that can be followed by hand."""

import numpy as np
import pytest

from label_rows import dataset, row, table
from mattebox.errors import BadParameter
from mattebox.label.dataset import Label
from mattebox.label.frames import FrameMap
from mattebox.label.interpolation import interpolate
from mattebox.label.report import Report
from mattebox.label.scenes import split_scenes


def start(frame, **more):
    return row("tag", (), label="scene-start", frame=frame, **more)


def finish(frame, **more):
    return row("tag", (), label="scene-finish", frame=frame, **more)


def key(frame, x, **more):
    """A key of a track that is 10 wide."""
    return row("rectangle", (x, 10, x + 10, 20), **{"frame": frame, "tracked": True, "object": 90, **more})


def cut(*rows, size=20, deleted=(), own=None, step=1, **asked):
    """The scenes of a job of 20 frames, and what was told."""
    labels = [Label(name) for name in ("scene-start", "car", "scene-finish", "dog")]
    data = dataset(table(*rows), frames=FrameMap(size, step=step, deleted=frozenset(deleted)), labels=labels, own=own)
    report = Report()
    after = split_scenes(data, report, **asked)
    return after, after.tasks[0].subtasks, report


def frames_of(scenes):
    return [(int(scene.frames[0]), int(scene.frames[-1])) for scene in scenes]


def codes(report):
    return [(entry.severity, entry.code, entry.frame, entry.row) for entry in report.entries]


def test_a_job_becomes_its_scenes():
    after, scenes, report = cut(
        start(2),
        row(frame=3),
        finish(5),
        row(frame=7),
        start(10),
        row(frame=10),
        row(frame=12),
        finish(12),
        row(frame=19),
    )
    assert [(scene.name, scene.kind) for scene in scenes] == [("job 0 scene 1", "scene"), ("job 0 scene 2", "scene")]
    assert frames_of(scenes) == [(2, 5), (10, 12)]
    assert [scene.table.frame.tolist() for scene in scenes] == [[3], [10, 12]]
    assert [label.name for label in after.labels] == ["car", "dog"]
    assert all(scene.table.label.isin(["car"]).all() for scene in scenes)
    assert report.results == {"scenes": 2}
    assert [(entry.code, entry.count, entry.place) for entry in report.entries] == [
        ("in-no-scene", 2, "zoo, park, job 0")
    ]


def test_jobs_without_marks_stay_as_they_are():
    after, (job,), _ = cut(row(frame=3), key(0, 10), key(8, 20))
    assert (job.name, job.kind, len(job.table)) == ("job 0", "annotation", 3)
    assert [label.name for label in after.labels] == ["car", "dog"]


def test_that_there_is_no_mark_at_all_is_told_with_the_labels_that_there_are():
    many = [row(label=f"thing {index:02}") for index in range(12)]
    _, _, report = cut(row(), row(label="dog"))
    (entry,) = report.entries
    assert (entry.severity, entry.code, entry.place) == ("note", "no-scenes", "zoo")
    assert entry.message.endswith("labels are: car, dog")
    _, _, report = cut(*many)
    assert report.entries[0].message.endswith("thing 09, ...")
    _, _, report = cut()
    assert report.entries[0].message.endswith("labels are: -")


def test_marks_have_any_label_and_shape():
    rows = [row(label="on", frame=1), row("points", (1, 1), label="off", frame=4), row(frame=3)]
    _, scenes, report = cut(*rows, start="on", finish="off")
    assert frames_of(scenes) == [(1, 4)]
    assert report.entries == []
    _, (whole,), _ = cut(*rows)
    assert len(whole.table) == 3
    with pytest.raises(BadParameter, match="give two labels"):
        cut(*rows, start="on", finish="on")


def test_of_a_track_of_marks_the_first_row_counts():
    marks = [row(label="scene-start", frame=frame, tracked=True, object=50) for frame in (6, 2, 4)]
    _, scenes, report = cut(*marks, finish(8))
    assert frames_of(scenes) == [(2, 8)]
    assert report.entries == []


@pytest.mark.parametrize(
    ("rows", "expected", "told"),
    [
        ([start(2), start(5), finish(8)], [(5, 8)], [("problem", "two-starts", 5, 1)]),
        ([finish(3), start(5), finish(8)], [(5, 8)], [("problem", "finish-without-start", 3, 0)]),
        ([start(2), finish(4), finish(6)], [(2, 4)], [("problem", "finish-without-start", 6, 2)]),
        ([start(2), finish(4), start(9)], [(2, 4)], [("problem", "no-finish", 9, 2)]),
        (
            [start(9), finish(4)],
            [],
            [("problem", "finish-without-start", 4, 1), ("problem", "no-finish", 9, 0)],
        ),
        ([start(3), finish(3)], [(3, 3)], []),
        ([finish(3), start(3)], [(3, 3)], []),
        ([start(2), start(2), finish(4), finish(4)], [(2, 4)], []),
        # A frame that ends one scene and starts the next is the first one's.
        ([start(2), finish(5), start(5), finish(8)], [(2, 5), (6, 8)], []),
        ([start(5), finish(8), start(2), finish(5)], [(2, 5), (6, 8)], []),
    ],
)
def test_marks_that_do_not_fit_are_told_with_their_row(rows, expected, told):
    _, scenes, report = cut(*rows)
    assert frames_of(scenes) == expected
    assert codes(report) == told


def test_an_open_scene_ends_with_its_job_on_request():
    rows = [start(2), finish(4), start(9), row(frame=19)]
    _, scenes, report = cut(*rows, open_end=True)
    assert frames_of(scenes) == [(2, 4), (9, 19)]
    assert report.entries == []


def test_the_frame_of_the_media_is_told_too():
    _, _, report = cut(start(4), step=3)
    assert report.entries[0].place == "zoo, park, job 0, frame 4, true frame 12, row 0"


def test_tracks_get_a_key_where_a_scene_cuts_them():
    """From frame 0 to 10 the track goes from x 0 to 100, so that x is ten times the frame."""
    _, (scene,), _ = cut(start(3), finish(7), key(0, 0), key(5, 50), key(10, 100), key(12, 100, outside=True))
    found = [(each.frame, each.points[0], each.keyframe, each.outside) for each in scene.table.rows()]
    assert found == [(3, 30, True, False), (5, 50, True, False), (7, 70, True, False)]
    assert scene.table.tracked.all()
    assert len(np.unique(scene.table.object)) == 1


def test_a_track_that_ends_or_begins_inside_needs_no_key_at_the_border():
    ends = [key(0, 0), key(5, 50, outside=True)]
    begins = [key(6, 0, object=91), key(20, 0, object=91, outside=True)]
    holds = [key(4, 7, object=92)]
    _, (scene,), _ = cut(start(3), finish(9), *ends, *begins, *holds, size=30)
    found = {
        number: [(each.frame, each.outside) for each in scene.table.rows() if each.object == number]
        for number in (90, 91, 92)
    }
    assert found == {90: [(3, False), (5, True)], 91: [(6, False), (9, False)], 92: [(4, False)]}


def test_tracks_that_are_not_seen_in_a_scene_are_not_in_it():
    gone = [key(0, 0), key(2, 0, outside=True)]
    later = [key(12, 0, object=91)]
    _, (scene,), report = cut(start(4), finish(8), *gone, *later)
    assert len(scene.table) == 0
    assert report.counts("dropped") == {"in-no-scene": 3}


def test_scenes_show_what_the_job_showed():
    rows = [key(0, 0), key(7, 35, rotation=40.0), key(15, 5), key(18, 5, outside=True), key(5, 9, object=91)]
    _, scenes, _ = cut(start(2), finish(6), start(9), finish(16), *rows)
    whole = interpolate(table(*rows), last_frame=19)
    for scene in scenes:
        shown = interpolate(scene.table, last_frame=int(scene.frames[-1]))
        expected = whole.take(np.isin(whole.frame, scene.frames))
        assert shown.frame.tolist() == expected.frame.tolist()
        np.testing.assert_allclose(shown.points.values, expected.points.values)
        np.testing.assert_allclose(shown.rotation, expected.rotation)


def test_deleted_frames_at_a_border_are_passed_over():
    _, (scene,), _ = cut(start(3), finish(7), key(0, 0), key(10, 100), deleted=(3, 7))
    assert [(each.frame, each.points[0]) for each in scene.table.rows()] == [(4, 40), (6, 60)]
    assert scene.frames.tolist() == [3, 4, 5, 6, 7]


def test_tracks_that_were_interpolated_before_stay_so():
    whole = interpolate(table(key(0, 0), key(10, 100)), last_frame=19)
    _, (scene,), _ = cut(start(3), finish(5), *whole.rows())
    assert [(each.frame, each.points[0], each.keyframe) for each in scene.table.rows()] == [
        (3, 30, False),
        (4, 40, False),
        (5, 50, False),
    ]


def test_elements_are_cut_with_their_skeleton():
    person = {"tracked": True, "label": "person"}
    rows = [
        row("skeleton", (), object=50, frame=0, **person),
        row("points", (0, 0), object=51, parent=50, frame=0, **{**person, "label": "head"}),
        row("points", (10, 20), object=51, parent=50, frame=10, **{**person, "label": "head"}),
        row("points", (5, 5), object=52, parent=50, frame=0, outside=True, **{**person, "label": "hand"}),
    ]
    _, (scene,), _ = cut(start(4), finish(6), *rows)
    head = [(each.frame, each.points) for each in scene.table.rows() if each.label == "head"]
    assert head == [(4, (4, 8)), (6, (6, 12))]
    assert next((each.frame, each.outside) for each in scene.table.rows() if each.label == "hand") == (4, True)
    assert next(each.frame for each in scene.table.rows() if each.shape == "skeleton") == 4


def test_a_track_that_cannot_be_interpolated_is_told_and_left_out():
    _, (scene,), report = cut(
        start(0), finish(9), key(0, 0), row("points", (1, 1), tracked=True, object=90, frame=5), row()
    )
    assert len(scene.table) == 1
    assert "mixed-track" in report.counts("dropped")


def test_marks_among_rows_of_an_interpolated_track_have_no_number():
    _, _, report = cut(finish(3), key(0, 0), key(1, 1, keyframe=False), key(2, 2))
    assert codes(report)[:1] == [("problem", "finish-without-start", 3, None)]
