import numpy as np

from label_tasks import dataset_of, task_with
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.masks.datasets import filter_dataset
from mattebox.label.masks.filters import DropByArea, parse_filters
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import SHAPES, Row
from standins import photo


def key(frame, side, number, **rest):
    return Row(
        **{
            "label": "cat",
            "frame": frame,
            "shape": "rectangle",
            "points": (4, 4, 4 + side, 4 + side),
            "object": number,
            "tracked": True,
        }
        | rest
    )


def tracks():
    """One track that shrinks from 20 to 0 pixels a side and grows again, one that stays, and a loose square."""
    return [
        key(0, 20, 0),
        key(10, 0, 0),
        key(20, 20, 0),
        key(2, 12, 1, extra={"id": 5}),
        key(9, 12, 1, outside=True),
        key(12, 13, 1, occluded=True),
        Row(label="dog", frame=3, shape="rectangle", points=(30, 2, 44, 16), object=2),
    ]


def filtered(dataset, filters, **rest):
    report = Report()
    after = filter_dataset(dataset, filters, report, **rest)
    (subtask,) = (subtask for _, subtask in after.walk())
    return after, subtask.table, report


def test_tracks_come_back_as_keys_that_tell_what_was_left(tmp_path):
    dataset = dataset_of(task_with("a", tracks(), 21, media=photos(tmp_path, 21)))
    after, table, report = filtered(dataset, DropByArea(100))
    whole = interpolate_dataset(after, Report()).tasks[0].subtasks[0].table
    shrinking = whole.take(whole.object == 0)
    # 20 - 2 x frame pixels a side: 100 pixels at frame 5, and again from frame 15 on.
    assert shrinking.frame.tolist() == [*range(6), *range(15, 21)]
    sides = shrinking.points.values.reshape(-1, 4)[:, 2] - 4
    np.testing.assert_allclose(sides, [20, 18, 16, 14, 12, 10, 10, 12, 14, 16, 18, 20], atol=0.5)
    assert (table.object == 0).sum() < 8  # keys, not rows
    assert report.counts("dropped") == {"area": 8, "no-pixels": 1}


def test_tracks_that_no_filter_changed_keep_their_very_keys(tmp_path):
    dataset = dataset_of(task_with("a", tracks(), 21, media=photos(tmp_path, 21)))
    before = dataset.tasks[0].subtasks[0].table
    _, table, _ = filtered(dataset, DropByArea(100))
    assert table.take(table.object == 1).equals(before.take(before.object == 1))
    assert table.take(table.object == 2).equals(before.take(before.object == 2))


def test_frame_by_frame_there_are_rows_and_none_is_outside(tmp_path):
    dataset = dataset_of(task_with("a", tracks(), 21, media=photos(tmp_path, 21)))
    _, table, _ = filtered(dataset, DropByArea(100), keyframes=False)
    assert np.bincount(table.object).tolist() == [12, 16, 1]
    assert not table.outside.any()


def test_a_track_that_is_gone_everywhere_is_gone(tmp_path):
    dataset = dataset_of(task_with("a", tracks(), 21, media=photos(tmp_path, 21)))
    _, table, _ = filtered(dataset, DropByArea(150))
    assert set(table.object.tolist()) == {0, 1, 2}
    _, table, _ = filtered(dataset, DropByArea(170))
    assert set(table.object.tolist()) == {0, 2}


def test_sizes_are_those_of_the_frames_of_the_media(tmp_path):
    media = photos(tmp_path, 2, size=(24, 30))
    rows = [Row(label="cat", frame=frame, shape="rectangle", points=(20, 20, 40, 40)) for frame in range(2)]
    _, table, _ = filtered(dataset_of(task_with("a", rows, 2, media=media)), parse_filters("dilate=2"), epsilon=0)
    assert [SHAPES[shape] for shape in table.shape] == ["polygon", "polygon"]
    assert (table.points.values.reshape(-1, 2).max(axis=0) == [30, 24]).all()


def test_without_media_the_annotations_tell_how_far_they_reach():
    rows = [Row(label="cat", frame=0, shape="rectangle", points=(20, 20, 40, 45))]
    _, table, report = filtered(dataset_of(task_with("a", rows, 1)), parse_filters("dilate=1"), epsilon=0)
    assert table.points.values.reshape(-1, 2).max(axis=0).tolist() == [41, 46]
    assert report.counts("note") == {"no-media": 1}


def test_progress_is_told_by_subtask():
    seen = []
    dataset = dataset_of(task_with("a", [], 1), task_with("b", [], 1))
    filter_dataset(dataset, DropByArea(1), Report(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def photos(folder, count, size=(48, 64)):
    blob = Blob(photo(folder / "a.png", size=size))
    return Images([blob] * count, names=[f"{index}.png" for index in range(count)])


def test_without_tracks_rows_keep_their_order_and_are_told_by_number():
    rows = [
        Row(label="cat", frame=2, shape="rectangle", points=(0, 0, 9, 9)),
        Row(label="dog", frame=1, shape="rectangle", points=(0, 0, 2, 2)),
        Row(label="cat", frame=0, shape="rectangle", points=(0, 0, 9, 9)),
    ]
    _, table, report = filtered(dataset_of(task_with("a", rows, 3)), DropByArea(5))
    assert table.frame.tolist() == [2, 0]
    assert [entry.row for entry in report.entries if entry.severity == "dropped"] == [1]
