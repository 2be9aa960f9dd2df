"""What a benchmark of several models found: a table, files of figures, and a page to choose by looking.

Models are compared over the pictures that all of them did, so that none wins by failing on the hard ones.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Literal

from mattebox import __version__
from mattebox.encode import write_file
from mattebox.evaluate.benchmark import Costs, Run
from mattebox.evaluate.figures import FIGURES, Protocol
from mattebox.evaluate.pairs import Pair
from mattebox.evaluate.report import Row
from mattebox.stages.trimaps import EVALUATION_KERNEL

__all__ = ["Comparison", "Standing"]

COSTS = ("decode", "network", "rest", "total")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one model stands in one group of pictures.

    Attributes:
        measured: pictures with a subject in which its alpha was measured.
        shared: how many of these all other models did too.
        means: over the shared ones, by the names of the figures.
    """

    measured: int
    shared: int
    means: dict[str, float]

    @property
    def pictures(self) -> str:
        """How many the means are over, and of how many where that is not all."""
        return str(self.measured) if self.shared == self.measured else f"{self.shared} of {self.measured}"

    def record(self) -> dict[str, Any]:
        """Plain data."""
        return {"pictures": self.shared, "measured": self.measured, **self.means}


@dataclass(frozen=True)
class Comparison:
    """Models that ran on the same pictures.

    Attributes:
        data: where the pictures are.
        protocol: what counted.
        pairs: the pictures and their truths.
        runs: one for each model, in the order they were asked for.
        by: what the pictures are grouped by, beside `all`.
    """

    data: str
    protocol: Protocol
    pairs: Sequence[Pair]
    runs: Sequence[Run]
    by: Literal["source", "kind"] | None = None

    @cached_property
    def measured(self) -> list[Run]:
        """The runs in which at least one picture with a subject was measured."""
        return [run for run in self.runs if any(row.truth != "none" for row in run.evaluation.rows)]

    @cached_property
    def shared(self) -> dict[str, list[Row]]:
        """By the path of every picture with a subject that all of `measured` did, their rows, in the same order."""
        done = [{row.image: row for row in run.evaluation.rows if row.truth != "none"} for run in self.measured]
        return {
            image: [rows[image] for rows in done]
            for image in (done[0] if done else ())
            if all(image in rows for rows in done)
        }

    @cached_property
    def standings(self) -> dict[str, list[Standing]]:
        """By the name of every group, `all` first, how every one of `runs` stands in it."""
        grouped = [run.evaluation.groups() for run in self.runs]
        names = dict.fromkeys(name for groups in grouped for name in groups)
        asked = sorted(name for name in names if self.by and name.startswith(f"{self.by} "))
        return {
            name: [self._standing(run, groups.get(name, ())) for run, groups in zip(self.runs, grouped, strict=True)]
            for name in ("all", *asked)
        }

    @cached_property
    def figures(self) -> list[str]:
        """Names of the figures that at least one model has a mean of, in the order of tables."""
        known = {name for group in self.standings.values() for standing in group for name in standing.means}
        return [name for name in FIGURES if name in known]

    @property
    def made_trimaps(self) -> int:
        """In how many pictures a trimap that was made of the truth was needed."""
        needed = self.protocol == "unknown" or any(run.contender.trimap for run in self.runs)
        return sum(pair.trimap is None for pair in self.pairs) if needed else 0

    @property
    def remarks(self) -> list[str]:
        """What has to be known to read the means, in sentences."""
        pictures, overall = len(self.pairs), self.standings["all"]
        empty = {row.image for run in self.runs for row in run.evaluation.rows if row.truth == "none"}
        remarks = []
        if any(standing.shared != standing.measured for standing in overall):
            remarks.append(f"Means are over the pictures that all models did, {len(self.shared)} of {pictures}.")
        if empty:
            remarks.append(f"Without a subject, and no part of the means: {len(empty)} of {pictures} pictures.")
        if self.made_trimaps:
            remarks.append(
                f"Trimaps made of the truth (ellipse of {EVALUATION_KERNEL} pixels, once), which is more than a user "
                f"has: {self.made_trimaps} of {pictures} pictures."
            )
        return remarks

    @property
    def failures(self) -> list[str]:
        """What could not be done or measured, once for all models that it happened to: `MODELS: PICTURE: why`."""
        models: dict[str, list[str]] = {}
        for run in self.runs:
            for failure in run.evaluation.failed:
                models.setdefault(str(failure), []).append(run.contender.name)
        return [f"{', '.join(names)}: {reason}" for reason, names in models.items()]

    @staticmethod
    def costs(run: Run) -> dict[str, float]:
        """Milliseconds that each step of a picture took, the median over the pictures."""
        if not run.costs:
            return {}
        costs = [in_milliseconds(each) for each in run.costs.values()]
        return {name: median(each[name] for each in costs) for name in costs[0]}

    def best(self, group: str, name: str) -> float | None:
        """The best mean of a figure in a group; None when only one model has it."""
        values = [standing.means[name] for standing in self.standings[group] if name in standing.means]
        return (max if FIGURES[name].higher else min)(values) if len(values) > 1 else None

    def table(self, group: str = "all") -> tuple[list[str], list[list[str]]]:
        """Headings and rows of the means in a group for a terminal, with `-` for what is not known."""
        first = "model" if group == "all" else group
        rows = [
            [run.contender.name, standing.pictures, *(shown(standing.means.get(name), 3) for name in self.figures)]
            for run, standing in zip(self.runs, self.standings[group], strict=True)
        ]
        return [first, "pictures", *(FIGURES[name].heading for name in self.figures)], rows

    def price_list(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows of what every model takes, and under which licence it is."""
        headings = [
            "model",
            *(f"{name} ms" for name in COSTS),
            "load s",
            "peak MB",
            "parameters M",
            "licence of weights",
        ]
        rows = []
        for run in self.runs:
            costs = self.costs(run)
            rows.append([
                run.contender.name,
                *(shown(costs.get(f"{name}_ms"), 0) for name in COSTS),
                shown(run.load_seconds, 1),
                shown(run.peak and run.peak / 1e6, 0),
                shown(run.parameters and run.parameters / 1e6, 2),
                run.contender.card.licence.weights if run.contender.card else "",
            ])  # fmt: skip
        return headings, rows

    def record(self) -> dict[str, Any]:
        """Plain data: what was compared, every model with its means and costs, every picture."""
        return {
            "version": __version__,
            "data": self.data,
            "protocol": self.protocol,
            "pictures": len(self.pairs),
            "pictures_that_all_did": len(self.shared),
            "trimaps_made_of_the_truth": self.made_trimaps,
            "remarks": self.remarks,
            "models": [self._model(index) for index in range(len(self.runs))],
        }

    def write(self, folder: Path, page: str) -> None:
        """Write `report.html`, `report.json`, `models.csv` and `pictures.csv`; files that are there are replaced.

        Args:
            folder: where to.
            page: the text of `report.html`.

        Raises:
            OutputFailed: a file cannot be written.
        """
        record = self.record()
        prices = [f"{name}_ms" for name in COSTS]
        models = ["model", "group", "task", "pictures", "measured", *self.figures, *prices]
        models += ["load_seconds", "peak_bytes", "parameters", "licence_of_weights", "trouble"]
        pictures = ["model", "image", "kind", "truth", "trimap", *self.figures, *prices]
        texts = {
            "report.html": page,
            "report.json": json.dumps(record, indent=2),
            "models.csv": as_csv(models, flat(record["models"])),
            "pictures.csv": as_csv(pictures, self._pictures()),
        }
        for name, text in texts.items():
            write_file(folder / name, text.encode(errors="backslashreplace"), overwrite=True)

    def _standing(self, run: Run, rows: Sequence[Row]) -> Standing:
        shared = [row for row in rows if row.image in self.shared]
        return Standing(len(rows), len(shared), run.evaluation.means_of(shared))

    def _model(self, index: int) -> dict[str, Any]:
        run = self.runs[index]
        card = run.contender.card
        groups = {name: standings[index] for name, standings in self.standings.items()}
        overall = groups.pop("all")
        return {
            "model": run.contender.name,
            "task": card.task if card else "solver",
            "given_trimap": run.contender.trimap,
            "trouble": run.trouble,
            "licence": asdict(card.licence) if card else None,
            "licence_of_weights": card.licence.weights if card else "",
            "settings": asdict(run.contender.settings),
            "pictures": overall.shared,
            "measured": overall.measured,
            "means": overall.means,
            "groups": {name: standing.record() for name, standing in groups.items()},
            "costs": self.costs(run),
            "load_seconds": run.load_seconds,
            "peak_bytes": run.peak,
            "parameters": run.parameters,
            "evaluation": run.evaluation.record(),
        }

    def _pictures(self) -> Iterable[dict[str, Any]]:
        for run in self.runs:
            for row in run.evaluation.rows:
                yield {"model": run.contender.name, **row.record(), **in_milliseconds(run.costs[row.image])}


def in_milliseconds(costs: Costs) -> dict[str, float]:
    """What a picture took, by names that tell the unit.

    Example:
        >>> in_milliseconds(Costs(0.001, 0.02, 0.003))
        {'decode_ms': 1.0, 'network_ms': 20.0, 'rest_ms': 3.0, 'total_ms': 24.0}
    """
    return {f"{name}_ms": round(1000 * getattr(costs, name), 3) for name in COSTS}


def flat(models: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The records of models as rows of a table: one of all pictures with what it takes, one of each group."""
    for model in models:
        yield {**model, "group": "all", **model["means"], **model["costs"]}
        for group, standing in model["groups"].items():
            yield {"model": model["model"], "group": group, "task": model["task"], **standing}


def as_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """Rows as CSV; what is not among the columns is left out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def shown(value: float | None, digits: int) -> str:
    """A figure in a table.

    Example:
        >>> shown(0.12345, 3), shown(None, 3)
        ('0.123', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"
