"""Whole processes, measured from outside.

Linux counts a parent's pages to the peak memory of a child until the child's program starts, so the process that starts
them must be smaller than anything it measures: nothing here imports numpy or OpenCV, and work inside this package that
needs them runs in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

Made = TypeVar("Made")

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Run:
    """What a process took.

    Attributes:
        wall: seconds from start to end.
        cpu: seconds of all cores, user and system, children included.
        memory: peak in MB (2^20 bytes): resident pages of the largest process; of a tree, shared pages counted once,
            the sum of all processes as sampled.
        output: what it printed.
    """

    wall: float
    cpu: float
    memory: float
    output: str


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None, *, tree: bool = False) -> Run:
    """Run a command to its end.

    Args:
        command: program and arguments.
        env: variables to add to the environment.
        tree: measure the memory of the process and its children together.

    Raises:
        RuntimeError: the command failed; the message has what it printed.
    """
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        with Samples(process.pid, enabled=tree) as samples:
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode(errors="replace")
    if process.returncode:
        words = " ".join(str(word) for word in command)
        raise RuntimeError(f"{words} ended with {process.returncode}:\n{output[-2000:]}")
    memory = max(samples.peaks) if tree else usage.ru_maxrss / 1024
    return Run(wall, usage.ru_utime + usage.ru_stime, memory, output)


class Samples:
    """Samples the memory of a process and its children, in MB, while the block runs."""

    def __init__(self, pid: int, *, enabled: bool) -> None:
        self.peaks = [0.0]
        self._pid = pid
        self._done = Event()
        self._thread = Thread(target=self._sample) if enabled else None

    def __enter__(self) -> Samples:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread:
            self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self.peaks.append(sum(proportional_memory(pid) for pid in family(self._pid)))


def family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:  # it has just ended
            continue
        for child in found:
            yield from family(int(child))


def proportional_memory(pid: int) -> float:
    """Resident memory of a process in MB, each shared page divided by the number of processes that share it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # as above
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def alternate(rounds: int, *actions: Callable[[], Made]) -> list[list[Made]]:
    """Do the actions in turn, so that whatever disturbs the machine disturbs them alike; a list of runs for each."""
    turns = [[action() for action in actions] for _ in range(rounds)]
    return [list(runs) for runs in zip(*turns, strict=True)]


def apart(module: str, function: str, *args: object) -> Any:
    """Call a function of this package in a fresh process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, f"benchmarks.{module}", function, args).result()


def call(module: str, function: str, args: tuple[object, ...]) -> Any:
    """Import a module here and call a function of it."""
    return getattr(import_module(module), function)(*args)
