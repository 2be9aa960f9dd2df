"""`mattebox label masks`: filters over the masks of a data set, or of a folder of mask pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from mattebox.cli.label.options import DryRun, Out, Overwrite, Quiet, ReportFile
from mattebox.cli.label.outputs import check_free
from mattebox.cli.label.running import Run, job
from mattebox.errors import BadAnnotations, BadParameter, unknown_name

if TYPE_CHECKING:
    from mattebox.label.masks.filters import MaskFilter
    from mattebox.label.masks.tables import Becomes

__all__ = ["masks"]

FOLDER = "pictures"
"""What --from calls a folder of mask pictures, which is no data set."""


def masks(
    *,
    source: Annotated[
        Path,
        Argument(metavar="IN", help="An archive, a file of annotations, a data set, or a folder of mask pictures."),
    ],
    out: Out,
    filters: Annotated[
        str,
        Option(
            "--filter",
            "-f",
            metavar="FILTERS",
            help="What is done, in order, as in area>=50,split,duplicates<0.9,partition; a filter that is not known "
            "lists all.",
        ),
    ],
    source_format: Annotated[
        str, Option("--from", metavar="FORMAT", help="Form of IN, or pictures; found out unless given.")
    ] = "auto",
    to: Annotated[str | None, Option("--to", metavar="FORMAT", help="Form of OUT; that of IN unless given.")] = None,
    becomes: Annotated[
        Literal["same", "mask", "polygon"],
        Option(help="What shapes become that are changed; masks stay masks and others become polygons unless given."),
    ] = "same",
    epsilon: Annotated[
        float, Option(min=0, metavar="PIXELS", help="How far polygons may be off their masks; 0 keeps every pixel.")
    ] = 1.0,
    soft: Annotated[bool, Option("--soft", help="Mask pictures are grey: each is one soft mask.")] = False,
    ignore: Annotated[
        int | None, Option(min=1, max=65535, metavar="INDEX", help="Index in mask pictures that is no object.")
    ] = None,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Filter the masks of rectangles, ellipses, polygons and masks, frame by frame.

    Areas are whole pixels or a share of the picture (0.01 or 1%); radii are whole pixels or a share of the object's
    size. What no filter changes stays as it is. Tracks are filtered on every frame, and written as key frames where the
    form has them.

    In a folder of mask pictures every value but 0 is an object.
    """
    from mattebox.label.masks.filters.parsing import parse_filters
    from mattebox.label.masks.pictures import filter_folder

    chain = parse_filters(filters)
    check_free(out, [source], overwrite=overwrite)
    with job("Filtering masks", dry_run=dry_run, report=report, quiet=quiet) as run:
        form = form_of(source, source_format)
        refuse_needless(form, to, soft=soft, ignore=ignore)
        if form == FOLDER:
            filter_folder(
                source,
                out,
                chain,
                run.report,
                soft=soft,
                ignore=ignore,
                overwrite=overwrite,
                dry=run.dry,
                progress=run.progress,
            )
        else:
            filter_annotations(source, form, out, to or form, run, chain, becomes, epsilon, overwrite=overwrite)
        return run.code


def form_of(source: Path, asked: str) -> str:
    """The form of what is filtered; a folder of no form that has pictures in it is one of mask pictures.

    Raises:
        BadAnnotations: it is not there, or of no form.
    """
    from mattebox.label.formats import recognise
    from mattebox.label.masks.pictures import mask_files

    if asked != "auto":
        return asked
    try:
        return recognise(source).name
    except BadAnnotations:
        if source.is_dir() and mask_files(source):
            return FOLDER
        raise


def refuse_needless(form: str, to: str | None, *, soft: bool, ignore: int | None) -> None:
    """Refuse options that mean nothing for what is filtered.

    Raises:
        BadParameter: one is given.
    """
    if form == FOLDER and to is not None:
        raise BadParameter("mask pictures are written as mask pictures: leave out --to")
    if form != FOLDER and (soft or ignore is not None):
        raise BadParameter("--soft and --ignore are for folders of mask pictures; with --from pictures IN is one")


def filter_annotations(
    source: Path,
    form: str,
    out: Path,
    to: str,
    run: Run,
    filters: MaskFilter,
    becomes: Becomes,
    epsilon: float,
    *,
    overwrite: bool,
) -> None:
    """Read a data set, filter its masks, and write it.

    Raises:
        BadParameter: nothing is written in that form.
    """
    from mattebox.label.apart import check_media_apart
    from mattebox.label.formats import FORMATS, HOLD_TRACKS, read, write
    from mattebox.label.masks.datasets import filter_dataset

    written = [name for name, each in FORMATS.items() if each.writes]
    if to not in written:
        raise BadParameter(unknown_name("form to write", to, written))
    found = read(source, format=form, report=run.report)
    check_media_apart(out, found)
    dataset = filter_dataset(
        found,
        filters,
        run.report,
        becomes=becomes,
        epsilon=epsilon,
        keyframes=to in HOLD_TRACKS,
        progress=run.progress,
    )
    if run.dry:
        run.report.made("rows", sum(len(subtask.table) for _, subtask in dataset.walk()))
    else:
        write(dataset, out, format=to, report=run.report, overwrite=overwrite)
