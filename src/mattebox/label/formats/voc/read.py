"""Reading Pascal VOC: an XML file with boxes for every picture, in `Annotations/`; subsets are lists in `ImageSets/`.

Coordinates are taken as they are, as CVAT and Datumaro take them and write them: `xmin` is the left edge and `xmax` the
right one, counted from 0. The challenge of 2012 itself counts pixels from 1, so its boxes come out a pixel smaller at
the left and the top.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Dataset, Label
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Still, Stills
from mattebox.label.formats.common.tree import Tree, tree_of, within
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.text import decode_text

__all__ = ["looks_like_voc", "read_voc"]

FLAGS = ("difficult", "truncated")
LARGEST = 1_000_000
"""Pixels beyond the longest side that a picture may have."""

LOOKED_AT = 10
"""Files that are opened to tell a folder of them from another; some may be damaged."""

_START = 1 << 14
"""How much of a file is looked at for a document type, whose entities could make a small file grow into a large one."""

_LISTS = ("Main", "Segmentation", "Layout", "Action")


def looks_like_voc(path: Path) -> bool:
    """Whether it is a folder or zip with XML files of VOC, or one such file."""
    try:
        tree, file = tree_of(path, ".xml")
        return any(_is_sheet(tree, name) for name in ([file] if file else _sheets(tree)[:LOOKED_AT]))
    except BadAnnotations:
        return False


def _is_sheet(tree: Tree, name: str) -> bool:
    try:
        return _root(tree, name).tag == "annotation"
    except BadAnnotations:
        return False


def read_voc(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read Pascal VOC's boxes.

    Args:
        path: of the folder or zip with `Annotations/`, or of one XML file. Pictures are in `JPEGImages/`, or anywhere.
        report: told what cannot be used.
        progress: told how many files are read.

    Raises:
        BadAnnotations: there is no such file, or no XML in it.
    """
    tree, file = tree_of(path, ".xml")
    sheets = [file] if file else _sheets(tree)
    if not sheets:
        raise BadAnnotations(f"{path}: no VOC annotations: there is no XML file in Annotations")
    stills = Stills(Path(file or tree.path).stem, report)
    subsets = {} if file else _subsets(tree, stills)
    labels = {} if file else _labels(tree, stills)
    for sheet in steps(sheets, progress):
        try:
            root = _root(tree, sheet)
            _read_sheet(tree, sheet, root, stills, subsets)
        except BadAnnotations as error:  # noqa: PERF203 (reading takes far longer)
            report.drop("bad-file", str(error), dataset=stills.name)
    if (masks := tree.under("SegmentationObject", ".png")) and not file:
        message = "masks in SegmentationObject are left out; read them as a set of index masks"
        report.note("masks-left-out", message, dataset=stills.name, count=len(masks))
    return stills.dataset(labels.values())


def _sheets(tree: Tree) -> list[str]:
    names = tree.under("", ".xml")
    inside = [name for name in names if "Annotations" in PurePosixPath(name).parts]
    return inside or [name for name in names if name.count("/") <= 1]


def _root(tree: Tree, name: str) -> ET.Element:
    """The root of an XML file, whose encoding may be other than it says."""
    blob = tree.blob(name)
    data = tree.read(name)
    if b"<!DOCTYPE" in data.replace(b"\0", b"")[:_START]:
        raise BadAnnotations(f"{blob}: a document type, which VOC never has; not read")
    try:
        return ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError) as error:
        first = error
    try:
        text = decode_text(data, blob)
        return ET.fromstring(text[text.index("<annotation") :])
    except (ET.ParseError, ValueError):
        raise BadAnnotations(f"{blob}: no XML: {first}") from first


def _subsets(tree: Tree, stills: Stills) -> dict[str, str]:
    """Subset by name of the picture; trainval, which repeats others, is only used for what nobody else has."""
    found: dict[str, str] = {}
    lists = [name for name in tree.under("", ".txt") if "ImageSets" in PurePosixPath(name).parts]
    for kind in _LISTS:
        for name in sorted(lists, key=lambda name: "trainval" in name):
            path = PurePosixPath(name)
            if path.parent.name != kind:
                continue
            # A name with blanks is in quotation marks.
            lines = [re.findall(r'"[^"]+"|\S+', line) for line in _lines(tree, name, stills)]
            # train_cat.txt and the like list the pictures again, class by class, and say of each whether it is there.
            if "_" in path.stem and any(len(words) > 1 for words in lines):
                continue
            for words in lines:
                found.setdefault(words[0].strip('"'), path.stem)
    return {name: "" if subset == "default" else subset for name, subset in found.items()}


def _labels(tree: Tree, stills: Stills) -> dict[str, Label]:
    """The labels of CVAT's labelmap.txt: a name, a colour, parts and actions between colons."""
    labels = {}
    for line in _lines(tree, "labelmap.txt", stills) if "labelmap.txt" in tree else ():
        name, _, rest = line.partition(":")
        if not name or name.startswith("#") or name == "background":
            continue
        numbers = [int(each) for each in rest.split(":")[0].split(",") if each.strip().isdecimal()]
        color = (numbers[0], numbers[1], numbers[2]) if len(numbers) == 3 else None
        labels[name] = Label(name, color)
    return labels


def _lines(tree: Tree, name: str, stills: Stills) -> list[str]:
    """The lines of a list; one that cannot be read is told, and the boxes are read without it."""
    try:
        return tree.lines(name)
    except BadAnnotations as error:
        stills.report.problem("bad-file", str(error), dataset=stills.name)
        return []


def _read_sheet(tree: Tree, sheet: str, root: ET.Element, stills: Stills, subsets: dict[str, str]) -> None:
    if root.tag != "annotation":
        raise BadAnnotations(f"{sheet}: no VOC annotations: it begins with <{root.tag}>")
    stem = PurePosixPath(sheet).stem
    told = (root.findtext("filename") or "").strip().replace("\\", "/")
    beside = "JPEGImages", ".", str(PurePosixPath(sheet).parent)
    # Pictures are often renamed or converted, and their files of annotations with them, but not what is in these.
    where = (told and tree.find_picture(told, *beside)) or tree.find_picture(stem, *beside)
    title = told if PurePosixPath(told).suffix else PurePosixPath(where).name or f"{told or stem}.jpg"
    size = _size(root)
    way = (root.findtext("path") or "").strip()
    beyond = None if where else tree.find_beyond(way, ".", str(PurePosixPath(sheet).parent))
    blob = beyond or tree.blob(where or f"JPEGImages/{title}")
    inner = _after_annotations(sheet)
    subset = subsets.get(inner) or subsets.get(PurePosixPath(title).stem, "")
    extra = _extra(root)
    missing = not (where or beyond)
    told_of: dict[str, Any] = {"subset": subset, "size": size, "extra": extra}
    still = stills.add(blob, within(title), missing=missing, beyond=beyond is not None, **told_of)
    for number, element in enumerate(root.iter("object"), 1):
        _put(still, f"{sheet}, object {number}", element)


def _size(root: ET.Element) -> tuple[int, int] | None:
    """Height and width, where the file tells any that a picture can have; some programs write zeros."""
    height, width = (_number(root, f"size/{side}") or 0 for side in ("height", "width"))
    return (int(height), int(width)) if 1 <= height < LARGEST and 1 <= width < LARGEST else None


def _after_annotations(sheet: str) -> str:
    """What lists of subsets call the picture of a file."""
    _, _, tail = f"/{sheet}".rpartition("/Annotations/")
    return (tail or sheet).removesuffix(".xml")


def _extra(root: ET.Element) -> dict[str, Any]:
    """What a file says of its picture beyond its name and size."""
    source = {each.tag: each.text or "" for each in root.iterfind("source/*")}
    return {"source": source} if source else {}


def _put(still: Still, place: str, element: ET.Element) -> None:
    """Add an object, and its parts in a group with it."""
    label = (element.findtext("name") or "").strip()
    box = _box(element)
    if not label or box is None:
        still.drop("bad-record", f"{place}: without {'a box' if label else 'a name'}")
        return
    parts = element.findall("part")
    group = {"group": 1 + still.object(("group", place))} if parts else {}
    attributes = {
        (each.findtext("name") or "").strip(): (each.findtext("value") or "").strip()
        for each in element.iterfind("attributes/attribute")
    }
    occluded = _truth(element.findtext("occluded") or attributes.pop("occluded", ""))
    rotation = attributes.pop("rotation", "")
    fields: dict[str, Any] = {"rotation": float(rotation)} if _is_number(rotation) and float(rotation) else {}
    for name in FLAGS:
        if _truth(element.findtext(name) or ""):
            attributes[name] = "true"
    pose = (element.findtext("pose") or "").strip()
    if pose and pose.lower() != "unspecified":
        attributes["pose"] = pose
    attributes.pop("", None)
    still.put(
        place, label, "rectangle", box, occluded=occluded, source="file", attributes=attributes, **group, **fields
    )
    for number, part in enumerate(parts, 1):
        name, inner = (part.findtext("name") or "").strip(), _box(part)
        if name and inner is not None:
            still.put(f"{place}, part {number}", name, "rectangle", inner, source="file", **group)


def _box(element: ET.Element) -> tuple[float, ...] | None:
    sides = [_number(element, f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
    return None if any(side is None for side in sides) else tuple(side for side in sides if side is not None)


def _number(element: ET.Element, path: str) -> float | None:
    text = (element.findtext(path) or "").strip()
    return float(text) if _is_number(text) else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _truth(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes"}
