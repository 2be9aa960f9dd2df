"""Training sets for matting: pictures, and alphas of the same names.

    train/images/NAME.jpg    train/alpha/NAME.png    train/trimaps/NAME.png

An alpha is grey, 0 to 255: the union of the objects of a sample, or the alpha picture that lies beside a still, whose
softness is kept to the last bit. `mattebox evaluate` reads the folder of a subset as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.encode import encode
from mattebox.errors import BadParameter, unknown_name
from mattebox.geometry import resized
from mattebox.label.building import Choices, Files, Reel, Shot, build_set, labels_of
from mattebox.label.building.alphas import alpha_of, read_alpha
from mattebox.label.building.choices import choices_with
from mattebox.label.building.holding import painted, with_areas
from mattebox.label.dataset import Dataset, Label
from mattebox.label.media import Blob
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.stages.trimap import make_trimap
from mattebox.types import Rgb

__all__ = ["Matting", "write_matting"]


@dataclass(frozen=True)
class Matting:
    """The format, as `build_set` takes it.

    Attributes:
        labels: whose objects are the subject; of all labels if empty.
        trimaps: make trimaps, too, with a band around the edge.
    """

    labels: tuple[str, ...] = ()
    trimaps: bool = False
    name: str = "matting"
    needs_pixels: bool = False

    def settings(self) -> dict[str, Any]:
        """Whatever decides the files."""
        return {"labels": self.labels, "trimaps": self.trimaps}

    def picture(self, shot: Shot) -> str:
        """Where the picture goes, without suffix."""
        return f"{shot.subset}/images/{shot.name}"

    def marker(self, shot: Shot) -> str:
        """The alpha."""
        return f"{shot.subset}/alpha/{shot.name}.png"

    def fit(self, reel: Reel, report: Report) -> Reel:
        """Leave out what has no area, and objects that are not the subject."""
        if self.labels:
            subject = reel.table.label.isin(self.labels)
            if others := int((~subject).sum()):
                report.note("other-label", "objects that are not asked for", task=reel.task.name, count=others)
            reel = reel.only(subject)
        return with_areas(reel, self.name, report)

    def filled(self, reel: Reel) -> NDArray[np.bool_]:
        """Samples with rows, or with an alpha picture beside them."""
        beside = [self._beside(reel, shot) is not None for shot in reel.shots]
        return reel.with_rows | np.array(beside, bool)

    def prepare(self, reel: Reel) -> None:
        """Nothing."""

    def files(self, prepared: None, reel: Reel, index: int, rgb: Rgb | None, report: Report) -> Files:
        """The alpha, and its trimap."""
        del prepared, rgb
        shot = reel.shots[index]
        blob = self._beside(reel, shot)
        alpha = self._union(reel, index, report) if blob is None else shown(blob, shot)
        own = blob.read() if blob is not None and shot.untouched else b""
        trimap = {}
        if self.trimaps:
            made = make_trimap(alpha.astype(np.float32) / np.float32(255))
            trimap = {f"{shot.subset}/trimaps/{shot.name}.png": encode(made, "png")}
        return {**trimap, self.marker(shot): own if is_grey_png(own) else encode(alpha, "png")}

    def finish(
        self, reels: Sequence[Reel], pictures: Mapping[str, str], labels: Sequence[Label], report: Report
    ) -> Files:
        """Nothing beyond the samples."""
        del reels, pictures, labels, report
        return {}

    def _beside(self, reel: Reel, shot: Shot) -> Blob | None:
        return alpha_of(reel.task.media, shot.true_frame) if reel.task.media else None

    def _union(self, reel: Reel, index: int, report: Report) -> NDArray[np.uint8]:
        """(H, W), 255 where there is an object."""
        table = reel.table_of(index)
        return painted(table, np.full(len(table), 255, np.uint8), reel.shots[index].size, reel.task.name, report)


def shown(blob: Blob, shot: Shot) -> NDArray[np.uint8]:
    """What a sample shows of an alpha picture, (H, W), 0 to 255.

    Raises:
        BadPicture: it is damaged, or of another size than its picture.
    """
    alpha = read_alpha(blob, shot.original)
    if shot.whole != shot.original:
        alpha = resized(alpha, shot.whole)
    if shot.box is not None:
        top, left, bottom, right = shot.box
        alpha = alpha[top:bottom, left:right]
    return np.ascontiguousarray(alpha)


def is_grey_png(data: bytes) -> bool:
    """Whether a file is a PNG of grey alone, so that it can stay as it is.

    Example:
        >>> [is_grey_png(encode(np.zeros(shape, np.uint8), "png")) for shape in ((2, 2), (2, 2, 3))]
        [True, False]
    """
    return data.startswith(b"\x89PNG") and data[25] == 0


def write_matting(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    labels: Sequence[str] = (),
    trimaps: bool = False,
    choices: Choices | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> list[Reel]:
    """Write a training set for matting.

    Args:
        dataset: interpolated; every task's subset says where its samples go.
        path: of the folder.
        report: is told what is made, and what is left out and why.
        labels: whose objects are the subject; of all unless given.
        trimaps: make trimaps, too.
        choices: pictures, scales, tiles and samples without objects.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing.
        progress: is told how many samples are done.
        changes: choices by name, as in `images="link"`.

    Returns:
        The samples in the set.

    Raises:
        BadParameter: a label is unknown, or there is nothing to make samples of.
        OutputFailed: the folder holds something else, or cannot be written.
    """
    known = [label.name for label in labels_of(dataset)]
    for name in labels:
        if name not in known:
            raise BadParameter(unknown_name("label", name, known))
    recipe, asked = Matting(tuple(labels), trimaps), choices_with(choices, changes)
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
