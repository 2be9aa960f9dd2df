from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from mattebox.cli import watch
from mattebox.cli.sources import Found
from mattebox.cli.watch import Inbox
from standins import Command, photo


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_once_does_what_is_there_and_survives_bad_pictures(mattebox: Command) -> None:
    photo(Path("in/a.jpg"))
    photo(Path("in/sub/b.png"))
    Path("in/bad.png").write_bytes(b"no picture")
    said = mattebox("watch", "in", "-o", "out", "-r", "--once", "--interval", "0.05", "-f", "webp")
    assert said.code == 1
    assert names(Path("out")) == {"a_cutout.webp", "sub/b_cutout.webp"}
    assert "2 done, 0 skipped, 1 failed" in said.err
    assert "in/a.jpg -> out/a_cutout.webp" in said.err
    assert said.out == b""


def test_results_that_are_there_are_left(mattebox: Command) -> None:
    photo(Path("in/a.jpg"))
    assert mattebox("watch", "in", "--once", "--interval", "0.05").code == 0
    before = Path("in/a_cutout.png").stat().st_mtime_ns
    said = mattebox("watch", "in", "--once", "--interval", "0.05")
    assert (said.code, Path("in/a_cutout.png").stat().st_mtime_ns) == (0, before)
    assert "0 done, 1 skipped, 0 failed" in said.err
    assert "in/a.jpg" not in said.err
    assert mattebox("watch", "in", "--once", "--interval", "0.05", "--overwrite").code == 0
    assert Path("in/a_cutout.png").stat().st_mtime_ns != before


def test_the_rate_counts_no_waiting(mattebox: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    photo(Path("in/a.jpg"))
    monkeypatch.setattr(watch, "time", SimpleNamespace(perf_counter=iter([100.0, 102.0]).__next__))
    said = mattebox("watch", "in", "--once", "--interval", "0.05")
    assert "1 done, 0 skipped, 0 failed in 2.0 s (2.0 s each)" in said.err


def test_home_folders_may_be_meant(mattebox: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    photo(Path("in/a.jpg"))
    assert mattebox("watch", "~/in", "-o", "~/out", "--once", "--interval", "0.05").code == 0
    assert names(tmp_path) == {"in/a.jpg", "out/a_cutout.png"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("gone", "no such folder"),
        ("a.png", "no such folder"),
        (". -p amazn", "did you mean 'amazon'"),
        (". --interval 0", "--interval"),
    ],
)
def test_wrong_use_is_told(mattebox: Command, words: str, message: str) -> None:
    photo(Path("a.png"))
    said = mattebox("watch", *words.split(), "--once")
    assert said.code == 2
    assert message in said.err


def test_a_file_is_ready_when_it_stood_still_between_two_looks(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    inbox, found = Inbox(), [Found(str(path))]
    assert inbox.look(found) == []
    path.write_bytes(b"1")
    os.utime(path, ns=(1, 1))
    assert inbox.look(found) == []
    path.write_bytes(b"12")
    os.utime(path, ns=(1, 1))
    assert inbox.look(found) == []
    assert inbox.look(found) == found
    assert inbox.look(found) == []
    os.utime(path, ns=(2, 2))
    assert inbox.look(found) == []
    assert inbox.look(found) == found
    path.unlink()
    assert inbox.look(found) == []


@contextmanager
def watching(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mattebox", "watch", "in", "-o", "out", "--interval", "0.2", "--refine", "none"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "watching in; Ctrl-C stops\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    pytest.fail("did not happen within 30 seconds")


@pytest.mark.slow
def test_what_arrives_is_done_once_it_is_whole_until_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    data = photo(tmp_path / "whole.png", size=(200, 300)).read_bytes()
    with watching(tmp_path) as process:
        photo(tmp_path / "in/first.jpg")
        with (tmp_path / "in/slow.png").open("wb", buffering=0) as file:
            for start in range(0, len(data), len(data) // 12):
                file.write(data[start : start + len(data) // 12])
                time.sleep(0.1)
        (tmp_path / "in/bad.png").write_bytes(b"")
        photo(tmp_path / "in/last.png")
        expected = {"first_cutout.png", "slow_cutout.png", "last_cutout.png"}
        wait_for(lambda: names(tmp_path / "out") == expected)
        made = (tmp_path / "out/last_cutout.png").stat().st_mtime_ns
        photo(tmp_path / "in/last.png", size=(60, 60))
        wait_for(lambda: (tmp_path / "out/last_cutout.png").stat().st_mtime_ns != made)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "4 done, 0 skipped, 1 failed" in said
    assert "slow.png is" not in said
    assert "Traceback" not in said
