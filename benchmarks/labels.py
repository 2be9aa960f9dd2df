"""Annotations: archives beside a loop over rows of pandas, CVAT's XML beside datumaro, masks of a 4K frame."""

from __future__ import annotations

import json
import sys
import venv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import Measure, Target, measure
from benchmarks.processes import Run, alternate, apart, run

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parent / ".venv-datumaro"
REQUIREMENTS = ("datumaro==1.13.12", "pandas")
THEIRS = {"yolo-detect": "yolo", "coco": "coco"}
"""What datumaro calls the forms."""
LOADED = 4
"""How many times smaller the archive is that tells how much of the memory is the program itself."""


def labels(bench: Bench) -> list[Measure]:
    """Archives and XML of annotations, converted beside pandas and datumaro; masks made a partition."""
    if not ENVIRONMENT.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        run([ENVIRONMENT / "bin/python", "-m", "pip", "install", "--quiet", *REQUIREMENTS])
    rows = 5_000 if bench.quick else 100_000
    return [*archive(bench, rows), *xml(bench, rows), *partition(bench)]


def archive(bench: Bench, rows: int) -> list[Measure]:
    """A backup: parsed, interpolated, and written as YOLO's labels, in one process."""
    small, whole = (apart("labels_made", "make_backup", bench.folder, count) for count in (rows // LOADED, rows))
    out = bench.folder / "yolo"
    ours = partial(converted, bench, "cvat", whole, "yolo-detect", out / "ours")
    theirs = partial(other, bench, "labels_pandas.py", out / "pandas", whole)
    mine, loops = alternate(bench.times(2), ours, theirs)
    apart("labels_check", "check_yolo", out / "ours/labels", out / "pandas")
    little = converted(bench, "cvat", small, "yolo-detect", out / "little")
    between = [rows_of(one) - rows_of(little) for one in mine]
    apiece = [(one.memory - little.memory) * 1024 / count for one, count in zip(mine, between, strict=True)]
    name = f"backup of {rows:,} rows, {rows_of(mine[0]):,} interpolated, to YOLO"
    return [
        measure(f"{name}, wall", "s", walls(mine), "rows of pandas", walls(loops), Target("ratio", "<=", 0.1)),
        measure(f"{name}, memory", "MB", peaks(mine), "rows of pandas", peaks(loops)),
        measure(f"{name}, memory for each further row", "kB", apiece, target=Target("value", "<=", 1.0)),
    ]


def xml(bench: Bench, rows: int) -> list[Measure]:
    """CVAT's XML for images, as YOLO and as COCO."""
    source = apart("labels_made", "make_xml", bench.folder, rows)
    measures = []
    for form, theirs in THEIRS.items():
        out = bench.folder / form
        ours = partial(converted, bench, "cvat-xml", source, form, out / "ours")
        peer = partial(other, bench, "labels_datumaro.py", out / "datumaro", source, theirs)
        mine, datumaro = alternate(bench.times(3), ours, peer)
        if form == "coco":
            apart("labels_check", "check_coco", out / "ours", out / "datumaro")
        else:
            apart("labels_check", "check_yolo", out / "ours/labels", out / "datumaro/obj_annotations_data")
        name = f"CVAT XML of {rows:,} shapes to {form}"
        measures += [
            measure(f"{name}, wall", "s", walls(mine), "datumaro", walls(datumaro), Target("ratio", "<=", 1.0)),
            measure(f"{name}, memory", "MB", peaks(mine), "datumaro", peaks(datumaro)),
        ]
    return measures


def partition(bench: Bench) -> list[Measure]:
    """50 overlapping objects on a 4K frame: every pixel to one of them."""
    seconds = apart("labels_masks", "partition_seconds", bench.times(5))
    return [measure("50 masks of a 4K frame made a partition", "s", seconds, target=Target("value", "<=", 1.0))]


def converted(bench: Bench, source_format: str, source: Path, target_format: str, target: Path) -> Run:
    """One of our conversions."""
    target = bench.fresh(target)
    return run([sys.executable, "-m", "benchmarks.labels_program", source_format, source, target_format, target])


def other(bench: Bench, program: str, target: Path, source: Path, *options: str) -> Run:
    """One conversion of the other side."""
    target = bench.fresh(target)
    return run([ENVIRONMENT / "bin/python", HERE / program, source, *options, target])


def walls(runs: Sequence[Run]) -> list[float]:
    """Seconds of whole processes."""
    return [each.wall for each in runs]


def peaks(runs: Sequence[Run]) -> list[float]:
    """MB of whole processes."""
    return [each.memory for each in runs]


def rows_of(one: Run) -> int:
    """How many rows a program says that it had."""
    return int(json.loads(one.output.splitlines()[-1])["rows"])
