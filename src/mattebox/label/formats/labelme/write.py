"""Writing LabelMe: a JSON file for every picture, beside it."""

from __future__ import annotations

import base64
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mattebox.encode import encode, write_file
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats.common.fitting import holding, tell_untracked
from mattebox.label.formats.common.naming import file_subset
from mattebox.label.formats.common.pages import ImageChoice, Page, albums_of, free_place, pages_of
from mattebox.label.formats.common.pointing import Ways
from mattebox.label.formats.common.rings import overlapping, ring_areas
from mattebox.label.masks.rasterize import filled, rectangle
from mattebox.label.masks.rle import piece_of_row
from mattebox.label.masks.sets import Piece
from mattebox.label.masks.vectorize import separate
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row, Shape
from mattebox.label.table import Table
from mattebox.label.text import as_json

__all__ = ["write_labelme"]

Record = dict[str, Any]

_NAMES: dict[Shape, str] = {"polygon": "polygon", "polyline": "linestrip", "points": "points", "rectangle": "rectangle"}
"""LabelMe's words for shapes."""


def write_labelme(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    images: ImageChoice = "none",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write LabelMe files.

    Args:
        dataset: interpolated; rows that are outside are left out.
        path: of a folder that gets a JSON file for every picture, in a folder for every subset.
        report: is told what LabelMe cannot hold: turned boxes become polygons; ellipses that are no circles, cuboids
            and skeletons are dropped, and with them what makes rows a track.
        images: `copy` or `link` them beside their files; or `none`, so that each file says the way to its picture.
        overwrite: write into a folder that is not empty.
        progress: told how many pictures are done.

    Raises:
        OutputFailed: something is there already, or a file cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    path = free_place(path, overwrite=overwrite)
    ways = Ways(path)

    def fit(task: Task, table: Table) -> Table:
        return _fitting(table, report, task=task.name)

    count = 0
    albums = albums_of(dataset, report, folder=path, images=images, by_stem=True, fit=fit, progress=progress)
    for count, page in enumerate(pages_of(albums), 1):  # noqa: B007 (told when all are done)
        target = path / file_subset(page.task.subset) / PurePosixPath(page.name).with_suffix(".json")
        inner = target.parent.relative_to(path).as_posix()
        way = ways.to(page.task, page.true_frame, inner) if images == "none" else ""
        sheet = _sheet(page, way or PurePosixPath(page.name).name)
        write_file(target, as_json(sheet, indented=True), overwrite=overwrite)
    report.made("files", count)


def _fitting(table: Table, report: Report, *, task: str) -> Table:
    """The rows of a task that LabelMe has a place for."""
    ellipses = np.flatnonzero(table.is_shape("ellipse"))
    radii = np.abs(np.diff(table.points.take(ellipses).values.reshape(-1, 2, 2), axis=1)[:, 0])
    fits = table.is_shape("tag", "mask", *_NAMES) & (table.parent < 0)
    fits[ellipses] = np.isclose(radii[:, 0], radii[:, 1])
    table = holding(table, fits, "LabelMe", report, task=task)
    tell_untracked(table, "LabelMe", report, task=task)
    if turned := int((table.is_shape("rectangle") & (table.rotation != 0)).sum()):
        report.note("shape-changed", "turned rectangles become polygons", task=task, count=turned)
    return table


def _sheet(page: Page, picture: str) -> Record:
    """What LabelMe says of a picture, whose file it names."""
    table = page.table
    rows, groups = list(table.rows()), int(table.group.max(initial=0))
    height, width = page.size
    return {
        "version": "5.5.0",
        "flags": {row.label: True for row in rows if row.shape == "tag"},
        "shapes": [shape for row in rows if row.shape != "tag" for shape in _shapes(row, page.size, groups)],
        "imagePath": picture,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _shapes(row: Row, size: tuple[int, int], groups: int) -> list[Record]:
    """A row as LabelMe has it: the parts of a polygon apart, in a group beyond those there are; with holes, a mask."""
    told_of = {**row.attributes, **row.frame_attributes}
    flags = {name: value == "true" for name, value in told_of.items() if value in {"true", "false"}}
    others = {name: value for name, value in told_of.items() if name not in flags}
    record: Record = {
        "label": row.label,
        "group_id": row.group - 1 if row.group else None,
        "description": "",
        "flags": flags,
        "mask": None,
        **row.extra,
        **({"attributes": others} if others else {}),
    }
    points = np.reshape(row.points, (-1, 2)).tolist()
    told = {"shape_type": _NAMES.get(row.shape, ""), "points": points}
    if row.shape == "mask":
        told = _mask_of(piece_of_row(row.points, row.runs))
    elif row.shape == "ellipse":
        (x, y), (right, _) = points
        told = {"shape_type": "circle", "points": [[x, y], [right, y]]}
    elif row.rotation:
        (left, top), (right, bottom) = points
        told = {"shape_type": "polygon", "points": rectangle(left, top, right, bottom, row.rotation).tolist()}
    elif row.shape == "points" and len(points) == 1:
        told = {"shape_type": "point", "points": points}
    elif row.rings:
        rings = separate(row.points, row.rings)
        if not overlapping(ring_areas([ring.ravel().tolist() for ring in rings])):
            group = record["group_id"] if row.group else groups + row.object
            return [record | told | {"points": ring.tolist(), "group_id": group} for ring in rings]
        told = _mask_of(filled(rings, size))
    return [record | told]


def _mask_of(piece: Piece) -> Record:
    """A mask as LabelMe has it: its box, the last pixels included, and a PNG in letters."""
    height, width = piece.crop.shape
    points = [[piece.left, piece.top], [piece.left + width - 1, piece.top + height - 1]]
    text = base64.b64encode(encode(piece.crop.astype(np.uint8) * 255, "png")).decode()
    return {"shape_type": "mask", "points": points, "mask": text}
