"""`mattebox label preview`: annotations drawn on their frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from mattebox.cli.label.options import DryRun, InputFormat, Overwrite, Quiet, ReportFile, Source
from mattebox.cli.label.running import job

__all__ = ["preview"]


def preview(
    *,
    source: Source,
    out: Annotated[
        Path,
        Option(
            "--out",
            "-o",
            metavar="OUT",
            help="What is made: sheet.jpg, film.webm, page.html, or a folder of pictures.",
        ),
    ],
    count: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Frames to show: 24 on a sheet or a page, all in a video or a folder."),
    ] = None,
    by: Annotated[
        Literal["label", "object"], Option(help="Whether a colour stands for a label, or follows an object.")
    ] = "label",
    fill: Annotated[float, Option(min=0, max=1, help="Opacity of areas.")] = 0.35,
    captions: Annotated[bool, Option(help="Write what each object is.")] = True,
    task: Annotated[
        list[str] | None, Option(metavar="NAME", help="Show only tasks of this name; may be repeated, and hold *.")
    ] = None,
    subset: Annotated[list[str] | None, Option(metavar="NAME", help="Show only tasks in this subset.")] = None,
    label: Annotated[list[str] | None, Option(metavar="NAME", help="Show only annotations of this label.")] = None,
    fps: Annotated[
        float | None,
        Option(min=0.1, max=240, help="Frames a second of a video; 25, or 1 if there are only stills, unless given."),
    ] = None,
    width: Annotated[int, Option(min=200, max=8000, metavar="PIXELS", help="Width of a sheet.")] = 1600,
    seed: Annotated[int, Option(help="Other seeds show other frames.")] = 0,
    input_format: InputFormat = "auto",
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Draw annotations on their frames: a contact sheet, a video, a page with numbers and checks, or pictures.

    A sheet and a page show frames that together have every label. Tracks are drawn on all frames that they are on.
    """
    from mattebox.label.formats import read
    from mattebox.label.narrowing import narrow
    from mattebox.label.previews import Drawing, write_preview

    with job("Drawing", dry_run=dry_run, report=report, quiet=quiet) as run:
        dataset = read(source, format=input_format, report=run.report)
        write_preview(
            narrow(dataset, tasks=task or (), subsets=subset or (), labels=label or ()),
            out,
            run.report,
            drawing=Drawing(by=by, fill=fill, captions=captions),
            count=count,
            seed=seed,
            width=width,
            fps=fps,
            overwrite=overwrite,
            dry_run=dry_run,
            progress=run.progress,
        )
        return run.code
