"""`mattebox watch`: cut out whatever arrives in a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from mattebox.cli.beside import own_hints
from mattebox.cli.options import Dressing, shares_dressing
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.batch import Job, Outcome
    from mattebox.cli.progress import Tally
    from mattebox.cli.sources import Found, Namer

__all__ = ["watch"]

RUN = "Run"


@shares_dressing
def watch(
    *,
    folder: Annotated[Path, Argument(metavar="DIR", help="Folder to watch.")],
    output: Annotated[
        Path | None,
        Option("--output", "-o", metavar="OUT", help="Folder for the results; beside each picture unless given."),
    ] = None,
    recursive: Annotated[
        bool, Option("--recursive", "-r", help="Look into folders of folders; their tree is kept below OUT.")
    ] = False,
    interval: Annotated[
        float, Option(min=0.05, metavar="SECONDS", help="Time between two looks at the folder.", rich_help_panel=RUN)
    ] = 1.0,
    once: Annotated[bool, Option("--once", help="Do what is there and stop.", rich_help_panel=RUN)] = False,
    overwrite: Annotated[
        bool, Option("--overwrite", help="Replace results that are there.", rich_help_panel=RUN)
    ] = False,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Pictures worked on at once; one per core unless given.", rich_help_panel=RUN),
    ] = None,
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print errors only.", rich_help_panel=RUN)] = False,
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print the log of the library too.", rich_help_panel=RUN)
    ] = False,
    dressing: Dressing,
) -> int:
    """Cut out every picture that arrives in a folder, until Ctrl-C.

    A file is taken once its size and time have not changed between two looks, so one that is still being copied is
    left alone. A picture whose result is there is skipped; one that changes while it is watched is done again.
    Exit codes: 0 all done or skipped, 1 some failed, 2 wrong use.
    """
    from mattebox.batch import share_cores
    from mattebox.cli.progress import Tally
    from mattebox.cli.pull import make_ready
    from mattebox.cli.sources import Namer, pictures_in
    from mattebox.cli.stopping import stoppable
    from mattebox.cli.text import say, set_up_log, shown
    from mattebox.remover import shared_remover

    set_up_log(verbose=verbose)
    folder = Path(os.path.expanduser(folder))
    output = None if output is None else Path(os.path.expanduser(output))
    if not folder.is_dir():
        raise BadParameter(f"{folder}: no such folder")
    job = dressing.job(overwrite=overwrite)
    make_ready(job.settings, quiet=quiet)
    _, threads = share_cores(1, workers, large=job.settings.large)
    shared_remover(job.settings, threads)
    inbox, tally, namer = Inbox(), Tally(), Namer(output, job.output.suffix)
    if not quiet:
        say(f"watching {shown(folder)}" + ("" if once else "; Ctrl-C stops"))
    with stoppable() as stop:
        inbox.look(pictures_in(folder, recursive=recursive))
        while not stop.wait(interval):
            arrived = inbox.look(pictures_in(folder, recursive=recursive))
            jobs = [ready for picture in arrived if (ready := inbox.ready(picture, job, namer, tally)) is not None]
            if jobs:
                work(jobs, workers, stop, inbox, tally, quiet=quiet, verbose=verbose)
            if once:
                break
    if tally.failed or not quiet:
        say("\n".join(tally.lines()))
    return 1 if tally.failed else 0


@dataclass
class Inbox:
    """What a watched folder held at the last look, and what was taken from it already.

    Attributes:
        seen: size and time of change of every picture at the last look.
        taken: the same for every picture that was taken, when it was.
        targets: where the results of pictures go.
        made: pictures whose result was made in this run, and may be made anew.
    """

    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    taken: dict[str, tuple[int, int]] = field(default_factory=dict)
    targets: dict[str, Path] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def look(self, pictures: Iterable[Found]) -> list[Found]:
        """Take the pictures that are new or changed, and have stood still since the last look."""
        now, ready = {}, []
        for picture in pictures:
            try:
                status = Path(picture.source).stat()
            except OSError:  # gone since it was listed
                continue
            stamp = now[picture.source] = (status.st_size, status.st_mtime_ns)
            if self.seen.get(picture.source) == stamp != self.taken.get(picture.source):
                self.taken[picture.source] = stamp
                ready.append(picture)
        self.seen = now
        return ready

    def job(self, picture: Found, template: Job, namer: Namer) -> Job:
        """The job for a picture; its target is the same every time."""
        source = picture.source
        if source not in self.targets:
            self.targets[source] = namer(picture)
        overwrite = template.overwrite or source in self.made
        job = replace(template, source=source, target=self.targets[source], overwrite=overwrite)
        return own_hints([job], [picture])[0]

    def ready(self, picture: Found, template: Job, namer: Namer, tally: Tally) -> Job | None:
        """The job for a picture; none where its mask or trimap is not there, which is told and counted."""
        from mattebox.batch import Outcome
        from mattebox.cli.text import say

        try:
            return self.job(picture, template, namer)
        except BadParameter as error:
            tally.add(Outcome(picture.source, "", "failed", str(error)))
            say(str(error))
            return None

    def note(self, outcome: Outcome) -> None:
        """Remember whose result is ours."""
        if outcome.status == "done":
            self.made.add(outcome.source)


def work(
    jobs: Sequence[Job], workers: int | None, stop: Event, inbox: Inbox, tally: Tally, *, quiet: bool, verbose: bool
) -> None:
    """Do the jobs of one look."""
    from mattebox.batch import run_jobs, share_cores
    from mattebox.cli.progress import outcome_line
    from mattebox.cli.stopping import until
    from mattebox.cli.text import say

    started = time.perf_counter()
    workers, threads = share_cores(len(jobs), workers, large=jobs[0].settings.large)
    shared = (replace(job, threads=threads) for job in jobs)
    for outcome in run_jobs(until(stop, shared), workers=workers, skip_existing=True):
        inbox.note(outcome)
        tally.add(outcome)
        if verbose or not (quiet or outcome.status == "skipped"):
            say(outcome_line(outcome))
    tally.seconds += time.perf_counter() - started
