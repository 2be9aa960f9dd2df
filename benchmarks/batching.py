"""`python -m benchmarks.batching [--quick]`: several pictures in one run of a network, beside as many runs at once.

It says whether a picture should wait for others, on the machine and device at hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np

from benchmarks import report
from benchmarks.inside import seconds
from benchmarks.measure import Measure, measure
from benchmarks.processes import apart
from benchmarks.warm import milliseconds
from mattebox.engines.batching import BatchingEngine
from mattebox.engines.onnx import choose_device
from mattebox.loading import load_engine
from mattebox.stages.refine import TILE
from mattebox.zoo.registry import DEFAULT, DEFAULT_DETAIL, find_card

CHANNELS_AND_SIDE = {DEFAULT: (3, 256), DEFAULT_DETAIL: (4, TILE)}
SIZES = (1, 2, 4, 8)
CALLERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds, to see that everything runs")
    rounds = 2 if parser.parse_args().quick else 15
    print(report.table([asdict(each) for each in batching(rounds)]))


def batching(rounds: int) -> list[Measure]:
    """1, 2, 4 and 8 pictures in a run, and two callers whose runs are joined, beside two with a thread each."""
    device = choose_device("auto")
    rows = []
    for name in CHANNELS_AND_SIDE:
        taken = apart("batching", "seconds_each", name, device, rounds)
        apiece = milliseconds(taken["apiece"])
        for label, values in taken.items():
            others = ("two callers, a thread each", apiece) if label != "apiece" else ()
            rows.append(measure(f"{name} on {device}, {label}", "ms each", milliseconds(values), *others))
    return rows


def seconds_each(name: str, device: str, rounds: int) -> dict[str, list[float]]:
    """Seconds for a picture, by how they are run."""
    card = find_card(name)
    channels, side = CHANNELS_AND_SIDE[name]
    pictures = np.random.default_rng(0).random((max(SIZES), channels, side, side), np.float32)
    whole, single = load_engine(card, device), load_engine(card, device, 1)
    together = BatchingEngine(whole)

    def callers(run: Callable[[np.ndarray], object]) -> None:
        list(pool.map(run, [pictures[:1]] * max(SIZES)))

    with ThreadPoolExecutor(CALLERS) as pool:
        ways: dict[str, tuple[int, Callable[[], object]]] = {
            f"{size} in a run": (size, lambda size=size: whole.run(pictures[:size])) for size in SIZES
        }
        ways["apiece"] = max(SIZES), lambda: callers(single.run)
        ways["two callers, runs joined"] = max(SIZES), lambda: callers(together.run)
        taken: dict[str, list[float]] = {label: [] for label in ways}
        for _ in range(rounds + 1):
            for label, (size, way) in ways.items():
                taken[label].append(seconds(way) / size)
    return {label: values[1:] for label, values in taken.items()}


if __name__ == "__main__":
    main()
