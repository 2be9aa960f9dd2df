"""Every form that data sets of annotations come in and go out."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mattebox.errors import BadAnnotations, BadParameter, unknown_name

if TYPE_CHECKING:
    from mattebox.label.dataset import Dataset
    from mattebox.label.progress import Progress
    from mattebox.label.report import Report

__all__ = ["FORMATS", "HOLD_TRACKS", "Format", "read", "recognise", "write"]

log = logging.getLogger(__name__)

HERE = "mattebox.label"

LOGGED = 5
"""How many lines of what was dropped or is doubtful are logged where nobody gave a report."""

HOLD_TRACKS = frozenset({"cvat", "cvat-xml", "parquet", "tsv", "json"})
"""Forms that hold tracks by their keys; all others have rows frame by frame."""


@dataclass(frozen=True)
class Format:
    """One form of a data set.

    Attributes:
        name: to ask for it.
        title: what it is, for people.
        reads: module and function that read it; empty where it is only written.
        writes: module and function that write it; empty where it is only read.
        recognises: module and function that tell whether a file or folder is of this form.
    """

    name: str
    title: str
    reads: str = ""
    writes: str = ""
    recognises: str = ""


def _format(name: str, title: str, reads: str = "", writes: str = "", recognises: str = "") -> Format:
    return Format(name, title, *(f"{HERE}.{each}" if each else "" for each in (reads, writes, recognises)))


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        _format(
            "cvat",
            "CVAT backup of a task or a project (zip)",
            "cvat:read_backup",
            "cvat:write_backup",
            "cvat:looks_like_backup",
        ),
        _format(
            "cvat-xml",
            "CVAT XML 1.1 for images or video",
            "cvat.xml_read:read_cvat_xml",
            "cvat.xml_write:write_cvat_xml",
            "cvat.xml_read:looks_like_cvat_xml",
        ),
        _format(
            "parquet",
            "Mattebox's own, without any loss",
            "storage:load_parquet",
            "storage:save_parquet",
            "storage:looks_like_parquet",
        ),
        _format("tsv", "one row a line, to read", "storage:load_tsv", "storage:save_tsv", "storage:looks_like_tsv"),
        _format("json", "one row a line, as JSON", "storage:load_json", "storage:save_json", "storage:looks_like_json"),
        _format(
            "coco",
            "COCO instances and keypoints",
            "formats.coco:read_coco",
            "formats.coco:write_coco",
            "formats.coco:looks_like_coco",
        ),
        _format(
            "yolo-segment",
            "YOLO outlines (Ultralytics' layout)",
            "formats.yolo_read:read_yolo",
            "formats.yolo_write:write_yolo_segment",
            "formats.yolo_read:looks_like_yolo_segment",
        ),
        _format(
            "yolo-obb",
            "YOLO turned boxes (Ultralytics' layout)",
            "formats.yolo_read:read_yolo",
            "formats.yolo_write:write_yolo_obb",
            "formats.yolo_read:looks_like_yolo_obb",
        ),
        _format(
            "yolo-detect",
            "YOLO boxes (Ultralytics' layout)",
            "formats.yolo_read:read_yolo",
            "formats.yolo_write:write_yolo_detect",
            "formats.yolo_read:looks_like_yolo",
        ),
        _format(
            "masks",
            "pictures with masks of class indices",
            "formats.index_masks_read:read_index_masks",
            "formats.index_masks_write:write_index_masks",
            "formats.index_masks_read:looks_like_index_masks",
        ),
        _format(
            "matting",
            "pictures with alphas",
            "formats.matting_read:read_matting",
            "formats.matting_write:write_matting",
            "formats.matting_read:looks_like_matting",
        ),
        _format("voc", "Pascal VOC", "formats.voc:read_voc", "formats.voc:write_voc", "formats.voc:looks_like_voc"),
        _format("mot", "MOT Challenge", "formats.mot:read_mot", "formats.mot:write_mot", "formats.mot:looks_like_mot"),
        _format(
            "labelme",
            "LabelMe JSON",
            "formats.labelme:read_labelme",
            "formats.labelme:write_labelme",
            "formats.labelme:looks_like_labelme",
        ),
        _format(
            "yandex",
            "outlines from Yandex's crowd (Toloka)",
            reads="formats.yandex:read_yandex",
            recognises="formats.yandex:looks_like_yandex",
        ),
    )
}
"""Every form, in the order in which it is tried on a file of unknown form."""


def recognise(path: Path) -> Format:
    """Find out of which form a file or folder is.

    Raises:
        BadAnnotations: it is not there, or of none.
    """
    from mattebox.label.formats.common.unknown import cause_of, check_readable

    check_readable(path)
    for each in FORMATS.values():
        if each.recognises and _function(each.recognises)(path):
            return each
    raise BadAnnotations(f"{path}: {cause_of(path, readable())}")


def read(
    path: str | Path,
    *,
    format: str = "auto",  # noqa: A002
    report: Report | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Read a data set.

    Args:
        path: of the file or the folder.
        format: name in `FORMATS`, or auto to find it out.
        report: told what could not be read, and what is doubtful; without it the log has the first few of these.
        progress: told how far it is, where that takes long: of pictures, files, annotations, or tasks.

    Raises:
        BadAnnotations: it is not there, of no form that is known, or damaged as a whole.
        BadParameter: no form has that name, or it is one that is only written.
        MissingExtra: a package of the extra `label` is needed.
    """
    from mattebox.label.formats.common.unknown import check_readable

    if not os.fspath(path):
        raise BadAnnotations("the path of the data set is empty")
    path = Path(os.path.expanduser(path))
    form = recognise(path) if format == "auto" else _named(format)
    if not form.reads:
        raise BadParameter(f"format={format!r}: this form is only written")
    check_readable(path)
    with _told(report) as told:
        dataset: Dataset = _function(form.reads)(path, told, progress=progress)
    return dataset


def write(
    dataset: Dataset,
    path: str | Path,
    *,
    format: str,  # noqa: A002
    report: Report | None = None,
    **options: Any,
) -> None:
    """Write a data set; tracks have a row on every frame in forms that do not hold their keys.

    Args:
        dataset: to write.
        path: of the file or the folder.
        format: name in `FORMATS`.
        report: told what the form cannot hold; without it the log has the first few of these.
        options: of this form; see the function that writes it.

    Raises:
        BadParameter: no form has that name, or it is one that is only read, or it has no such option.
        OutputFailed: it cannot be written, something is there already, or media of the data set lie there.
        MissingExtra: a package of the extra `label` is needed.
    """
    from mattebox.label.apart import check_media_apart

    form = _named(format)
    if not form.writes:
        raise BadParameter(f"format={format!r}: this form is only read")
    writer = _function(form.writes)
    taken = inspect.signature(writer).parameters
    takes_any = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in taken.values())
    if not takes_any and (wrong := [option for option in options if option not in taken]):
        raise BadParameter(f"{format} has no option {', '.join(wrong)}")
    check_media_apart(Path(path), dataset)
    with _told(report) as told:
        if form.name not in HOLD_TRACKS:
            from mattebox.label.interpolation import interpolate_dataset

            dataset = interpolate_dataset(dataset, told)
        writer(dataset, Path(path), told, **options)


@contextmanager
def _told(report: Report | None) -> Iterator[Report]:
    """A report: the one that is given, or one whose drops and problems are logged in the end."""
    from mattebox.label.report import Report

    told = Report() if report is None else report
    yield told
    if report is None:
        lost = [entry for entry in told.entries if entry.severity != "note"]
        for entry in lost[:LOGGED]:
            log.warning("%s: %s", entry.severity, entry)
        if len(lost) > LOGGED:
            log.warning("and %d more; give a report to have them all", len(lost) - LOGGED)


def readable() -> Iterable[str]:
    """Names of the forms that can be read."""
    return (name for name, form in FORMATS.items() if form.reads)


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise BadParameter(unknown_name("format", name, FORMATS))
    return FORMATS[name]


def _function(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
