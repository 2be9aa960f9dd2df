"""What commands that work on many pictures have in common: how a run is done."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from mattebox.cli.sharing import Command, gathers

__all__ = ["Running", "shares_running"]

RUN = "Run"


@dataclass(frozen=True)
class Running:
    """What a user may ask of a run over many pictures."""

    recursive: Annotated[
        bool, Option("--recursive", "-r", help="Look into folders of folders; their tree is kept below OUT.")
    ] = False
    overwrite: Annotated[bool, Option("--overwrite", help="Replace results that are there.", rich_help_panel=RUN)] = (
        False
    )
    skip_existing: Annotated[
        bool, Option("--skip-existing", help="Leave pictures whose result is there.", rich_help_panel=RUN)
    ] = False
    resume: Annotated[
        bool,
        Option("--resume", help="Go on with a run that was stopped or had failures.", rich_help_panel=RUN),
    ] = False
    report: Annotated[
        Path | None,
        Option(metavar="FILE", help="Write what became of every picture as JSON.", rich_help_panel=RUN),
    ] = None
    dry_run: Annotated[bool, Option("--dry-run", help="Only list what would be written.", rich_help_panel=RUN)] = False
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Pictures worked on at once; one per core unless given.", rich_help_panel=RUN),
    ] = None
    executor: Annotated[
        Literal["threads", "processes"],
        Option(help="What works on several pictures: threads share memory, processes do not.", rich_help_panel=RUN),
    ] = "threads"
    quiet: Annotated[bool, Option("--quiet", "-q", help="Print errors only.", rich_help_panel=RUN)] = False
    verbose: Annotated[
        bool, Option("--verbose", "-v", help="Print the log of the library too.", rich_help_panel=RUN)
    ] = False


def shares_running(command: Command) -> Command:
    """Give a command one option for every field of `Running`, which it takes together as `running`."""
    return gathers("running", [field.name for field in fields(Running)], Running())(command)
