"""Where a YOLO set has its pictures and labels, from data.yaml in any of its usual shapes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mattebox.errors import BadAnnotations
from mattebox.label.formats.common.tree import Tree, tree_of
from mattebox.label.media import PICTURES
from mattebox.label.report import Report

__all__ = ["Layout", "find_layout", "labels_of"]

SUBSETS = ("train", "val", "valid", "validation", "test", "minival")
_KNOWN = frozenset({*SUBSETS, "path", "names", "nc", "kpt_shape", "kpt_names", "yaml_file"})


@dataclass(frozen=True)
class Layout:
    """A YOLO set, as far as its data.yaml and its folders tell.

    Attributes:
        tree: the files that it is made of.
        name: what it is called.
        subsets: for each, folders, lists of pictures, and pictures, as paths in the tree.
        names: of classes, by number.
        keypoints: how many there are, and how many numbers each has; zeros without any.
        keypoint_names: by number of the class.
        extra: what else data.yaml says.
    """

    tree: Tree
    name: str
    subsets: Mapping[str, tuple[str, ...]]
    names: Mapping[int, str]
    keypoints: tuple[int, int] = (0, 0)
    keypoint_names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def pictures(self, report: Report) -> Iterator[tuple[str, str, str]]:
        """Subset, name within it, and path of every picture.

        Args:
            report: is told of lists and of pictures in them that are not there.
        """
        for subset, places in self.subsets.items():
            for place in places:
                if PurePosixPath(place).suffix.lower() == ".txt":
                    yield from self._listed(subset, place, report)
                elif PurePosixPath(place).suffix.lower() in PICTURES:
                    yield subset, PurePosixPath(place).name, place
                else:
                    start = f"{place.strip('/')}/" if place.strip("/.") else ""
                    for picture in self.tree.pictures(place):
                        yield subset, picture.removeprefix(start), picture

    def _listed(self, subset: str, place: str, report: Report) -> Iterator[tuple[str, str, str]]:
        try:
            lines = self.tree.text(place).splitlines()
        except BadAnnotations as error:
            report.drop("bad-file", str(error), dataset=self.name)
            return
        beside = str(PurePosixPath(place).parent)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            picture = self.tree.find_picture(posixpath.normpath(line.strip().replace("\\", "/")), beside, ".")
            if picture:
                yield subset, _after_images(picture, subset), picture
            else:
                message = f"{place}, line {number}: there is no picture {line.strip()}"
                report.drop("picture-missing", message, dataset=self.name)

    def orphans(self, used: set[str]) -> list[str]:
        """Files of labels in the folders of labels that belong to no picture."""
        places = [
            place for group in self.subsets.values() for place in group if place in {"", "."} or _is_folder(place)
        ]
        folders = {_labels_folder(place) for place in places} - {""}
        return [sheet for folder in sorted(folders) for sheet in self.tree.under(folder, ".txt") if sheet not in used]


def find_layout(path: Path) -> Layout:
    """Find out how a YOLO set is laid out.

    Args:
        path: of data.yaml, or of a folder or zip.

    Raises:
        BadAnnotations: there is no such file or folder, or its data.yaml cannot be read.
    """
    tree, file = tree_of(path, ".yaml", ".yml")
    for name in [file] if file else _yaml_files(tree):
        record = tree.yaml(name)
        if isinstance(record, dict) and ("names" in record or "nc" in record):
            return _of_yaml(tree, name, record)
    if file:
        raise BadAnnotations(f"{path}: no YOLO set: it names no classes")
    return _of_folders(tree)


def labels_of(tree: Tree, picture: str) -> str:
    """The file of labels of a picture: in `labels` in place of the last `images`, or beside it; "" without any."""
    stem = posixpath.splitext(picture)[0]
    head, mark, tail = f"/{stem}".rpartition("/images/")
    parent, name = posixpath.split(stem)
    places = [f"{head}/labels/{tail}.txt"[1:]] if mark else []
    places += [f"{posixpath.join(posixpath.dirname(parent), 'labels')}/{name}.txt".lstrip("/"), f"{stem}.txt"]
    return next((place for place in places if place in tree), "")


def _yaml_files(tree: Tree) -> list[str]:
    """Files that can be data.yaml: at the top, or in the only folder there."""
    names = [name for name in tree.under("", ".yaml", ".yml") if name.count("/") <= 1]
    return sorted(names, key=lambda name: (name.count("/"), PurePosixPath(name).stem not in {"data", "dataset"}, name))


def _of_yaml(tree: Tree, name: str, record: Mapping[str, Any]) -> Layout:
    base = str(PurePosixPath(name).parent)
    told = str(record.get("path") or "")
    title = Path(name).stem
    if told and not tree.path.is_file():
        # The pictures may lie elsewhere on this machine: what the file says holds, if it is there.
        root = Path(os.path.expanduser(told))
        root = root if root.is_absolute() else tree.path / base / root
        if _is_folder_of_a_set(root) and root.resolve() != (tree.path / base).resolve():
            tree, base, told = Tree(root.resolve()), ".", ""
    if told:
        inside = _found(tree, told, base)
        base = inside or base
    subsets = {}
    for subset in SUBSETS:
        value = record.get(subset)
        entries = [str(each) for each in (value if isinstance(value, list) else [value]) if each]
        places = [_found(tree, entry, base) for entry in entries]
        if any(places):
            subsets[subset.replace("validation", "val")] = tuple(place for place in places if place)
    subsets |= _other_subsets(tree, record, base)
    keypoints, named = _keypoints(record)
    extra = {str(key): value for key, value in record.items() if key not in {*_KNOWN, *subsets} and _is_plain(value)}
    name = tree.path.stem if title in {"data", "dataset"} else title
    return Layout(tree, name, subsets, _names(record), keypoints, named, {"yolo": extra} if extra else {})


def _other_subsets(tree: Tree, record: Mapping[str, Any], base: str) -> dict[str, tuple[str, ...]]:
    """Subsets of any other name: trainers do not know them, but their folders of pictures are there."""
    told = {str(key): value for key, value in record.items() if key not in _KNOWN and isinstance(value, str) and value}
    places = {key: posixpath.normpath(posixpath.join(base, value)) for key, value in told.items()}
    return {key: (place,) for key, place in places.items() if not place.startswith("..") and tree.pictures(place)}


def _of_folders(tree: Tree) -> Layout:
    """A set without data.yaml: folders images and labels, and perhaps a list of classes."""
    folders = [name for name in tree.files if "/" in name]
    tops = {name.partition("/")[0] for name in folders}
    names: dict[int, str] = {}
    for place in ("classes.txt", "labels/classes.txt", "obj.names", "classes.names"):
        if place in tree:
            names = dict(enumerate(tree.lines(place)))
            break
    if not {"images", "labels"} <= tops or not tree.under("labels", ".txt"):
        return Layout(tree, tree.path.stem, {}, names)
    inner = {name.split("/")[1] for name in tree.pictures("images") if name.count("/") > 1}
    known = {each for each in inner if each in SUBSETS}
    subsets = {each: (f"images/{each}",) for each in sorted(known)} if known == inner and known else {"": ("images",)}
    return Layout(tree, tree.path.stem, subsets, names or _numbers(tree))


def _numbers(tree: Tree) -> dict[int, str]:
    """Names for classes that nobody named: their numbers."""
    found: set[int] = set()
    for name in tree.under("labels", ".txt"):
        try:
            firsts = [line.split()[0] for line in tree.lines(name)]
        except BadAnnotations:
            continue
        found |= {int(first) for first in firsts if first.isdecimal() and len(first) < 6}
    return {number: str(number) for number in sorted(found)}


def _names(record: Mapping[str, Any]) -> dict[int, str]:
    names = record.get("names")
    if isinstance(names, (list, dict)):
        told = enumerate(names) if isinstance(names, list) else names.items()
        # A list within may hold itself many times over, and take for ever to write out.
        plain = [(number, str(name)) for number, name in told if not isinstance(name, (list, dict))]
        return {int(number): name for number, name in plain if str(number).strip().isdecimal()}
    count = record.get("nc")
    return {number: str(number) for number in range(count)} if isinstance(count, int) and 0 < count < 100_000 else {}


def _keypoints(record: Mapping[str, Any]) -> tuple[tuple[int, int], dict[int, tuple[str, ...]]]:
    match record.get("kpt_shape"):
        case [int(count), 2 | 3 as numbers] if 0 < count < 10_000:
            told = record.get("kpt_names")
            named = told if isinstance(told, dict) else {}
            names = {
                int(number): tuple(map(str, each))
                for number, each in named.items()
                if str(number).isdecimal() and isinstance(each, list) and len(each) == count
            }
            return (count, numbers), names
        case _:
            return (0, 0), {}


def _found(tree: Tree, place: str, base: str) -> str:
    """A folder or a file that a path from data.yaml means; "" where there is none.

    Paths are often told from another folder, or from another machine: the longest end that is there counts.
    """
    place = place.replace("\\", "/").rstrip("/")
    direct = posixpath.normpath(posixpath.join(base, place)) if not place.startswith("/") else ""
    if direct and _is_there(tree, direct):
        return direct
    parts = [part for part in PurePosixPath(place).parts if part not in {"/", ".", ".."}]
    root = "" if base == "." else f"{base}/"
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((f"{root}{end}" for end in ends if _is_there(tree, f"{root}{end}")), "")


def _is_there(tree: Tree, place: str) -> bool:
    return place == "." or place in tree or (not place.startswith("..") and bool(tree.under(place, "")))


def _is_folder_of_a_set(path: Path) -> bool:
    """Whether a folder is there; that of a whole disk is nobody's set, and would take hours to walk."""
    try:
        return path.is_dir() and path.resolve() != path.resolve().parent
    except (OSError, ValueError):  # longer than a path can be, or with a sign that none can have
        return False


def _is_folder(place: str) -> bool:
    return PurePosixPath(place).suffix.lower() not in {".txt", *PICTURES}


def _labels_folder(place: str) -> str:
    """The folder of labels that belongs to a folder of pictures; "" where labels lie beside the pictures."""
    head, mark, tail = f"/{place}/".rpartition("/images/")
    return f"{head}/labels/{tail}".strip("/") if mark else ""


def _after_images(picture: str, subset: str) -> str:
    """What a picture is called within its subset."""
    _, mark, tail = f"/{picture}".rpartition("/images/")
    name = tail if mark else picture
    return name.removeprefix(f"{subset}/") if subset else name


def _is_plain(value: Any) -> bool:
    """Whether a value is a text or a number, or a list of some: what is nested may be without end."""
    return all(isinstance(each, (str, int, float, bool)) for each in (value if isinstance(value, list) else [value]))
