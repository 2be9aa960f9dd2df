"""Training sets for YOLO, laid out as Ultralytics reads them: boxes, outlines, or boxes that are turned.

    images/train/NAME.jpg    labels/train/NAME.txt    data.yaml

A line of a label file is a class and numbers from 0 to 1, shares of the picture's width and height: centre and size of
a box, or the corners of an outline. An outline of several parts or with holes is drawn as one, see `bridging`.
`data.yaml` names no path: Ultralytics then looks beside the file, wherever the folder is moved to.

Source: https://docs.ultralytics.com/datasets/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.label.building import Choices, Files, Reel, Shot, build_set
from mattebox.label.building.choices import choices_with
from mattebox.label.building.holding import with_areas
from mattebox.label.columns import Array, Ragged
from mattebox.label.dataset import Dataset, Label
from mattebox.label.extra import needed_for
from mattebox.label.formats.common.bridging import one_ring
from mattebox.label.geometry import boxes, to_polygons
from mattebox.label.merging import classes_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table
from mattebox.types import Rgb

__all__ = ["Yolo", "label_lines", "write_yolo", "write_yolo_detect", "write_yolo_obb", "write_yolo_segment"]

Mode = Literal["detect", "segment", "obb"]

OTHER_KEYS = ("path", "names", "nc", "channels", "download")
"""What `data.yaml` says by these names is not a subset."""

AT_ONCE = 500_000
"""Numbers that are put into words at a time, so that memory does not grow with the data set."""


@dataclass(frozen=True)
class Yolo:
    """The format, as `build_set` takes it.

    Attributes:
        mode: `detect` writes upright boxes around whatever shapes there are, `segment` outlines, `obb` the four corners
            of the smallest turned box.
    """

    mode: Mode = "detect"
    needs_pixels: bool = False

    @property
    def name(self) -> str:
        """What the format is called."""
        return f"yolo-{self.mode}"

    def settings(self) -> dict[str, Any]:
        """Nothing but the name decides."""
        return {}

    def picture(self, shot: Shot) -> str:
        """Where the picture goes, without suffix."""
        return f"images/{shot.subset}/{shot.name}"

    def marker(self, shot: Shot) -> str:
        """The labels; there is a file for pictures without any, too."""
        return f"labels/{shot.subset}/{shot.name}.txt"

    def fit(self, reel: Reel, report: Report) -> Reel:
        """Leave out what has no area; outlines become polygons of one ring."""
        reel = with_areas(reel, self.name, report)
        if self.mode == "detect":
            return reel
        reel = replace(reel, table=one_ring(to_polygons(reel.table)))
        enough = reel.table.points.lengths >= 6
        if lost := int((~enough).sum()):
            report.drop("no-area", "an outline of fewer than 3 corners", task=reel.task.name, count=lost)
        return reel.only(enough)

    def filled(self, reel: Reel) -> NDArray[np.bool_]:
        """Samples with rows."""
        return reel.with_rows

    def prepare(self, reel: Reel) -> list[str]:
        """The lines of every row."""
        cells = {"detect": centred, "segment": outlined, "obb": turned}[self.mode](reel.table)
        spans = np.repeat(reel.sizes[reel.shot_of_row], cells.lengths, axis=0)
        across = (np.arange(len(spans)) - np.repeat(cells.offsets[:-1], cells.lengths)) % 2 == 0
        shares = np.clip(cells.values / np.where(across, spans[:, 1], spans[:, 0]), 0, 1)
        return label_lines(reel.classes, Ragged(shares, cells.offsets))

    def files(self, prepared: list[str], reel: Reel, index: int, rgb: Rgb | None, report: Report) -> Files:
        """The label file."""
        del rgb, report
        text = "".join(prepared[reel.rows(index)])
        return {self.marker(reel.shots[index]): text.encode()}

    def finish(
        self, reels: Sequence[Reel], pictures: Mapping[str, str], labels: Sequence[Label], report: Report
    ) -> Files:
        """The file that Ultralytics is given."""
        del pictures
        subsets = {shot.subset for reel in reels for shot in reel.shots}
        for needed in ("train", "val"):
            if needed not in subsets:
                report.problem(
                    "no-subset", f"no sample is in {needed}, and Ultralytics asks for it: split the data set"
                )
        known = [name for name in ("train", "val", "test") if name in subsets]
        others = sorted(subsets.difference(known, OTHER_KEYS))
        if others:
            message = f"Ultralytics reads train, val and test only, and there are samples in {', '.join(others)}"
            report.problem("other-subset", message)
        for name in sorted(subsets.intersection(OTHER_KEYS)):
            report.problem("subset-name", f"data.yaml cannot name the subset {name}: call it otherwise")
        parts = {name: f"images/{name}" for name in (*known, *others)}
        names = {index: label.name for index, label in enumerate(labels)}
        with needed_for("writing data.yaml"):
            import yaml
        return {"data.yaml": yaml.safe_dump({**parts, "names": names}, sort_keys=False, allow_unicode=True).encode()}


def write_yolo_detect(dataset: Dataset, path: Path, report: Report, **options: Any) -> list[Reel]:
    """Write upright boxes; the options are those of `write_yolo`."""
    return write_yolo(dataset, path, report, mode="detect", **options)


def write_yolo_segment(dataset: Dataset, path: Path, report: Report, **options: Any) -> list[Reel]:
    """Write outlines; the options are those of `write_yolo`."""
    return write_yolo(dataset, path, report, mode="segment", **options)


def write_yolo_obb(dataset: Dataset, path: Path, report: Report, **options: Any) -> list[Reel]:
    """Write turned boxes; the options are those of `write_yolo`."""
    return write_yolo(dataset, path, report, mode="obb", **options)


def write_yolo(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    mode: Mode = "detect",
    choices: Choices | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> list[Reel]:
    """Write a training set for YOLO.

    Args:
        dataset: interpolated; every task's subset says where its samples go, the order of its labels their numbers.
        path: of the folder.
        report: is told what is made, and what is left out and why.
        mode: `detect`, `segment` or `obb`.
        choices: pictures, scales, tiles and samples without objects.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing.
        progress: is told how many samples are done.
        changes: choices by name, as in `images="none"`, which writes the labels only.

    Returns:
        The samples in the set.

    Raises:
        BadParameter: there is no label, or nothing to make samples of.
        OutputFailed: the folder holds something else, or cannot be written.
    """
    classes_of(dataset)
    asked = choices_with(choices, changes)
    return build_set(
        dataset,
        path,
        Yolo(mode),
        asked,
        report,
        overwrite=overwrite,
        dry_run=dry_run,
        progress=progress,
    )


def centred(table: Table) -> Ragged:
    """Centre and size of the box around every row, in pixels."""
    sides = boxes(table)
    cells = np.hstack(((sides[:, :2] + sides[:, 2:]) / 2, sides[:, 2:] - sides[:, :2]))
    return Ragged.of_lengths(cells.reshape(-1), np.full(len(table), 4))


def outlined(table: Table) -> Ragged:
    """The corners of every polygon, in pixels."""
    return table.points


def turned(table: Table) -> Ragged:
    """The four corners of the smallest box around every polygon, in pixels."""
    corners = [
        cv2.boxPoints(cv2.minAreaRect(np.array(points, np.float32).reshape(-1, 2))).reshape(-1)
        for points in table.points.lists()
    ]
    return Ragged.of_lengths(np.concatenate([np.empty(0), *corners]), np.full(len(table), 8))


def label_lines(classes: Array, cells: Ragged) -> list[str]:
    r"""Word labels, many at once: every row's class and numbers as a line.

    Args:
        classes: (N,) of the rows.
        cells: numbers of the rows, with six decimals.

    Example:
        >>> label_lines(np.array([3]), Ragged.from_lists([[0.5, 0.25]]))
        ['3 0.500000 0.250000\n']
    """
    lines: list[str] = []
    lengths = cells.lengths
    worded = {count: "%d" + " %.6f" * count + "\n" for count in np.unique(lengths).tolist()}
    blocks = np.searchsorted(cells.offsets, np.arange(0, cells.offsets[-1], AT_ONCE)).tolist()
    for begin, end in pairwise(dict.fromkeys([*blocks, len(cells)])):
        part = cells.values[cells.offsets[begin] : cells.offsets[end]]
        numbers = np.insert(part, cells.offsets[begin:end] - cells.offsets[begin], classes[begin:end])
        text = "".join([worded[count] for count in lengths[begin:end].tolist()]) % tuple(numbers.tolist())
        lines += text.splitlines(keepends=True)
    return lines
