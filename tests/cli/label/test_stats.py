from __future__ import annotations

import json
from pathlib import Path

import pytest

from label_tasks import dataset_of, task_of, task_with
from mattebox.cli.label.stats import stats
from mattebox.errors import BadAnnotations, BadParameter
from mattebox.label import Report, Row, write

TABLE = """\
classes:
- {name: Cats, labels: cat}
- {name: Dogs, labels: dog}
superclasses:
- {name: pets, classes: [Cats, Dogs]}
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    track = [
        Row(
            label="cat",
            frame=frame,
            shape="rectangle",
            points=(0, 0, 10, 10),
            object=0,
            tracked=True,
            outside=frame == 3,
        )
        for frame in (0, 3)
    ]
    tasks = task_with("film", track, 6, subset="train"), task_of("stills", {"cat": 1, "dog": 2}, subset="val")
    write(dataset_of(*tasks), tmp_path / "animals.zip", format="cvat", report=Report())
    return tmp_path / "animals.zip"


def line_of(said: str, name: str) -> list[str]:
    (cells,) = (line.split() for line in said.splitlines() if line.split()[:1] == [name])
    return cells[:6]


def test_frames_between_keys_count_unless_told(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stats(sources=[archive]) == 0
    assert line_of(capsys.readouterr().out, "cat") == ["cat", "4", "6", "4", "1", "2"]
    assert stats(sources=[archive], keyframes=True) == 0
    assert line_of(capsys.readouterr().out, "cat") == ["cat", "2", "8", "2", "1", "2"]


def test_parts_are_shown_as_asked(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stats(sources=[archive], by="subset")
    said = capsys.readouterr().out
    assert line_of(said, "train")[:4] == ["train", "3", "3", "3"]
    assert line_of(said, "val")[:4] == ["val", "3", "1", "3"]
    assert line_of(said, "all")[:4] == ["all", "6", "4", "6"]


def test_files_and_json_have_all_figures(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / f"s{suffix}" for suffix in (".xlsx", ".html", ".csv")]
    assert stats(sources=[archive], out=files, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"][0]["shapes"] == 6
    assert all(file.stat().st_size > 500 for file in files)


def test_a_dry_run_writes_nothing(archive: Path, tmp_path: Path) -> None:
    assert stats(sources=[archive], out=[tmp_path / "s.csv"], dry_run=True) == 0
    assert list(tmp_path.iterdir()) == [archive]


def test_superclasses_come_from_a_label_table(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.yaml"
    table.write_text(TABLE, encoding="utf-8")
    assert stats(sources=[archive], taxonomy=[table], by="superclass") == 0
    assert line_of(capsys.readouterr().out, "pets")[:4] == ["pets", "6", "4", "6"]


def test_superclasses_without_a_label_table_are_wrong_use(archive: Path) -> None:
    with pytest.raises(BadParameter, match="give --taxonomy"):
        stats(sources=[archive], by="superclass")


def test_a_file_that_is_given_twice_counts_once(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stats(sources=[archive, archive]) == 0
    said = capsys.readouterr()
    assert line_of(said.out, "all")[3] == "6"
    assert "problem: 1 same-source" in said.err


def test_one_bad_file_does_not_stop_the_others(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK")
    assert stats(sources=[tmp_path / "bad.zip", archive]) == 1
    said = capsys.readouterr()
    assert "error: " in said.err
    assert "bad.zip" in said.err
    assert line_of(said.out, "all")[3] == "6"
    with pytest.raises(BadAnnotations, match=r"bad\.zip"):
        stats(sources=[tmp_path / "bad.zip"])
