"""`mattebox remove`: the background out of pictures."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from mattebox.cli.options import Dressing, shares_dressing
from mattebox.errors import BadParameter, MatteboxError

if TYPE_CHECKING:
    from mattebox.batch import Job, Outcome, Report
    from mattebox.journal import Journal

__all__ = ["remove"]

STREAM = "-"
JOURNAL = ".mattebox-journal.jsonl"
RUN = "Run"

Pairs = Sequence[tuple[str, Path]]


@shares_dressing
def remove(
    *,
    inputs: Annotated[
        list[str],
        Argument(
            metavar="INPUT", help="Files, folders, patterns such as 'photos/*.jpg', URLs, or - for standard input."
        ),
    ],
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="OUT",
            help="A file for one picture, a folder for more, - for standard output; beside each picture unless given.",
        ),
    ] = None,
    recursive: Annotated[
        bool, Option("--recursive", "-r", help="Look into folders of folders; their tree is kept below OUT.")
    ] = False,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace results that are there.", rich_help_panel=RUN)
    ] = False,
    skip_existing: Annotated[
        bool, Option("--skip-existing", help="Leave pictures whose result is there.", rich_help_panel=RUN)
    ] = False,
    resume: Annotated[
        bool,
        Option("--resume", help="Go on with a run that was stopped or had failures.", rich_help_panel=RUN),
    ] = False,
    report: Annotated[
        Path | None,
        Option(metavar="FILE", help="Write what became of every picture as JSON.", rich_help_panel=RUN),
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Only list what would be written.", rich_help_panel=RUN)] = False,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Pictures worked on at once; one per core unless given.", rich_help_panel=RUN),
    ] = None,
    executor: Annotated[
        Literal["threads", "processes"],
        Option(help="What works on several pictures: threads share memory, processes do not.", rich_help_panel=RUN),
    ] = "threads",
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print errors only.", rich_help_panel=RUN)] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print the log of the library too.", rich_help_panel=RUN)
    ] = False,
    dressing: Dressing,
) -> int:
    """Take the background out of pictures.

    The result of photo.jpg is photo_cutout.png, beside it or in the folder OUT. When photo.webp is there too, its
    result is photo.webp_cutout.png. Nothing is ever replaced without --overwrite. Hidden files and results of
    earlier runs are not picked up from folders.

    Several pictures are noted in .mattebox-journal.jsonl in the output folder, which --resume reads.
    Exit codes: 0 all done or skipped, 1 some failed, 2 wrong use, 130 stopped by Ctrl-C.
    """
    from mattebox.batch import share_cores
    from mattebox.cli.pull import make_ready
    from mattebox.cli.text import set_up_log
    from mattebox.remover import shared_remover

    set_up_log(verbose=verbose)
    if overwrite and skip_existing:
        raise BadParameter("--overwrite and --skip-existing contradict each other")
    output = None if output is None else os.path.expanduser(output)
    if STREAM in inputs or output == STREAM:
        without = {
            "--recursive": recursive,
            "--report": report,
            "--dry-run": dry_run,
            "--resume": resume,
            "--sheet": dressing.sheet,
            "--workers": workers,
            "--executor": executor != "threads",
            "--skip-existing": skip_existing and output in {None, STREAM},
        }
        if any(without.values()):
            raise BadParameter(f"a stream has no {', '.join(name for name, given in without.items() if given)}")
        return remove_stream(inputs, output, dressing, overwrite=overwrite, skip_existing=skip_existing, quiet=quiet)
    pairs, template, many = planned(inputs, output, dressing, recursive=recursive, overwrite=overwrite)
    if resume and not many:
        raise BadParameter("--resume is for folders and several pictures")
    if dry_run:
        return list_pairs(pairs, overwrite=overwrite)
    make_ready(template.settings, quiet=quiet)
    workers, threads = share_cores(len(pairs), workers, large=template.settings.large)
    job = replace(template, threads=threads)
    shared_remover(job.settings, job.threads)  # what is wrong for every picture is said before the first one
    journal = journal_in(output, pairs[0], resume=resume) if many else None
    return run(pairs, job, journal, report, executor, workers, skip_existing=skip_existing, quiet=quiet)


def planned(
    inputs: Sequence[str], output: str | None, dressing: Dressing, *, recursive: bool, overwrite: bool
) -> tuple[Pairs, Job, bool]:
    """What is to be read and written, how, and whether it is a run of many pictures."""
    from mattebox.cli.sources import Namer, expand
    from mattebox.download import is_url

    found = expand(inputs, recursive=recursive)
    one = len(inputs) == 1 and (is_url(inputs[0]) or Path(os.path.expanduser(inputs[0])).is_file())
    if one and output is not None and means_file(output):
        job = dressing.job(format=file_format(output, dressing), overwrite=overwrite)
        return [(found[0].source, Path(output))], job, False
    if output is not None and means_file(output) and file_format(output, dressing, strict=False):
        raise BadParameter(f"{output}: is the name of a file, but results of several pictures need a folder")
    job = dressing.job(overwrite=overwrite)
    namer = Namer(None if output is None else Path(output), job.output.suffix, found)
    return [(picture.source, namer(picture)) for picture in found], job, not one


def means_file(output: str) -> bool:
    """Whether an output is meant as a file: it has a suffix, and is no folder."""
    return bool(Path(output).suffix) and not output.endswith(("/", os.sep)) and not Path(output).is_dir()


def file_format(output: str, dressing: Dressing, *, strict: bool = True) -> str | None:
    """The format that an output file's name asks for.

    Raises:
        BadParameter: no format has that suffix, or another format was asked for.
    """
    from mattebox.encode import format_of

    try:
        named = format_of(output)
    except BadParameter:
        if strict:
            raise
        return None
    if strict and dressing.format not in {None, named}:
        raise BadParameter(f"{output}: the suffix asks for {named}, but --format for {dressing.format}")
    return named


def journal_in(output: str | None, first: tuple[str, Path], *, resume: bool) -> Journal:
    """The journal in the output folder, or beside the first result."""
    from mattebox.journal import Journal

    folder = first[1].parent if output is None else Path(output)
    return Journal(folder / JOURNAL, resume=resume)


def list_pairs(pairs: Pairs, *, overwrite: bool) -> int:
    """Print what would be written."""
    from mattebox.cli.text import shown

    for source, target in pairs:
        there = "" if overwrite or not target.exists() else " (already there)"
        sys.stdout.write(f"{shown(source)} -> {shown(target)}{there}\n")
    return 0


def run(
    pairs: Pairs,
    job: Job,
    journal: Journal | None,
    report: Path | None,
    executor: Literal["threads", "processes"],
    workers: int,
    *,
    skip_existing: bool,
    quiet: bool,
) -> int:
    """Do the work and say how it went."""
    from mattebox.batch import Report, plan, run_jobs
    from mattebox.cli.stopping import INTERRUPTED, stoppable, until

    record = Report()
    if report is not None:
        record.write(report)  # where nothing can be written, that is told before the work
    try:
        with stoppable() as stop:
            jobs = until(stop, plan(pairs, job))
            outcomes = run_jobs(jobs, executor=executor, workers=workers, journal=journal, skip_existing=skip_existing)
            stopped = present(outcomes, record, len(pairs), stop, quiet=quiet)
    finally:
        if report is not None:
            record.write(report)
    if stopped:
        return INTERRUPTED
    return 1 if record.count("failed") else 0


def present(outcomes: Iterator[Outcome], record: Report, total: int, stop: Event, *, quiet: bool) -> bool:
    """Show outcomes as they come, and the summary; tell whether pictures were left because the run was stopped."""
    from mattebox.cli.progress import Tally, blamed, outcome_line, progress
    from mattebox.cli.text import complain, counted, say

    tally, started = Tally(), time.perf_counter()
    with progress(total, quiet=quiet or total == 1) as show:
        for outcome in outcomes:
            show(outcome)
            tally.add(outcome)
            record.outcomes.append(outcome)
            tally.seconds = record.seconds = time.perf_counter() - started
    if total == 1 and tally.failed:
        complain(blamed(*tally.failed[0]))
    elif total == 1 and record.outcomes and not quiet:
        say(outcome_line(record.outcomes[0]))
    elif total > 1 and (tally.failed or not quiet):
        say("\n".join(tally.lines()))
    stopped = stop.is_set() and len(record.outcomes) < total
    if stopped:
        say(f"stopped with {counted(total - len(record.outcomes), 'picture')} left; run again with --resume")
    return stopped


def remove_stream(
    inputs: Sequence[str],
    output: str | None,
    dressing: Dressing,
    *,
    overwrite: bool,
    skip_existing: bool,
    quiet: bool,
) -> int:
    """One picture from standard input, to standard output, or both."""
    from mattebox.batch import load_picture, refuse_to_replace
    from mattebox.cli.pull import make_ready
    from mattebox.cli.sources import expand
    from mattebox.cli.text import complain, say, shown
    from mattebox.encode import write_file
    from mattebox.picture import open_picture
    from mattebox.remover import shared_remover

    sources = [STREAM] if list(inputs) == [STREAM] else [found.source for found in expand(inputs, recursive=False)]
    if len(sources) > 1:
        raise BadParameter("standard input and standard output are for a single picture")
    to_stdout = output in {None, STREAM}
    if to_stdout and sys.stdout.isatty():
        raise BadParameter("a picture is not written to a terminal; give --output FILE, or redirect the output")
    if not to_stdout and not means_file(str(output)):
        raise BadParameter(f"{output}: a picture from standard input needs the name of a file, as in -o cutout.png")
    job = dressing.job(format=None if to_stdout else file_format(str(output), dressing), overwrite=overwrite)
    if not to_stdout:
        if skip_existing and Path(str(output)).exists():
            if not quiet:
                say(f"{shown(output)} is already there: skipped")
            return 0
        refuse_to_replace(replace(job, source=sources[0], target=Path(str(output))))
    make_ready(job.settings, quiet=quiet)
    remover = shared_remover(job.settings, job.threads)
    try:
        if sources == [STREAM]:
            picture = replace(open_picture(sys.stdin.buffer), name="standard input")
        else:
            picture = load_picture(sources[0])
        cutout = remover(picture, mask=job.mask, region=job.region)
        data = job.output.encode(job.output.dress(cutout))
        if to_stdout:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write_file(str(output), data, overwrite=overwrite)
    except MatteboxError as error:
        complain(str(error))
        return 1
    if not quiet and cutout.empty:
        say("no subject was found")
    return 0
