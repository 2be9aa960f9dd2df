"""`mattebox label convert`: annotations from one form to another."""

from __future__ import annotations

from typing import Annotated, Literal

from typer import Option

from mattebox.cli.label.options import DryRun, InputFormat, Out, Overwrite, Quiet, ReportFile, Sources
from mattebox.cli.label.running import job, tell_unread
from mattebox.errors import BadParameter

__all__ = ["convert"]


def convert(
    *,
    sources: Sources,
    out: Out,
    to: Annotated[str, Option("--to", metavar="FORMAT", help="Form to write; a name that is not known lists all.")],
    source_format: InputFormat = "auto",
    interpolate: Annotated[
        bool | None,
        Option(
            "--interpolate/--keyframes",
            help="Write tracks on all of their frames, or by as few key frames as give the same; as the form needs "
            "unless given.",
        ),
    ] = None,
    images: Annotated[
        Literal["copy", "link", "none"] | None,
        Option(help="What becomes of pictures; what is usual for the form unless given."),
    ] = None,
    kind: Annotated[
        Literal["images", "video"] | None,
        Option(help="cvat-xml: pictures with shapes, or tracks of a video; as suits each task unless given."),
    ] = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Convert annotations from one form to another.

    Several sources become one data set whose labels are theirs by name. What the form cannot hold is told, by kind.
    """
    from mattebox.label.conversion import PICTURES
    from mattebox.label.conversion import convert as convert_files
    from mattebox.label.formats import FORMATS

    if kind is not None and to != "cvat-xml":
        raise BadParameter(f"--kind is for --to cvat-xml, and --to {to} is asked")
    if images is not None and to in FORMATS and to not in PICTURES:
        raise BadParameter(f"--to {to} has no pictures: leave out --images")
    with job("Converting", dry_run=dry_run, report=report, quiet=quiet) as run:
        convert_files(
            sources,
            out,
            run.report,
            to=to,
            source_format=source_format,
            times="as-needed" if interpolate is None else "frames" if interpolate else "keyframes",
            images=images,
            kind=kind,
            overwrite=overwrite,
            dry_run=dry_run,
            progress=run.progress,
        )
        tell_unread(run)
        return run.code
