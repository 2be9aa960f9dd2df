from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mattebox import (
    BadParameter,
    Cutout,
    EngineFailed,
    Job,
    Journal,
    Outcome,
    Output,
    OutputFailed,
    Picture,
    Report,
    Settings,
    batch,
    load_cards,
    run_jobs,
)
from mattebox.batch import plan, run_job, share_cores
from standins import bright_subjects, photo, site


@pytest.fixture(autouse=True)
def networks() -> Iterator[None]:
    with bright_subjects():
        yield


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return [photo(tmp_path / f"{number}.png") for number in range(6)]


def jobs_for(pictures: list[Path], **common: Any) -> list[Job]:
    pairs = [(str(path), path.parent / "out" / f"{path.stem}_cutout.png") for path in pictures]
    return list(plan(pairs, Job("", Path(), **common)))


def states(outcomes: Any) -> list[tuple[str, str]]:
    return [(Path(outcome.source).name, outcome.status) for outcome in outcomes]


@dataclass(frozen=True, slots=True)
class Failing(Output):
    error: type[BaseException] = ValueError

    def write(self, cutout: Cutout, target: Path, *, overwrite: bool) -> None:
        raise self.error("the disk is upside down")


@dataclass(frozen=True, slots=True)
class Deadly(Output):
    def write(self, cutout: Cutout, target: Path, *, overwrite: bool) -> None:
        os._exit(9)


def test_a_job_writes_its_target_and_says_how_it_went(tmp_path: Path) -> None:
    job = Job(str(photo(tmp_path / "a.jpg")), tmp_path / "deep" / "er" / "a.webp", output=Output(format="webp"))
    outcome = run_job(job)
    assert (outcome.status, outcome.reason, outcome.score, outcome.digest) == ("done", "", 1.0, job.digest)
    assert outcome.seconds > 0
    with Image.open(job.target) as image:
        assert (image.format, image.mode, image.size) == ("WEBP", "RGBA", (64, 48))


def test_a_picture_without_a_subject_is_done_and_told(tmp_path: Path) -> None:
    outcome = run_job(Job(str(photo(tmp_path / "a.png", empty=True)), tmp_path / "b.png"))
    assert (outcome.status, outcome.reason, outcome.empty) == ("done", "no subject was found", True)
    assert not run_job(Job(str(photo(tmp_path / "c.png")), tmp_path / "d.png")).empty
    with Image.open(tmp_path / "b.png") as image:
        assert image.getextrema()[3] == (0, 0)


def test_a_picture_of_the_web_is_called_by_its_address(tmp_path: Path) -> None:
    with site({"/a.png": photo(tmp_path / "a.png").read_bytes(), "/b.png": b"no picture"}) as address:
        assert run_job(Job(f"{address}/a.png", tmp_path / "b.png")).status == "done"
        assert f"{address}/c.png" in run_job(Job(f"{address}/c.png", tmp_path / "c.png")).reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "gone.png"}, "gone.png"),
        ({"mask": "gone.png"}, "gone.png"),
        ({"region": (0, 0, 9999, 3)}, "region"),
        ({"output": Failing()}, "unexpected ValueError: the disk is upside down"),
        ({"output": Failing(error=MemoryError)}, "not enough memory"),
    ],
)
def test_whatever_goes_wrong_is_in_the_outcome(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    job = replace(Job(str(photo(tmp_path / "a.png")), tmp_path / "b.png"), **change)
    outcome = run_job(job)
    assert outcome.status == "failed"
    assert reason in outcome.reason
    assert not (tmp_path / "b.png").exists()


@pytest.mark.parametrize("target", ["a.png", "b.png", "b_sheet.jpg"])
def test_nothing_is_replaced_unless_asked(tmp_path: Path, target: str) -> None:
    source = photo(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"mine")
    (tmp_path / "b_sheet.jpg").write_bytes(b"mine")
    result = tmp_path / ("c.png" if target.endswith("jpg") else target)
    if target.endswith("jpg"):
        (tmp_path / "c_sheet.jpg").write_bytes(b"mine")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    job = Job(str(source), result, output=Output(sheet=True))
    assert "ask to overwrite it" in run_job(job).reason
    assert "--" not in run_job(job).reason
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert run_job(replace(job, overwrite=True)).status == "done"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"threads": 3}, True),
        ({"overwrite": True}, True),
        ({"settings": Settings(feather=2)}, False),
        ({"output": Output(quality=5)}, False),
        ({"target": Path("x.png")}, False),
        ({"mask": "m.png"}, False),
        ({"region": (0, 0, 1, 1)}, False),
    ],
)
def test_the_digest_names_what_decides_the_result(tmp_path: Path, change: dict[str, Any], same: bool) -> None:
    job = Job(str(photo(tmp_path / "a.png")), tmp_path / "b.png")
    assert (replace(job, **change).digest == job.digest) is same


@pytest.mark.parametrize("name", ["a.png", "mask.png", "back.png"])
def test_the_digest_changes_with_every_file_that_is_read(tmp_path: Path, name: str) -> None:
    source, mask, back = (str(photo(tmp_path / name)) for name in ("a.png", "mask.png", "back.png"))
    job = Job(source, tmp_path / "b.png", mask=mask, output=Output(background=back))
    before = job.digest
    os.utime(tmp_path / name, ns=(1, 1))
    assert job.digest != before


def test_the_digest_is_the_same_when_nothing_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = Job(str(photo(tmp_path / "a.png")), tmp_path / "out" / "b.png")
    before = job.digest
    run_job(job)
    os.utime(tmp_path, ns=(1, 1))
    assert job.digest == before


@pytest.mark.parametrize("name", ["lite", "detail"])
def test_the_digest_changes_with_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    job = Job("a.png", tmp_path / "b.png")
    before, cards = job.digest, load_cards()
    card = replace(cards[name], weights=replace(cards[name].weights, sha256="0" * 64))
    monkeypatch.setattr("mattebox.zoo.registry.load_cards", lambda: {**cards, name: card})
    assert job.digest != before


def test_the_digest_changes_with_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("a.png", tmp_path / "b.png")
    before = job.digest
    monkeypatch.setattr("mattebox.batch.__version__", "9.9")
    assert job.digest != before


def test_a_picture_that_changes_while_it_is_worked_on_is_not_done(
    pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = jobs_for(pictures[:1], overwrite=True)
    opening = batch.load_picture

    def touching(source: str) -> Picture:
        picture = opening(source)
        os.utime(source, ns=(1, 1))
        return picture

    monkeypatch.setattr(batch, "load_picture", touching)
    list(run_jobs([job], journal=Journal(tmp_path / "journal", resume=False)))
    (again,) = run_jobs([job], journal=Journal(tmp_path / "journal", resume=True))
    assert again.status == "done"


def test_the_home_folder_is_meant_in_every_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    before = photo(tmp_path / "a.png").read_bytes()
    job = Job("~/a.png", Path("~/b.png"), mask="~/a.png", output=Output(background="~/a.png"))
    assert (job.source, job.target, job.mask) == (str(tmp_path / "a.png"), tmp_path / "b.png", str(tmp_path / "a.png"))
    assert run_job(job).status == "done"
    onto_itself = run_job(replace(job, target=Path("~/a.png")))
    assert "is the picture itself" in onto_itself.reason
    assert (tmp_path / "a.png").read_bytes() == before


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bad_picture_stops_no_other_and_order_is_kept(pictures: list[Path], workers: int) -> None:
    pictures[2].write_bytes(pictures[2].read_bytes()[:70])
    outcomes = list(run_jobs(jobs_for(pictures), workers=workers))
    expected = ["failed" if number == 2 else "done" for number in range(6)]
    assert states(outcomes) == [(f"{number}.png", status) for number, status in enumerate(expected)]


def test_jobs_are_read_as_the_work_goes_on(pictures: list[Path]) -> None:
    read = []

    def lazily() -> Iterator[Job]:
        for job in jobs_for(pictures):
            read.append(job)
            yield job

    for count, _ in enumerate(run_jobs(lazily(), workers=1)):
        assert len(read) <= count + 2


def test_an_executor_of_the_caller_is_used_and_left_open(pictures: list[Path]) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert len(list(run_jobs(jobs_for(pictures), executor=pool, workers=2))) == 6
        assert pool.submit(abs, -1).result() == 1


@pytest.mark.parametrize("name", ["process", "thread", ""])
def test_an_executor_that_is_not_known_is_refused(pictures: list[Path], name: Any) -> None:
    with pytest.raises(BadParameter, match="Valid: processes, threads"):
        list(run_jobs(jobs_for(pictures), executor=name))


@pytest.mark.parametrize(
    ("cores", "jobs", "workers", "expected"),
    [
        (8, None, None, (8, 1)),
        (8, 20, None, (8, 1)),
        (8, 3, None, (3, 2)),
        (8, 1, None, (1, None)),
        (8, 0, None, (1, None)),
        (1, 5, None, (1, None)),
        (8, 20, 2, (2, 4)),
        (2, 20, 6, (6, 1)),
    ],
)
def test_pictures_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, jobs: int, workers: int, expected: tuple[int, int | None]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert share_cores(jobs, workers) == expected


@pytest.mark.parametrize(("asked", "given"), [(None, 1), (3, 3)])
def test_networks_of_several_pictures_do_not_crowd_the_cores(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch, asked: int | None, given: int
) -> None:
    seen, build = [], batch.shared_remover
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(
        batch, "shared_remover", lambda settings, threads: (seen.append(threads), build(settings, threads))[1]
    )
    list(run_jobs(jobs_for(pictures, threads=asked)))
    assert seen == [given] * 6


def test_results_that_are_there_are_skipped_when_asked(pictures: list[Path]) -> None:
    jobs = jobs_for(pictures[:3])
    run_job(jobs[1])
    assert [status for _, status in states(run_jobs(jobs, skip_existing=True))] == ["done", "skipped", "done"]
    replacing = jobs_for(pictures[:3], overwrite=True)
    assert [status for _, status in states(run_jobs(replacing, skip_existing=True))] == ["done"] * 3


def test_a_resumed_run_does_exactly_the_rest(pictures: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    jobs = jobs_for(pictures)
    list(run_jobs(jobs[:3], journal=Journal(path, resume=False)))
    jobs[1].target.unlink()
    os.utime(pictures[2], ns=(1, 1))
    outcomes = list(run_jobs(jobs_for(pictures), journal=Journal(path, resume=True)))
    assert [outcome.status for outcome in outcomes] == ["skipped", "done", "failed", "done", "done", "done"]
    assert "already there" in outcomes[2].reason
    assert outcomes[0].reason == "done in an earlier run"


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_that_was_closed_early_resumes_without_conflict(
    pictures: list[Path], tmp_path: Path, workers: int
) -> None:
    first = run_jobs(jobs_for(pictures), journal=Journal(tmp_path / "journal", resume=False), workers=workers)
    next(first)
    first.close()
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert all(path.name.endswith("_cutout.png") for path in written)
    outcomes = list(run_jobs(jobs_for(pictures), journal=Journal(tmp_path / "journal", resume=True)))
    assert outcomes[0].status == "skipped"
    assert {outcome.status for outcome in outcomes[1:]} == {"done"}


def test_a_job_that_was_broken_off_is_done_again_but_a_foreign_file_is_not_replaced(
    pictures: list[Path], tmp_path: Path
) -> None:
    ours, foreign = jobs_for(pictures[:2])
    foreign.target.parent.mkdir()
    foreign.target.write_bytes(b"mine")
    journal = Journal(tmp_path / "journal", resume=False)
    journal.note("begun", ours.target, ours.digest)
    ours.target.write_bytes(b"left by a crash between writing and noting")
    outcomes = list(run_jobs([ours, foreign], journal=Journal(tmp_path / "journal", resume=True)))
    assert [outcome.status for outcome in outcomes] == ["done", "failed"]
    assert foreign.target.read_bytes() == b"mine"


def test_resuming_can_be_repeated(pictures: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "journal"
    list(run_jobs(jobs_for(pictures[:2]), journal=Journal(path, resume=False)))
    list(run_jobs(jobs_for(pictures[:2]), journal=Journal(path, resume=False)))
    for _ in range(2):
        outcomes = list(run_jobs(jobs_for(pictures[:3]), journal=Journal(path, resume=True)))
    assert [outcome.reason for outcome in outcomes] == ["done in an earlier run"] * 3


def test_a_journal_that_cannot_be_written_is_told(pictures: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="file"):
        list(run_jobs(jobs_for(pictures), journal=Journal(tmp_path / "file" / "journal", resume=False)))


def test_a_report_counts_and_tells_everything(tmp_path: Path) -> None:
    outcomes = [
        Outcome("a", "b", "done", seconds=1.5, score=0.5),
        Outcome("c", "d", "failed", "why"),
        Outcome("e", "f", "failed"),
    ]
    Report(outcomes, 2.00049).write(tmp_path / "deep" / "report.json")
    record = json.loads((tmp_path / "deep" / "report.json").read_text())
    assert {key: record[key] for key in ("done", "skipped", "failed", "seconds")} == {
        "done": 1,
        "skipped": 0,
        "failed": 2,
        "seconds": 2.0,
    }
    assert record["pictures"][1]["reason"] == "why"
    assert record["pictures"][0]["score"] == 0.5


@pytest.mark.slow
def test_processes_do_the_same_as_threads(pictures: list[Path], tmp_path: Path) -> None:
    pictures[1].write_bytes(b"")
    jobs = jobs_for(pictures[:3], threads=1, settings=Settings(refine="none"))
    outcomes = list(run_jobs(jobs, executor="processes", workers=2))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert jobs[2].target.is_file()


@pytest.mark.slow
def test_the_death_of_a_worker_is_told(pictures: list[Path]) -> None:
    jobs = jobs_for(pictures[:2], output=Deadly(), threads=1, settings=Settings(refine="none"))
    with pytest.raises(EngineFailed, match="worker process died"):
        list(run_jobs(jobs, executor="processes", workers=1))
