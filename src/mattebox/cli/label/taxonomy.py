"""`mattebox label taxonomy`: label tables are checked, shown, compared, begun and handed on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option, Typer

from mattebox.cli.label.options import DryRun, Overwrite, Quiet, ReportFile
from mattebox.cli.label.running import job

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from mattebox.label.report import Report
    from mattebox.label.taxonomy import Entry, Finding, Superclass, Taxonomy

__all__ = ["diff", "export", "lint", "show", "taxonomy_app", "template"]

Tables = Annotated[
    list[Path],
    Argument(
        metavar="TABLE...",
        help="Label table: .xlsx, .csv, .tsv or .yaml; one file, or one with classes and one with superclasses.",
    ),
]
AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
Form = Literal["cvat", "coco", "data.yaml"]

LEVELS = ("error", "warning", "note")
COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}

WIDE = 200
"""Columns of a tree that no terminal shows."""

taxonomy_app = Typer(
    help="Label tables: from the labels that annotators use to the classes that a network is trained on.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)


@taxonomy_app.command("lint")
def lint(
    *,
    tables: Tables,
    level: Annotated[Literal["error", "warning", "note"], Option(help="Least severity that is printed.")] = "note",
    as_json: AsJson = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Check a label table, and print file, sheet, row and column of everything that is wrong.

    Exit code 1 if there are errors: contradictions, labels that lead nowhere, cells that cannot be read.
    """
    from dataclasses import asdict

    from mattebox.cli.text import print_json, say, set_up_log
    from mattebox.label.taxonomy import lint_files

    set_up_log(verbose=False)
    _, findings = lint_files(tables)
    printed = [finding for finding in findings if LEVELS.index(finding.severity) <= LEVELS.index(level)]
    if as_json:
        print_json([asdict(finding) for finding in printed])
    else:
        print_findings(printed)
    if report is not None:
        findings_report(findings).save(report)
    if not quiet:
        say(summary(findings))
    return int(any(finding.severity == "error" for finding in findings))


@taxonomy_app.command("show")
def show(*, tables: Tables) -> None:
    """Show the classes of a label table as a tree, and the superclasses with what becomes of them."""
    from rich.console import Console

    from mattebox.cli.text import set_up_log
    from mattebox.label.taxonomy import Taxonomy

    set_up_log(verbose=False)
    taxonomy = Taxonomy.load(*tables)
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    print_classes(taxonomy, console)
    print_superclasses(taxonomy, console)


@taxonomy_app.command("diff")
def diff(
    *,
    tables: Annotated[
        list[Path],
        Argument(metavar="OLD... NEW...", help="Files of the old version, then as many of the new one."),
    ],
    as_json: AsJson = False,
) -> None:
    """Print what changed between two versions of a label table: classes, their labels, superclasses, indices."""
    from mattebox.cli.text import print_json, say, set_up_log, shown
    from mattebox.errors import BadParameter
    from mattebox.label.taxonomy import Taxonomy
    from mattebox.label.taxonomy import diff as compare

    set_up_log(verbose=False)
    half, odd = divmod(len(tables), 2)
    if odd:
        raise BadParameter(f"{len(tables)} files: give as many of the old version as of the new one")
    changes = compare(Taxonomy.load(*tables[:half]), Taxonomy.load(*tables[half:]))
    if as_json:
        print_json([change.record() for change in changes])
    else:
        sys.stdout.write("".join(f"{shown(change)}\n" for change in changes))
        if not changes:
            say("nothing changed")


@taxonomy_app.command("template")
def template(
    *,
    out: Annotated[
        list[Path],
        Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write: .xlsx, .csv, .tsv or .yaml; given twice, one for each of both tables.",
        ),
    ],
    language: Annotated[Literal["en", "ru"], Option(help="Language of headers, notes and example.")] = "en",
    blank: Annotated[bool, Option("--blank", help="Write headers only, without the example.")] = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Write a label table to fill in, with an example in which everything occurs."""
    from mattebox.label.taxonomy.template import template as write_template

    with job("Writing", dry_run=dry_run, report=report, quiet=quiet) as run:
        if not run.dry:
            write_template(*out, language=language, blank=blank, overwrite=overwrite)
            run.report.made("files", len(out))
        return run.code


@taxonomy_app.command("export")
def export(
    *,
    tables: Tables,
    to: Annotated[
        Form,
        Option("--to", help="Labels of a CVAT project, categories of COCO, or the data.yaml of Ultralytics."),
    ],
    out: Annotated[Path, Option("--out", "-o", metavar="FILE", help="File to write.")],
    like: Annotated[
        Path | None,
        Option(
            metavar="DATASET",
            help="Data set or archive whose labels keep their colour, attributes and skeleton; for CVAT.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Write what other programs need of a label table.

    Labels for CVAT go into the raw editor of a project's labels. Where the table contradicts itself the first row
    counts.
    """
    from mattebox.encode import write_file
    from mattebox.label.taxonomy import Taxonomy

    with job("Exporting", dry_run=dry_run, report=report, quiet=quiet) as run:
        taxonomy = Taxonomy.load(*tables)
        for finding in taxonomy.lint():
            if finding.severity == "error":
                run.report.problem(finding.code, str(finding))
        data = exported(taxonomy, to, like, run.report)
        if not run.dry:
            write_file(out, data, overwrite=overwrite)
        return run.code


def exported(taxonomy: Taxonomy, form: Form, like: Path | None, report: Report) -> bytes:
    """What the file of a form holds; how many things it has is counted."""
    import json

    from mattebox.errors import BadParameter
    from mattebox.label.taxonomy.exports import coco_categories, cvat_labels, data_yaml

    if like is not None and form != "cvat":
        raise BadParameter(f"--like {like}: only labels for CVAT have colours and attributes")
    if form == "data.yaml":
        report.made("classes", len(taxonomy.names))
        return data_yaml(taxonomy)
    if form == "coco":
        records = coco_categories(taxonomy)
        report.made("categories", len(records))
        return json.dumps({"categories": records}, ensure_ascii=False, indent=1).encode()
    labels = []
    if like is not None:
        from mattebox.label.formats import read

        dataset = read(like, report=report)
        labels = [*dataset.labels, *(label for task in dataset.tasks for label in task.labels)]
    records = cvat_labels(taxonomy, labels)
    report.made("labels", len(records))
    return json.dumps(records, ensure_ascii=False, indent=1).encode()


def print_findings(findings: list[Finding]) -> None:
    """Print findings, one to a line: severity, place, what is wrong, and its code."""
    from rich.console import Console
    from rich.text import Text

    from mattebox.cli.text import shown

    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        line = Text(f"{finding.severity}: ", style=COLORS[finding.severity])
        console.print(line.append(shown(finding), style="default").append(f" ({finding.code})", style="dim"))


def findings_report(findings: list[Finding]) -> Report:
    """Findings as entries of a report: errors and warnings are problems."""
    from mattebox.label.report import Report

    told = Report()
    for finding in findings:
        tell = told.note if finding.severity == "note" else told.problem
        tell(finding.code, f"{finding.severity}: {finding.message}", dataset=finding.where)
    return told


def summary(findings: list[Finding]) -> str:
    """How many findings there are of each severity."""
    from mattebox.cli.text import counted

    counts = {level: sum(finding.severity == level for finding in findings) for level in LEVELS}
    return ", ".join(counted(count, level) for level, count in counts.items())


def print_classes(taxonomy: Taxonomy, console: Console) -> None:
    """Print the classes below each other as their hierarchy says."""
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(f"{len(taxonomy.entries)} classes", style="bold"))
    branches = [tree]
    for entry in taxonomy.entries:
        del branches[entry.depth + 1 :]
        branches.append(branches[-1].add(entry_line(taxonomy, entry)))
    console.print(tree)


def entry_line(taxonomy: Taxonomy, entry: Entry) -> Text:
    """A class in one line: number, name, labels, and where they lead."""
    from rich.text import Text

    from mattebox.cli.text import shown

    line = Text(f"{entry.number}. " if entry.number else "", style="dim").append(shown(entry.name), style="default")
    labels = [*entry.labels, *entry.synonyms]
    if labels:
        line.append(f"  {shown(', '.join(labels))}", style="cyan")
        found = taxonomy.resolve(labels[0])
        index = f" {found.index}" if found.rule == "use" else f" {found.rule}"
        line.append(
            f"  -> {shown(found.superclass) or 'no superclass'}{index if found.superclass else ''}", style="green"
        )
    return line


def print_superclasses(taxonomy: Taxonomy, console: Console) -> None:
    """Print the superclasses: class index or rule, name, and classes."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from mattebox.cli.text import shown

    def order(superclass: Superclass) -> tuple[bool, int]:
        return superclass.rule != "use", abs(superclass.number)

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("index", "superclass", "priority", "classes"):
        table.add_column(heading, overflow="fold")
    for superclass in sorted(taxonomy.superclasses, key=order):
        used = superclass.rule == "use"
        index = str(taxonomy.names.index(superclass.name)) if used else superclass.rule
        cells = (index, superclass.name, superclass.priority, ", ".join(superclass.meanings))
        table.add_row(*(Text(shown(cell)) for cell in cells))
    console.print(table)
