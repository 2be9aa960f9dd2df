"""What an evaluation found: figures per picture, their means by group, false alarms, and the files that hold them."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mattebox import __version__
from mattebox.encode import write_file
from mattebox.errors import BadParameter
from mattebox.evaluate.figures import FIGURES, MASKS, MATTING
from mattebox.evaluate.saliency import Curve

__all__ = ["HEADINGS", "Evaluation", "Failure", "FalseAlarms", "Row", "Truth"]

Truth = Literal["soft", "binary", "none"]

HEADINGS = {name: FIGURES[name].heading for name in MASKS + MATTING}
"""The figures that are measured unless others are asked for, in the order they are shown, and what tables call them."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one picture.

    Attributes:
        image: path of the picture.
        kind: what is on it.
        source: where it came from.
        truth: `soft`, `binary`, or `none` for a picture without a subject.
        figures: by the names in `FIGURES`; empty for a picture without a subject.
        mean_alpha: mean of the alpha that was found.
        refused: whether nothing was found: the alpha is empty.
        subject_score: how sure the model was that there is a subject; None when it does not say.
        seconds: that the alpha took.
        curves: of the figures that are the best of a curve, the curve.
        trimap: whose unknown band counted: its path, or `made of the truth`; empty where the whole picture did.
    """

    image: str
    kind: str
    source: str
    truth: Truth
    figures: Mapping[str, float]
    mean_alpha: float
    refused: bool
    subject_score: float | None
    seconds: float
    curves: Mapping[str, Curve] = field(default_factory=dict)
    trimap: str = ""

    @property
    def first(self) -> str:
        """Name of the figure that stands for the others: IoU, or the first that was measured."""
        return "iou" if "iou" in self.figures else next(iter(self.figures))

    @property
    def headline(self) -> str:
        """That figure in words, as in `IoU 0.912`."""
        return f"{FIGURES[self.first].heading} {self.figures[self.first]:.3f}"

    @property
    def quality(self) -> float:
        """That figure, turned so that more is better."""
        return FIGURES[self.first].worth(self.figures[self.first])

    def record(self) -> dict[str, Any]:
        """Plain data, the figures beside the rest."""
        numbers = {name: round(value, 6) for name, value in self.figures.items()}
        score = None if self.subject_score is None else round(self.subject_score, 6)
        return {
            "image": self.image,
            "kind": self.kind,
            "source": self.source,
            "truth": self.truth,
            "trimap": self.trimap,
            **numbers,
            "mean_alpha": round(self.mean_alpha, 6),
            "refused": self.refused,
            "subject_score": score,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be evaluated, and why."""

    image: str
    reason: str

    def __str__(self) -> str:
        return self.reason if self.image in self.reason else f"{self.image}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What was found in pictures without a subject.

    Attributes:
        pictures: how many there were.
        refused: in how many of them nothing was found, as it should be.
        mean_alpha: mean over the pictures of what was found, 0 to 1.
    """

    pictures: int
    refused: int
    mean_alpha: float


@dataclass(slots=True)
class Evaluation:
    """Everything that an evaluation found.

    Attributes:
        rows: one for every picture, in their order.
        failed: the pictures that could not be evaluated.
        seconds: that all of it took.
        figures: names of those that are measured, in the order of tables.
    """

    rows: list[Row] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    figures: tuple[str, ...] = tuple(HEADINGS)

    def groups(self) -> dict[str, list[Row]]:
        """The pictures with a subject by group: `all`, `soft truth`, `binary truth`, each `kind ...`, `source ...`."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.truth != "none":
                named = [f"{name} {value}" for name, value in (("kind", row.kind), ("source", row.source)) if value]
                for group in ("all", f"{row.truth} truth", *named):
                    groups[group].append(row)
        return dict(sorted(groups.items()))

    def means(self) -> dict[str, dict[str, float]]:
        """The mean of every figure in every group, and how many `pictures` it has; see `groups` and `means_of`."""
        return {name: {"pictures": len(rows), **self.means_of(rows)} for name, rows in self.groups().items()}

    def means_of(self, rows: Sequence[Row]) -> dict[str, float]:
        """The means of the figures that all of some rows have; none of no rows.

        Of a figure that is the best of a curve it is the best of the mean curve.
        """
        shared = [name for name in self.figures if rows and all(name in row.figures for row in rows)]
        return {name: _mean(name, rows) for name in shared}

    @property
    def false_alarms(self) -> FalseAlarms | None:
        """What was found in the pictures without a subject; None when there were none."""
        rows = [row for row in self.rows if row.truth == "none"]
        if not rows:
            return None
        mean_alpha = float(np.mean([row.mean_alpha for row in rows]))
        return FalseAlarms(len(rows), sum(row.refused for row in rows), mean_alpha)

    def record(self) -> dict[str, Any]:
        """Plain data: version, means, false alarms, failures, and every picture.

        Means by source are left out where every source has one picture.
        """
        alarms = self.false_alarms
        means = self.means()
        by_source = {group for group in means if group.startswith("source ")}
        left_out = by_source if all(means[group]["pictures"] == 1 for group in by_source) else set()
        return {
            "version": __version__,
            "seconds": round(self.seconds, 3),
            "means": {
                group: {name: round(value, 6) for name, value in own.items()}
                for group, own in means.items()
                if group not in left_out
            },
            "false_alarms": alarms
            and {"pictures": alarms.pictures, "refused": alarms.refused, "mean_alpha": round(alarms.mean_alpha, 6)},
            "failed": [{"image": failure.image, "reason": failure.reason} for failure in self.failed],
            "pictures": [row.record() for row in self.rows],
        }

    def write(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Write all of it as JSON, or the pictures alone as CSV, by the suffix; a file that is there is replaced.

        Args:
            path: ends in `.json` or `.csv`.
            about: what else JSON shall tell, such as the settings.

        Raises:
            BadParameter: the suffix is another.
            OutputFailed: the file cannot be written.
        """
        check_report_path(path)
        if path.suffix.lower() == ".json":
            text = json.dumps({**(about or {}), **self.record()}, indent=2)
        else:
            text = self._table()
        write_file(path, text.encode(errors="backslashreplace"), overwrite=True)

    def _table(self) -> str:
        before, after = (
            ["image", "kind", "source", "truth", "trimap"],
            ["mean_alpha", "refused", "subject_score", "seconds"],
        )
        text = io.StringIO()
        writer = csv.DictWriter(text, [*before, *self.figures, *after], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.record() for row in self.rows)
        return text.getvalue()


def check_report_path(path: Path) -> None:
    """Raise when a report cannot have this name.

    Raises:
        BadParameter: it ends in neither `.json` nor `.csv`.
    """
    if path.suffix.lower() not in {".json", ".csv"}:
        raise BadParameter(f"{path}: a report ends in .json or .csv")


def _mean(name: str, rows: Sequence[Row]) -> float:
    """The mean of a figure over rows, or the best of its mean curve."""
    if all(name in row.curves for row in rows):
        return float(np.mean([row.curves[name] for row in rows], axis=0).max())
    return float(np.mean([row.figures[name] for row in rows]))
