"""`mattebox serve` and `rembg s` under load: the same network, the same photos, the same work, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from statistics import quantiles

from benchmarks.bench import Bench
from benchmarks.load import Tally
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import alternate, apart
from benchmarks.servers import Server, mattebox_serve, rembg_serve

CROWDS = (1, 4, 16, 64)
MEMORY_SHARE = 1 / 8
PROBE_SECONDS = 0.1
SETTLE_SECONDS = 3.0
"""After this every client of a crowd has sent its first photo."""

Serve = Callable[[Bench], AbstractContextManager[Server]]


@dataclass(frozen=True)
class Round:
    """A crowd of clients at a fresh server.

    Attributes:
        tally: what they saw.
        cpu: seconds of all cores that the server took meanwhile.
        memory: peak of the server, all its processes, in MB.
    """

    tally: Tally
    cpu: float
    memory: float


def serving(bench: Bench) -> list[Measure]:
    """Both servers under 1 to 64 clients; ours over 2,000 requests; both told to end with a full queue."""
    crowds = CROWDS[:2] if bench.quick else CROWDS
    return [
        *(row for clients in crowds for row in crowded(bench, clients)),
        *health(bench),
        *growth(bench),
        *end(bench),
    ]


def crowded(bench: Bench, clients: int) -> list[Measure]:
    """Speed and memory with so many clients, doing what rembg does and doing what ours does unless told otherwise."""
    count = 2 * clients if bench.quick else max(20, 3 * clients)
    contenders = [alike, mattebox_serve, *([] if bench.peer.missing else [rembg_serve])]
    rounds = (partial(one_round, bench, serve, clients, count) for serve in contenders)
    same, usual, *other = alternate(bench.times(2), *rounds)
    crowd = "1 client" if clients == 1 else f"{clients} clients"
    rows = []
    for what, mine, judged in ((f"{crowd}, same work", same, True), (f"{crowd}, as it comes", usual, False)):
        rows += [
            *performance(what, bench, mine, other[0] if other else [], judged=judged, most=clients == CROWDS[-1]),
            *outcomes(what, [one.tally for one in mine]),
        ]
    return [*rows, *(row for runs in other for row in outcomes(f"{crowd}, rembg", [one.tally for one in runs]))]


def performance(
    what: str, bench: Bench, mine: Sequence[Round], other: Sequence[Round], *, judged: bool, most: bool
) -> list[Measure]:
    """Rows that compare rounds; the targets are for the same work, that of memory for the largest crowd."""

    def row(name: str, unit: str, of: Callable[[Round], float], target: Target | None = None) -> Measure:
        values, others = [of(one) for one in mine], [of(one) for one in other]
        return measure(f"{what}: {name}", unit, values, bench.peer.name, others, target)

    more, less = (Target("ratio", ">=", 1.8), Target("ratio", "<=", 1)) if judged else (None, None)
    return [
        row("throughput", "pictures/s", lambda one: len(one.tally.waits) / one.tally.wall, more),
        row("p50 until the cutout is there", "s", lambda one: percentile(one.tally.waits, 50)),
        row("p99 until the cutout is there", "s", lambda one: percentile(one.tally.waits, 99), less),
        row("p99 of the answer that brings it", "s", lambda one: percentile(one.tally.answers, 99)),
        row("CPU", "s/picture", lambda one: one.cpu / len(one.tally.waits)),
        row("peak memory", "MB", lambda one: one.memory, Target("ratio", "<=", MEMORY_SHARE) if most else None),
    ]


def alike(bench: Bench) -> AbstractContextManager[Server]:
    """Our server told to do what rembg does: one network at its own size, its mask enlarged, colours as they are."""
    return mattebox_serve(bench, "--refine", "none", "--foreground", "none")


def health(bench: Bench) -> list[Measure]:
    """How soon /healthz is answered while the queue is full."""
    clients, count = (8, 48) if bench.quick else (64, 192)
    times = []
    with mattebox_serve(bench) as server, ThreadPoolExecutor(1) as pool:
        crowd = pool.submit(visit, bench, server, clients, count)
        time.sleep(SETTLE_SECONDS)
        while len(times) < 2 or not crowd.done():
            times.append(1000 * server.answer_time("/healthz"))
            time.sleep(PROBE_SECONDS)
        tally = crowd.result()
    what = f"/healthz beside {clients} clients"
    return [
        measure(f"{what}: p99", "ms", [percentile(times, 99)]),
        measure(f"{what}: slowest of {len(times)}", "ms", [max(times)], target=Target("value", "<=", 50)),
        *outcomes(what, [tally]),
    ]


def growth(bench: Bench) -> list[Measure]:
    """Whether memory grows with the number of requests."""
    clients, first, every = (4, 10, 40) if bench.quick else (16, 100, 2000)
    with mattebox_serve(bench) as server:
        tallies = [visit(bench, server, clients, first)]
        early = server.peak
        tallies.append(visit(bench, server, clients, every - first))
        late = server.peak
    what = f"{every} requests of {clients} clients"
    limit = Target("ratio", "<=", 1.1)
    return [
        measure(f"{what}: peak memory", "MB", [late], f"the first {first}", [early], limit),
        *outcomes(what, tallies),
    ]


def end(bench: Bench) -> list[Measure]:
    """What becomes of a server and its clients when it is told to end while its queue is full."""
    clients = 4 if bench.quick else 64
    mine, other = bench.versus(
        1, lambda: ended(bench, mattebox_serve, clients), lambda: ended(bench, rembg_serve, clients)
    )
    what = f"SIGTERM with {clients} clients"
    seconds, others = [one for one, _ in mine], [one for one, _ in other]
    return [
        measure(f"{what}: ended after", "s", seconds, bench.peer.name, others, Target("value", "<=", 10)),
        *outcomes(what, [tally for _, tally in mine]),
        *(row for _, tally in other for row in outcomes(f"{what}, rembg", [tally])),
    ]


def one_round(bench: Bench, serve: Serve, clients: int, count: int) -> Round:
    """A fresh server, one photo that warms it up, and a crowd."""
    with serve(bench) as server:
        visit(bench, server, 1, 1)
        before = server.cpu
        tally = visit(bench, server, clients, count)
        return Round(tally, server.cpu - before, server.peak)


def ended(bench: Bench, serve: Serve, clients: int) -> tuple[float, Tally]:
    """Seconds from the signal to the end of a server to which every client has sent a photo, and what they saw."""
    with serve(bench) as server, ThreadPoolExecutor(1) as pool:
        visit(bench, server, 1, 1)
        crowd = pool.submit(visit, bench, server, clients, clients, persistent=False)
        time.sleep(SETTLE_SECONDS)
        return server.stop(), crowd.result()


def visit(bench: Bench, server: Server, clients: int, count: int, *, persistent: bool = True) -> Tally:
    """Clients in a process of their own, so that they do not share the measuring one's time.

    Raises:
        RuntimeError: nobody got anything.
    """
    tally: Tally = apart("load", "load", server.call, bench.photos.small, clients, count, persistent)
    if not tally.waits and not tally.refused:
        raise RuntimeError(f"no request to {server.call.url} was answered as it should be: {tally.failed[0]}")
    return tally


def outcomes(what: str, tallies: Sequence[Tally]) -> list[Measure]:
    """How many got a cutout, were told to come back, and got nothing, in all rounds together."""
    failed = [reason for tally in tallies for reason in tally.failed]
    for reason in sorted(set(failed)):
        print(f"{what}: {reason}")
    return [
        measure(f"{what}: got a cutout", "pictures", [sum(len(tally.waits) for tally in tallies)]),
        measure(f"{what}: told to come back", "times", [sum(tally.refused for tally in tallies)]),
        measure(f"{what}: failed", "pictures", [len(failed)], target=Target("value", "<=", 0)),
    ]


def percentile(values: Sequence[float], share: int) -> float:
    """The value that this many of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[share - 1]
