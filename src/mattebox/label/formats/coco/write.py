"""Writing COCO: outlines, boxes, masks and skeletons, one JSON file for every subset.

A category's id is the position of its label, from 1. An outline with holes cannot be polygons in COCO, so it becomes a
mask; apart from that polygons stay polygons, and parts that lie apart are several polygons of one annotation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mattebox.encode import write_file
from mattebox.label.building.planning import labels_of
from mattebox.label.building.reel import Shot
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats.coco.records import Records, category, fitting
from mattebox.label.formats.common.naming import file_subset
from mattebox.label.formats.common.pages import ImageChoice, albums_of, free_place
from mattebox.label.formats.common.pointing import Ways
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.text import as_json

__all__ = ["write_coco"]

Record = dict[str, Any]


def write_coco(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    images: ImageChoice = "none",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write COCO annotations.

    Args:
        dataset: interpolated; rows that are outside are left out.
        path: of a folder that gets `annotations/instances_SUBSET.json`, or of a single .json file for everything.
        report: is told what COCO cannot hold.
        images: `copy` or `link` them into `images/SUBSET`, beside the annotations; or `none`, so that the names of
            those that are files of their own lead from the folder to where they are.
        overwrite: replace what is there.
        progress: told how many pictures are done.

    Raises:
        OutputFailed: something is there already, or a file cannot be written.
        MissingExtra: a package of the extra `label` is needed.
    """
    path = free_place(path, overwrite=overwrite)
    single = path.suffix.lower() == ".json"
    labels = labels_of(dataset)
    heads: Mapping[str, Record] = dataset.extra.get("coco", {})
    classes = {label.name: (index, label) for index, label in enumerate(labels, 1)}
    documents: dict[str, Record] = defaultdict(lambda: {"images": [], "annotations": []})
    ids: dict[str, Counter[str]] = defaultdict(Counter)
    place = "images/{name}" if single else "images/{subset}/{name}"
    folder = path.parent if single else path
    ways = Ways(folder)
    for album in albums_of(dataset, report, folder=folder, images=images, place=place, progress=progress):
        subset = "" if single else album.task.subset
        document, counter = documents[subset], ids[subset]
        records = Records(fitting(album.table, report, task=album.task.name), classes)
        for shot in album.shots:
            way = ways.to(album.task, shot.true_frame) if images == "none" else ""
            image = _image_of(album.task, shot, way or shot.name, counter)
            document["images"].append(image)
            annotations = document["annotations"]
            for record in records.on(shot.frame, shot.original):
                annotations.append({"id": len(annotations) + 1, "image_id": image["id"], **record})
    for subset, document in documents.items():
        head = {"info": {}, "licenses": []} | dict(heads.get(subset, {}))
        whole = {**head, "categories": list(map(category, range(1, len(labels) + 1), labels)), **document}
        target = path if single else path / "annotations" / f"instances_{file_subset(subset) or 'default'}.json"
        write_file(target, as_json(whole), overwrite=overwrite)
        report.made("files")
        report.made("annotations", len(document["annotations"]))


def _image_of(task: Task, shot: Shot, name: str, counter: Counter[str]) -> Record:
    """The record of a picture; its id is the one that it had in a COCO file, as long as that is free."""
    media = task.media
    known = task.extra.get("frames", {}).get(media.name_of(shot.true_frame) if media else "", {})
    wanted = known.get("id")
    if not isinstance(wanted, int) or counter[f"image {wanted}"]:
        wanted = counter["images"] + 1
        while counter[f"image {wanted}"]:
            wanted += 1
        counter["images"] = wanted
    counter[f"image {wanted}"] += 1
    height, width = shot.original
    return {**known, "id": wanted, "file_name": name, "width": width, "height": height}
