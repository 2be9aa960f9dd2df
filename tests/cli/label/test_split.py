from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from cvat_building import images_task, write_task
from label_tasks import dataset_of, task_of
from mattebox.cli.label.split import parsed_shares, split
from mattebox.errors import BadParameter
from mattebox.label import Report, read, write


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    tasks = [task_of(f"{name}x", {"cat" if index % 2 else "dog": 2}) for index, name in enumerate("abcdefghij")]
    write(dataset_of(*tasks), tmp_path / "animals.zip", format="cvat", report=Report())
    return tmp_path / "animals.zip"


def test_an_archive_is_split_into_another(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = archive.read_bytes()
    out, listed = tmp_path / "split.zip", tmp_path / "split.csv"
    assert split(source=archive, out=out, shares="0.6,0.2,0.2", to_list=listed) == 0
    subsets = {task.name: task.subset for task in read(out, report=Report()).tasks}
    assert sorted(subsets.values()) == ["test"] * 2 + ["train"] * 6 + ["val"] * 2
    with listed.open(encoding="utf-8-sig", newline="") as file:
        assert {line["task"]: line["subset"] for line in csv.DictReader(file)} == subsets
    said = capsys.readouterr()
    (frames,) = (line.split() for line in said.out.splitlines() if line.strip().startswith("frames"))
    assert frames == ["frames", "40", "60.0", "%", "20.0", "%", "20.0", "%"]
    assert "6 tasks in train, 2 tasks in val, 2 tasks in test" in said.err
    assert archive.read_bytes() == before


def test_a_dry_run_writes_nothing(archive: Path, tmp_path: Path) -> None:
    assert split(source=archive, out=tmp_path / "split.zip", to_list=tmp_path / "split.csv", dry_run=True) == 0
    assert list(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("options", [{}, {"out": Path("o.zip"), "shares": "most,few,none"}])
def test_wrong_use_is_told(archive: Path, options: dict[str, object]) -> None:
    with pytest.raises(BadParameter, match=r"give --out or --to-list|give three numbers"):
        split(source=archive, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"shares": "0.8,0.8,0.1"}, "their sum is 1"),
        ({"shares": "0.6,0.2,0.2", "by": "name"}, "give one of the two"),
        ({"pattern": "("}, "not a regular expression"),
        ({"out": Path("walk.zip")}, "is read from there"),
    ],
)
def test_options_are_looked_at_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadParameter, match=told):
        split(source=Path("walk.zip"), **{"out": Path("o.zip"), **options})


def test_what_goes_nowhere_has_a_column(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert split(source=archive, out=tmp_path / "split.zip", by="name") == 0
    said = capsys.readouterr()
    (heading,) = (line.split() for line in said.out.splitlines() if "train" in line)
    (frames,) = (line.split() for line in said.out.splitlines() if line.strip().startswith("frames"))
    assert heading == ["all", "train", "val", "test", "other"]
    assert frames[-2:] == ["100.0", "%"]
    assert "problem: 1 no-train" in said.err


def test_the_source_of_a_still_that_stands_alone_is_its_file(tmp_path: Path) -> None:
    names = [f"park-{letter}.png" for letter in "abc"]
    write_task(tmp_path / "walk.zip", images_task(names))
    listed = tmp_path / "split.csv"
    assert split(source=tmp_path / "walk.zip", to_list=listed, stills=True, content=False, quiet=True) == 0
    with listed.open(encoding="utf-8-sig", newline="") as file:
        assert [line["source"] for line in csv.DictReader(file)] == names


def test_shares_are_numbers() -> None:
    assert parsed_shares("-1, 10,10") == (-1, 10, 10)


def test_stills_are_divided_each_with_its_own_picture_only(tmp_path: Path) -> None:
    names = [f"park-{letter}.png" for letter in "abcde"]
    write_task(tmp_path / "walk.zip", images_task(names))
    assert split(source=tmp_path / "walk.zip", out=tmp_path / "split.zip", stills=True, content=False, quiet=True) == 0
    tasks = read(tmp_path / "split.zip", report=Report()).tasks
    assert [task.media.name_of(0) for task in tasks if task.media and len(task.media) == 1] == names
    assert {task.subset for task in tasks} == {"train", "val", "test"}
