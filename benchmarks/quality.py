"""How good the cut-outs are: `python -m benchmarks.quality DATA [--sheet worst.png] [--out quality.json]`.

DATA is a folder with `manifest.csv`, `images/` and `masks/` (columns: image, mask, kind, mask_quality). Every contender
sees the same pictures: the product, the product without its detail network, and the classical fallback, GrabCut seeded
by saliency.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import mattebox
from mattebox.picture import open_picture
from mattebox.types import Alpha, Rgb

FIGURES = ("IoU", "MAE", "max F", "boundary IoU", "SAD (thousands)")


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


def contenders() -> dict[str, Callable[[Rgb], Alpha]]:
    """What is compared, by name."""
    whole, coarse = mattebox.Remover(foreground="none"), mattebox.Remover(foreground="none", detail=False)
    return {
        "mattebox": lambda rgb: whole(rgb).alpha,
        "mattebox, coarse network alone": lambda rgb: coarse(rgb).alpha,
        "GrabCut seeded by saliency": grabcut,
    }


def rim_of(mask: np.ndarray, width: int) -> np.ndarray:
    """Pixels of a mask within `width` of its edge."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return mask & ~cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1].astype(bool)


def figures(alpha: Alpha, truth: Alpha) -> tuple[float, ...]:
    """IoU at 0.5, MAE, largest F (beta^2 = 0.3), IoU of the rims 2 % of the diagonal wide, SAD in thousands."""
    said, true = alpha > 0.5, truth > 0.5
    best = 0.0
    for level in np.linspace(0.05, 0.95, 19):
        hit = (alpha > level) & true
        precision, recall = hit.sum() / max(1, (alpha > level).sum()), hit.sum() / max(1, true.sum())
        best = max(best, 1.3 * precision * recall / max(1e-9, 0.3 * precision + recall))
    width = max(1, round(0.02 * float(np.hypot(*truth.shape))))
    rim, true_rim = rim_of(said, width), rim_of(true, width)
    error = np.abs(alpha - truth)
    overlap = [(a & b).sum() / max(1, (a | b).sum()) for a, b in ((said, true), (rim, true_rim))]
    return float(overlap[0]), float(error.mean()), float(best), float(overlap[1]), float(error.sum() / 1000)


def sheet(rows: list[tuple[float, Rgb, Alpha, Alpha]], path: Path) -> None:
    """Draw pictures in the order of their IoU: photo, result, truth."""
    strips = []
    for _, rgb, alpha, truth in sorted(rows, key=lambda row: row[0]):
        green = np.array([80, 200, 80], np.float32)
        views = [rgb, *(rgb * a[..., None] + green * (1 - a[..., None]) for a in (alpha, truth))]
        strips.append(np.hstack([cv2.resize(np.asarray(v, np.float32), (160, 160)) for v in views]))
    strips += [np.zeros_like(strips[0])] * (-len(strips) % 3)
    grid = np.vstack([np.hstack(strips[i : i + 3]) for i in range(0, len(strips), 3)])
    Image.fromarray(grid.astype(np.uint8)).save(path)


def main() -> None:
    """Measure every contender on every pair, by kind and source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sheet", type=Path, help="draw the product's worst 24 here")
    parser.add_argument("--out", type=Path, help="write every mean here, as JSON")
    args = parser.parse_args()
    with (args.data / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["mask"]]
    means: dict[str, dict[str, list[float]]] = {}
    for name, contender in contenders().items():
        groups, drawn = defaultdict(list), []
        for row in rows:
            rgb = open_picture(args.data / row["image"]).rgb
            truth = open_picture(args.data / row["mask"]).rgb[..., 0].astype(np.float32) / 255
            alpha = contender(rgb)
            values = figures(alpha, truth)
            soft = "soft truth" if "soft" in row["mask_quality"] else "binary truth"
            for group in ("all", soft, f"kind {row['kind']}", f"source {Path(row['image']).name.split('_')[0]}"):
                groups[group].append(values)
            drawn.append((values[0], rgb, alpha, truth))
        means[name] = {group: np.mean(values, axis=0).round(4).tolist() for group, values in sorted(groups.items())}
        print(f"\n{name}\n{'':36}" + " ".join(f"{figure:>15}" for figure in FIGURES))
        for group, values in means[name].items():
            print(f"{group[:30]:30} {len(groups[group]):5d}" + " ".join(f"{value:15.3f}" for value in values))
        if args.sheet and name == "mattebox":
            sheet(sorted(drawn, key=lambda row: row[0])[:24], args.sheet)
    if args.out:
        args.out.write_text(json.dumps({"figures": FIGURES, "means": means}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
