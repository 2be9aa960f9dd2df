"""`python -m benchmarks.solvers [--quick]`: our solvers on the unknown band beside pymatting's on the whole picture.

A subject with a furry outline is composed from two photos, without noise and with a camera's, and 5 % of its pixels are
unknown. Every run is a process of its own that has made a small run before, so that pymatting's compilation does not
count; its memory is the rise of the peak. Differences are means over the unknown pixels. pymatting's solvers other than
the closed-form one are run up to 1 MP: beyond, they take minutes and up to 3.5 GB for each megapixel.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.foreground import composition, peak
from benchmarks.processes import apart
from mattebox.solvers import SOLVERS, find_solver
from mattebox.types import Alpha, Rgb, Trimap

SIZES = {"1 MP": (866, 1154), "4 MP": (1732, 2309), "12 MP": (3000, 4000)}
NOISES = (0.0, 2.0)
"""Standard deviations in levels of 255."""
UNKNOWN = 0.05
PYMATTING = {
    "closed-form": "estimate_alpha_cf",
    "knn": "estimate_alpha_knn",
    "learning-based": "estimate_alpha_lbdm",
    "large-kernel": "estimate_alpha_lkm",
    "random-walk": "estimate_alpha_rw",
}


def scene(height: int, width: int, noise: float) -> tuple[Rgb, Trimap]:
    """Picture, and a trimap whose band is what is see-through and as much around it as makes the share."""
    rgb, alpha, _ = composition(height, width)
    noisy = rgb + np.random.default_rng(0).normal(0, noise, rgb.shape) if noise else rgb
    sure = ((alpha == 0) | (alpha == 1)).astype(np.uint8)
    away = cv2.distanceTransform(sure, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    trimap = np.where(alpha >= 0.5, 255, 0).astype(np.uint8)
    trimap[away <= np.quantile(away, UNKNOWN)] = 128
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), trimap


def contender(side: str, name: str) -> Callable[[Rgb, Trimap], Alpha]:
    """Our solver or pymatting's."""
    if side == "ours":
        return find_solver(name)
    import pymatting

    solve = getattr(pymatting, PYMATTING[name])
    return lambda rgb, trimap: solve(rgb / 255, trimap / 255)


def one(side: str, name: str, height: int, width: int, noise: float) -> tuple[float, float, Alpha]:
    """Seconds, MB and the opacity of the unknown pixels of one run."""
    solve = contender(side, name)
    solve(*scene(120, 160, noise))
    rgb, trimap = scene(height, width, noise)
    Path("/proc/self/clear_refs").write_text("5")
    before, start = peak(), time.perf_counter()
    alpha = solve(rgb, trimap)
    return time.perf_counter() - start, peak() - before, alpha[trimap == 128].astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the closed-form solver, up to 1 MP")
    quick = parser.parse_args().quick
    heading = f"{'s':>7} {'MB':>6}"
    print(
        f"{'size':6} {'noise':>5} {'solver':15} {heading} {'pymatting:':>11} {heading} {'ratio':>6} {'difference':>10}"
    )
    for size, (height, width) in list(SIZES.items())[: 1 if quick else None]:
        for noise in NOISES:
            for name in SOLVERS[: 1 if quick else None]:
                seconds, memory, alpha = apart("solvers", "one", "ours", name, height, width, noise)
                line = f"{size:6} {noise:5.0f} {name:15} {seconds:7.2f} {memory:6.0f}"
                if name == "closed-form" or size == "1 MP":
                    line += beside(name, height, width, noise, seconds, alpha)
                print(line, flush=True)


def beside(name: str, height: int, width: int, noise: float, seconds: float, alpha: Alpha) -> str:
    """The columns of pymatting; its iterations do not always end."""
    try:
        theirs, memory, other = apart("solvers", "one", "pymatting", name, height, width, noise)
    except ValueError as error:
        return f"             failed: {error}"
    difference = float(np.abs(alpha - other).mean())
    return f" {'':11} {theirs:7.2f} {memory:6.0f} {theirs / seconds:6.1f} {difference:10.4f}"


if __name__ == "__main__":
    main()
