"""Many pictures to many files: jobs on any executor; a bad picture never stops the rest, a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mattebox import __version__
from mattebox.chooser import ready_for
from mattebox.download import download, is_url
from mattebox.encode import write_file
from mattebox.errors import BadParameter, EngineFailed, OutputFailed, reason_of, unknown_name
from mattebox.hints import Region
from mattebox.journal import Journal
from mattebox.output import Output
from mattebox.picture import Picture, open_picture
from mattebox.remover import Settings, shared_remover
from mattebox.stages.select import AUTOMATIC
from mattebox.streaming import in_order
from mattebox.zoo.registry import find_card
from mattebox.zoo.verify import known

Status = Literal["done", "skipped", "failed"]

HINTS = ("mask", "trimap", "points", "box", "transparent", "region")
"""What a job may say of its subject."""


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to be cut out and written; plain data, so that it can be sent to another process or machine.

    In every path `~` is the home folder.

    Attributes:
        source: path or URL of the picture.
        target: path of the result.
        settings: of the pipeline.
        output: of the file.
        mask: path of a mask to be used instead of the model's.
        trimap: path of a trimap.
        points: (row, column, whether it is on the subject) each.
        box: (top, left, bottom, right) around the subject.
        transparent: boxes in which the subject can be seen through.
        region: (top, left, bottom, right) to look in.
        overwrite: replace a result that is there; the source itself is only ever replaced with this.
        threads: threads for the networks of this job; None means one per core, or its share of them among others.
    """

    source: str
    target: Path
    settings: Settings = field(default_factory=Settings)
    output: Output = field(default_factory=Output)
    mask: str | None = None
    trimap: str | None = None
    points: tuple[tuple[int, int, bool], ...] = ()
    box: Region | None = None
    transparent: tuple[Region, ...] = ()
    region: Region | None = None
    overwrite: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        # Once, here: whatever is compared later, above all source and target, is the real path.
        object.__setattr__(self, "source", os.path.expanduser(self.source))
        object.__setattr__(self, "target", Path(os.path.expanduser(self.target)))
        for name in ("mask", "trimap"):
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, os.path.expanduser(path))

    @property
    def hints(self) -> dict[str, Any]:
        """What is known of the subject, as a remover takes it."""
        return {name: getattr(self, name) for name in HINTS}

    @property
    def digest(self) -> str:
        """Names everything that decides the result: what is asked, the files as they are now, weights and version."""
        decisive = asdict(replace(self, threads=None, overwrite=False))
        decisive["files"] = [file_stamp(path) for path in (self.source, self.mask, self.trimap, self.output.background)]
        decisive["weights"] = [known(find_card(name)).digest for name in self.settings.networks]
        if self.settings.model in AUTOMATIC:
            decisive["ready"] = ready_for(self.settings.model)
        decisive["version"] = __version__
        return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()


def file_stamp(path: object) -> tuple[int, int] | None:
    """Size and time of change of a file; None when there is no such file, or it is not the path of one."""
    if not isinstance(path, str):
        return None
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        source: path or URL of the picture.
        target: path of the result.
        status: `done`, `skipped` or `failed`.
        reason: why it failed or was skipped, or what to know about the result.
        seconds: spent on it.
        score: subject score, when the picture was looked at.
        digest: of the job.
        empty: whether no subject was found.
        kind: what the subject is, where the model says so.
        model: that found the subject.
        choice: why that model was taken, where it was chosen for the picture.
    """

    source: str
    target: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    score: float | None = None
    digest: str = ""
    empty: bool = False
    kind: str | None = None
    model: str | None = None
    choice: str = ""


@dataclass(slots=True)
class Report:
    """What a run did and could not do."""

    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, status: Status) -> int:
        """How many jobs ended so."""
        return sum(outcome.status == status for outcome in self.outcomes)

    def write(self, path: Path) -> None:
        """Write the report as JSON: totals, then every outcome."""
        totals = {status: self.count(status) for status in ("done", "skipped", "failed")}
        record = {**totals, "seconds": round(self.seconds, 3), "pictures": [asdict(o) for o in self.outcomes]}
        write_file(path, json.dumps(record, indent=2).encode(), overwrite=True)


def load_picture(source: str) -> Picture:
    """Open a path or fetch a URL."""
    if is_url(source):
        return replace(open_picture(download(source)), name=source)
    return open_picture(source)


def run_job(job: Job, digest: str | None = None) -> Outcome:
    """Do one job. Never raises on behalf of a picture: whatever goes wrong is in the outcome.

    Args:
        job: what to do.
        digest: of the job, when it is known already.
    """
    start = time.perf_counter()
    digest = digest or job.digest  # before the picture is opened: one that changes meanwhile is another picture
    status: Status = "failed"
    seen: dict[str, Any] = {}
    try:
        refuse_to_replace(job)
        picture = load_picture(job.source)
        remover = shared_remover(job.settings, job.threads)
        cutout = remover(picture, **job.hints)
        seen = {name: getattr(cutout, name) for name in ("score", "empty", "kind", "model")} | {"choice": cutout.reason}
        job.output.write(cutout, job.target, overwrite=job.overwrite)
        status, reason = "done", "no subject was found" if cutout.empty else ""
    except Exception as error:  # noqa: BLE001 (whatever it is, the other pictures go on)
        reason = reason_of(error, job.source)
    seconds = round(time.perf_counter() - start, 4)
    return Outcome(job.source, str(job.target), status, reason, seconds, digest=digest, **seen)


def refuse_to_replace(job: Job) -> None:
    """Raise before the work when the result may not be written.

    Raises:
        OutputFailed: the target is there and may not be replaced.
    """
    if job.overwrite:
        return
    for path in job.output.paths(job.target):
        if path.exists():
            same = not is_url(job.source) and Path(job.source).exists() and path.samefile(job.source)
            what = "is the picture itself" if same else "is already there"
            raise OutputFailed(f"{path} {what}; ask to overwrite it, or give another name")


def run_jobs(
    jobs: Iterable[Job],
    *,
    executor: Literal["threads", "processes"] | Executor = "threads",
    workers: int | None = None,
    journal: Journal | None = None,
    skip_existing: bool = False,
) -> Iterator[Outcome]:
    """Do jobs, several at once, and hand out what became of them in the order of the jobs.

    Memory stays flat: no more than `workers` pictures and one are held, however many jobs there are. When the caller
    stops early (closes the iterator, or Ctrl-C), the pictures that were begun are finished and written whole, and the
    rest is left.

    Args:
        jobs: any iterable; read as the work goes on. Jobs that do not say how many threads they take share the cores.
        executor: `threads`, `processes`, or any `concurrent.futures.Executor` (a cluster's, for instance).
        workers: pictures worked on at once; None means one per core, no more than there are jobs, and only one where
            a list of jobs uses large networks.
        journal: notes every beginning and outcome, and tells which jobs are done already and which were broken off.
        skip_existing: skip jobs whose result is there, unless they are to replace it.

    Raises:
        BadParameter: there is no such executor.
        OutputFailed: the journal cannot be written.
        EngineFailed: a worker process died.
    """
    large = isinstance(jobs, Sequence) and any(job.settings.large for job in jobs)
    workers, threads = share_cores(len(jobs) if isinstance(jobs, Sized) else None, workers, large=large)

    def left() -> Iterator[tuple[Job, str] | Outcome]:
        for given in jobs:
            job = given if given.threads is not None else replace(given, threads=threads)
            digest = job.digest
            skipped = Outcome(job.source, str(job.target), "skipped", digest=digest)
            there = job.target.exists()
            if journal is not None and journal.has(job.target, digest):
                yield replace(skipped, reason="done in an earlier run")
            elif journal is not None and journal.broke_off(job.target, digest):
                yield replace(job, overwrite=True), digest
            elif skip_existing and there and not job.overwrite:
                yield replace(skipped, reason="the result is already there")
            else:
                if journal is not None and (job.overwrite or not there):
                    journal.note("begun", job.target, digest)
                yield job, digest

    try:
        with opened(executor, workers) as pool:
            for outcome in in_order(pool, run_or_pass, left(), ahead=workers + 1):
                if journal is not None and outcome.status != "skipped":
                    journal.note(outcome.status, outcome.target, outcome.digest)
                yield outcome
    except BrokenExecutor as error:
        raise EngineFailed("a worker process died, most likely for want of memory; use fewer workers") from error


def run_or_pass(item: tuple[Job, str] | Outcome) -> Outcome:
    """Do a job, given with its digest; hand on what was decided without work."""
    return item if isinstance(item, Outcome) else run_job(*item)


def share_cores(jobs: int | None, workers: int | None, *, large: bool = False) -> tuple[int, int | None]:
    """How many pictures are worked on at once, and the threads for the networks of each; None means one per core.

    Args:
        jobs: how many there are; None when nobody knows.
        workers: how many were asked for.
        large: whether networks are used that take gigabytes for one picture; then, unless otherwise asked for, pictures
            are worked on one after the other.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = workers or (1 if large else max(1, min(cores, cores if jobs is None else jobs)))
    return workers, None if workers == 1 else max(1, cores // workers)


@contextmanager
def opened(executor: Literal["threads", "processes"] | Executor, workers: int) -> Iterator[Executor]:
    """The executor that was named, closed at the end; or the caller's own, left open."""
    if isinstance(executor, Executor):
        yield executor
    elif executor == "processes":
        # A forked copy of a process with threads can hang on a lock that a thread held.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=ignore_interrupt) as pool:
            with interrupt_ignored():
                for _ in range(workers):
                    pool.submit(ignore_interrupt)  # a pool starts its processes when there is something to do
            yield pool
    elif executor == "threads":
        with ThreadPoolExecutor(workers) as pool:
            yield pool
    else:
        raise BadParameter(unknown_name("executor", executor, ("threads", "processes")))


def ignore_interrupt() -> None:
    """In a worker process: Ctrl-C is the parent's business, so that begun pictures are finished."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def interrupt_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for a moment; processes that are started meanwhile ignore it from their first step on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def plan(sources: Sequence[tuple[str, Path]], template: Job) -> Iterator[Job]:
    """Jobs like the template for (source, target) pairs."""
    return (replace(template, source=source, target=target) for source, target in sources)
