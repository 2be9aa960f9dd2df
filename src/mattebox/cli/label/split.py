"""`mattebox label split`: tasks into train, val and test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Option

from mattebox.cli.label.options import DryRun, InputFormat, Overwrite, Quiet, ReportFile, Source
from mattebox.cli.label.outputs import check_form, check_free, form_of
from mattebox.cli.label.running import job
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.label.dataset import Dataset, Task
    from mattebox.label.splitting import By

__all__ = ["Content", "Parts", "Pattern", "Similar", "Stills", "Stratify", "divided_by", "parsed_shares", "split"]

SOURCES = "What is one source"

Similar = Annotated[
    int | None,
    Option(
        min=0,
        max=20,
        metavar="BITS",
        help="Pictures that look the same are one source too: bits of 64 in which their hashes may differ, as 6.",
        rich_help_panel=SOURCES,
    ),
]
Content = Annotated[
    bool, Option(help="Compare what is in media files too, not only their names.", rich_help_panel=SOURCES)
]
Parts = Annotated[bool, Option(help="Take park-1 and park_part2 for parts of one video.", rich_help_panel=SOURCES)]
Stills = Annotated[
    bool,
    Option(
        "--stills",
        help="Divide lists of stills picture by picture; for pictures that have nothing in common.",
        rich_help_panel=SOURCES,
    ),
]
Pattern = Annotated[
    str | None,
    Option(
        metavar="REGEX",
        help="By source: what names of one source have in common. By name: the part of the name that says train, "
        "val or test. The first group, or the whole match.",
        rich_help_panel=SOURCES,
    ),
]
Stratify = Annotated[bool, Option(help="Give each part its share of every label too.")]


def split(
    *,
    source: Source,
    out: Annotated[
        Path | None,
        Option("--out", "-o", metavar="OUT", help="File or folder to write, in the form of IN unless --to is given."),
    ] = None,
    shares: Annotated[
        str | None,
        Option(
            "--shares",
            "--split",
            metavar="A,B,C",
            help="Shares of train, val and test, 0.8,0.1,0.1 unless given; or how many tasks each gets, as -1,10,10 "
            "with -1 for all that are left.",
        ),
    ] = None,
    by: Annotated[
        Literal["source", "subset", "name"],
        Option(help="What decides: whole sources are dealt out; or subsets that tasks have; or their names."),
    ] = "source",
    pattern: Pattern = None,
    stratify: Stratify = True,
    similar: Similar = None,
    content: Content = True,
    parts: Parts = True,
    stills: Stills = False,
    seed: Annotated[int, Option(help="Other seeds give other parts.")] = 0,
    to_list: Annotated[
        Path | None, Option(metavar="FILE", help="Write a table of tasks, sources and parts as .csv.")
    ] = None,
    input_format: InputFormat = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Put every task into train, val or test, so that no scene is in two of them.

    Tasks of one source stay together: those of the same file, of the same content, or parts of one video. The table
    shows what each part has of the frames and of every label, with tracks on all their frames. With --stills every
    still becomes a task of its own.
    """
    from mattebox.label.apart import check_media_apart
    from mattebox.label.formats import read, write
    from mattebox.label.interpolation import interpolate_dataset
    from mattebox.label.splitting import SHARES, check_dividing, picture_by_picture
    from mattebox.label.splitting import split as split_dataset

    if out is None and to_list is None and not dry_run:
        raise BadParameter("nothing is to be written: give --out or --to-list, or ask for a --dry-run")
    if shares is not None and by != "source":
        raise BadParameter(f"--by {by} says where each task goes, and --shares shares them out: give one of the two")
    wanted = SHARES if shares is None else parsed_shares(shares)
    dividing = divided_by(by, pattern, content=content, parts=parts, similar=similar, stratify=stratify)
    check_dividing(wanted, dividing["pattern"], dividing["ties"])
    for path in (out, to_list):
        if path is not None:
            check_free(path, [source], overwrite=overwrite)
    with job("Splitting", dry_run=dry_run, report=report, quiet=quiet) as run:
        form = form_of(source, input_format)
        if out is not None:
            check_form(form)
        dataset = read(source, format=form, report=run.report)
        if out is not None:
            check_media_apart(out, dataset)
        dataset = picture_by_picture(dataset) if stills else dataset
        divided = split_dataset(
            interpolate_dataset(dataset, run.report),
            shares=wanted,
            seed=seed,
            **dividing,
            report=run.report,
            progress=run.progress,
        )
        print_standing(divided)
        tasks = (task.replace(subset=part.subset) for task, part in zip(dataset.tasks, divided.tasks, strict=True))
        done = dataset.replace(tasks=tuple(tasks))
        if not dry_run and to_list is not None:
            write_list(done, to_list, overwrite=overwrite)
        if not dry_run and out is not None:
            write(done, out, format=form, report=run.report, overwrite=overwrite)
        return run.code


def divided_by(
    by: By, pattern: str | None, *, content: bool, parts: bool, similar: int | None, stratify: bool
) -> dict[str, Any]:
    """What `mattebox.label.splitting.split` is given, of the options that say how to divide."""
    from mattebox.label.splitting import Ties

    ties = Ties(content, parts, similar, pattern if by == "source" else None)
    named = pattern if by == "name" else None
    return {"by": by, "pattern": named, "ties": ties, "stratify": "label" if stratify else "none"}


def parsed_shares(text: str) -> tuple[float, ...]:
    """Shares, or numbers of tasks, with commas between.

    Raises:
        BadParameter: one is not a number.
    """
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError as error:
        raise BadParameter(f"shares {text!r}: give three numbers with commas between, as 0.8,0.1,0.1") from error


def print_standing(dataset: Dataset) -> None:
    """Print what train, val and test have of everything."""
    from mattebox.cli.models import print_table
    from mattebox.label.splitting import standing
    from mattebox.label.subsets import PARTS

    found = standing(dataset)
    others = [max(0.0, 1 - sum(each.shares)) if each.total else 0.0 for each in found]
    elsewhere = any(share > 1e-9 for share in others)
    rows = []
    for each, other in zip(found, others, strict=True):
        shares = (*each.shares, other) if elsewhere else each.shares
        rows.append((each.label or each.kind, f"{each.total:,}", *(f"{100 * share:.1f} %" for share in shares)))
    print_table(("", "all", *PARTS, *(("other",) if elsewhere else ())), rows)


def source_of(task: Task) -> str:
    """What a task must not be split from: what was said, the file of a single still, or what its media are called."""
    from mattebox.label.media import Images

    if task.source or task.media is None:
        return task.source
    return task.media.names[0] if isinstance(task.media, Images) and len(task.media) == 1 else task.media.name


def write_list(dataset: Dataset, path: Path, *, overwrite: bool) -> None:
    """Write which task is in which part, as a table."""
    import csv
    import io

    from mattebox.encode import write_file

    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("task", "source", "subset"))
    for task in dataset.tasks:
        table.writerow((task.name, source_of(task), task.subset))
    write_file(path, text.getvalue().encode("utf-8-sig"), overwrite=overwrite)
