from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from mattebox.cli.stopping import stoppable, until
from standins import photo

JOURNAL = ".mattebox-journal.jsonl"
PICTURES = 30
COMMAND = [sys.executable, "-m", "mattebox", "remove", "in", "-o", "out", "--workers", "2", "--refine", "none"]


def test_until_hands_out_nothing_more_once_stopped() -> None:
    with stoppable() as stop:
        items = until(stop, range(5))
        assert [next(items), next(items)] == [0, 1]
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        assert list(items) == []


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) not in before
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def results(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {JOURNAL} if folder.is_dir() else set()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_ctrl_c_leaves_whole_files_and_resume_does_exactly_the_rest(tmp_path: Path, executor: str) -> None:
    for number in range(PICTURES):
        photo(tmp_path / "in" / f"{number:02}.png", size=(900, 1200))
    out = tmp_path / "out"
    command = [*COMMAND, "--executor", executor]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(results(out)) < 3 and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers as well
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "run again with --resume" in said
    assert "Traceback" not in said
    first = results(out)
    assert 3 <= len(first) < PICTURES
    for name in first:
        assert name.endswith("_cutout.png")
        with Image.open(out / name) as image:
            image.load()
    assert (out / JOURNAL).is_file()

    again = subprocess.run(
        [*command, "--resume", "--report", "report.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    record = json.loads((tmp_path / "report.json").read_text())
    assert (record["skipped"], record["done"], record["failed"]) == (len(first), PICTURES - len(first), 0)
    assert len(results(out)) == PICTURES
    assert (out / JOURNAL).is_file()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize(
    ("executor", "delay"), [("threads", 0), ("processes", 0), ("processes", 0.15), ("processes", 0.3)]
)
def test_ctrl_c_at_the_very_start_is_no_error(tmp_path: Path, executor: str, delay: float) -> None:
    for number in range(PICTURES):
        photo(tmp_path / "in" / f"{number:02}.png", size=(900, 1200))
    command = [*COMMAND, "--executor", executor]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (tmp_path / "out" / JOURNAL).exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(delay)  # workers are being started
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "0 failed" in said


def test_asked_twice_the_process_ends_at_once() -> None:
    program = (
        "import os, signal; from mattebox.cli.stopping import stoppable\n"
        "with stoppable():\n"
        "    os.kill(os.getpid(), signal.SIGINT); print('once', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT); print('twice', flush=True)\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "once\n", "")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_even_after_a_kill_a_run_resumes(tmp_path: Path) -> None:
    for number in range(PICTURES):
        photo(tmp_path / "in" / f"{number:02}.png", size=(900, 1200))
    out = tmp_path / "out"
    process = subprocess.Popen(COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while len(results(out)) < 3 and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    again = subprocess.run([*COMMAND, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert len({name for name in results(out) if name.endswith("_cutout.png")}) == PICTURES
