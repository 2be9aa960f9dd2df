"""How good the cut-outs are: `python -m benchmarks.quality DATA [--sheet worst.png] [--out quality.json]`.

DATA is a folder as `mattebox evaluate` takes it. Every contender sees the same pictures: the product, the product
without its detail network, a guided filter in the detail network's place, and the classical fallback, GrabCut seeded by
saliency.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

import mattebox
from mattebox.encode import encode, format_of, write_file
from mattebox.evaluate.dataset import read_pairs
from mattebox.evaluate.report import HEADINGS, Failure
from mattebox.evaluate.run import Compared, Predict, evaluate
from mattebox.evaluate.sheet import WorstCases
from mattebox.types import Alpha, Rgb


def saliency(rgb: Rgb) -> Alpha:
    """Frequency-tuned saliency (Achanta et al. 2009) times a centre prior, (H, W) in [0, 1]."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    difference = np.linalg.norm(cv2.GaussianBlur(lab, (0, 0), 2) - lab.mean((0, 1)), axis=2)
    height, width = difference.shape
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    weighted = difference * np.exp(-(y**2 + x**2))
    return (weighted / weighted.max()).astype(np.float32)


def grabcut(rgb: Rgb) -> Alpha:
    """GrabCut (Rother et al. 2004), told by saliency where to begin."""
    salient = saliency(rgb)
    seeds = np.full(salient.shape, cv2.GC_PR_BGD, np.uint8)
    seeds[salient > np.quantile(salient, 0.7)] = cv2.GC_PR_FGD
    seeds[salient > np.quantile(salient, 0.95)] = cv2.GC_FGD
    rim = max(1, round(0.02 * min(salient.shape)))
    seeds[:rim], seeds[-rim:], seeds[:, :rim], seeds[:, -rim:] = (cv2.GC_BGD,) * 4
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    cv2.grabCut(bgr, seeds, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    return np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def guided(rgb: Rgb, mask: Alpha, epsilon: float = 1e-4) -> Alpha:
    """Guided filter of a mask by the picture's grey values (He et al. 2013), window 1/50 of the longer side."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    window = (2 * max(1, max(grey.shape) // 100) + 1,) * 2

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(values, -1, window)

    grey_mean, mask_mean = mean(grey), mean(mask)
    slope = (mean(grey * mask) - grey_mean * mask_mean) / (mean(grey * grey) - grey_mean**2 + epsilon)
    return np.clip(mean(slope) * grey + mean(mask_mean - slope * grey_mean), 0, 1)


def contenders() -> dict[str, Predict]:
    """What is compared, by name."""
    coarse = mattebox.Remover(foreground="none", refine="none")
    return {
        "mattebox": mattebox.Remover(foreground="none"),
        "mattebox, coarse network alone": coarse,
        "mattebox, guided filter for detail": lambda picture: guided(picture.rgb, coarse(picture).alpha),
        "GrabCut seeded by saliency": lambda picture: grabcut(picture.rgb),
    }


def main() -> None:
    """Measure every contender on every pair, by kind and source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sheet", type=Path, help="draw the product's worst 24 here")
    parser.add_argument("--out", type=Path, help="write every mean here, as JSON")
    args = parser.parse_args()
    pairs, worst, means = read_pairs(args.data), WorstCases(), {}

    def keep(step: Compared | Failure) -> None:
        if isinstance(step, Compared):
            worst.add(step)

    for name, contender in contenders().items():
        found = evaluate(pairs, contender, see=keep if name == "mattebox" else None)
        means[name] = found.means()
        print(f"\n{name}\n{'':36}" + " ".join(f"{heading:>12}" for heading in HEADINGS.values()))
        for group, figures in means[name].items():
            values = (f"{figures[key]:12.3f}" if key in figures else f"{'-':>12}" for key in HEADINGS)
            print(f"{group[:30]:30} {figures['pictures']:5d} " + " ".join(values))
        for failure in found.failed:
            print(f"failed: {failure.reason}")
    if args.sheet:
        write_file(args.sheet, encode(worst.draw(), format_of(args.sheet)), overwrite=True)
    if args.out:
        args.out.write_text(json.dumps(means, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
