"""Reading YOLO sets in Ultralytics' layout: boxes, outlines, turned boxes and keypoints.

Which of them a set has is seen from its lines: a class and 4 numbers are a box, a class and 8 numbers everywhere are
turned boxes, other even counts from 6 on are outlines, and where `kpt_shape` is told keypoints follow the box. One
number more is how sure a model was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.dataset import Dataset, Label
from mattebox.label.formats.common.origins import origins_of
from mattebox.label.formats.common.skeletons import hull_of, keypoint_names, put_skeleton, skeleton_label
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Still, Stills
from mattebox.label.formats.common.tree import Tree
from mattebox.label.formats.common.turned import turned_rectangle
from mattebox.label.formats.yolo_layout import Layout, find_layout, labels_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.text import decode_text

__all__ = ["looks_like_yolo", "looks_like_yolo_obb", "looks_like_yolo_segment", "read_yolo"]

BOX, TURNED = 5, {8, 9}
"""Numbers behind the class of a box at most, and of a turned box; the last may be how sure a model was."""
LOOKED_AT = 200
"""Lines that are looked at to tell what a set holds."""
FAR = 2.0
"""Beyond this, coordinates are not shares of a picture: somebody wrote pixels."""


def looks_like_yolo(path: Path) -> bool:
    """Whether it is a data.yaml with classes and subsets, or a folder or zip with one, or with images/ and labels/."""
    try:
        return bool(find_layout(path).subsets)
    except BadAnnotations:
        return False


def looks_like_yolo_segment(path: Path) -> bool:
    """Whether it is such a set whose lines are outlines."""
    lengths = _line_lengths(path)
    return any(length > BOX for length in lengths) and not lengths <= TURNED


def looks_like_yolo_obb(path: Path) -> bool:
    """Whether it is such a set whose lines are turned boxes."""
    lengths = _line_lengths(path)
    return bool(lengths) and lengths <= TURNED


def _line_lengths(path: Path) -> set[int]:
    """How many numbers the first lines of a set have behind their class; none if it is no set, or one of keypoints."""
    try:
        layout = find_layout(path)
        if layout.keypoints[0]:
            return set()
        sheets = filter(None, (labels_of(layout.tree, picture) for _, _, picture in layout.pictures(Report())))
        texts = (layout.tree.read(sheet) for sheet in sheets)
        lines = (line for text in texts for line in text.splitlines() if line.strip())
        return {len(line.split()) - 1 for line in islice(lines, LOOKED_AT)}
    except BadAnnotations:
        return set()


def read_yolo(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read a YOLO set.

    Args:
        path: of data.yaml, or of the folder or zip that it is in; without one, of a folder with `images/`, `labels/`
            and perhaps `classes.txt`.
        report: told of lines that cannot be used, with file and line.
        progress: told how many pictures with labels are read.

    Raises:
        BadAnnotations: there is no such set, or its data.yaml cannot be read.
    """
    layout = find_layout(path)
    if not layout.subsets:
        raise BadAnnotations(
            f"{path}: no YOLO set: it has no data.yaml with train, val or test, nor images/ and labels/"
        )
    stills = Stills(layout.name, report)
    labels = _labels(layout, report)
    origins = origins_of(layout.tree)
    sheets = []
    for subset, name, picture in layout.pictures(report):
        blob = layout.tree.blob(picture)
        task = origins.get((subset, PurePosixPath(name).stem), "")
        still = stills.add(blob, name, subset=subset, task=task, missing=picture not in layout.tree)
        sheet = labels_of(layout.tree, picture)
        if sheet:
            sheets.append((sheet, still, _lines(layout.tree, sheet, still, labels)))
    turned = _all_turned(sheets, layout)
    for sheet, still, lines in steps(sheets, progress):
        try:
            size = still.measure() if lines else (1, 1)
        except BadPicture as error:
            message = f"{sheet}: {len(lines)} objects whose places are not known without the picture's size: {error}"
            report.drop("picture-missing", message, task=still.task, frame=still.frame, count=len(lines))
            continue
        for number, label, values in lines:
            _put(still, f"{sheet}, line {number}", labels[label], values, size, layout, turned=turned)
    for sheet in layout.orphans({sheet for sheet, _, _ in sheets}):
        report.drop("picture-missing", f"{sheet}: there is no picture of that name", dataset=stills.name)
    return stills.dataset(labels.values(), extra=layout.extra)


Line = tuple[int, int, np.ndarray[Any, np.dtype[np.float64]]]
"""Number of the line, number of the class, and the numbers that follow."""


def _labels(layout: Layout, report: Report) -> dict[int, Label]:
    """Labels by class number; two classes of one name are told apart by their numbers."""
    labels: dict[int, Label] = {}
    taken: set[str] = set()
    for number, name in sorted(layout.names.items()):
        free = name
        if name in taken:
            free = f"{name} {number}"
            message = f"classes have the same name '{name}'; number {number} is called '{free}'"
            report.problem("duplicate-label", message, dataset=layout.name)
        taken.add(free)
        if layout.keypoints[0]:
            known = layout.keypoint_names.get(number, ())
            labels[number] = skeleton_label(free, known or range(1, layout.keypoints[0] + 1))
        else:
            labels[number] = Label(free)
    return labels


def _lines(tree: Tree, sheet: str, still: Still, labels: dict[int, Label]) -> list[Line]:
    """The usable lines of a file of labels; of classes that nobody named they are dropped and told."""
    try:
        data = tree.read(sheet)
        text = decode_text(data, sheet) if data else ""  # an empty file says that nothing is there
    except BadAnnotations as error:
        still.drop("bad-file", str(error))
        return []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            values = np.array(words, np.float64)
        except ValueError:
            still.drop("bad-line", f"{sheet}, line {number}: not numbers: {line[:60]!r}")
            continue
        index = int(values[0]) if np.isfinite(values[0]) and values[0] == int(values[0]) else -1
        if index not in labels:
            still.drop("unknown-label", f"{sheet}, line {number}: class {words[0]} is not among the names")
            continue
        found.append((number, index, values[1:]))
    return found


def _all_turned(sheets: Sequence[tuple[str, Still, list[Line]]], layout: Layout) -> bool:
    """Whether every object of the set has four corners: then they are turned boxes and not outlines."""
    counts = {len(values) for _, _, lines in sheets for _, _, values in lines}
    return bool(counts) and counts <= TURNED and not layout.keypoints[0]


def _put(
    still: Still,
    place: str,
    label: Label,
    values: np.ndarray[Any, np.dtype[np.float64]],
    size: tuple[int, int],
    layout: Layout,
    *,
    turned: bool,
) -> None:
    """Add the object of a line."""
    expected = 4 + layout.keypoints[0] * layout.keypoints[1] if layout.keypoints[0] else 0
    fields: dict[str, Any] = {"source": "file"}
    count = len(values)
    if (count % 2 == 1 and count != expected) or (expected and count == expected + 1):
        fields["score"], values, count = float(values[-1]), values[:-1], count - 1
    if count != 4 and (count != expected if expected else count < 6):
        still.drop("bad-line", f"{place}: a class and {count} numbers, which is no object of this set")
        return
    height, width = size
    if not expected and np.isfinite(values).all() and np.abs(values).max() > FAR:
        still.drop("not-relative", f"{place}: {values[np.abs(values) > FAR][0]:g} is no share of the picture's side")
        return
    if count in {4, expected}:
        _put_box(still, place, label, values, size, layout, fields)
        return
    points = (values.reshape(-1, 2) * (width, height)).ravel().tolist()
    rectangle = turned_rectangle(points) if turned else None
    if rectangle is not None:
        # Which corner comes first says nothing in YOLO, so neither does half a turn.
        still.put(place, label.name, "rectangle", rectangle.points, rotation=rectangle.rotation % 180, **fields)
    else:
        still.put(place, label.name, "polygon", points, **fields)


def _put_box(
    still: Still,
    place: str,
    label: Label,
    values: np.ndarray[Any, np.dtype[np.float64]],
    size: tuple[int, int],
    layout: Layout,
    fields: Mapping[str, Any],
) -> None:
    """Add a box, and the skeleton in it."""
    height, width = size
    x, y, across, down = (values[:4] * (width, height, width, height)).tolist()
    box = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
    if len(values) == 4:
        still.put(place, label.name, "rectangle", box, **fields)
        return
    count, numbers = layout.keypoints
    keypoints = np.full((count, 3), 2.0)
    keypoints[:, :numbers] = values[4:].reshape(count, numbers)
    if numbers == 2:
        keypoints[(keypoints[:, :2] == 0).all(axis=1), 2] = 0
    keypoints[:, :2] *= (width, height)
    beside = not np.allclose(hull_of(keypoints), box, atol=1.0)
    group = {"group": 1 + still.object(("group", place))} if beside else {}
    put_skeleton(still, place, label.name, keypoint_names(label, count), keypoints, **fields, **group)
    if beside:
        still.put(place, label.name, "rectangle", box, **fields, **group)
