"""`python -m benchmarks.foreground`: our foreground estimators beside pymatting's, on a picture with known colours.

A subject with a furry outline (4 % of the pixels see-through) is composed from two photos, so its true colours are
known. All contenders get uint8 colours and float32 alpha and give uint8 colours; pymatting's conversion to floating
point and back counts, its compilation does not. Rounds take turns; ratios are within a round; the memory is the rise of
the peak during one call in a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.processes import apart
from mattebox.stages.foreground import estimate_foreground
from mattebox.types import Alpha, Rgb

SIZES = {"2 MP": (1224, 1632), "12 MP": (3000, 4000)}
ROUNDS = 5
EXAMPLES = Path(__file__).parent.parent / "examples"


def pymatting_multilevel(rgb: Rgb, alpha: Alpha) -> Rgb:
    from pymatting import estimate_foreground_ml

    return np.rint(estimate_foreground_ml(rgb / np.float32(255), alpha) * 255).astype(np.uint8)


CONTENDERS: dict[str, Callable[[Rgb, Alpha], Rgb]] = {
    "multilevel": partial(estimate_foreground, method="multilevel"),
    "blur-fusion": partial(estimate_foreground, method="blur-fusion"),
    "none": partial(estimate_foreground, method="none"),
}
if find_spec("pymatting"):
    CONTENDERS["pymatting ml"] = pymatting_multilevel


def photo(name: str, height: int, width: int) -> np.ndarray:
    with Image.open(EXAMPLES / name) as image:
        return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC), np.float32)


def composition(height: int, width: int) -> tuple[Rgb, Alpha, np.ndarray]:
    """Picture, alpha and true colours."""
    y, x = np.ogrid[-height / 2 : height / 2, -width / 2 : width / 2]
    reach = height * (0.36 + 0.012 * np.sin(90 * np.arctan2(y, x)))
    alpha = np.clip(0.5 + (reach - np.hypot(y, x)) / (height * 0.02), 0, 1).astype(np.float32)
    subject = photo("lemur.jpg", height, width)
    rgb = subject * alpha[..., None] + photo("cat_chelsea.jpg", height, width) * (1 - alpha[..., None])
    return np.rint(rgb).astype(np.uint8), alpha, subject


def rise_of_peak(name: str, height: int, width: int) -> float:
    """MB that one call adds to the peak memory of a process that has already made a small call."""
    small_rgb, small_alpha, _ = composition(60, 80)
    CONTENDERS[name](small_rgb, small_alpha)
    rgb, alpha, _ = composition(height, width)
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    CONTENDERS[name](rgb, alpha)
    return peak() - before


def peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def seconds(contender: Callable[[Rgb, Alpha], Rgb], rgb: Rgb, alpha: Alpha) -> float:
    start = time.perf_counter()
    contender(rgb, alpha)
    return time.perf_counter() - start


def main() -> None:
    print(f"{'size':6} {'method':13} {'ms':>7} {'of multilevel':>13} {'peak MB':>8} {'error in the band':>18}")
    for size, (height, width) in SIZES.items():
        rgb, alpha, truth = composition(height, width)
        weight = alpha * (alpha < 1)
        errors = {
            name: float((np.abs(contender(rgb, alpha) - truth).mean(2) * weight).sum() / weight.sum())
            for name, contender in CONTENDERS.items()
        }
        rounds = [{name: seconds(c, rgb, alpha) for name, c in CONTENDERS.items()} for _ in range(ROUNDS)]
        for name in CONTENDERS:
            wall = median(times[name] for times in rounds)
            ratio = median(times[name] / times["multilevel"] for times in rounds)
            memory = apart("foreground", "rise_of_peak", name, height, width)
            print(
                f"{size:6} {name:13} {wall * 1e3:7.0f} {ratio:13.2f} {memory:8.0f} {errors[name]:14.2f}/255", flush=True
            )


if __name__ == "__main__":
    main()
