from __future__ import annotations

import json
from pathlib import Path

import pytest

from cvat_building import annotations, images_task, shape, write_task
from label_tasks import dataset_of, task_of
from mattebox.cli.label.dataset import form_options
from mattebox.errors import BadParameter
from mattebox.label.building import Choices
from mattebox.label.formats import write
from mattebox.label.pipeline import build_dataset
from mattebox.label.report import Report
from standins import Command


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    shapes = [shape("cat", 0, "rectangle", [2, 2, 12, 12]), shape("dog", 2, "rectangle", [40, 40, 50, 50])]
    return write_task(tmp_path / "walk.zip", images_task(annotated=[annotations(shapes)]))


def files(path: Path) -> dict[str, bytes]:
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()}


def test_the_command_makes_what_python_makes(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    said = mattebox("label", "dataset", "walk.zip", "--to", "yolo-detect", "-o", "set", "--negatives", "0.5")
    assert said.code == 0
    build_dataset([archive], tmp_path / "python", Report(), to="yolo-detect", choices=Choices(negatives=0.5))
    assert files(tmp_path / "set") == files(tmp_path / "python")
    assert "2 samples in train, 1 row\n" in said.err
    assert "dropped: 1 not-in-picture" in said.err


def test_everything_that_was_dropped_is_in_the_report(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    words = ("--to", "masks", "-o", "set", "--drop-homogeneous", "--report", "told.json", "-q")
    said = mattebox("label", "dataset", "walk.zip", *words)
    assert (said.code, said.err) == (0, "")
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["dropped"]["homogeneous-sample"] == 3
    entry = next(entry for entry in told["entries"] if entry["code"] == "not-in-picture")
    assert (entry["task"], entry["frame"]) == ("pictures", 2) or entry["frame"] == 2


def test_a_dry_run_writes_nothing(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    said = mattebox("label", "dataset", "walk.zip", "--to", "matting", "-o", "set", "--dry-run")
    assert said.code == 0
    assert "nothing was written" in said.err
    assert not (tmp_path / "set").exists()


def test_other_settings_need_to_be_told_to_overwrite(mattebox: Command, archive: Path, tmp_path: Path) -> None:
    words = ("label", "dataset", "walk.zip", "--to", "yolo-segment", "-o", "set", "-q")
    assert mattebox(*words).code == 0
    again = mattebox(*words, "--tile", "16")
    assert again.code != 0
    assert "ask to overwrite it" in again.err
    assert mattebox(*words, "--tile", "16", "--overwrite", "--preview", "3").code == 0
    assert (tmp_path / "set/preview.jpg").is_file()
    assert len(list((tmp_path / "set/images/train").iterdir())) > 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--to", "yolo-detect", "--trimaps"], "--trimaps is for --to matting, and --to yolo-detect is asked"),
        (["--to", "yolo-detect", "--split", "most"], "shares 'most': give three numbers"),
        (["--to", "yolo-detect", "--stills"], "give --split or --by, too"),
        (["--to", "yolo-detect", "--split", "0.8,0.1,0.1", "--by", "name"], "give one of the two"),
        (["--to", "masks", "--subject", "cat"], "--subject is for --to matting"),
        (["--to", "masks", "--split", "0.8,0.8,0.1"], "their sum is 1"),
        (["--to", "yolo-detect", "--similar", "6"], "give --split or --by, too"),
        (["--to", "yolo-detect", "--scale", "big"], "scales 'big' cannot be read"),
        (["--to", "yolo-detect", "--tile", "16by16"], "size '16by16' cannot be read"),
        (["--to", "yolo-detect", "--tile-above", "640"], "give their size, too, by --tile"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_wrong_use(
    mattebox: Command, archive: Path, words: list[str], told: str
) -> None:
    said = mattebox("label", "dataset", "walk.zip", "-o", "set", "-q", *words)
    assert said.code == 2
    assert told in said.err
    assert len(said.err.splitlines()) == 1


def test_a_file_that_cannot_be_used_is_an_error(mattebox: Command, tmp_path: Path) -> None:
    (tmp_path / "walk.zip").write_bytes(b"PK\x03\x04 cut off")
    said = mattebox("label", "dataset", "walk.zip", "--to", "yolo-detect", "-o", "set", "-q")
    assert said.code != 0
    assert "walk.zip" in said.err


def test_options_of_a_form_are_for_that_form() -> None:
    small, none = ("masks", "--overlaps", "overlap", "small"), ("masks", "--ignored", "ignored", None)
    assert form_options("masks", small, none) == {"overlap": "small"}
    with pytest.raises(BadParameter, match="--overlaps is for --to masks, and --to coco is asked"):
        form_options("coco", small, none)


@pytest.mark.parametrize("command", [("dataset", "--to", "masks"), ("convert", "--to", "json")])
def test_a_source_that_cannot_be_read_fails_the_command_and_the_rest_is_made(
    mattebox: Command, archive: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 cut off")
    said = mattebox("label", command[0], "walk.zip", "bad.zip", "gone.zip", *command[1:], "-o", "out")
    assert said.code == 1
    assert "dropped: 2 bad-source" in said.err
    assert (tmp_path / "out").exists()


def test_a_set_that_is_whole_is_told_so(mattebox: Command, archive: Path) -> None:
    words = ("label", "dataset", "walk.zip", "--to", "masks", "-o", "set")
    assert "already" not in mattebox(*words).err
    assert "4 samples that were there already" in mattebox(*words).err


def test_nothing_to_make_a_set_of_is_no_wrong_use(mattebox: Command, tmp_path: Path) -> None:
    write(dataset_of(task_of("park", {"cat": 1})), tmp_path / "rows.json", format="json", report=Report())
    said = mattebox("label", "dataset", "rows.json", "--to", "masks", "-o", "set")
    assert said.code == 1
    assert "nothing to make samples of" in said.err


def test_unrelated_stills_are_divided_picture_by_picture(mattebox: Command, tmp_path: Path) -> None:
    write_task(tmp_path / "walk.zip", images_task([f"park-{letter}.png" for letter in "abcde"]))
    words = ("label", "dataset", "walk.zip", "--to", "yolo-detect", "--split", "0.6,0.2,0.2", "-q", "--no-content")
    assert mattebox(*words, "-o", "whole").code == 0
    assert {each.parent.name for each in (tmp_path / "whole/images").glob("*/*")} == {"train"}
    assert mattebox(*words, "-o", "set", "--stills").code == 0
    placed = sorted(each.parent.name for each in (tmp_path / "set/images").glob("*/*"))
    assert placed == ["test", "train", "train", "train", "val"]


def test_parts_of_a_video_may_be_strangers_here_too(mattebox: Command, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(dataset_of(task_of(f"street {number}", {"cat": 1})), tmp_path / f"{number}.json", format="json",
              report=Report())  # fmt: skip
    words = ("label", "dataset", "1.json", "2.json", "3.json", "--to", "coco", "--split", "0.4,0.3,0.3", "--dry-run")
    assert "all tasks are of one source" in mattebox(*words, "-o", "set").err
    assert "all tasks are of one source" not in mattebox(*words, "-o", "set", "--no-parts").err
