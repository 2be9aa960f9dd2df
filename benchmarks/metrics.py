"""`python -m benchmarks.metrics`: how many pictures of a megapixel are measured in a second, by all figures.

Subjects are drawn: a disc with a wavy, soft, furry rim, a little hole and loose specks. What was "found" is the truth,
blurred, moved and made noisy around its edge. Both are made before the clock runs, a few of each, and used again and
again; files are not read. Errors are measured twice, on the whole picture and in the unknown band. `--threads` pictures
are measured at once, each in one thread.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from mattebox.evaluate.figures import FIGURES
from mattebox.evaluate.metrics import within_trimap
from mattebox.stages.trimaps import evaluation_trimap
from mattebox.types import Alpha

SIDE = 1000
MADE = 24
LEFT_OUT = {"mae", "mse_x1000", "mad_x1000", "max_f", "mean_f"}
"""Figures that are others under another name or scale."""


def drawn(seed: int) -> tuple[Alpha, Alpha]:
    """What was found, and the truth, both in the 256 levels of a file."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    row, column = rng.uniform(0.4, 0.6, 2) * SIDE
    angle = np.arctan2(y - row, x - column)
    reach = rng.uniform(200, 380) + 30 * np.sin(angle * rng.integers(3, 9)) + 15 * np.sin(angle * 60)
    truth = np.clip((reach - np.hypot(y - row, x - column)) / rng.uniform(4, 40) + 0.5, 0, 1)
    cv2.circle(truth, (int(column), int(row)), 30, 0.3, cv2.FILLED)
    for _ in range(20):
        cv2.circle(truth, tuple(int(place) for place in rng.integers(0, SIDE, 2)), 4, 0.7, cv2.FILLED)
    noise = cv2.GaussianBlur(rng.normal(0, 1.5, truth.shape).astype(np.float32), (0, 0), 2)
    found = cv2.GaussianBlur(np.roll(truth, 2, axis=1), (0, 0), 1.5)
    found = np.clip(found + noise * (4 * found * (1 - found)), 0, 1)
    return levelled(found), levelled(truth)


def levelled(alpha: Alpha) -> Alpha:
    return (np.rint(alpha * 255) / 255).astype(np.float32)


def all_figures(found: Alpha, truth: Alpha) -> Counter[str]:
    """Measure one picture by every figure, whole and in the unknown band; seconds of processor time that each took."""
    seconds: Counter[str] = Counter()
    judged, region = within_trimap(found, evaluation_trimap(truth))
    for name, figure in FIGURES.items():
        if name in LEFT_OUT:
            continue
        started = time.thread_time()
        figure.measure(found, truth)
        if figure.regional:
            figure.measure(judged, truth, region)
        seconds[name] = time.thread_time() - started
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    pictures = [drawn(seed) for seed in range(min(MADE, args.pictures))]
    cv2.setNumThreads(1)
    all_figures(*pictures[0])
    turns = itertools.islice(itertools.cycle(pictures), args.pictures)
    started = time.perf_counter()
    with ThreadPoolExecutor(args.threads) as pool:
        spent = sum(pool.map(lambda pair: all_figures(*pair), turns), Counter[str]())
    wall = time.perf_counter() - started
    print(f"{args.pictures} pictures of {SIDE} x {SIDE}, {args.threads} threads: {args.pictures / wall:.1f} a second")
    for name, taken in spent.most_common():
        print(f"  {FIGURES[name].heading:18} {1000 * taken / args.pictures:7.2f} ms of one core")


if __name__ == "__main__":
    main()
