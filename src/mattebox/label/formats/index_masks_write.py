"""Training sets for semantic segmentation: pictures, and masks that say of every pixel which class it is.

    train/inp/NAME.jpg    train/out/NAME.png    train/prv/NAME.jpg    classes.json

A mask is a grey PNG of 8 bits: 0 is background, class i is i + 1, and 255, if any label asks for it, is what training
is to pass over. It has no palette, which OpenCV would turn into colours. `classes.json` names the indices, and gives
each a colour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mattebox.encode import encode
from mattebox.errors import BadParameter, unknown_name
from mattebox.label.building import Choices, Files, Reel, Shot, build_set
from mattebox.label.building.choices import choices_with
from mattebox.label.building.holding import painted, with_areas
from mattebox.label.colors import colors_of
from mattebox.label.dataset import Dataset, Label
from mattebox.label.geometry import areas
from mattebox.label.merging import classes_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.types import Rgb

__all__ = ["IGNORED", "IndexMasks", "Overlap", "write_index_masks"]

Overlap = Literal["z-order", "class", "small"]
"""What lies on top where objects overlap: the greater z-order, the smaller class, or what is smaller; of equals the
later object, as in CVAT."""

OVERLAPS = ("z-order", "class", "small")

IGNORED = 255
"""The index of what training passes over."""


@dataclass(frozen=True)
class IndexMasks:
    """The format, as `build_set` takes it.

    Attributes:
        labels: the classes, in order.
        overlap: what lies on top.
        ignored: labels whose areas training passes over.
        homogeneous: keep samples whose mask has one index everywhere.
        previews: draw the masks on their pictures, too.
    """

    labels: tuple[Label, ...]
    overlap: Overlap = "z-order"
    ignored: tuple[str, ...] = ()
    homogeneous: bool = True
    previews: bool = False
    name: str = "masks"

    def __post_init__(self) -> None:
        if self.overlap not in OVERLAPS:
            raise BadParameter(unknown_name("rule for overlaps", self.overlap, OVERLAPS))
        if len(self.labels) > IGNORED - 1:
            raise BadParameter(f"{len(self.labels)} labels: a mask of 8 bits holds {IGNORED - 1} classes; merge some")
        names = [label.name for label in self.labels]
        for name in self.ignored:
            if name not in names:
                raise BadParameter(unknown_name("label", name, names))

    @property
    def needs_pixels(self) -> bool:
        """For previews."""
        return self.previews

    def settings(self) -> dict[str, Any]:
        """Whatever decides the files."""
        settings = ("overlap", "ignored", "homogeneous", "previews")
        return {name: getattr(self, name) for name in settings}

    def picture(self, shot: Shot) -> str:
        """Where the picture goes, without suffix."""
        return f"{shot.subset}/inp/{shot.name}"

    def marker(self, shot: Shot) -> str:
        """The mask."""
        return f"{shot.subset}/out/{shot.name}.png"

    def fit(self, reel: Reel, report: Report) -> Reel:
        """Leave out what has no area."""
        return with_areas(reel, self.name, report)

    def filled(self, reel: Reel) -> NDArray[np.bool_]:
        """Samples with rows."""
        return reel.with_rows

    def prepare(self, reel: Reel) -> NDArray[np.int64]:
        """The rows of each sample in the order in which they are painted; a reel has them from below to above."""
        own = reel.shot_of_row
        match self.overlap:
            case "z-order":
                return np.arange(len(own))
            case "class":
                return np.lexsort((-reel.classes, own))
            case "small":
                return np.lexsort((-reel.classes, -areas(reel.table), own))

    def files(
        self, prepared: NDArray[np.int64], reel: Reel, index: int, rgb: Rgb | None, report: Report
    ) -> Files | None:
        """The mask, and the picture with the mask on it."""
        shot = reel.shots[index]
        order = prepared[reel.rows(index)]
        table = reel.table.take(order)
        values = np.where(table.label.isin(self.ignored), IGNORED, reel.classes[order] + 1).astype(np.uint8)
        mask = painted(table, values, shot.size, reel.task.name, report)
        if not self.homogeneous and (mask == mask[0, 0]).all():
            message = f"its mask is {mask[0, 0]} everywhere"
            report.drop("homogeneous-sample", message, task=reel.task.name, frame=shot.frame)
            return None
        preview = {}
        if self.previews and rgb is not None:
            colors = np.array(self.palette(), np.uint8)[mask]
            seen = np.where((mask > 0)[..., None], rgb // 2 + colors // 2, rgb)
            preview = {f"{shot.subset}/prv/{shot.name}.jpg": encode(seen, "jpeg")}
        return {**preview, self.marker(shot): encode(mask, "png")}

    def palette(self) -> list[tuple[int, int, int]]:
        """A colour for every index: background black, what is passed over white."""
        colors = colors_of(self.labels)
        used = [(0, 0, 0), *(colors[label.name] for label in self.labels)]
        return [*used, *[(0, 0, 0)] * (IGNORED - len(used)), (255, 255, 255)]

    def finish(
        self, reels: Sequence[Reel], pictures: Mapping[str, str], labels: Sequence[Label], report: Report
    ) -> Files:
        """What the indices stand for."""
        del reels, pictures, report
        colors = colors_of(labels)
        classes = [
            {"index": index, "name": label.name, "color": colors[label.name]} for index, label in enumerate(labels, 1)
        ]
        record = {"background": 0, "ignore": IGNORED if self.ignored else None, "classes": classes}
        return {"classes.json": json.dumps(record, indent=1, ensure_ascii=False).encode()}


def write_index_masks(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    overlap: Overlap = "z-order",
    ignored: Sequence[str] = (),
    homogeneous: bool = True,
    previews: bool = False,
    choices: Choices | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> list[Reel]:
    """Write a training set for semantic segmentation.

    Args:
        dataset: interpolated; every task's subset says where its samples go, the order of its labels their indices.
        path: of the folder.
        report: is told what is made, and what is left out and why.
        overlap: what lies on top where objects overlap: the greater `z-order`, the smaller `class`, or what is `small`;
            of equals the later object.
        ignored: labels whose areas get 255, which training passes over.
        homogeneous: keep samples whose mask has one index everywhere.
        previews: draw the masks on their pictures, too.
        choices: pictures, scales, tiles and samples without objects.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing.
        progress: is told how many samples are done.
        changes: choices by name, as in `images="link"`.

    Returns:
        The samples in the set.

    Raises:
        BadParameter: there is no label or too many, an ignored one is unknown, or there is nothing to make samples of.
        OutputFailed: the folder holds something else, or cannot be written.
    """
    recipe = IndexMasks(classes_of(dataset), overlap, tuple(ignored), homogeneous, previews)
    asked = choices_with(choices, changes)
    return build_set(
        dataset,
        path,
        recipe,
        asked,
        report,
        overwrite=overwrite,
        dry_run=dry_run,
        progress=progress,
    )
