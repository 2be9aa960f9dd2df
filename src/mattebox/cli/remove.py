"""`mattebox remove`: the background out of pictures."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mattebox.cli.options import Dressing, shares_dressing
from mattebox.cli.running import Running, shares_running
from mattebox.errors import BadParameter, MatteboxError

if TYPE_CHECKING:
    from mattebox.batch import Job, Outcome, Report
    from mattebox.cli.sources import Found
    from mattebox.journal import Journal

__all__ = ["remove"]

STREAM = "-"
JOURNAL = ".mattebox-journal.jsonl"
INPUTS = "Files, folders, patterns such as 'photos/*.jpg', URLs, or - for standard input."
OUTPUT = "A file for one picture, a folder for more, - for standard output; beside each picture unless given."

Pairs = Sequence[tuple[str, Path]]


@shares_dressing
@shares_running
def remove(
    *,
    inputs: Annotated[list[str], Argument(metavar="INPUT", help=INPUTS)],
    output: Annotated[str | None, Option("--output", "-o", metavar="OUT", help=OUTPUT)] = None,
    running: Running,
    dressing: Dressing,
) -> int:
    """Take the background out of pictures.

    The result of photo.jpg is photo_cutout.png, beside it or in the folder OUT. When photo.webp is there too, its
    result is photo.webp_cutout.png. Nothing is ever replaced without --overwrite. Hidden files and results of
    earlier runs are not picked up from folders.

    Several pictures are noted in .mattebox-journal.jsonl in the output folder, which --resume reads.
    Exit codes: 0 all done or skipped, 1 some failed, 2 wrong use, 130 stopped by Ctrl-C.
    """
    return cut_out(inputs, output, running, dressing)


def cut_out(inputs: Sequence[str], output: str | None, running: Running, dressing: Dressing) -> int:
    """Do what a command was asked to do with pictures; gives the exit code."""
    from mattebox.batch import plan, share_cores
    from mattebox.cli.beside import has_folder, own_hints
    from mattebox.cli.pull import make_ready
    from mattebox.cli.text import set_up_log
    from mattebox.remover import shared_remover

    set_up_log(verbose=running.verbose)
    if running.overwrite and running.skip_existing:
        raise BadParameter("--overwrite and --skip-existing contradict each other")
    output = None if output is None else os.path.expanduser(output)
    if STREAM in inputs or output == STREAM:
        without = {
            "--recursive": running.recursive,
            "--report": running.report,
            "--dry-run": running.dry_run,
            "--resume": running.resume,
            "--sheet": dressing.sheet,
            "--workers": running.workers,
            "--executor": running.executor != "threads",
            "--skip-existing": running.skip_existing and output in {None, STREAM},
        }
        if any(without.values()):
            raise BadParameter(f"a stream has no {', '.join(name for name, given in without.items() if given)}")
        if has_folder(dressing.job()):
            raise BadParameter("a folder of masks or trimaps is for pictures with names: give the file")
        return stream(inputs, output, running, dressing)
    found, pairs, template, many = planned(inputs, output, running, dressing)
    if running.resume and not many:
        raise BadParameter("--resume is for folders and several pictures")
    jobs = own_hints(list(plan(pairs, template)), found)
    if running.dry_run:
        return list_pairs(pairs, overwrite=running.overwrite)
    make_ready(template.settings, quiet=running.quiet)
    workers, threads = share_cores(len(pairs), running.workers, large=template.settings.large)
    shared_remover(template.settings, threads)  # what is wrong for every picture is said before the first one
    journal = journal_in(output, pairs[0], resume=running.resume) if many else None
    return run([replace(job, threads=threads) for job in jobs], journal, replace(running, workers=workers))


def planned(
    inputs: Sequence[str], output: str | None, running: Running, dressing: Dressing
) -> tuple[list[Found], Pairs, Job, bool]:
    """What is to be read and written, how, and whether it is a run of many pictures."""
    from mattebox.cli.sources import Namer, expand
    from mattebox.download import is_url

    found = expand(inputs, recursive=running.recursive)
    one = len(inputs) == 1 and (is_url(inputs[0]) or Path(os.path.expanduser(inputs[0])).is_file())
    if one and output is not None and means_file(output):
        job = dressing.job(format=file_format(output, dressing), overwrite=running.overwrite)
        return found, [(found[0].source, Path(output))], job, False
    if output is not None and means_file(output) and file_format(output, dressing, strict=False):
        raise BadParameter(f"{output}: is the name of a file, but results of several pictures need a folder")
    job = dressing.job(overwrite=running.overwrite)
    namer = Namer(None if output is None else Path(output), job.output.suffix, found)
    return found, [(picture.source, namer(picture)) for picture in found], job, not one


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


def run(jobs: Sequence[Job], journal: Journal | None, running: Running) -> int:
    """Do the work and say how it went."""
    from mattebox.batch import Report, run_jobs
    from mattebox.cli.stopping import INTERRUPTED, stoppable, until

    record, report = Report(), running.report
    if report is not None:
        record.write(report)  # where nothing can be written, that is told before the work
    try:
        with stoppable() as stop:
            outcomes = run_jobs(
                until(stop, jobs),
                executor=running.executor,
                workers=running.workers,
                journal=journal,
                skip_existing=running.skip_existing,
            )
            stopped = present(outcomes, record, len(jobs), stop, quiet=running.quiet)
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


def stream(inputs: Sequence[str], output: str | None, running: Running, dressing: Dressing) -> int:
    """One picture from standard input, to standard output, or both."""
    from mattebox.batch import load_picture, refuse_to_replace
    from mattebox.cli.pull import make_ready
    from mattebox.cli.sources import expand
    from mattebox.cli.text import complain, say, shown
    from mattebox.encode import write_file
    from mattebox.picture import open_picture
    from mattebox.remover import shared_remover

    sources = [STREAM] if list(inputs) == [STREAM] else [found.source for found in expand(inputs, recursive=False)]
    to_stdout = output in {None, STREAM}
    if len(sources) > 1:
        raise BadParameter("standard input and standard output are for a single picture")
    if to_stdout and sys.stdout.isatty():
        raise BadParameter("a picture is not written to a terminal; give --output FILE, or redirect the output")
    if not to_stdout and not means_file(str(output)):
        raise BadParameter(f"{output}: a picture from standard input needs the name of a file, as in -o cutout.png")
    job = dressing.job(format=None if to_stdout else file_format(str(output), dressing), overwrite=running.overwrite)
    if not to_stdout:
        if running.skip_existing and Path(str(output)).exists():
            if not running.quiet:
                say(f"{shown(output)} is already there: skipped")
            return 0
        refuse_to_replace(replace(job, source=sources[0], target=Path(str(output))))
    make_ready(job.settings, quiet=running.quiet)
    remover = shared_remover(job.settings, job.threads)
    try:
        if sources == [STREAM]:
            picture = replace(open_picture(sys.stdin.buffer), name="standard input")
        else:
            picture = load_picture(sources[0])
        cutout = remover(picture, **job.hints)
        data = job.output.encode(job.output.dress(cutout))
        if to_stdout:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            write_file(str(output), data, overwrite=running.overwrite)
    except MatteboxError as error:
        complain(str(error))
        return 1
    if not running.quiet and cutout.empty:
        say("no subject was found")
    return 0
