from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from label_tasks import dataset_of, task_with
from mattebox.errors import BadParameter, OutputFailed
from mattebox.label.balance import repeat_factors, write_weights
from mattebox.label.balance.weights import Weights
from mattebox.label.dataset import Dataset
from mattebox.label.frames import FrameMap
from mattebox.label.media import Blob, Images
from mattebox.label.report import Report
from mattebox.label.row import Row


def tagged(frames: Sequence[str], **more: object) -> Dataset:
    """A still a frame, each with a tag of its own for every label."""
    rows = [Row(label=name, frame=index, shape="tag") for index, names in enumerate(frames) for name in names.split()]
    return dataset_of(task_with("t", rows, len(frames), **more))


def weighed(dataset: Dataset, **options: object) -> Weights:
    return repeat_factors(dataset, report=Report(), **options)  # type: ignore[arg-type]


def filmed() -> Dataset:
    """100 frames: one cat on all of them, another dog on each of the first 25."""
    cats = [Row(label="cat", frame=frame, shape="tag", object=0, tracked=True) for frame in range(100)]
    dogs = [Row(label="dog", frame=frame, shape="tag", object=1 + frame) for frame in range(25)]
    return dataset_of(task_with("film", cats + dogs, 100))


def test_factors_are_those_of_lvis() -> None:
    found = weighed(tagged(["cat", "cat", "cat", "cat dog", "", "cat", "cat", "cat"]), counting="frames", threshold=0.5)
    assert found.frequency.tolist() == [7 / 8, 1 / 8]
    assert found.label_factors.tolist() == [1, 2]  # sqrt(0.5 / 0.125)
    assert found.factors.tolist() == [1, 1, 1, 2, 1, 1, 1, 1]


def test_the_median_is_frequent_enough_unless_told() -> None:
    found = weighed(tagged(["cat dog", "cat", "cat dog", "cat"]), counting="frames")
    assert found.threshold == 0.75
    assert found.label_factors.tolist() == [1, pytest.approx(np.sqrt(1.5))]


def test_no_factor_is_above_the_limit() -> None:
    assert weighed(tagged(["cat"] * 99 + ["dog"]), threshold=1, limit=3).factors.max() == 3


def test_an_object_on_many_frames_counts_as_told() -> None:
    by_frames = weighed(filmed(), counting="frames")
    assert by_frames.frequency.tolist() == [1, 0.25]
    by_objects = weighed(filmed(), counting="objects")
    # A frame counts as its foremost object: 25 with a dog of their own, 75 with a hundredth of the cat.
    assert by_objects.frequency == pytest.approx([1 / 25.75, 25 / 25.75])
    factor = np.sqrt((0.5 * 26 / 25.75) / (1 / 25.75))  # the median of two is their mean
    assert by_objects.label_factors == pytest.approx([factor, 1])
    assert by_objects.factors == pytest.approx([1] * 25 + [factor / 100] * 75)
    assert set(by_objects.repeats().tolist()) == {1}
    by_root = weighed(filmed(), counting="root")
    assert by_root.frequency == pytest.approx([10 / 32.5, 25 / 32.5])


def test_frames_that_were_deleted_have_no_factor() -> None:
    dataset = tagged(["cat", "dog", "cat"])
    task = dataset.tasks[0].replace(frames=FrameMap(3, deleted=frozenset({0})))
    found = weighed(dataset.replace(tasks=(task,)))
    assert (found.frame.tolist(), found.task.tolist(), len(found.factors)) == ([1, 2], [0, 0], 2)


def test_a_label_on_no_frame_is_told() -> None:
    report = Report()
    found = repeat_factors(tagged(["cat"]), report=report)
    assert found.frequency.tolist() == [1, 0]
    assert report.counts("note") == {"unused-label": 1}


def test_nothing_has_no_factors() -> None:
    assert weighed(dataset_of()).factors.tolist() == []


@pytest.mark.parametrize("options", [{"threshold": 0}, {"threshold": 1.5}, {"limit": 0.5}])
def test_values_that_make_no_sense_are_told(options: dict[str, float]) -> None:
    with pytest.raises(BadParameter, match=next(iter(options))):
        weighed(tagged(["cat"]), **options)


def test_repeats_are_whole_and_right_on_average() -> None:
    found = weighed(tagged(["cat"] * 900 + ["dog"] * 100), counting="frames", threshold=0.225)
    repeats = found.repeats(seed=1)
    assert set(repeats[:900].tolist()) == {1}
    assert set(repeats[900:].tolist()) == {1, 2}
    assert repeats[900:].mean() == pytest.approx(1.5, abs=0.15)
    assert repeats.tolist() == found.repeats(seed=1).tolist()


def pictures(folder: Path, count: int) -> Images:
    return Images([Blob(folder / "images" / f"{index}.jpg") for index in range(count)])


def test_a_list_names_rare_pictures_several_times(tmp_path: Path) -> None:
    dataset = tagged(["cat"] * 15 + ["dog"], media=pictures(tmp_path, 16))
    found = weighed(dataset, counting="frames", threshold=0.25)
    write_weights(found, dataset, tmp_path / "lists" / "train.txt", report=Report())
    lines = (tmp_path / "lists" / "train.txt").read_text().splitlines()
    assert lines == [f"./../images/{index}.jpg" for index in range(15)] + ["./../images/15.jpg"] * 2


def test_frames_without_a_file_are_told(tmp_path: Path) -> None:
    report = Report()
    media = Images([Blob(tmp_path / "backup.zip", "data/a.jpg")])
    dataset = tagged(["cat"], media=media)
    write_weights(weighed(dataset), dataset, tmp_path / "train.txt", report=report)
    assert (report.dropped, (tmp_path / "train.txt").read_text()) == (1, "")


def test_numbers_are_for_samplers(tmp_path: Path) -> None:
    dataset = tagged(["cat"] * 15 + ["dog"], media=pictures(tmp_path, 16))
    found = weighed(dataset, counting="frames", threshold=0.25)
    for name in ("weights.npy", "weights.csv"):
        write_weights(found, dataset, tmp_path / name, report=Report())
    assert np.load(tmp_path / "weights.npy").tolist() == [1] * 15 + [2]
    lines = (tmp_path / "weights.csv").read_text(encoding="utf-8-sig").splitlines()
    assert (lines[0], lines[16]) == ("task,frame,true_frame,name,factor", "t,15,15,15.jpg,2.0")
    with pytest.raises(OutputFailed, match="exists already"):
        write_weights(found, dataset, tmp_path / "weights.npy", report=Report())
    with pytest.raises(BadParameter, match=r"weights\.xls: weights are written as"):
        write_weights(found, dataset, tmp_path / "weights.xls", report=Report())
