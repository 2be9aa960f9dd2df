"""Writing Pascal VOC: an XML file with boxes for every picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path, PurePosixPath

from mattebox.encode import write_file
from mattebox.label.building.planning import labels_of
from mattebox.label.dataset import Dataset, Task
from mattebox.label.formats.common.fitting import as_boxes, holding, tell_untracked
from mattebox.label.formats.common.naming import file_subset, line_of
from mattebox.label.formats.common.pages import ImageChoice, Page, albums_of, free_place, pages_of
from mattebox.label.formats.common.pointing import Ways
from mattebox.label.formats.voc.read import FLAGS
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table

__all__ = ["write_voc"]


def write_voc(
    dataset: Dataset,
    path: Path,
    report: Report,
    *,
    images: ImageChoice = "none",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write Pascal VOC's boxes.

    Args:
        dataset: interpolated; rows that are outside are left out.
        path: of a folder that gets `Annotations/`, `ImageSets/Main/` and `labelmap.txt`.
        report: is told what VOC cannot hold. It has boxes only: those around outlines, masks and ellipses are written.
        images: `copy` or `link` them into `JPEGImages/`; or `none`, so that each file says in `path` how its picture is
            reached from the folder.
        overwrite: write into a folder that is not empty.
        progress: told how many pictures are done.

    Raises:
        OutputFailed: something is there already, or a file cannot be written.
    """
    path = free_place(path, overwrite=overwrite)
    lists: dict[str, list[str]] = defaultdict(list)
    ways = Ways(path)

    def fit(task: Task, table: Table) -> Table:
        table = as_boxes(table, ~table.is_shape("rectangle"), "VOC", report, task=task.name)
        table = holding(table, table.is_shape("rectangle"), "VOC", report, task=task.name)
        tell_untracked(table, "VOC", report, task=task.name)
        return table

    place = "JPEGImages/{name}"
    albums = albums_of(
        dataset, report, folder=path, images=images, place=place, by_stem=True, fit=fit, progress=progress
    )
    for page in pages_of(albums):
        stem = str(PurePosixPath(page.name).with_suffix(""))
        lists[file_subset(page.task.subset) or "default"].append(stem)
        sheet = _sheet(page, ways.to(page.task, page.true_frame) if images == "none" else "")
        ET.indent(sheet)
        data = ET.tostring(sheet, encoding="utf-8", xml_declaration=True)
        write_file(path / "Annotations" / f"{stem}.xml", data, overwrite=overwrite)
    for subset, stems in lists.items():
        text = "".join(f'"{stem}"\n' if " " in stem else f"{stem}\n" for stem in stems)
        write_file(path / "ImageSets" / "Main" / f"{subset}.txt", text.encode(), overwrite=overwrite)
    write_file(path / "labelmap.txt", _labelmap(dataset).encode(), overwrite=overwrite)
    report.made("files", sum(map(len, lists.values())))


def _labelmap(dataset: Dataset) -> str:
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
    for label in labels_of(dataset):
        color = ",".join(map(str, label.color)) if label.color else ""
        lines.append(f"{line_of(label.name)}:{color}::")
    return "\n".join(lines) + "\n"


def _sheet(page: Page, way: str) -> ET.Element:
    """The XML of a picture, with the way to it where it lies elsewhere."""
    root = ET.Element("annotation")
    _add(root, "folder", str(PurePosixPath(page.name).parent).strip("."))
    _add(root, "filename", page.name)
    if way:
        _add(root, "path", way)
    media = page.task.media
    known = page.task.extra.get("frames", {}).get(media.name_of(page.true_frame) if media else "", {})
    source = ET.SubElement(root, "source")
    for name, text in known.get("source", {"database": "Unknown"}).items():
        _add(source, name, text)
    size = ET.SubElement(root, "size")
    for name, number in (("width", page.size[1]), ("height", page.size[0]), ("depth", 3)):
        _add(size, name, number)
    _add(root, "segmented", 0)
    for row in page.table.rows():
        _add_object(root, row)
    return root


def _add_object(root: ET.Element, row: Row) -> None:
    told = {**row.attributes, **row.frame_attributes}
    element = ET.SubElement(root, "object")
    _add(element, "name", row.label)
    _add(element, "pose", told.pop("pose", "Unspecified"))
    for name in FLAGS:
        _add(element, name, int(told.pop(name, "") == "true"))
    _add(element, "occluded", int(row.occluded))
    box = ET.SubElement(element, "bndbox")
    for name, side in zip(("xmin", "ymin", "xmax", "ymax"), row.points, strict=True):
        _add(box, name, f"{side:.10g}")
    if row.rotation:
        told["rotation"] = f"{row.rotation:.10g}"
    if told:
        attributes = ET.SubElement(element, "attributes")
        for name, value in told.items():
            attribute = ET.SubElement(attributes, "attribute")
            _add(attribute, "name", name)
            _add(attribute, "value", value)


def _add(parent: ET.Element, name: str, value: object) -> None:
    # Signs that XML has no way to write, even escaped, would make the file unreadable.
    ET.SubElement(parent, name).text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", str(value))
