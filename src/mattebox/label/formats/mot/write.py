"""Writing MOT Challenge: a folder for every task, with its boxes, its classes and what there is to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from mattebox.encode import write_file
from mattebox.label.building.planning import labels_of
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats.common.fitting import as_boxes, holding
from mattebox.label.formats.common.naming import line_of
from mattebox.label.formats.common.pages import ImageChoice, Page, albums_of, free_place, pages_of
from mattebox.label.media import Video
from mattebox.label.names import task_names
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.table import Table

__all__ = ["write_mot"]


def write_mot(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    images: ImageChoice = "none",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write tracks as MOT Challenge has them.

    Args:
        dataset: interpolated; rows that are outside are left out.
        path: of a folder that gets a folder for every task, with `gt/gt.txt`, `gt/labels.txt` and `seqinfo.ini`.
        report: is told what MOT cannot hold. It has upright boxes only: those around all other areas are written.
        images: `copy` or `link` them into `img1/` of their task, or `none`.
        overwrite: write into a folder that is not empty.
        progress: told how many pictures are done.

    Raises:
        OutputFailed: something is there already, or a file cannot be written.
    """
    path = free_place(path, overwrite=overwrite)
    labels = {label.name: number for number, label in enumerate(labels_of(dataset), 1)}
    folders = dict(zip(dataset.tasks, task_names(task.name for task in dataset.tasks), strict=True))

    def fit(task: Task, table: Table) -> Table:
        changed = ~table.is_shape("rectangle") | (table.rotation != 0)
        table = as_boxes(table, changed, "MOT", report, task=task.name)
        return holding(table, table.is_shape("rectangle"), "MOT", report, task=task.name)

    for task, folder in folders.items():
        alone = dataset.replace(tasks=(task,))
        target = path / folder
        place = "img1/{number:06d}{suffix}"
        albums = albums_of(
            alone, report, folder=target, images=images, place=place, pointing=False, fit=fit, progress=progress
        )
        lines: list[str] = []
        told: list[Page] = []
        for page in pages_of(albums):
            told.append(page)
            lines += _lines(page, len(told), labels)
        write_file(target / "gt" / "gt.txt", "".join(lines).encode(), overwrite=overwrite)
        names = "".join(f"{line_of(name)}\n" for name in labels)
        write_file(target / "gt" / "labels.txt", names.encode(), overwrite=overwrite)
        write_file(target / "seqinfo.ini", _info(task, folder, told).encode(), overwrite=overwrite)
        report.made("sequences")
        report.made("boxes", len(lines))


def _lines(page: Page, number: int, labels: Mapping[str, int]) -> list[str]:
    """The boxes on a picture; pictures are counted without those that nobody is to use, since trackers take no gaps."""
    lines = []
    for row in page.table.rows():
        left, top, right, bottom = row.points
        told = {**row.attributes, **row.frame_attributes}
        track = row.object + 1 if row.tracked else -1
        kept = 0 if told.get("ignored") == "true" else 1
        seen = told.get("visibility", "0" if row.occluded else "1")
        box = ",".join(f"{value:.10g}" for value in (left, top, right - left, bottom - top))
        lines.append(f"{number},{track},{box},{kept},{labels[row.label]},{seen}\n")
    return lines


def _info(task: Task, folder: str, pages: list[Page]) -> str:
    """What trackers want to know of a sequence."""
    known = task.extra.get("seqinfo", {})
    media = task.media
    rate = str(known.get("framerate", 25))
    if "framerate" not in known and isinstance(media, Video) and media.blob.exists():
        rate = f"{media.fps / task.frames.step:g}"
    height, width = pages[0].size if pages else (0, 0)
    suffix = PurePosixPath(pages[0].name).suffix if pages else ".jpg"
    told = {
        "name": folder,
        "imDir": "img1",
        "frameRate": rate,
        "seqLength": len(pages),
        "imWidth": width,
        "imHeight": height,
        "imExt": suffix,
    }
    return "[Sequence]\n" + "".join(f"{name}={value}\n" for name, value in told.items())
