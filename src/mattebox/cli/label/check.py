"""`mattebox label check`: what is doubtful in annotations, and the mending of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from mattebox.cli.label.options import DryRun, Overwrite, Quiet, ReportFile
from mattebox.cli.label.outputs import check_form, check_free, form_of
from mattebox.cli.label.running import Run, job
from mattebox.errors import BadParameter, MatteboxError

if TYPE_CHECKING:
    from mattebox.label.dataset import Dataset

__all__ = ["check"]

REPAIR = "Repair"

ENDINGS = {"cvat": ".zip", "cvat-xml": ".xml", "parquet": ".parquet", "tsv": ".tsv", "json": ".json"}
"""Of the forms that are one file each; others are folders."""

FailOn = Literal["problem", "note", "never"]


def check(
    *,
    paths: Annotated[
        list[Path] | None, Argument(metavar="PATHS...", help="Archives, files of annotations, or data sets.")
    ] = None,
    listed: Annotated[bool, Option("--list", help="Print what is looked for and how it is mended, and stop.")] = False,
    only: Annotated[str | None, Option(metavar="CHECKS", help="Make these checks only, with commas between.")] = None,
    skip: Annotated[str | None, Option(metavar="CHECKS", help="Leave these checks out, with commas between.")] = None,
    taxonomy: Annotated[
        list[Path] | None,
        Option(metavar="TABLE", help="Label table that labels must be in; give it twice for two files."),
    ] = None,
    media: Annotated[bool, Option("--media", help="Decode all pictures and videos too.")] = False,
    tolerance: Annotated[
        float, Option(min=0, metavar="PIXELS", help="How far coordinates may be off at borders and in duplicates.")
    ] = 0.5,
    fail_on: Annotated[
        FailOn, Option(help="Give exit code 1 if there is a problem, or a note either; with --repair, if one is left.")
    ] = "problem",
    source_format: Annotated[
        str, Option("--from", metavar="FORMAT", help="Form of PATHS; found out unless given.")
    ] = "auto",
    repair: Annotated[
        bool, Option("--repair", help="Mend what can be mended without a guess.", rich_help_panel=REPAIR)
    ] = False,
    out: Annotated[
        Path | None,
        Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Where the annotations are written mended: a file or folder, or a folder of them for several PATHS.",
            rich_help_panel=REPAIR,
        ),
    ] = None,
    to: Annotated[
        str | None,
        Option(metavar="FORMAT", help="Form of OUT; that of its source unless given.", rich_help_panel=REPAIR),
    ] = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Check annotations: duplicates, empty shapes, broken tracks, unknown labels, missing media and more.

    Every finding is told with its project, task, job, frame and row; the summary shows the first ones of each kind,
    and --report has all. Exit codes: 0 all is well, 1 there are findings or something cannot be read, 2 wrong use.
    """
    from mattebox.label.checks import check as look_over
    from mattebox.label.checks import chosen
    from mattebox.label.formats import read
    from mattebox.label.taxonomy import Taxonomy

    if listed:
        return print_checks()
    if not paths:
        raise BadParameter("PATHS: give at least one archive, file of annotations, or data set")
    asked: dict[str, Any] = {"only": [each.name for each in chosen(names(only), names(skip) or ())]}
    targets = targets_of(paths, out, to, repair=repair, dry_run=dry_run, overwrite=overwrite)
    asked |= {"tolerance": tolerance, "taxonomy": Taxonomy.load(*taxonomy) if taxonomy else None}
    with job("Checking", dry_run=dry_run, report=report, quiet=quiet) as run:

        def look_at(path: Path) -> int:
            before = findings(run, fail_on)
            form = form_of(path, source_format)
            if repair:
                check_form(to or form)
            dataset = read(path, format=form, report=run.report)
            if repair:
                dataset = mend(run, dataset, targets.get(path), to or form, asked, overwrite=overwrite)
                before = findings(run, fail_on)
            look_over(dataset, run.report, media=media, progress=run.progress, **asked)
            return findings(run, fail_on) - before

        found = 0
        for path in paths:
            first = len(run.report.entries)
            with told(run):
                found += look_at(path)
            if len(paths) > 1:
                run.name_entries(first, path)
        return 1 if found else run.code


def targets_of(
    paths: list[Path], out: Path | None, to: str | None, *, repair: bool, dry_run: bool, overwrite: bool
) -> dict[Path, Path]:
    """Where each of the paths is written mended, found to be free.

    Raises:
        BadParameter: the options do not go together, or a result would lie where something is read or written.
        OutputFailed: something is there already.
    """
    if not repair:
        for option, given in (("--out", out), ("--to", to)):
            if given is not None:
                raise BadParameter(f"{option} is about what --repair writes: give --repair too")
        return {}
    if to is not None:
        check_form(to)
    if out is None:
        if not dry_run:
            raise BadParameter("--repair: say with --out where to write what is mended, or ask for a --dry-run")
        return {}
    if len(paths) == 1:
        targets = {paths[0]: out}
    else:
        targets = {path: out / (path.name if to is None else f"{path.stem}{ENDINGS.get(to, '')}") for path in paths}
    written: dict[Path, Path] = {}
    for path, target in targets.items():
        if target in written:
            raise BadParameter(f"--out: {written[target]} and {path} would both be written to {target}")
        written[target] = path
        check_free(target, paths, overwrite=overwrite)
    return targets


@contextmanager
def told(run: Run) -> Iterator[None]:
    """Tell of a file that cannot be checked, and go on with the next; wrong use of the command stops it."""
    try:
        yield
    except BadParameter:
        raise
    except MatteboxError as error:
        run.fail(error)


def mend(run: Run, dataset: Dataset, out: Path | None, form: str, asked: dict[str, Any], *, overwrite: bool) -> Dataset:
    """Repair a data set and write it, unless nothing is to be written; what became of it is given back."""
    from mattebox.label.checks import repair
    from mattebox.label.formats import write

    mended = repair(dataset, run.report, progress=run.progress, **asked)
    if out is not None and not run.dry:
        write(mended, out, format=form, report=run.report, overwrite=overwrite)
    return mended


def findings(run: Run, fail_on: FailOn) -> int:
    """How much was told so far that is to fail the command."""
    if fail_on == "never":
        return 0
    notes = sum(run.report.counts("note").values()) if fail_on == "note" else 0
    return run.report.problems + run.report.dropped + notes


def names(spec: str | None) -> list[str] | None:
    """Names with commas between, or None for none given."""
    return None if spec is None else [name.strip() for name in spec.split(",") if name.strip()]


def print_checks() -> int:
    """Print every check, what it finds, and how that is mended."""
    from mattebox.cli.models import print_table
    from mattebox.label.checks import CHECKS

    rows = [(each.name, each.severity, each.finds, each.mends or "-") for each in CHECKS.values()]
    print_table(("check", "severity", "finds", "mended by --repair"), rows)
    return 0
