"""Draw learning curves from the figures that runs of `mattebox train` keep: `python -m benchmarks.curves`.

The figures of the runs that docs/embedded-model.md speaks of are kept in `benchmarks/runs`, one CSV a run, as Lightning
wrote them; the plots in docs/images are drawn from them and from nothing else.
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


def draw_ablation(runs: dict[str, str], figure_name: str, vertical: str, title: str, out: str) -> None:
    """One figure of several runs."""
    figure, axes = plt.subplots(figsize=(6, 4))
    for run, label in runs.items():
        steps, values = read_curve(run, figure_name)
        axes.plot(steps, values, marker=".", label=label)
    finish(axes, title, vertical)
    figure.tight_layout()
    figure.savefig(IMAGES / out, dpi=90)


def main() -> None:
    """Draw every plot."""
    draw_sources()
    draw_ablation(
        {"optimizer-adamw": "AdamW", "optimizer-muon": "Muon"},
        "loss_mean", "training loss", "The same samples, two optimisers", "optimizers.png",
    )  # fmt: skip


if __name__ == "__main__":
    main()
