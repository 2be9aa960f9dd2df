from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from label_tasks import dataset_of, task_of
from mattebox.cli.label.balance import apply, make_plan, report_balance, weigh
from mattebox.errors import BadParameter
from mattebox.label import Report, read, write


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    tasks = [task_of(f"{name}x", {"cat": 3, "dog": 1}, subset="train") for name in "abcd"]
    write(dataset_of(*tasks), tmp_path / "animals.zip", format="cvat", report=Report())
    return tmp_path / "animals.zip"


@pytest.fixture
def yolo(tmp_path: Path) -> Path:
    """A YOLO folder: nine pictures with a cat, a tenth with a dog."""
    root = tmp_path / "set"
    for index in range(10):
        for folder in ("images", "labels"):
            (root / folder / "train").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / "images" / "train" / f"{index}.png"), np.full((8, 8, 3), index, np.uint8))
        (root / "labels" / "train" / f"{index}.txt").write_text(f"{index // 9} 0.5 0.5 0.5 0.5\n")
    (root / "data.yaml").write_text("train: images/train\nval: images/train\nnames: {0: cat, 1: dog}\n")
    return root


def test_the_report_compares_labels(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report_balance(sources=[archive], as_json=True) == 0
    told = {each["measure"]: each for each in json.loads(capsys.readouterr().out)}
    assert told["shapes"]["shares"] == {"cat": 0.75, "dog": 0.25}
    assert told["shapes"]["ratio"] == 3
    assert report_balance(sources=[archive]) == 0
    assert "cat 75.0 %" in capsys.readouterr().out


def test_a_plan_is_made_shown_and_carried_out(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "plan.json"
    assert make_plan(sources=[archive], targets=["train=0.5", "val=0.5"], out=saved) == 0
    said = capsys.readouterr()
    assert "100.0 -> 50.0 %" in said.out
    assert said.err.count("move '") == 2
    assert apply(plan_file=saved, sources=[archive], out=tmp_path / "new", dry_run=True) == 0
    assert not (tmp_path / "new").exists()
    assert apply(plan_file=saved, sources=[archive], out=tmp_path / "new") == 0
    done = read(tmp_path / "new" / "animals.zip", report=Report())
    assert sorted(task.subset for task in done.tasks) == ["train", "train", "val", "val"]


@pytest.mark.parametrize("target", ["train", "=1", "train=much"])
def test_targets_need_a_name_and_a_share(archive: Path, target: str) -> None:
    with pytest.raises(BadParameter, match="give a name and its share"):
        make_plan(sources=[archive], targets=[target])


def test_weights_of_a_yolo_folder(yolo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "train.txt", tmp_path / "weights.npy"]
    assert weigh(source=yolo, out=files, threshold=0.4) == 0
    lines = files[0].read_text().splitlines()
    assert (len(lines), lines.count("./set/images/train/9.png")) == (11, 2)
    assert sorted(np.load(files[1]).tolist()) == [1] * 9 + [2]
    assert "10.00 %" in capsys.readouterr().out


def test_rare_pictures_are_put_there_twice_and_taken_away_again(yolo: Path) -> None:
    def names() -> set[str]:
        return {path.name for path in yolo.rglob("*_copy_*")}

    assert weigh(source=yolo, threshold=0.4, double="link", dry_run=True) == 0
    assert names() == set()
    assert weigh(source=yolo, threshold=0.4, double="link") == 0
    assert names() == {"9_copy_1.png", "9_copy_1.txt"}
    assert weigh(source=yolo, undo=True) == 0
    assert names() == set()


def test_a_subset_that_is_not_there_is_told(archive: Path) -> None:
    with pytest.raises(BadParameter, match=r"no subset 'val' in animals\. There are: train"):
        weigh(source=archive, subset="val")
