"""`mattebox label dataset`: from archives to a training set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Option

from mattebox.cli.label.options import DryRun, InputFormat, Overwrite, Quiet, ReportFile, Sources
from mattebox.cli.label.running import job, tell_unread
from mattebox.cli.label.split import Content, Parts, Pattern, Similar, Stills, Stratify, divided_by, parsed_shares
from mattebox.errors import BadParameter

if TYPE_CHECKING:
    from mattebox.label.building import Tiling

__all__ = ["dataset"]

ANNOTATIONS, SAMPLES, FORM = "Annotations", "Samples", "Form"

To = Literal["yolo-detect", "yolo-segment", "yolo-obb", "masks", "matting", "coco"]


def dataset(
    *,
    sources: Sources,
    out: Annotated[Path, Option("--out", "-o", metavar="DIR", help="Folder of the training set.")],
    to: Annotated[To, Option("--to", help="Form of the training set.")],
    source_format: InputFormat = "auto",
    taxonomy: Annotated[
        list[Path] | None,
        Option(
            metavar="TABLE",
            help="Label table that leads labels to classes; give it twice for two files. Labels are the classes "
            "without it.",
            rich_help_panel=ANNOTATIONS,
        ),
    ] = None,
    unknown: Annotated[
        Literal["drop", "ignore", "reject", "error"],
        Option(help="What becomes of objects whose label the table does not know.", rich_help_panel=ANNOTATIONS),
    ] = "drop",
    scenes: Annotated[
        bool, Option("--scenes", help="Cut jobs into scenes at marker labels.", rich_help_panel=ANNOTATIONS)
    ] = False,
    check: Annotated[
        Literal["no", "tell", "repair"],
        Option(help="Tell what is wrong with the annotations, or repair what can be.", rich_help_panel=ANNOTATIONS),
    ] = "tell",
    split: Annotated[
        str | None,
        Option(
            metavar="SHARES",
            help="Shares of train, val and test, as in 0.8,0.1,0.1; whole sources, so that no scene is in two.",
            rich_help_panel=SAMPLES,
        ),
    ] = None,
    by: Annotated[
        Literal["source", "subset", "name"] | None,
        Option(help="Split by source; or by the subsets that tasks have, or by their names.", rich_help_panel=SAMPLES),
    ] = None,
    pattern: Pattern = None,
    stratify: Stratify = True,
    similar: Similar = None,
    content: Content = True,
    parts: Parts = True,
    stills: Stills = False,
    scale: Annotated[
        str | None,
        Option(
            metavar="FACTORS",
            help="Scale pictures: 0.5, or 0.5,1 (a sample for each), 0.5|1 (one by chance), 0.5..1 (any between).",
            rich_help_panel=SAMPLES,
        ),
    ] = None,
    tile: Annotated[
        str | None,
        Option(
            metavar="SIZE",
            help="Cut larger pictures into tiles of 640, or of 720x1280 (height, width).",
            rich_help_panel=SAMPLES,
        ),
    ] = None,
    tile_above: Annotated[
        str | None,
        Option(metavar="SIZE", help="Leave pictures up to this size whole; that of a tile.", rich_help_panel=SAMPLES),
    ] = None,
    overlap: Annotated[
        float, Option(min=0, max=0.9, help="Share of a tile that the next one has, too.", rich_help_panel=SAMPLES)
    ] = 0.2,
    keep: Annotated[
        float,
        Option(
            min=0, max=1, help="Share of an object that must be on a tile to belong there.", rich_help_panel=SAMPLES
        ),
    ] = 0.5,
    negatives: Annotated[
        float,
        Option(
            min=0, max=1, help="Share of samples that may be without an object; 1 keeps all.", rich_help_panel=SAMPLES
        ),
    ] = 1.0,
    images: Annotated[
        Literal["copy", "link", "none"],
        Option(help="Copy pictures, link stills that stay as they are, or write labels only.", rich_help_panel=SAMPLES),
    ] = "copy",
    encoding: Annotated[
        Literal["jpeg", "png"],
        Option(help="Of frames of videos and of what is scaled or cut.", rich_help_panel=SAMPLES),
    ] = "jpeg",
    seed: Annotated[int, Option(help="Of the split and whatever else is left to chance.", rich_help_panel=SAMPLES)] = 0,
    overlaps: Annotated[
        Literal["z-order", "class", "small"] | None,
        Option(
            help="masks: what lies on top where objects overlap: the greater z-order unless given, the smaller class, "
            "or what is small; of equals the later object, as in CVAT.",
            rich_help_panel=FORM,
        ),
    ] = None,
    ignored: Annotated[
        list[str] | None,
        Option(metavar="LABEL", help="masks: its areas get 255, which training passes over.", rich_help_panel=FORM),
    ] = None,
    drop_homogeneous: Annotated[
        bool, Option("--drop-homogeneous", help="masks: leave out masks of one value.", rich_help_panel=FORM)
    ] = False,
    subject: Annotated[
        list[str] | None,
        Option(metavar="LABEL", help="matting: label of the subject; all unless given.", rich_help_panel=FORM),
    ] = None,
    trimaps: Annotated[bool, Option("--trimaps", help="matting: make trimaps, too.", rich_help_panel=FORM)] = False,
    preview: Annotated[int, Option(min=0, metavar="N", help="Draw N samples on a sheet, preview.jpg.")] = 0,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    report: ReportFile = None,
    quiet: Quiet = False,
) -> int:
    """Make a training set: read, check, interpolate, lead labels to classes, split by source, write.

    A run that was stopped goes on where it was when it is started again. Every path in the set is relative, so the
    folder can be moved. mattebox.json in it says what was asked, samples.csv where each sample comes from.
    """
    from mattebox.label.building import Choices, Scales
    from mattebox.label.pipeline import build_dataset

    options = form_options(
        to,
        ("masks", "--overlaps", "overlap", overlaps),
        ("masks", "--ignored", "ignored", ignored),
        ("masks", "--drop-homogeneous", "homogeneous", False if drop_homogeneous else None),
        ("matting", "--subject", "labels", subject),
        ("matting", "--trimaps", "trimaps", trimaps or None),
    )
    if split is not None and by not in {None, "source"}:
        raise BadParameter(f"--by {by} says where each task goes, and --split shares them out: give one of the two")
    choices = Choices(
        images=images,
        encoding=encoding,
        scales=None if scale is None else Scales.parse(scale),
        tiling=parse_tiling(tile, tile_above, overlap, keep),
        negatives=negatives,
        seed=seed,
    )
    dividing: dict[str, Any] = {"stills": stills}
    if split is not None or by is not None:
        dividing["shares"] = None if split is None else parsed_shares(split)
        dividing |= divided_by(
            by or "source", pattern, content=content, parts=parts, similar=similar, stratify=stratify
        )
    elif stills or pattern is not None or similar is not None:
        raise BadParameter("--stills, --pattern and --similar say how to divide: give --split or --by, too")
    with job("Making the set", dry_run=dry_run, report=report, quiet=quiet) as run:
        build_dataset(
            sources,
            out,
            run.report,
            to=to,
            source_format=source_format,
            taxonomy=taxonomy or (),
            unknown=unknown,
            scenes=scenes,
            check=check,
            seed=seed,
            **dividing,
            choices=choices,
            options=options,
            preview=preview,
            overwrite=overwrite,
            dry_run=dry_run,
            progress=run.progress,
        )
        tell_unread(run)
        return run.code


def parse_tiling(tile: str | None, above: str | None, overlap: float, keep: float) -> Tiling | None:
    """How pictures are cut up; None when nothing is said of tiles.

    Raises:
        BadParameter: a size cannot be read, or only that of pictures is given.
    """
    from mattebox.label.building import Tiling
    from mattebox.label.building.choices import parse_size

    if tile is not None:
        return Tiling(parse_size(tile), overlap, keep, None if above is None else parse_size(above))
    if above is not None:
        raise BadParameter("--tile-above says which pictures are cut into tiles: give their size, too, by --tile")
    return None


def form_options(to: str, *options: tuple[str, str, str, Any]) -> dict[str, Any]:
    """The options of the form that is asked for, by their names in Python.

    Args:
        to: the form.
        options: of each the form that it is for, its names on the command line and in Python, and its value; None where
            it was not given.

    Raises:
        BadParameter: one of another form is given.
    """
    given = [each for each in options if each[-1] is not None]
    for form, option, _, _ in given:
        if form != to:
            raise BadParameter(f"{option} is for --to {form}, and --to {to} is asked")
    return {name: value for _, _, name, value in given}
