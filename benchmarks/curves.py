"""Draw learning curves from the figures that runs of `mattebox train` keep: `python -m benchmarks.curves`.

The figures of the runs that docs/embedded-model.md speaks of are kept in `benchmarks/runs`, one CSV a run; the plots in
docs/images are drawn from them and from nothing else.
"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

RUNS = Path(__file__).parent / "runs"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
SOURCES = (
    "iou",
    "iou_ecssd",
    "iou_humanseg",
    "iou_ccp",
    "iou_pets",
    "iou_feralcats",
    "iou_horses",
    "iou_cars",
    "iou_ikea",
)
NAMES = {
    "iou": "all",
    "iou_ecssd": "ECSSD (mixed)",
    "iou_humanseg": "people, groups",
    "iou_ccp": "people, street",
    "iou_pets": "pets",
    "iou_feralcats": "feral cats",
    "iou_horses": "horses",
    "iou_cars": "cars",
    "iou_ikea": "furniture",
}

SHORT_RUNS = {
    "short-reference": "reference",
    "short-seed2": "another seed",
    "short-open": "openly licensed material only",
}
SHORT_SOURCES = ("iou", "iou_ecssd", "iou_humanseg", "iou_pets", "iou_cars", "iou_ikea")


def read_curve(run: str, figure: str) -> tuple[list[int], list[float]]:
    """Steps and values of one figure of a run."""
    with (RUNS / f"{run}.csv").open(newline="", encoding="utf-8") as file:
        points = [(int(row["step"]), float(row[figure])) for row in csv.DictReader(file) if row.get(figure)]
    steps, values = zip(*sorted(set(points)), strict=True) if points else ((), ())
    return list(steps), list(values)


def smooth(values: list[float], weight: float = 0.6) -> list[float]:
    """Running mean of a noisy curve."""
    means: list[float] = []
    for value in values:
        means.append(value if not means else weight * means[-1] + (1 - weight) * value)
    return means


def finish(axes: Axes, title: str, vertical: str) -> None:
    axes.set(title=title, xlabel="step", ylabel=vertical)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def draw_sources() -> None:
    """Overlap on what is held out, by source, over the run that ships."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    for name in SOURCES:
        steps, values = read_curve("lite", name)
        kept = [(s, v) for s, v in zip(steps, values, strict=True) if v > 0.4]
        left.plot(*zip(*kept, strict=True), label=NAMES[name], linewidth=2.5 if name == "iou" else 1)
    finish(left, "LiteNet: IoU on the held-out pairs", "IoU")
    steps, values = read_curve("lite", "loss_mean")
    right.plot(steps, smooth(values), label="training loss")
    finish(right, "LiteNet: training loss", "loss")
    figure.tight_layout()
    figure.savefig(IMAGES / "curves.png", dpi=90)


def draw_optimizers() -> None:
    """Training loss of two optimisers on the same samples."""
    figure, axes = plt.subplots(figsize=(6, 4))
    for run, label in (("optimizer-adamw", "AdamW"), ("optimizer-muon", "Muon")):
        axes.plot(*read_curve(run, "loss_mean"), marker=".", label=label)
    finish(axes, "LiteNet: the same samples, two optimisers", "training loss")
    figure.tight_layout()
    figure.savefig(IMAGES / "optimizers.png", dpi=90)


def draw_short_runs() -> None:
    """Where runs of 700 steps that differ from a reference in one thing ended."""
    figure, axes = plt.subplots(figsize=(9, 4.2))
    for index, (run, label) in enumerate(SHORT_RUNS.items()):
        values = [read_curve(run, name)[1][-1] for name in SHORT_SOURCES]
        places = [place + index * 0.15 for place in range(len(SHORT_SOURCES))]
        axes.bar(places, values, 0.14, label=label)
    axes.set_xticks([place + 0.15 for place in range(len(SHORT_SOURCES))], [NAMES[name] for name in SHORT_SOURCES])
    axes.set(title="700 steps at 160 pixels: held-out IoU", ylabel="IoU", ylim=(0.4, 1.0))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8, ncols=3)
    figure.tight_layout()
    figure.savefig(IMAGES / "short_runs.png", dpi=90)


def main() -> None:
    """Draw every plot."""
    draw_sources()
    draw_optimizers()
    draw_short_runs()


if __name__ == "__main__":
    main()
