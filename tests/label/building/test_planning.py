from dataclasses import dataclass, replace

import numpy as np
import pytest

from label_sets import LABELS, SIZE, box, dataset, polygon, stills, task, video
from mattebox.label.building import Choices, Reel, Scales, Tiling, plan
from mattebox.label.dataset import Label, Subtask
from mattebox.label.formats.yolo_write import Yolo
from mattebox.label.frames import FrameMap
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table


def planned(data, **choices):
    report = Report()
    return plan(data, Yolo(), Choices(**choices), report), report


def rows_of(reel: Reel) -> dict[str, list[tuple[float, ...]]]:
    """The points of the rows of every sample, by its name."""
    return {
        shot.name: [tuple(points) for points in reel.table_of(index).points.lists()]
        for index, shot in enumerate(reel.shots)
    }


def test_every_frame_is_a_sample_with_its_own_rows_from_below_to_above(tmp_path):
    rows = [box("cat", 2, 1, 1, 9, 9, z_order=5), box("dog", 2, 2, 2, 8, 8), box("cat", 0, 0, 0, 4, 4)]
    [reel], _ = planned(dataset(task(stills(tmp_path), rows)))
    assert rows_of(reel) == {
        "park_000000": [(0, 0, 4, 4)],
        "park_000001": [],
        "park_000002": [(2, 2, 8, 8), (1, 1, 9, 9)],
    }
    assert reel.classes.tolist() == [0, 1, 0]


def test_samples_are_named_after_frames_of_the_original_and_deleted_ones_are_none(tmp_path):
    frames = FrameMap(3, start=4, step=2, deleted=frozenset({1}))
    media = video(tmp_path / "a.mkv", [(9, 9, 9)] * 9)
    [reel], _ = planned(dataset(task(media, [box("cat", 2, 0, 0, 4, 4), box("cat", 1, 0, 0, 4, 4)], frames=frames)))
    assert [shot.name for shot in reel.shots] == ["park_000004", "park_000008"]
    assert np.diff(reel.bounds).tolist() == [0, 1]


def test_what_is_outside_or_of_no_class_or_malformed_is_no_row(tmp_path):
    rows = [
        box("cat", 0, 1, 1, 9, 9, outside=True),
        box("cow", 0, 1, 1, 9, 9),
        box("cat", 0, float("nan"), 1, 9, 9),
        polygon("cat", 0, 1, 1, 9, 9),
        box("dog", 0, 1, 1, 9, 9),
        box("dog", 0, 70, 1, 90, 9),
        box("dog", 0, 5, 5, 5, 9),
        Row(label="dog", frame=0, shape="points", points=(3, 3)),
    ]
    [reel], report = planned(dataset(task(stills(tmp_path, 1), rows)))
    assert rows_of(reel)["park_000000"] == [(1, 1, 9, 9)]
    assert report.counts("dropped") == {
        "not-finite": 1,
        "too-few-points": 1,
        "unknown-label": 1,
        "not-in-picture": 1,
        "format-cannot-hold": 1,
        "no-area": 1,
    }
    assert {entry.code: entry.row for entry in report.entries if entry.row is not None} == {
        "not-finite": 2,
        "too-few-points": 3,
    }


def test_rows_have_no_number_once_interpolation_may_have_moved_them(tmp_path):
    rows = [box("cat", 0, 1, 1, 9, 9, object=1, tracked=True), polygon("cat", 0, 1, 1, 9, 9)]
    _, report = planned(dataset(task(stills(tmp_path, 1), rows)))
    assert [(entry.code, entry.frame, entry.row) for entry in report.entries] == [("too-few-points", 0, None)]


def test_a_skeleton_of_an_unknown_label_takes_its_elements_along(tmp_path):
    rows = [
        Row(label="person", frame=0, shape="skeleton", object=5),
        Row(label="nose", frame=0, shape="points", points=(3, 3), parent=5),
    ]
    _, report = planned(dataset(task(stills(tmp_path, 1), rows)))
    assert [(entry.code, entry.count) for entry in report.entries] == [("unknown-label", 1)]


@pytest.mark.parametrize(
    "row",
    [
        polygon("cat", 0, 0, 0, 9, 0, 9, 9, 0, 9, rings=(3, 3)),
        polygon("cat", 0, 0, 0, 9, 0, 9, 9, 5),
        Row(label="cat", frame=0, shape="mask", points=(2, 2, 4, 4), runs=(1, 2, 3)),
        Row(label="cat", frame=0, shape="mask", points=(2, 2, 4, 4), runs=(12, -3)),
        Row(label="cat", frame=0, shape="mask", points=(4, 4, 2, 2), runs=(0, 9)),
        Row(label="cat", frame=0, shape="mask", points=(4, 4), runs=(0, 9)),
        Row(label="cat", frame=0, shape="cuboid", points=(4, 4, 5, 5)),
        box("cat", 0, 1, 1, float("inf"), 9),
        box("cat", 0, 1, 1, 9, 9, rotation=float("nan")),
    ],
)
@pytest.mark.parametrize("mode", ["detect", "segment", "obb"])
def test_a_row_that_cannot_be_drawn_is_left_out_and_told_and_stops_nothing(tmp_path, row, mode):
    data = dataset(task(stills(tmp_path, 1), [row, box("dog", 0, 1, 1, 9, 9)]))
    report = Report()
    [reel] = plan(data, Yolo(mode), Choices(tiling=Tiling((24, 24))), report)
    assert set(reel.classes.tolist()) == {1}
    assert report.dropped > 0


def test_a_mask_that_is_sound_is_kept(tmp_path):
    mask = Row(label="cat", frame=0, shape="mask", points=(2, 2, 4, 4), runs=(1, 2, 6))
    [reel], report = planned(dataset(task(stills(tmp_path, 1), [mask])))
    assert (len(reel.table), report.dropped) == (1, 0)


def test_rows_are_cut_off_at_the_border_of_the_picture(tmp_path):
    [reel], _ = planned(dataset(task(stills(tmp_path, 1), [box("cat", 0, 50, 40, 99, 99), box("dog", 0, -5, 2, 9, 9)])))
    assert sorted(rows_of(reel)["park_000000"]) == [(0, 2, 9, 9), (50, 40, 64, 48)]


def test_scaled_samples_have_scaled_rows(tmp_path):
    data = dataset(task(stills(tmp_path, 1), [box("cat", 0, 8, 8, 16, 40)]))
    [reel], _ = planned(data, scales=Scales((0.5, 1, 2)))
    assert rows_of(reel) == {
        "park_000000_x0p5": [(4, 4, 8, 20)],
        "park_000000": [(8, 8, 16, 40)],
        "park_000000_x2": [(16, 16, 32, 80)],
    }
    assert {shot.size for shot in reel.shots} == {(24, 32), SIZE, (96, 128)}


def test_a_scale_by_chance_is_the_same_in_every_run_and_depends_on_the_seed_only(tmp_path):
    media = stills(tmp_path)
    by_chance = {"scales": Scales.parse("0.5..2")}
    alone = planned(dataset(task(media, [])), **by_chance)[0]
    among_others = planned(dataset(task(media, []), task(media, [], name="zoo")), **by_chance)[0]
    other_seed = planned(dataset(task(media, [])), seed=1, **by_chance)[0]
    assert [shot.size for shot in alone[0].shots] == [shot.size for shot in among_others[0].shots]
    assert [shot.size for shot in alone[0].shots] != [shot.size for shot in other_seed[0].shots]


def test_tiles_cover_the_picture_and_hold_what_is_half_on_them(tmp_path):
    rows = [box("cat", 0, 20, 0, 40, 10), box("dog", 0, 0, 40, 8, 48)]
    tiling = Tiling((48, 32), overlap=0, keep=0.5)
    [reel], _ = planned(dataset(task(stills(tmp_path, 1), rows)), tiling=tiling)
    assert rows_of(reel) == {
        "park_000000_t0-0": [(20, 0, 32, 10), (0, 40, 8, 48)],  # 12 of the cat's 20 columns
        "park_000000_t0-32": [],  # and 8 here, which is less than half
    }
    assert [shot.box for shot in reel.shots] == [(0, 0, 48, 32), (0, 32, 48, 64)]


def test_what_is_on_no_tile_enough_is_told(tmp_path):
    tiling = Tiling((48, 32), overlap=0, keep=0.9)
    _, report = planned(dataset(task(stills(tmp_path, 1), [box("cat", 0, 20, 0, 40, 10)])), tiling=tiling)
    assert report.counts("dropped") == {"not-in-picture": 1}


def test_pictures_up_to_the_limit_stay_whole_beside_those_that_are_cut(tmp_path):
    small, large = stills(tmp_path / "a", 1), stills(tmp_path / "b", 1, (48, 128))
    reels, _ = planned(dataset(task(small, [], "a"), task(large, [], "b")), tiling=Tiling((48, 64)))
    assert [len(reel) for reel in reels] == [1, 3]


def test_objects_and_parents_keep_their_numbers_where_pictures_are_cut(tmp_path):
    rows = [box("cat", 0, 1, 1, 60, 40, object=17, tracked=True), box("dog", 0, 0, 0, 99, 9, object=4)]
    [reel], _ = planned(dataset(task(stills(tmp_path, 1), rows)))
    assert sorted(reel.table.object.tolist()) == [4, 17]
    [reel], _ = planned(dataset(task(stills(tmp_path, 1), rows)), tiling=Tiling((48, 32), keep=0.1))
    assert set(reel.table.object.tolist()) == {4, 17}


@pytest.mark.parametrize(("share", "kept"), [(1, 8), (0.5, 2), (0.34, 1), (0, 0)])
def test_so_many_samples_without_rows_are_kept_as_are_asked_for(tmp_path, share, kept):
    rows = [box("cat", 3, 1, 1, 9, 9), box("cat", 4, 1, 1, 9, 9)]
    [reel], report = planned(dataset(task(stills(tmp_path, 10, (8, 12)), rows)), negatives=share)
    counts = np.diff(reel.bounds)
    assert int((counts == 0).sum()) == kept
    assert int((counts > 0).sum()) == 2
    assert report.counts("dropped").get("empty-sample", 0) == 8 - kept


def test_negatives_are_counted_in_every_subset_apart(tmp_path):
    full = task(stills(tmp_path, 4, (8, 12)), [box("cat", frame, 1, 1, 5, 5) for frame in range(3)], "a", subset="val")
    empty = task(stills(tmp_path, 4, (8, 12)), [], "b", subset="train")
    reels, _ = planned(dataset(full, empty), negatives=0.5)
    assert [(reel.task.name, len(reel)) for reel in reels] == [("a", 4)]


def test_a_frame_of_two_jobs_is_taken_from_the_first_that_has_rows(tmp_path):
    whole = task(stills(tmp_path), [])
    jobs = (
        Subtask("one", np.array([0, 1]), Table.from_rows([box("cat", 0, 0, 0, 5, 5)])),
        Subtask("two", np.array([1, 2]), Table.from_rows([box("dog", 1, 1, 1, 6, 6)])),
        Subtask("late", np.array([0, 1]), Table.from_rows([box("dog", 0, 1, 1, 6, 6)])),
        Subtask("truth", np.array([0, 1, 2]), Table.from_rows([box("dog", 2, 1, 1, 6, 6)]), "ground_truth"),
    )
    [reel], report = planned(dataset(whole.replace(subtasks=jobs)))
    assert rows_of(reel) == {"park_000000": [(0, 0, 5, 5)], "park_000001": [(1, 1, 6, 6)], "park_000002": []}
    assert report.counts("dropped") == {"frame-twice": 1}
    assert report.counts("note") == {"other-subtask": 1}


def test_a_task_without_media_and_a_picture_that_cannot_be_read_are_told(tmp_path):
    media = stills(tmp_path)
    (tmp_path / "1.jpg").write_bytes(b"no picture")
    [reel], report = planned(dataset(task(None, [], "lost"), task(media, [])))
    assert [shot.frame for shot in reel.shots] == [0, 2]
    assert report.counts("dropped") == {"no-media": 1, "bad-picture": 1}


def test_pictures_of_the_same_name_in_two_tasks_are_told_apart(tmp_path):
    media = stills(tmp_path, 1)
    reels, _ = planned(dataset(task(media, [], "a/park"), task(media, [], "a park"), task(media, [], "A-Park")))
    assert [reel.shots[0].name for reel in reels] == ["a-park_000000", "a-park-2_000000", "A-Park-3_000000"]


def test_labels_of_tasks_are_the_classes_where_the_data_set_has_none(tmp_path):
    media = stills(tmp_path, 1)
    tasks = (task(media, [box("dog", 0, 1, 1, 5, 5)], labels=LABELS[1:]), task(media, [], "b", labels=LABELS))
    reels, _ = planned(dataset(*tasks, labels=()))
    assert reels[0].classes.tolist() == [0]


@dataclass(frozen=True)
class Seen(Yolo):
    """Takes every other sample for one that shows something."""

    def filled(self, reel):
        return np.arange(len(reel)) % 2 == 0


def test_the_format_says_which_samples_show_something(tmp_path):
    data = dataset(task(stills(tmp_path, 6, (8, 12)), []))
    [reel] = plan(data, Seen(), Choices(negatives=0), Report())
    assert [shot.frame for shot in reel.shots] == [0, 2, 4]


def test_a_reel_can_be_thinned_by_rows_and_by_samples(tmp_path):
    rows = [box("cat", 0, 0, 0, 5, 5), box("dog", 1, 0, 0, 5, 5), box("cat", 1, 0, 0, 6, 6), box("cat", 2, 0, 0, 7, 7)]
    [reel], _ = planned(dataset(task(stills(tmp_path), rows)))
    cats = reel.only(reel.table.label.equals("cat"))
    assert np.diff(cats.bounds).tolist() == [1, 1, 1]
    last = cats.take(np.array([1, 2]))
    assert rows_of(last) == {"park_000001": [(0, 0, 6, 6)], "park_000002": [(0, 0, 7, 7)]}
    assert last.classes.tolist() == [0, 0]
    assert [frame for frame, _ in replace(last).by_frame()] == [1, 2]


def test_labels_of_one_name_are_one_class_and_told(tmp_path):
    labels = (Label("cat"), Label("cat", (1, 2, 3)), Label("dog"))
    [reel], report = planned(dataset(task(stills(tmp_path, 1), [box("dog", 0, 1, 1, 9, 9)]), labels=labels))
    assert reel.classes.tolist() == [1]
    assert report.counts("problem") == {"double-label": 1}
