"""COCO as a training set: pictures scaled and cut like those of the other sets, one JSON file for every subset.

images/train/NAME.jpg    annotations/instances_train.json
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.label.building import Choices, Files, Reel, Shot, build_set
from mattebox.label.building.choices import choices_with
from mattebox.label.building.holding import without_thin
from mattebox.label.dataset import Dataset, Label
from mattebox.label.formats.coco.records import Records, category, fitting
from mattebox.label.formats.common.pointing import Ways, tell_unwritten
from mattebox.label.merging import classes_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.text import as_json
from mattebox.types import Rgb

__all__ = ["Coco", "write_coco_set"]


@dataclass(frozen=True)
class Coco:
    """The format, as `build_set` takes it.

    Attributes:
        ways: from the set's folder to pictures that are not written.
    """

    ways: Ways
    name: str = "coco"
    needs_pixels: bool = False

    def settings(self) -> dict[str, Any]:
        """Nothing but the name decides."""
        return {}

    def picture(self, shot: Shot) -> str:
        """Where the picture goes, without suffix."""
        return f"images/{shot.subset}/{shot.name}"

    def marker(self, shot: Shot) -> None:
        """The picture is the only file of a sample."""
        del shot

    def fit(self, reel: Reel, report: Report) -> Reel:
        """Leave out tags, points, lines and what has no area; ellipses, cuboids and turned boxes become polygons."""
        reel = without_thin(reel, report)
        numbers = np.arange(len(reel.table), dtype=np.int32)
        table = fitting(reel.table.replace(z_order=numbers), report, task=reel.task.name)
        kept, order = np.isin(numbers, table.z_order), reel.table.z_order[table.z_order]
        return replace(reel.only(kept), table=table.replace(z_order=order))

    def filled(self, reel: Reel) -> NDArray[np.bool_]:
        """Samples with rows."""
        return reel.with_rows

    def prepare(self, reel: Reel) -> None:
        """Nothing."""

    def files(self, prepared: None, reel: Reel, index: int, rgb: Rgb | None, report: Report) -> Files:
        """Nothing: the annotations are in a file of the whole set."""
        del prepared, reel, index, rgb, report
        return {}

    def finish(
        self, reels: Sequence[Reel], pictures: Mapping[str, str], labels: Sequence[Label], report: Report
    ) -> Files:
        """The annotations of every subset."""
        classes = {label.name: (number, label) for number, label in enumerate(labels, 1)}
        documents: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {"images": [], "annotations": []})
        for reel in reels:
            records = Records(reel.table.replace(frame=reel.shot_of_row.astype(np.int32)), classes)
            for index, shot in enumerate(reel.shots):
                document = documents[shot.subset]
                height, width = shot.size
                written = pictures.get(self.picture(shot))
                file = PurePosixPath(written).name if written else self._elsewhere(reel, shot)
                image = {"id": len(document["images"]) + 1, "file_name": file}
                document["images"].append({**image, "width": width, "height": height})
                for record in records.on(index, shot.size):
                    number = len(document["annotations"]) + 1
                    document["annotations"].append({"id": number, "image_id": image["id"], **record})
        if not pictures and any(not shot.untouched for reel in reels for shot in reel.shots):
            report.note("pictures-not-written", "nothing shows what was scaled or cut; --images copy writes pictures")
        report.made("annotations", sum(len(document["annotations"]) for document in documents.values()))
        head = {"info": {}, "licenses": [], "categories": list(map(category, range(1, len(labels) + 1), labels))}
        return {
            f"annotations/instances_{subset}.json": as_json({**head, **document})
            for subset, document in documents.items()
        }

    def _elsewhere(self, reel: Reel, shot: Shot) -> str:
        """The way to the picture of a sample that the set has none of; its name where there is no such file."""
        way = self.ways.to(reel.task, shot.true_frame) if shot.untouched else ""
        return way or f"{shot.name}{PurePosixPath(shot.source).suffix or '.jpg'}"


def write_coco_set(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    choices: Choices | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    **changes: Any,
) -> list[Reel]:
    """Write a training set with annotations as COCO has them.

    Unlike `write_coco`, which keeps the pictures as they are and by their own names, it can scale and cut them.

    Args:
        dataset: interpolated; every task's subset says where its samples go, the order of its labels their numbers.
        path: of the folder.
        report: is told what is made, and what is left out and why.
        choices: pictures, scales, tiles and samples without objects.
        overwrite: remove the set that is there, and begin anew.
        dry_run: write nothing.
        progress: is told how many samples are done.
        changes: choices by name, as in `images="link"`.

    Returns:
        The samples in the set.

    Raises:
        BadParameter: there is no label.
        BadAnnotations: there is nothing to make samples of.
        OutputFailed: the folder holds something else, or cannot be written.
    """
    classes_of(dataset)
    asked, recipe = choices_with(choices, changes), Coco(Ways(Path(os.path.expanduser(path))))
    for task in dataset.tasks if asked.images == "none" else ():
        tell_unwritten(task, report, pointing=True)
    return build_set(dataset, path, recipe, asked, report, overwrite=overwrite, dry_run=dry_run, progress=progress)
