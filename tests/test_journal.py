from __future__ import annotations

from pathlib import Path

import pytest

from mattebox import Journal, OutputFailed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "journal"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "a.png").touch()
    return tmp_path / "a.png"


def noted(path: Path, target: Path, *lines: tuple[str, str]) -> Journal:
    journal = Journal(path, resume=False)
    for status, digest in lines:
        journal.note(status, target, digest)  # type: ignore[arg-type]
    return Journal(path, resume=True)


@pytest.mark.parametrize(
    ("lines", "has", "broke_off"),
    [
        ([], "", ""),
        ([("begun", "1")], "", "1"),
        ([("begun", "1"), ("done", "1")], "1", ""),
        ([("begun", "1"), ("failed", "1")], "", ""),
        ([("done", "1"), ("begun", "2")], "", "2"),
        ([("done", "1"), ("done", "2")], "2", ""),
        ([("done", "1"), ("failed", "1")], "1", ""),
        ([("done", "1"), ("failed", "2")], "1", ""),
    ],
)
def test_what_was_written_last_at_a_target_is_known(
    path: Path, target: Path, lines: list[tuple[str, str]], has: str, broke_off: str
) -> None:
    journal = noted(path, target, *lines)
    assert [digest for digest in "12" if journal.has(target, digest)] == list(has)
    assert [digest for digest in "12" if journal.broke_off(target, digest)] == list(broke_off)


def test_a_result_that_is_gone_is_not_done(path: Path, target: Path) -> None:
    journal = noted(path, target, ("done", "1"))
    target.unlink()
    assert not journal.has(target, "1")


def test_lines_are_kept_but_heeded_only_when_resuming(path: Path, target: Path) -> None:
    noted(path, target, ("done", "1"))
    assert not Journal(path, resume=False).has(target, "1")
    assert Journal(path, resume=True).has(target, "1")


@pytest.mark.parametrize(
    "line", ["", '{"status": "do', "[1, 2]", "null", '{"status": "done"}', '{"digest": 1}', '{"status": []}', "\x00"]
)
def test_a_damaged_line_is_no_line(path: Path, target: Path, line: str) -> None:
    noted(path, target, ("done", "1"))
    path.write_text(f"{line}\n{path.read_text()}{line}")
    assert Journal(path, resume=True).has(target, "1")


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="file"):
        Journal(tmp_path / "file" / "journal", resume=False).note("begun", Path("a.png"), "1")
    with pytest.raises(OutputFailed):
        Journal(tmp_path, resume=True)


def test_the_home_folder_may_be_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Journal(Path("~/journal"), resume=True).path == tmp_path / "journal"
