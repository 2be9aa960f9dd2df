"""`mattebox label scenes`: jobs cut into the scenes that are marked in them."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from mattebox.cli.label.options import DryRun, InputFormat, Out, Overwrite, Quiet, ReportFile, Source
from mattebox.cli.label.outputs import check_form, check_free, form_of
from mattebox.cli.label.running import job
from mattebox.errors import BadParameter

__all__ = ["scenes"]


def scenes(
    *,
    source: Source,
    out: Out,
    start: Annotated[
        str, Option(metavar="LABEL", help="Label of rows or tags on the first frame of scenes.")
    ] = "scene-start",
    finish: Annotated[
        str, Option(metavar="LABEL", help="Label of rows or tags on the last frame of scenes.")
    ] = "scene-finish",
    open_end: Annotated[
        bool, Option("--open-end", help="A scene without a finish goes on to the end of its job.")
    ] = False,
    source_format: InputFormat = "auto",
    to: Annotated[str | None, Option(metavar="FORMAT", help="Form of OUT; that of IN unless given.")] = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Cut jobs into the scenes that annotators marked by a label on the first and on the last frame.

    Tracks are cut too. What lies in no scene is dropped, and so are the marks; jobs without marks stay as they are.
    Marks that do not fit together are told with project, task, job, frame and row. An archive for CVAT has all scenes
    in one job, for CVAT makes jobs of one length only; --to parquet keeps them apart.
    """
    from mattebox.label.formats import read, write
    from mattebox.label.scenes import split_scenes

    if start == finish:
        raise BadParameter(f"--start and --finish are both '{start}': give two labels")
    with job("Cutting", dry_run=dry_run, report=report, quiet=quiet) as run:
        form = form_of(source, source_format)
        check_form(to or form)
        check_free(out, [source], overwrite=overwrite)
        dataset = read(source, format=form, report=run.report)
        cut = split_scenes(dataset, run.report, start=start, finish=finish, open_end=open_end, progress=run.progress)
        if not dry_run:
            write(cut, out, format=to or form, report=run.report, overwrite=overwrite)
        return run.code
