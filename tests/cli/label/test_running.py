from __future__ import annotations

import json
from pathlib import Path

import pytest

from mattebox.cli.label import running
from mattebox.cli.label.running import job
from mattebox.errors import BadAnnotations, BadParameter


def test_the_summary_comes_and_the_report_is_kept_however_it_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), job("Reading", report=tmp_path / "told.json") as run:  # noqa: PT012
        run.report.drop("too-few-points", "a polygon of 2 points")
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert "Reading: stopped" in said
    assert "dropped: 1 too-few-points" in said
    assert json.loads((tmp_path / "told.json").read_text())["dropped"] == {"too-few-points": 1}


def test_a_report_of_another_kind_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"\.json or \.csv"), job("Reading", report=tmp_path / "told.txt"):
        pytest.fail("the command began")


def test_one_failure_is_told_and_decides_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with job("Reading") as run:
        assert run.code == 0
        run.fail(BadAnnotations("a.zip: damaged"))
    assert run.code == 1
    assert "error: a.zip: damaged" in capsys.readouterr().err


def test_progress_has_an_estimate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: now[0])
    with job("Reading") as run:
        for done in range(1, 5):
            now[0] += 3
            run.progress(done, 4)
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 2 of 4, about 6 s left",
        "Reading: 4 of 4, about 0 s left",
    ]


def test_a_quiet_run_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with job("Reading", quiet=True, dry_run=True) as run:
        run.report.made("pictures", 3)
        run.progress(1, 2)
    assert capsys.readouterr().err == ""


def test_what_a_terminal_would_obey_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with job("Reading") as run:
        run.report.note("odd-name", "a\x1b[2Jb")
    assert "\x1b" not in capsys.readouterr().err
