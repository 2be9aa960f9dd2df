"""What the commands on annotations have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from typer import Argument, Option

__all__ = ["DryRun", "InputFormat", "Out", "Overwrite", "Quiet", "ReportFile", "Source", "Sources"]

RUN = "Run"

Source: TypeAlias = Annotated[
    Path, Argument(metavar="IN", help="An archive, a file of annotations, or a data set.", show_default=False)
]
Sources: TypeAlias = Annotated[
    list[Path], Argument(metavar="IN...", help="Archives, files of annotations, or data sets.", show_default=False)
]
Out: TypeAlias = Annotated[Path, Option("--out", "-o", metavar="OUT", help="File or folder to write.")]
InputFormat: TypeAlias = Annotated[str, Option("--from", metavar="FORMAT", help="Form of IN; found out unless given.")]

DryRun: TypeAlias = Annotated[
    bool, Option("--dry-run", help="Only say what would be done; write nothing.", rich_help_panel=RUN)
]
ReportFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--report",
        metavar="FILE",
        help="Write everything that was dropped, doubted and made, with its place, as .json or .csv.",
        rich_help_panel=RUN,
    ),
]
Overwrite: TypeAlias = Annotated[bool, Option("--overwrite", help="Replace what is there.", rich_help_panel=RUN)]
Quiet: TypeAlias = Annotated[bool, Option("--quiet", "-q", help="Print errors and results only.", rich_help_panel=RUN)]
