"""`mattebox label stats`: what data sets hold."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from mattebox.cli.label.options import DryRun, Overwrite, Quiet, ReportFile, Sources
from mattebox.cli.label.running import Run, job
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.label.dataset import Dataset
    from mattebox.label.statistics import Figures, Statistics

__all__ = ["Keyframes", "TaxonomyFiles", "read_projects", "stats", "superclasses_of"]

TaxonomyFiles = Annotated[
    list[Path] | None,
    Option("--taxonomy", metavar="FILE", help="Label table, one or several: count its superclasses too."),
]
Keyframes = Annotated[bool, Option("--keyframes", help="Count key frames of tracks only, not the frames between them.")]


def stats(
    *,
    sources: Sources,
    by: Annotated[
        Literal["label", "superclass", "subset", "project", "task"], Option(help="What the table on the screen is by.")
    ] = "label",
    taxonomy: TaxonomyFiles = None,
    keyframes: Keyframes = False,
    sizes: Annotated[
        bool, Option(help="Find out how large pictures are, which may mean opening them, and what share objects take.")
    ] = True,
    out: Annotated[
        list[Path] | None,
        Option("--out", "-o", metavar="FILE", help="Write all figures: .xlsx, .html, .csv or .json; may be repeated."),
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print all figures as JSON instead of the table.")] = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Count what data sets hold: frames, shapes, tracks, areas and sizes of every label.

    Files have everything at once: by label, superclass, subset, project and task. Ground truth and replicas of jobs
    show frames that other jobs have, and do not count; nor do deleted frames, and objects that are outside.

    Areas are in square pixels, shares of the picture that an object takes up on average; S/M/L is how many are small,
    medium and large as COCO counts, /frame how many are on a frame that shows one, aspect their median width by height.
    """
    from mattebox.cli.text import print_json
    from mattebox.label.statistics import collect, write_statistics

    if by == "superclass" and not taxonomy:
        raise BadParameter("--by superclass: the label table that says what they are is missing; give --taxonomy")
    with job("Counting", dry_run=dry_run, report=report, quiet=quiet) as run:
        datasets = read_projects(sources, run, keyframes=keyframes)
        found = collect(
            datasets,
            superclasses=superclasses_of(taxonomy, datasets),
            sizes=sizes,
            report=run.report,
            progress=run.progress,
        )
        if as_json:
            print_json({"names": found.names, "figures": [asdict(each) for each in found.figures]})
        else:
            print_statistics(found, by)
        for path in out or () if not dry_run else ():
            write_statistics(found, path, overwrite=overwrite)
        return run.code


def read_projects(sources: list[Path], run: Run, *, keyframes: bool = True) -> list[Dataset]:
    """Read data sets, each under its own name or that of its file; what cannot be read is told and left out.

    Args:
        sources: to read.
        run: told how it went.
        keyframes: leave tracks as they are; otherwise they get a row on each of their frames.

    Raises:
        BadAnnotations: none can be read.
    """
    from mattebox.errors import BadAnnotations
    from mattebox.label.formats import read
    from mattebox.label.interpolation import interpolate_dataset
    from mattebox.label.merging import named

    datasets: list[Dataset] = []
    met: set[Path] = set()
    for path in sources:
        if path.resolve() in met:
            run.report.problem("same-source", f"{path} is given twice, and taken once", dataset=path.name)
            continue
        met.add(path.resolve())
        try:
            dataset = named(read(path, report=run.report), path)
        except BadAnnotations as error:
            if len(sources) == 1:
                raise
            run.fail(error)
            continue
        datasets.append(dataset if keyframes else interpolate_dataset(dataset, run.report))
    if not datasets:
        raise BadAnnotations("none of the data sets could be read")
    return datasets


def superclasses_of(taxonomy: list[Path] | None, datasets: list[Dataset]) -> dict[str, str] | None:
    """The superclass of each label that a label table leads to one; None without a table."""
    if not taxonomy:
        return None
    from mattebox.label.counting import all_labels
    from mattebox.label.taxonomy import Taxonomy

    table = Taxonomy.load(*taxonomy)
    resolved = {label: table.resolve(label).superclass for label in all_labels(datasets)}
    return {label: superclass for label, superclass in resolved.items() if superclass}


def print_statistics(found: Statistics, by: Literal["label", "superclass", "subset", "project", "task"]) -> None:
    """Print the main figures, those of everything last; headings are single words, so that none is ever broken."""
    from mattebox.cli.evaluate import print_figures

    match by:
        case "label" | "superclass":
            rows = found.pick("all", by)
        case _:
            rows = found.pick(by, "all")
    headings = (
        by,
        "frames",
        "empty",
        "shapes",
        "tracks",
        "objects",
        "area",
        "share",
        "S/M/L",
        "/frame",
        "aspect",
    )
    print_figures(headings, [_cells(each) for each in (*rows, found.whole)])


def _cells(each: Figures) -> tuple[str, ...]:
    return (
        each.label or each.of or "all",
        f"{each.frames:,}",
        f"{each.without:,}",
        f"{each.shapes:,}",
        f"{each.tracks:,}",
        f"{each.objects:,}",
        f"{each.area:,.0f}",
        "-" if each.share is None else f"{100 * each.share:.2f}%",
        f"{each.small:,}/{each.medium:,}/{each.large:,}",
        f"{each.per_frame:.2f}",
        "-" if each.aspect is None else f"{each.aspect:.2f}",
    )
