"""Pictures without a subject, from photos with one: `python -m benchmarks.empties DATA OUT [--count 50]`.

Cuts the largest subject-free rectangle out of every photo of DATA (a folder with `manifest.csv`) and keeps those with
the longest shorter side, as PNG, for `mattebox evaluate DATA --empty OUT`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mattebox.evaluate.dataset import read_alpha, read_pairs

KEEP_AWAY = 8
"""Pixels between a rectangle and the subject: hand-made masks are not exact."""


def largest_rectangle(free: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the free rectangle (H, W of bool) whose shorter side is longest, then whose area is."""
    best, found = (0, 0), (slice(0, 0), slice(0, 0))
    height_above = np.zeros(free.shape[1], int)
    for bottom, row in enumerate(free, start=1):
        height_above = np.where(row, height_above + 1, 0)
        for height in np.unique(height_above[height_above > best[0]]):
            tall = np.flatnonzero(np.diff(np.concatenate(([0], height_above >= height, [0]))))
            starts, ends = tall[::2], tall[1::2]
            widest = int(np.argmax(ends - starts))
            width = int(ends[widest] - starts[widest])
            if (size := (min(height, width), height * width)) > best:
                best, found = size, (slice(bottom - height, bottom), slice(starts[widest], ends[widest]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=50)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    crops = []
    for pair in read_pairs(args.data):
        assert pair.mask is not None
        rgb, truth = np.asarray(Image.open(pair.image).convert("RGB")), read_alpha(pair.mask)
        subject = cv2.dilate((truth > 0.02).astype(np.uint8), np.ones((2 * KEEP_AWAY + 1,) * 2, np.uint8))
        crop = rgb[largest_rectangle(subject == 0)]
        crops.append((min(crop.shape[:2]), pair.image.stem, crop))
    for _, name, crop in sorted(crops, key=lambda item: item[:2], reverse=True)[: args.count]:
        Image.fromarray(crop).save(args.out / f"{name}.png")


if __name__ == "__main__":
    main()
