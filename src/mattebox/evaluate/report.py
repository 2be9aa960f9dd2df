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

__all__ = ["HEADINGS", "Evaluation", "Failure", "FalseAlarms", "Row", "Truth"]

Truth = Literal["soft", "binary", "none"]

HEADINGS = {
    "iou": "IoU",
    "mae": "MAE",
    "max_f": "max F",
    "boundary_iou": "boundary IoU",
    "mse": "MSE",
    "sad": "SAD",
    "grad": "Grad",
    "conn": "Conn",
}
"""The figures, in the order they are shown, and how they are called in a table."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one picture.

    Attributes:
        image: path of the picture.
        kind: what is on it.
        source: where it came from.
        truth: `soft`, `binary`, or `none` for a picture without a subject.
        figures: by the names in `HEADINGS`; empty for a picture without a subject.
        mean_alpha: mean of the alpha that was found.
        refused: whether nothing was found: the alpha is empty.
        subject_score: how sure the model was that there is a subject; None when it does not say.
        seconds: that the alpha took.
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

    def record(self) -> dict[str, Any]:
        """Plain data, the figures beside the rest."""
        numbers = {name: round(value, 6) for name, value in self.figures.items()}
        score = None if self.subject_score is None else round(self.subject_score, 6)
        return {
            "image": self.image,
            "kind": self.kind,
            "source": self.source,
            "truth": self.truth,
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
    """

    rows: list[Row] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def means(self) -> dict[str, dict[str, float]]:
        """The mean of every figure in every group, and how many `pictures` it has; those without a subject left out.

        Groups are `all`, `soft truth`, `binary truth`, and `kind ...` and `source ...` for each. A group has a figure
        when every picture of it has.
        """
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.truth != "none":
                named = [f"{name} {value}" for name, value in (("kind", row.kind), ("source", row.source)) if value]
                for group in ("all", f"{row.truth} truth", *named):
                    groups[group].append(row)
        return {name: {"pictures": len(rows), **_means(rows)} for name, rows in sorted(groups.items())}

    @property
    def false_alarms(self) -> FalseAlarms | None:
        """What was found in the pictures without a subject; None when there were none."""
        rows = [row for row in self.rows if row.truth == "none"]
        if not rows:
            return None
        mean_alpha = float(np.mean([row.mean_alpha for row in rows]))
        return FalseAlarms(len(rows), sum(row.refused for row in rows), mean_alpha)

    def record(self) -> dict[str, Any]:
        """Plain data: version, means, false alarms, failures, and every picture."""
        alarms = self.false_alarms
        return {
            "version": __version__,
            "seconds": round(self.seconds, 3),
            "means": {
                group: {name: round(value, 6) for name, value in means.items()} for group, means in self.means().items()
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
        before, after = ["image", "kind", "source", "truth"], ["mean_alpha", "refused", "subject_score", "seconds"]
        text = io.StringIO()
        writer = csv.DictWriter(text, [*before, *HEADINGS, *after], lineterminator="\n")
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


def _means(rows: Sequence[Row]) -> dict[str, float]:
    """The means of the figures that all rows have."""
    shared = [name for name in HEADINGS if all(name in row.figures for row in rows)]
    return {name: float(np.mean([row.figures[name] for row in rows])) for name in shared}
