"""Reading COCO: instances and keypoints, as the tools of today write them.

Equal to what CVAT and Datumaro make of it: a box is left, top, width, height; an annotation without an outline is a
box; the attributes `occluded`, `track_id`, `keyframe` and `rotation` are those of CVAT's export. Of keypoints, 0 is
absent, 1 hidden, 2 seen. Parts of an outline are put together into one row.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Attribute, Dataset, Label
from mattebox.label.formats.coco.objects import put_object
from mattebox.label.formats.common.skeletons import skeleton_label
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Still, Stills
from mattebox.label.formats.common.tree import Tree, tree_of, within
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["looks_like_coco", "read_coco"]

Record = dict[str, Any]

_PREFIXES = r"^(instances|person_keypoints|keypoints|stuff|image_info|captions)_?"
_IDENTITY = ("id", "image_id", "category_id")
"""What makes an annotation of one file the same as that of another; files of keypoints repeat those of instances."""

_OTHER_TASKS = ("captions_", "panoptic_", "stuff_")
_PART = 1 << 16
"""How much of each end of a file is looked at to tell what it is."""


def looks_like_coco(path: Path) -> bool:
    """Whether a JSON file is COCO's, or a folder or zip has one where they usually lie."""
    try:
        tree, file = tree_of(path, ".json")
        return any(_is_coco(tree, name) for name in ([file] if file else _candidates(tree)))
    except BadAnnotations:
        return False


def read_coco(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read COCO annotations.

    Args:
        path: of a JSON file, or of a folder or zip with JSON files in `annotations/`, at its top, or beside the
            pictures of every subset. The subset is what their names say (`instances_train.json`), or their folder.
        report: told what cannot be used.
        progress: told how many annotations of the file at hand are read.

    Raises:
        BadAnnotations: there is no such file, or it is no COCO.
    """
    tree, file = tree_of(path, ".json")
    files = [file] if file else [name for name in _candidates(tree) if _is_coco(tree, name)]
    if not files:
        raise BadAnnotations(f"{path}: no COCO annotations: no JSON file with images, annotations and categories")
    stills = Stills(Path(file or tree.path).stem, report)
    reader = _Reader(tree, stills, report, progress)
    # Keypoints first: their files repeat what the file of instances says of the same objects.
    for name in sorted(files, key=lambda name: ("keypoints" not in name, files.index(name))):
        reader.read(name, alone=len(files) == 1)
    return stills.dataset(reader.specs(), extra={"coco": reader.heads} if reader.heads else {})


def _candidates(tree: Tree) -> list[str]:
    names = [name for name in tree.under("", ".json") if not PurePosixPath(name).name.startswith(_OTHER_TASKS)]
    return [
        name
        for name in names
        if name.count("/") <= 1 or "annotations" in PurePosixPath(name).parts[:-1] or name.endswith(".coco.json")
    ]


def _is_coco(tree: Tree, name: str) -> bool:
    try:
        ends = tree.ends(name, _PART)
    except BadAnnotations:
        return False
    ends = ends.replace(b"\0", b"")  # UTF-16, as far as this matters
    found = [key in ends for key in (b'"images"', b'"annotations"', b'"categories"')]
    return sum(found) >= 2 or (b'"image_id"' in ends and b'"category_id"' in ends)


def subset_of(name: str) -> str:
    """The subset that a file's name, or its folder's, says: train of `annotations/instances_train2017.json`.

    Example:
        >>> subset_of("annotations/instances_train2017.json"), subset_of("valid/_annotations.coco.json")
        ('train', 'valid')
    """
    path = PurePosixPath(name)
    stem = re.sub(_PREFIXES, "", path.name.removesuffix(".json"))
    if stem in {"_annotations.coco", "annotations", "coco", ""}:
        stem = path.parent.name if path.parent.name != "annotations" else ""
    stem = re.sub(r"[_-]?(19|20)\d\d$", "", stem)
    return "" if stem == "default" else stem


class _Reader:
    """Reads one JSON file after the other into the same data set."""

    def __init__(self, tree: Tree, stills: Stills, report: Report, progress: Progress | None) -> None:
        self.tree, self.stills, self.report, self.progress = tree, stills, report, progress
        self.labels: dict[str, Label] = {}
        self.heads: dict[str, Record] = {}
        self.kinds: dict[str, dict[str, set[type]]] = defaultdict(lambda: defaultdict(set))
        self.mutable: set[str] = set()
        self.seen: set[tuple[Any, ...]] = set()

    def read(self, name: str, *, alone: bool) -> None:
        """Read one file; one of several that cannot be read is dropped and told."""
        try:
            document = self._document(name)
        except BadAnnotations as error:
            if alone:
                raise
            self.report.drop("bad-file", str(error), dataset=self.stills.name)
            return
        subset = subset_of(name) if "/" in name or re.match(_PREFIXES, name) else ""
        head = {key: document[key] for key in document if key not in {"images", "annotations", "categories"}}
        if head and subset not in self.heads:
            self.heads[subset] = head
        labels = self._labels(name, document.get("categories"))
        images = self._images(name, subset, document["images"])
        persons: set[tuple[Any, ...]] = set()
        for place, record in self._records(name, "annotations", document.get("annotations")):
            if (identity := (subset, *(_key(record.get(key)) for key in _IDENTITY))) in self.seen:
                continue
            if "keypoints" in record:
                persons.add(identity)
            self._annotation(place, record, images, labels)
        self.seen |= persons

    def _document(self, name: str) -> Record:
        document = self.tree.json(name)
        if not isinstance(document, dict) or not isinstance(document.get("images"), list):
            raise BadAnnotations(f"{self.tree.blob(name)}: no COCO annotations: it has no list of images")
        return document

    def _records(self, name: str, part: str, records: Any) -> Iterator[tuple[str, Record]]:
        """The records of a list, each with its place; what is none is dropped."""
        if not isinstance(records, list):
            records = []
        for index, record in enumerate(steps(records, self.progress if part == "annotations" else None)):
            place = f"{name}, {part}[{index}]"
            if isinstance(record, dict):
                yield place, record
            else:
                self.report.drop("bad-record", f"{place}: not a record of names and values", dataset=self.stills.name)
            records[index] = None  # the annotations of a large file need not all be held beside their rows

    def _labels(self, name: str, categories: Any) -> dict[Any, str]:
        """Names of labels by the category's number."""
        names: dict[Any, str] = {}
        for place, record in self._records(name, "categories", categories):
            label, number = str(record.get("name", "")), _key(record.get("id"))
            if not label or number is None:
                message = f"{place}: a category without a name or an id"
                self.report.drop("bad-label", message, dataset=self.stills.name)
                continue
            if label in names.values() or number in names:
                message = f"{place}: category {number} '{label}' is there twice; what has either is taken for the same"
                self.report.problem("duplicate-label", message, dataset=self.stills.name)
            names.setdefault(number, label)
            self.labels.setdefault(label, _label_of(label, record))
        return names

    def _images(self, name: str, subset: str, images: list[Any]) -> dict[Any, Still]:
        found: dict[Any, Still] = {}
        beside = str(PurePosixPath(name).parent)
        year = PurePosixPath(name).stem.rpartition("_")[2]
        folders = (f"images/{subset}", f"images/{year}", "images", subset or ".", year, beside, ".")
        for place, record in self._records(name, "images", images):
            title = str(record.get("file_name", "")).replace("\\", "/").removeprefix("./")
            number = _key(record.get("id"))
            if not title or number is None:
                self.report.drop("bad-picture", f"{place}: without a file_name or an id", dataset=self.stills.name)
                continue
            beyond = self.tree.find_beyond(title, beside, ".")
            where = "" if beyond else self.tree.find_picture(title, *folders)
            size = _size_of(record)
            extra = {key: record[key] for key in record if key not in {"file_name", "width", "height"}}
            blob = beyond or self.tree.blob(where or f"images/{title}")
            missing = not (where or beyond)
            told: Record = {"subset": subset, "size": size, "extra": extra}
            still = self.stills.add(blob, within(title), missing=missing, beyond=beyond is not None, **told)
            if number in found:
                message = f"{place}: the id {number} is that of another picture too; objects go to the first"
                self.report.problem("duplicate-id", message, task=still.task, frame=still.frame)
            found.setdefault(number, still)
        return found

    def _annotation(self, place: str, record: Record, images: Mapping[Any, Still], labels: Mapping[Any, str]) -> None:
        still, label = images.get(_key(record.get("image_id"))), labels.get(_key(record.get("category_id")))
        if still is None:
            message = f"{place}: there is no picture with the id {record.get('image_id')!r}"
            self.report.drop("unknown-picture", message, dataset=self.stills.name)
            return
        if label is None:
            still.drop("unknown-label", f"{place}: there is no category with the id {record.get('category_id')!r}")
            return
        try:
            put_object(still, place, self.labels[label], record)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            still.drop("bad-record", f"{place}: cannot be read: {type(error).__name__} {error}")
            return
        self._learn(label, record)

    def _learn(self, label: str, record: Record) -> None:
        """Take down which attributes a label has, and of which types they are."""
        attributes = record.get("attributes")
        if not isinstance(attributes, dict):
            return
        for name, value in attributes.items():
            self.kinds[label][name].add(type(value))
        if "track_id" in attributes:
            self.mutable.add(label)

    def specs(self) -> Iterator[Label]:
        """The labels, with the attributes that their objects have."""
        for name, label in self.labels.items():
            attributes = tuple(
                Attribute(each, mutable=name in self.mutable, input_type=_input_type(types))
                for each, types in self.kinds[name].items()
                if each not in {"occluded", "track_id", "keyframe", "rotation"}
            )
            yield Label(name, None, label.type, attributes, label.sublabels, extra=label.extra)


def _label_of(name: str, record: Record) -> Label:
    extra = {key: record[key] for key in record if key not in {"id", "name", "keypoints", "skeleton"}}
    keypoints = record.get("keypoints")
    if not isinstance(keypoints, list) or not keypoints:
        return Label(name, extra=extra)
    edges = record.get("skeleton")
    pairs = [edge for edge in edges if isinstance(edge, list)] if isinstance(edges, list) else []
    return skeleton_label(name, keypoints, pairs, **extra)


def _size_of(record: Record) -> tuple[int, int] | None:
    height, width = record.get("height"), record.get("width")
    if isinstance(height, (int, float)) and isinstance(width, (int, float)) and 0 < height < 1e6 and 0 < width < 1e6:
        return int(height), int(width)
    return None


def _key(value: Any) -> Any:
    """What can be looked up: lists and records are nothing's id."""
    return value if isinstance(value, (int, str, float)) else None


def _input_type(types: set[type]) -> str:
    """How an attribute is asked for whose values were of these types."""
    if types == {bool}:
        return "checkbox"
    return "number" if types and types <= {int, float} else "text"
