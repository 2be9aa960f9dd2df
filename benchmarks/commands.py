"""Whole commands, measured from outside."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable

from benchmarks.bench import MATTEBOX, Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.photos import fill_folder
from benchmarks.processes import Run, alternate, run

IMPORT = "import time; start = time.perf_counter(); import mattebox; print(time.perf_counter() - start)"

wall, cpu, memory = (operator.attrgetter(name) for name in ("wall", "cpu", "memory"))


def compared(
    name: str,
    unit: str,
    of: Callable[[Run], float],
    ours: list[Run],
    against: str = "",
    others: list[Run] | None = None,
    target: Target | None = None,
) -> Measure:
    """A measure of runs; `of` takes its value from a run."""
    return measure(name, unit, [of(one) for one in ours], against, [of(one) for one in others or []], target)


def startup(bench: Bench) -> list[Measure]:
    """What it costs before any work; the first run, which may write byte code, is not counted."""
    rounds, peer = bench.times(9), bench.peer
    imports = [run([sys.executable, "-c", IMPORT]) for _ in range(rounds + 1)][1:]
    helps, peer_helps = bench.versus(
        rounds, lambda: run([MATTEBOX, "--help"]), lambda: run([peer.program, "--help"], peer.env)
    )
    limit = Target("value", "<=", 300)
    return [
        compared("`import mattebox`, wall", "ms", imported, imports, target=Target("value", "<=", 100)),
        compared("`--help`, CPU", "ms", lambda one: 1000 * one.cpu, helps, peer.name, peer_helps, limit),
    ]


def imported(one: Run) -> float:
    """What a run printed, in milliseconds."""
    return 1000 * float(one.output)


def one_photo(bench: Bench) -> list[Measure]:
    """A new process for one photo."""
    photo, peer = bench.photos.small[-1], bench.peer.name
    bench.remove(photo)
    ours, theirs = bench.versus(bench.times(7), lambda: bench.remove(photo), lambda: bench.peer_remove(photo))
    what = f"one photo of {bench.photos.small_size:g} MP"
    return [
        compared(f"{what}, wall", "s", wall, ours, peer, theirs, Target("ratio", "<=", 0.35)),
        compared(f"{what}, CPU", "s", cpu, ours, peer, theirs),
        compared(f"{what}, peak memory", "MB", memory, ours, peer, theirs, Target("ratio", "<=", 0.6)),
    ]


def folder(bench: Bench) -> list[Measure]:
    """A folder of photos, three small to one large."""
    photos, peer, count = bench.photos, bench.peer.name, 4 if bench.quick else 40
    source = fill_folder(bench.folder / "folder", photos, count, every_large=4)
    ours, theirs = bench.versus(bench.times(2), lambda: bench.remove(source), lambda: bench.peer_remove(source))
    what = f"{count} photos of {photos.small_size:g} and {photos.large_size:g} MP"
    target = Target("ratio", ">=", 2.5)
    return [
        compared(what, "photos/s", lambda one: count / one.wall, ours, peer, theirs, target),
        compared(f"{what}, CPU", "s/photo", lambda one: one.cpu / count, ours, peer, theirs),
        compared(f"{what}, peak memory", "MB", memory, ours, peer, theirs),
    ]


def executors(bench: Bench) -> list[Measure]:
    """The same kind of folder on worker processes and on threads, memory of all processes together."""
    photos, count = bench.photos, 4 if bench.quick else 20
    source = fill_folder(bench.folder / "executors", photos, count, every_large=4)
    processes, threads = alternate(
        bench.times(2),
        *(lambda name=name: bench.remove(source, "--executor", name, tree=True) for name in ("processes", "threads")),
    )
    what = f"{count} photos of {photos.small_size:g} and {photos.large_size:g} MP, processes"
    return [
        compared(what, "photos/s", lambda one: count / one.wall, processes, "threads", threads),
        compared(f"{what}, CPU", "s/photo", lambda one: one.cpu / count, processes, "threads", threads),
        compared(f"{what}, peak memory", "MB", memory, processes, "threads", threads),
    ]


def flat_memory(bench: Bench) -> list[Measure]:
    """Whether memory grows with the number of photos."""
    photos, few, many = bench.photos, *((4, 40) if bench.quick else (40, 400))
    sources = [fill_folder(bench.folder / f"memory{count}", photos, count) for count in (many, few)]
    longer, shorter = alternate(1, *(lambda source=source: bench.remove(source) for source in sources))
    what = f"{many} photos of {photos.small_size:g} MP, peak memory"
    return [compared(what, "MB", memory, longer, f"{few} of them", shorter, Target("ratio", "<=", 1.1))]
