"""Results as a file, as tables on the terminal, and as tables in the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = Path(__file__).parent.parent / "docs/benchmarks.md"

HEADER = ("measure", "Mattebox", "", "compared with", "its value", "ratio", "target", "met")

Record: TypeAlias = dict[str, Any]
"""What results.json holds: `machine`, and for each benchmark the measures as plain data, when, and how busy it was."""


def read_results() -> Record:
    """The results of earlier runs; none when there are none."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {"machine": {}, "benchmarks": {}}


def write_results(results: Record) -> None:
    """Keep results for the documentation."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def figure(value: float | None) -> str:
    """A number with three digits that count."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(measure: Record) -> list[str]:
    """One row."""
    target, met = measure["target"], measure["met"]
    aim = f"{target['of']} {target['sense']} {target['bound']:g}" if target else ""
    return [
        measure["name"],
        figure(measure["value"]),
        measure["unit"],
        measure["against"],
        figure(measure["other"]),
        figure(measure["ratio"]),
        aim,
        "" if not target else "not known" if met is None else "yes" if met else "**no**",
    ]


def table(measures: list[Record]) -> str:
    """Measures as a table in Markdown, without the columns that none of them needs."""
    rows = [cells(measure) for measure in measures]
    used = [index for index in range(len(HEADER)) if any(row[index] for row in rows)]
    lines = [HEADER, ["---"] * len(HEADER), *rows]
    return "\n".join("| " + " | ".join(line[index] for index in used) + " |" for line in lines)


def circumstances(run: Record) -> str:
    """When a benchmark ran, and what else the machine had to do."""
    return f"Measured {run['measured']}; load of the machine in the minute before the run: {run['load']:.2f}."


def machine_list(machine: dict[str, str]) -> str:
    """The machine as a list in Markdown."""
    return "\n".join(f"- {name}: {value}" for name, value in machine.items())


def render(results: Record) -> None:
    """Put the tables into the documentation, each between its two markers.

    Raises:
        ValueError: the documentation has no place for one.
    """
    text = DOCUMENT.read_text()
    blocks = {name: f"{table(run['measures'])}\n\n{circumstances(run)}" for name, run in results["benchmarks"].items()}
    for name, block in {"machine": machine_list(results["machine"]), **blocks}.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"{DOCUMENT} must have the markers {begin} and {end} once each")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{block}\n\n{end}{rest.split(end)[1]}"
    DOCUMENT.write_text(text)
