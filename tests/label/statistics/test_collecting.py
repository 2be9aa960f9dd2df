from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from label_tasks import dataset_of, task_of, task_with
from mattebox.label.dataset import Dataset
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images, Video
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.statistics import Figures, Statistics, collect


def counted(*datasets: Dataset, **options: object) -> Statistics:
    return collect(datasets, report=Report(), **options)  # type: ignore[arg-type]


def one(found: Statistics, label: str, scope: str = "all", of: str = "") -> Figures:
    level = "label" if label else "all"
    (each,) = (each for each in found.pick(scope, level) if (each.label, each.of) == (label, of))  # type: ignore[arg-type]
    return each


def box(label: str, frame: int, width: float, height: float, **more: object) -> Row:
    return Row(label=label, frame=frame, shape="rectangle", points=(5, 5, 5 + width, 5 + height), **more)  # type: ignore[arg-type]


ROWS = [
    box("cat", 0, 20, 10, object=1, tracked=True),
    box("cat", 1, 40, 40, object=1, tracked=True),
    box("cat", 2, 40, 40, object=1, tracked=True, outside=True),
    box("cat", 1, 100, 100, object=2),
    Row(label="dog", frame=1, shape="tag", object=3),
    Row(label="dog", frame=3, shape="points", points=(1, 1), object=4),
]


def test_every_figure_of_a_label_is_worked_by_hand() -> None:
    media = Images([Blob(Path(f"{name}.png")) for name in "abcd"], sizes=[(100, 200)] * 4)
    cat = one(counted(dataset_of(task_with("t", ROWS, 4, media=media))), "cat")
    assert (cat.frames, cat.without) == (2, 2)
    assert (cat.shapes, cat.tracks, cat.objects) == (3, 1, 2)
    assert dict(cat.by_shape) == {"rectangle": 3}
    assert cat.area == 200 + 1600 + 10_000
    assert cat.share == pytest.approx((200 + 1600 + 10_000) / 3 / 20_000)
    assert (cat.small, cat.medium, cat.large) == (1, 1, 1)  # 200 < 32 * 32 <= 1600 < 96 * 96 <= 10,000
    assert (cat.per_frame, cat.most, cat.aspect) == (1.5, 2, 1.0)


def test_what_has_no_area_has_no_size() -> None:
    dog = one(counted(dataset_of(task_with("t", ROWS, 4))), "dog")
    assert dict(dog.by_shape) == {"tag": 1, "points": 1}
    assert (dog.area, dog.share, dog.small + dog.medium + dog.large, dog.aspect) == (0, None, 0, None)


def test_all_objects_together_share_their_frames() -> None:
    whole = counted(dataset_of(task_with("t", ROWS, 4))).whole
    assert (whole.frames, whole.without, whole.shapes, whole.objects, whole.most) == (3, 1, 5, 4, 3)


def test_crowds_tell_of_empty_frames_too() -> None:
    assert counted(dataset_of(task_with("t", ROWS, 5))).crowds == {0: 2, 1: 2, 3: 1}


def test_parts_are_counted_apart() -> None:
    tasks = [
        task_of("a", {"cat": 2}, subset="val"),
        task_of("b", {"cat": 3, "dog": 1}, 6, subset="train"),
        task_of("c", {}),
    ]
    found = counted(dataset_of(*tasks), dataset_of(task_of("a", {"dog": 5}), name="more"))
    assert [(each.of, each.shapes) for each in found.pick("subset", "all")] == [
        ("train", 4),
        ("val", 2),
        ("no subset", 5),
    ]
    assert [(each.of, each.shapes) for each in found.pick("project", "all")] == [("animals", 6), ("more", 5)]
    assert [each.of for each in found.pick("task", "all")] == ["animals/a", "b", "c", "more/a"]
    assert one(found, "cat", "subset", "train").without == 6 - 3
    assert one(found, "dog", "project", "more").shapes == 5
    assert [each.label for each in found.pick("task", "label")] == ["cat", "cat", "dog", "dog"]
    assert found.whole.frames + found.whole.without == 4 + 6 + 4 + 4


def test_superclasses_count_objects_of_all_their_labels() -> None:
    dataset = dataset_of(task_of("a", {"cat": 2, "dog": 3, "car": 1}))
    found = counted(dataset, superclasses={"cat": "animal", "dog": "animal"})
    assert {each.label: each.shapes for each in found.pick("all", "superclass")} == {"animal": 5, "no superclass": 1}


def test_a_label_that_occurs_nowhere_is_told_once() -> None:
    found = counted(dataset_of(task_of("a", {"cat": 1}, subset="train"), labels=("cat", "owl")))
    assert one(found, "owl").without == 4
    assert [each.label for each in found.pick("subset", "label")] == ["cat"]


def test_objects_of_two_tasks_are_two_though_their_numbers_are_one() -> None:
    assert counted(dataset_of(*(task_with(name, ROWS[:2], 4) for name in "ab"))).whole.tracks == 2


def test_deleted_frames_are_not_there() -> None:
    task = task_with("t", ROWS, 4).replace(frames=FrameMap(4, deleted=frozenset({1})))
    whole = counted(dataset_of(task)).whole
    assert (whole.frames, whole.without, whole.shapes) == (2, 1, 2)


def test_sizes_of_stills_are_read_from_their_files_only_if_wanted(tmp_path: Path) -> None:
    missing = Images([Blob(tmp_path / "a.png")])
    report = Report()
    dataset = dataset_of(task_with("t", ROWS[:1], 1, media=missing))
    assert collect([dataset], report=report).whole.share is None
    assert report.counts("problem") == {"unreadable-media": 1}
    collect([dataset], sizes=False, report=(quiet := Report()))
    assert not quiet.entries


def test_a_missing_video_is_told_once(tmp_path: Path) -> None:
    collect([dataset_of(task_with("t", ROWS, 4, media=Video(Blob(tmp_path / "a.mp4"))))], report=(report := Report()))
    assert report.counts("problem") == {"unreadable-media": 1}


def test_the_size_of_a_video_is_that_of_all_its_frames(tmp_path: Path) -> None:
    film = Video(Blob(tmp_path / "a.mp4"), size=(100, 200))
    assert one(counted(dataset_of(task_with("t", ROWS, 4, media=film))), "cat").share == pytest.approx(11_800 / 60_000)


def test_rows_whose_points_make_no_sense_are_counted_and_told() -> None:
    report = Report()
    broken = [Row(label="cat", frame=0, shape="rectangle", points=(1, 2, 3))]
    whole = collect([dataset_of(task_with("t", broken, 1))], report=report).whole
    assert (whole.shapes, whole.area, whole.small) == (1, 0, 0)
    assert report.counts("problem") == {"not-measured": 1}


def test_nothing_has_figures_too() -> None:
    assert (counted(dataset_of()).whole.shapes, counted(dataset_of()).whole.frames) == (0, 0)


def test_medians_are_those_of_numpy() -> None:
    random = np.random.default_rng(0)
    sides = random.uniform(1, 50, (41, 2))
    labels = ["cat" if number % 3 else "dog" for number in range(41)]
    rows = [box(label, 0, *side) for label, side in zip(labels, sides, strict=True)]
    found = counted(dataset_of(task_with("t", rows, 1)))
    for name in ("cat", "dog"):
        own = sides[[label == name for label in labels]]
        assert one(found, name).aspect == pytest.approx(np.median(own[:, 0] / own[:, 1]))
