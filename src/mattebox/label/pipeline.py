"""From archives to a training set in one call, as `mattebox label dataset` does it.

Each source: read -> check or repair -> interpolate -> scenes. Then all: merge -> taxonomy -> split -> write -> preview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mattebox.errors import BadParameter, unknown_name
from mattebox.label.apart import check_apart
from mattebox.label.building import Choices, Reel
from mattebox.label.building.folder import SetFolder
from mattebox.label.checks import CHECKS
from mattebox.label.checks import check as look_over
from mattebox.label.checks import repair as mend
from mattebox.label.conversion import read_each
from mattebox.label.dataset import Dataset
from mattebox.label.formats.coco.recipe import write_coco_set
from mattebox.label.formats.index_masks_write import write_index_masks
from mattebox.label.formats.matting_write import write_matting
from mattebox.label.formats.yolo_write import write_yolo_detect, write_yolo_obb, write_yolo_segment
from mattebox.label.interpolation import interpolate_dataset
from mattebox.label.merging import merge, telling_homes
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.scenes import split_scenes
from mattebox.label.set_preview import write_set_preview
from mattebox.label.splitting import (
    SHARES,
    By,
    Ties,
    check_dividing,
    in_parts,
    picture_by_picture,
    split,
    tell_known_leaks,
)

__all__ = ["SETS", "build_dataset", "prepare"]

Checking: TypeAlias = Literal["no", "tell", "repair"]

SETS: dict[str, Callable[..., list[Reel]]] = {
    "yolo-detect": write_yolo_detect,
    "yolo-segment": write_yolo_segment,
    "yolo-obb": write_yolo_obb,
    "masks": write_index_masks,
    "matting": write_matting,
    "coco": write_coco_set,
}
"""What writes each training set, by its name."""


def build_dataset(
    sources: Sequence[Path],
    out: Path,
    report: Report,
    *,
    to: str,
    source_format: str = "auto",
    taxonomy: Sequence[Path] = (),
    unknown: Literal["drop", "ignore", "reject", "error"] = "drop",
    scenes: bool = False,
    check: Checking = "tell",
    shares: Sequence[float] | None = None,
    by: By | None = None,
    seed: int = 0,
    stills: bool = False,
    stratify: Literal["label", "none"] = "label",
    ties: Ties | None = None,
    pattern: str | None = None,
    choices: Choices | None = None,
    options: Mapping[str, Any] | None = None,
    preview: int = 0,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Make a training set of annotations in any form.

    Args:
        sources: archives, files of annotations, or data sets; their tasks become one set.
        out: the folder of the set.
        report: is told what is made, and what is left out and why.
        to: a name in `SETS`.
        source_format: form of the sources; found out unless given.
        taxonomy: label tables that lead labels to classes; labels are the classes without one.
        unknown: what becomes of objects whose label the tables do not know.
        scenes: cut jobs into scenes where marker labels say so.
        check: `tell` what is wrong with annotations, or `repair` what can be.
        shares: of train, val and test; whole sources are shared out, so that no scene is in two of them.
        by: what decides the subset instead: the `subset` that tasks have, or their `name`.
        seed: of whatever is left to chance.
        stills: share out every still by itself, for pictures that have nothing to do with each other.
        stratify: whether each part should also have its share of every label.
        ties: what else holds tasks, or stills, together; see `split`.
        pattern: for `name`: finds the part in a name; see `split`.
        choices: pictures, scales, tiles and samples without objects.
        options: of the form of set; see the function that writes it.
        preview: how many samples are drawn on a sheet, `preview.jpg`.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing.
        progress: is told how far the step at hand is.

    Returns:
        The data set as it was written: interpolated, with classes as its labels and subsets.

    Raises:
        BadParameter: a value makes no sense, there is nothing to make samples of, or it is said how to divide and not
            that it is to be.
        BadAnnotations: no source can be used, or a label table cannot.
        OutputFailed: the folder holds something else, or cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    if to not in SETS:
        raise BadParameter(unknown_name("training set", to, SETS))
    divided = shares is not None or by is not None
    if not divided and (stills or ties is not None or pattern is not None):
        raise BadParameter("what is held together, and what is not, matters to a split only: give its shares, too")
    if shares is not None and by not in {None, "source"}:
        raise BadParameter(f"by={by!r} says where each task goes, so shares mean nothing: leave one of the two out")
    check_dividing(shares or SHARES, pattern, ties)
    table = None
    if taxonomy:
        from mattebox.label.taxonomy import Taxonomy

        table = Taxonomy.load(*taxonomy)
    check_apart(out, sources)
    SetFolder(out, overwrite=overwrite).check_usable()
    read = read_each(sources, report, source_format=source_format, progress=progress)
    prepared = [prepare(each, report, scenes=scenes, check=check, progress=progress) for each in read]
    dataset = merge(prepared, report=report)
    with telling_homes(report, prepared, dataset):
        if table is not None:
            dataset = table.apply(dataset, report, unknown=unknown)
        if divided:
            pieces = split(
                picture_by_picture(dataset) if stills else dataset,
                shares=shares or SHARES,
                by=by or "source",
                seed=seed,
                stratify=stratify,
                ties=ties,
                pattern=pattern,
                report=report,
                progress=progress,
            )
            dataset = in_parts(dataset, pieces) if stills else pieces
        else:
            tell_known_leaks(dataset, report)
        choices = choices or Choices(seed=seed)
        reels = SETS[to](
            dataset,
            out,
            report,
            choices=choices,
            overwrite=overwrite,
            dry_run=dry_run,
            progress=progress,
            **(options or {}),
        )
    if preview and choices.images == "none":
        report.note("no-preview", "the set gets no pictures to draw on")
    elif preview and not dry_run:
        write_set_preview(out, to, reels, preview, report)
    return dataset


def prepare(
    dataset: Dataset,
    report: Report,
    *,
    scenes: bool = False,
    check: Checking = "tell",
    progress: Progress | None = None,
) -> Dataset:
    """Bring the annotations of one source to what a training set is made of: sound rows, on every frame.

    Args:
        dataset: as it was read; what is told of its rows names their place in the file.
        report: is told what is wrong, and what is left out and why.
        scenes: cut jobs into scenes where marker labels say so.
        check: `tell` what is wrong with annotations, or `repair` what can be, and tell of the rest.
        progress: is told how far the step at hand is.
    """
    if check != "no":
        lasting = [each.name for each in CHECKS.values() if check == "tell" or not each.mends]
        look_over(dataset, report, only=lasting, progress=progress)
    if check == "repair":
        dataset = mend(dataset, report, progress=progress)
    dataset = interpolate_dataset(dataset, report, progress=progress)
    return split_scenes(dataset, report, progress=progress) if scenes else dataset
