"""Reading sets of index masks: pictures in `inp`, and for each in `out` a picture whose values are classes.

A mask has a palette, or is grey; 0 is background, 255 is where nobody looked, and class i is i + 1 unless a table of
classes says otherwise. Where masks have nothing but 0 and 255 and there is no table, they are black and white, and 255
is the class. A mask in colours is read where the table says the colour of every class.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.dataset import Color, Dataset, Label
from mattebox.label.formats.common.origins import origins_of
from mattebox.label.formats.common.pairs import Pair, Pairing, find_pairings
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Still, Stills, piece_of
from mattebox.label.formats.common.tree import Tree, tree_of
from mattebox.label.masks.sets import parts
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["looks_like_index_masks", "read_index_masks"]

PICTURES = ("inp", "images", "image", "jpegimages", "input", "img")
MASKS = ("out", "masks", "mask", "segmentationclass", "labels", "annotations", "gt")
BACKGROUND, IGNORED = 0, 255
LARGEST = 200_000_000
"""Pixels of the largest mask that is opened."""


@dataclass(frozen=True)
class _Classes:
    """What the values of masks mean.

    Attributes:
        labels: by value.
        colors: value by colour, for masks in colours.
        ignored: values that are no class: where nobody looked.
    """

    labels: Mapping[int, Label] = field(default_factory=dict)
    colors: Mapping[Color, int] = field(default_factory=dict)
    ignored: frozenset[int] = frozenset({IGNORED})


def looks_like_index_masks(path: Path) -> bool:
    """Whether it is a folder or zip in which pictures and masks of classes lie side by side."""
    try:
        tree, _ = tree_of(path)
        return any(_has_masks(tree, pairing) for pairing in find_pairings(tree, PICTURES, MASKS))
    except BadAnnotations:
        return False


def _has_masks(tree: Tree, pairing: Pairing) -> bool:
    names = tree.under(pairing.companions, ".png", ".bmp", ".tif", ".tiff")
    return bool(names) and names == tree.pictures(pairing.companions)


def read_index_masks(path: Path, report: Report, *, apart: bool = False, progress: Progress | None = None) -> Dataset:
    """Read a set of index masks; every class of a picture becomes a mask.

    Args:
        path: of a folder or zip with `inp/` and `out/`, at its top or in a folder for every subset, and perhaps with
            `classes.json`, `classes.txt` (a name a line) or `labelmap.txt` (as CVAT writes it, with colours).
        report: told what cannot be used.
        apart: make a mask of every connected part of a class.
        progress: told how many masks of the folder at hand are read.

    Raises:
        BadAnnotations: there is no such folder, or no pictures and masks in it.
    """
    tree, _ = tree_of(path)
    pairings = find_pairings(tree, PICTURES, MASKS)
    if not pairings:
        raise BadAnnotations(f"{path}: no index masks: there are no folders inp and out side by side")
    stills = Stills(tree.path.stem, report)
    classes = _classes(tree, stills.name, report)
    origins = origins_of(tree)
    unnamed: dict[int, Label] = {}
    unseen: list[tuple[Pair, Still]] = []
    for pairing in pairings:
        for pair in steps(pairing.pairs(tree, report, dataset=stills.name, what="mask"), progress):
            task = origins.get((pair.subset, PurePosixPath(pair.name).stem), "")
            still = stills.add(tree.blob(pair.picture), pair.name, subset=pair.subset, task=task)
            if _read_mask(tree, pair, still, classes, unnamed, apart=apart):
                unseen.append((pair, still))
    if unseen and not classes.labels and not unnamed:
        for pair, still in steps(unseen, progress):
            _read_mask(tree, pair, still, replace(classes, ignored=frozenset()), unnamed, apart=apart)
    elif unseen:
        message = "masks say of some pixels that nobody looked there; these become background"
        report.note("ignored-pixels", message, dataset=stills.name, count=len(unseen))
    named = dict(sorted((classes.labels or unnamed).items()))
    return stills.dataset(named.values())


def _read_mask(
    tree: Tree, pair: Pair, still: Still, classes: _Classes, unnamed: dict[int, Label], *, apart: bool
) -> bool:
    """Add the masks of a picture; whether it has pixels where nobody looked."""
    try:
        values, strange = _values(tree.blob(pair.companion).read(), pair.companion, classes)
        size = still.measure()
    except (BadAnnotations, BadPicture, ValueError) as error:
        still.drop("bad-mask", str(error))
        return False
    if values.shape != size:
        sides = f"{values.shape[1]} x {values.shape[0]} pixels, and its picture {size[1]} x {size[0]}"
        still.drop("bad-mask", f"{pair.companion}: {sides}")
        return False
    if strange:
        still.drop("unknown-label", f"{pair.companion}: {strange} pixels of colours that are no class's")
    found = set(np.flatnonzero(np.bincount(values.ravel(), minlength=1)).tolist()) - {BACKGROUND}
    for value in sorted(found - classes.ignored):
        label = classes.labels.get(value)
        if label is None and classes.labels:
            still.drop("unknown-label", f"{pair.companion}: the value {value} is no class")
            continue
        label = label or unnamed.setdefault(value, Label(str(value)))
        mask = values == value
        for piece in parts(mask) if apart else [piece_of(mask)]:
            still.put_mask(pair.companion, label.name, piece, source="file")
    return bool(found & classes.ignored)


def _values(data: bytes, name: str, classes: _Classes) -> tuple[NDArray[np.uint16], int]:
    """The values of a mask (H, W), and how many pixels have a colour that is no class's.

    Raises:
        ValueError: it is no mask.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("PNG", "BMP", "TIFF"))
        if image.width * image.height > LARGEST:
            raise ValueError(f"{name}: {image.width} x {image.height} pixels are too many")
        if image.mode in {"P", "L", "1", "I;16", "I"}:
            return np.asarray(image, np.int64).astype(np.uint16), 0
        rgb = np.asarray(image.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise ValueError(f"{name} cannot be opened as a mask: {error}") from error
    if (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 0] == rgb[..., 2]).all():
        return rgb[..., 0].astype(np.uint16), 0
    if not classes.colors:
        raise ValueError(f"{name}: a mask in colours; say in labelmap.txt which colour each class has")
    packed = rgb.astype(np.int32) @ np.array([65536, 256, 1], np.int32)
    values = np.zeros(packed.shape, np.uint16)
    known = packed == 0
    for (red, green, blue), value in classes.colors.items():
        here = packed == red * 65536 + green * 256 + blue
        values[here] = value
        known |= here
    return values, int((~known).sum())


def _classes(tree: Tree, dataset: str, report: Report) -> _Classes:
    """What the values mean, from whichever table lies there."""
    try:
        if "classes.json" in tree:
            return _of_json(tree.json("classes.json"))
        for name in ("classes.txt", "labels.txt"):
            if name in tree:
                return _of_lines(tree.lines(name))
        if "labelmap.txt" in tree:
            return _of_labelmap(tree.lines("labelmap.txt"))
    except (BadAnnotations, AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        report.problem("bad-file", f"the table of classes cannot be used: {error}", dataset=dataset)
    return _Classes()


def _of_json(record: Mapping[str, Any]) -> _Classes:
    labels = {}
    for each in record["classes"]:
        color = each.get("color")
        labels[int(each["index"])] = Label(str(each["name"]), tuple(color) if color else None)
    ignored = record.get("ignore")
    return _Classes(labels, _by_color(labels), frozenset({int(ignored)} if ignored is not None else ()))


def _of_lines(names: list[str]) -> _Classes:
    """A name a line: the first is the background if it is called so, and else value 1."""
    first = 0 if names and names[0].casefold() in {"background", "фон"} else 1
    return _Classes({value: Label(name) for value, name in enumerate(names, first) if value})


def _of_labelmap(lines: list[str]) -> _Classes:
    """CVAT's table: a name, its colour, and what is of no use here, between colons."""
    labels: dict[int, Label] = {}
    for line in lines:
        name, _, rest = line.partition(":")
        if not name or name.startswith("#") or name.casefold() == "background":
            continue
        red, green, blue = (int(each) for each in rest.split(":")[0].split(","))
        labels[len(labels) + 1] = Label(name, (red, green, blue))
    return _Classes(labels, _by_color(labels))


def _by_color(labels: Mapping[int, Label]) -> dict[Color, int]:
    return {label.color: value for value, label in labels.items() if label.color}
