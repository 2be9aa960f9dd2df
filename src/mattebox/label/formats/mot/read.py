"""Reading MOT Challenge.

A sequence is a folder with `gt/gt.txt` (or `det/det.txt`), perhaps `gt/labels.txt` and `seqinfo.ini`, and its pictures
in `img1/`. A line is frame (from 1), track, left, top, width, height, 1 or 0 for "ignored", class (from 1), and the
share that is visible; of detections, the seventh number is how sure they are. Lines of ten numbers are those of 2015:
what follows the seventh is a place in the world, which is left out. Where a track pauses it is outside, as CVAT reads
it, so that interpolation leaves the gap.

Left and top are taken as they are, as CVAT and Datumaro take them and write them. The challenge itself counts pixels
from 1, so the boxes of its own sequences come out a pixel to the right and below.
"""

from __future__ import annotations

import configparser
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mattebox.errors import BadAnnotations
from mattebox.label.dataset import Attribute, Dataset, Label, Subtask, Task
from mattebox.label.formats.common.flaws import MOST_FRAMES, flaw_of
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.tree import Tree, tree_of
from mattebox.label.frames import FrameMap
from mattebox.label.media import Images
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.row import Row
from mattebox.label.table import Table
from mattebox.label.text import decode_text

__all__ = ["looks_like_mot", "read_mot"]

CLASSES: tuple[str, ...] = (
    "pedestrian",
    "person on vehicle",
    "car",
    "bicycle",
    "motorbike",
    "non motorized vehicle",
    "static person",
    "distractor",
    "occluder",
    "occluder on the ground",
    "occluder full",
    "reflection",
)
"""The classes of MOT16 and MOT17, where a sequence does not name its own."""

TRACKS = 1 << 31
"""The greatest number of a track."""

_ATTRIBUTES = (Attribute("visibility", mutable=True, input_type="number"), Attribute("ignored", mutable=True))


@dataclass(frozen=True)
class _Sequence:
    """A sequence, as far as its folder tells.

    Attributes:
        folder: path in the tree.
        sheet: of its boxes.
        info: what seqinfo.ini says.
        labels: names of classes.
        pictures: paths by number of the frame, from 0.
    """

    folder: str
    sheet: str
    info: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = CLASSES
    pictures: Mapping[int, str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width, where they are told."""
        height, width = (_whole(self.info.get(name, "")) for name in ("imheight", "imwidth"))
        return (height, width) if height and width else None


def looks_like_mot(path: Path) -> bool:
    """Whether it is a folder or zip with `gt/gt.txt` or `det/det.txt`, or such a file."""
    try:
        tree, file = _tree_of(path)
        return bool(file or _sheets(tree))
    except BadAnnotations:
        return False


def read_mot(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read tracks of MOT Challenge; every sequence becomes a task.

    Args:
        path: of a sequence's folder, of a folder or zip of sequences, or of one gt.txt.
        report: told of lines that cannot be used, with file and line.
        progress: told how many sequences are read.

    Raises:
        BadAnnotations: there is no such file.
    """
    tree, file = _tree_of(path)
    sheets = [file] if file else _sheets(tree)
    if not sheets:
        raise BadAnnotations(f"{path}: no sequence of MOT Challenge: there is no gt/gt.txt nor det/det.txt")
    labels: dict[str, Label] = {}
    tasks = []
    for sheet in steps(sheets, progress):
        sequence = _sequence(tree, sheet, report)
        try:
            task = _task(tree, sequence, report)
        except BadAnnotations as error:
            report.drop("bad-file", str(error), task=sequence.folder)
            continue
        tasks.append(task)
        used = {label for subtask in task.subtasks for label in subtask.table.label.lists()}
        # Of the benchmark's own twelve classes most sequences have two or three.
        names = sequence.labels if sequence.labels is not CLASSES else [name for name in CLASSES if name in used]
        labels |= {name: Label(name, attributes=_ATTRIBUTES) for name in names if name not in labels}
    return Dataset(tree.path.stem, tuple(tasks), tuple(labels.values()))


def _tree_of(path: Path) -> tuple[Tree, str]:
    """The tree of sequences, and the one file in it that was meant."""
    tree, file = tree_of(path, "gt.txt", "det.txt")
    if file and tree.path.name in {"gt", "det"}:
        return Tree(tree.path.parent), f"{tree.path.name}/{file}"
    return tree, file


def _sheets(tree: Tree) -> list[str]:
    """The files of boxes; those of detections only where there is no truth."""
    truths = [name for name in tree.under("", "gt.txt") if PurePosixPath(name).parts[-2:] == ("gt", "gt.txt")]
    known = {str(PurePosixPath(name).parent.parent) for name in truths}
    found = [name for name in tree.under("", "det.txt") if PurePosixPath(name).parts[-2:] == ("det", "det.txt")]
    return truths + [name for name in found if str(PurePosixPath(name).parent.parent) not in known]


def _sequence(tree: Tree, sheet: str, report: Report) -> _Sequence:
    beside = PurePosixPath(sheet).parent
    folder = str(beside.parent) if beside.name in {"gt", "det"} else str(beside)
    start = "" if folder == "." else f"{folder}/"
    info: dict[str, str] = {}
    if (place := f"{start}seqinfo.ini") in tree:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(tree.text(place))
            info = {name: value for section in parser.sections() for name, value in parser[section].items()}
        except (BadAnnotations, configparser.Error) as error:
            report.problem("bad-file", f"{place}: {error}", task=folder)
    labels = CLASSES
    for place in (str(beside / "labels.txt"), f"{start}gt/labels.txt", f"{start}labels.txt"):
        if place in tree:
            labels = tuple(tree.lines(place))
            break
    pictures = tree.pictures(f"{start}{info.get('imdir', 'img1')}")
    return _Sequence(folder, sheet, info, labels, _numbered(pictures))


def _numbered(pictures: list[str]) -> dict[int, str]:
    """Pictures by frame: the number that ends their names, from 1 unless one is 0; their order without such numbers."""
    ends = [_whole(PurePosixPath(name).stem.rpartition("_")[2]) for name in pictures]
    numbers = [end for end in ends if end is not None]
    if len(set(numbers)) < len(ends):
        return dict(enumerate(pictures))
    first = 0 if 0 in numbers else 1
    return {number - first: name for number, name in zip(numbers, pictures, strict=True)}


def _whole(text: str) -> int | None:
    """A number of frames or of pixels; None where it is none that can be."""
    return int(text) if text.isdecimal() and len(text) < 20 and int(text) <= MOST_FRAMES else None


def _task(tree: Tree, sequence: _Sequence, report: Report) -> Task:
    name = sequence.info.get("name") or (
        PurePosixPath(sequence.folder).name if sequence.folder != "." else tree.path.stem
    )
    rows = list(_rows(tree, sequence, name, report))
    length = max(
        _whole(sequence.info.get("seqlength", "")) or 0,
        max(sequence.pictures, default=-1) + 1,
        max((row.frame for row in rows), default=-1) + 1,
    )
    folder, suffix = sequence.info.get("imdir", "img1"), sequence.info.get("imext", ".jpg")
    start = "" if sequence.folder == "." else f"{sequence.folder}/"
    paths = [sequence.pictures.get(frame, f"{start}{folder}/{frame + 1:06d}{suffix}") for frame in range(length)]
    if missing := length - len(sequence.pictures):
        message = f"{missing} of {length} pictures are not there"
        report.problem("picture-missing", message, task=name, count=missing)
    files = [tree.blob(path) for path in paths]
    media = Images(files, [file.name for file in files], [sequence.size] * length, name=name)
    table = Table.from_rows([*rows, *_ends(rows, length)])
    subtask = Subtask(name, np.arange(length), table)
    extra = {"seqinfo": dict(sequence.info)} if sequence.info else {}
    return Task(name, media, FrameMap(length), (subtask,), extra=extra)


def _rows(tree: Tree, sequence: _Sequence, task: str, report: Report) -> Iterator[Row]:
    """The boxes of a sequence; lines that cannot be used are dropped and told."""
    is_truth = PurePosixPath(sequence.sheet).name != "det.txt"
    data = tree.read(sequence.sheet)
    text = decode_text(data, tree.blob(sequence.sheet)) if data else ""
    seen: set[tuple[int, int]] = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = [word.strip() for word in line.split(",")]
        if not any(words):
            continue
        place = f"{sequence.sheet}, line {number}"
        try:
            row = _row(words, sequence, is_truth=is_truth)
        except (ValueError, OverflowError) as error:
            report.drop("bad-line", f"{place}: {error}", task=task)
            continue
        if flaw := flaw_of(row.shape, row.points, sequence.size):
            report.drop(flaw.code, f"{place}: {flaw.cause}", task=task, frame=row.frame)
        elif row.tracked and (row.object, row.frame) in seen:
            message = f"{place}: track {row.object} is on frame {row.frame + 1} already"
            report.drop("duplicate-row", message, task=task, frame=row.frame)
        else:
            seen.add((row.object, row.frame))
            yield row


def _row(words: list[str], sequence: _Sequence, *, is_truth: bool) -> Row:
    if len(words) < 6:
        raise ValueError(f"{len(words)} numbers, where at least 6 are needed")
    numbers = [float(word) if word else np.nan for word in words]
    frame, track = int(numbers[0]) - 1, int(numbers[1])
    if not 0 <= frame < MOST_FRAMES:
        raise ValueError(f"frame {words[0]}, and frames are counted from 1 to {MOST_FRAMES:,}")
    if track > TRACKS:
        raise ValueError(f"track {words[1]} is beyond {TRACKS:,}")
    left, top, width, height = numbers[2:6]
    seventh = numbers[6] if len(numbers) > 6 else 1.0
    # Of 2015, and of detections, places in the world follow.
    rest = numbers[7:9] if is_truth and len(numbers) < 10 else []
    kind = int(rest[0]) if rest else -1
    if kind > len(sequence.labels) or kind == 0:
        raise ValueError(f"class {kind}, and there are classes 1 to {len(sequence.labels)}")
    visibility = rest[1] if len(rest) > 1 and 0 <= rest[1] <= 1 else 1.0
    told = {"visibility": f"{visibility:g}"} if visibility != 1 else {}
    told |= {"ignored": "true"} if is_truth and seventh == 0 else {}
    return Row(
        label=sequence.labels[max(kind, 1) - 1] if sequence.labels else "object",
        frame=frame,
        shape="rectangle",
        points=(left, top, left + width, top + height),
        object=track if track > 0 else -1,
        tracked=track > 0,
        occluded=visibility <= 0,
        source="file",
        score=None if is_truth else float(seventh),
        frame_attributes=told,
    )


def _ends(rows: list[Row], length: int) -> Iterator[Row]:
    """Rows that say where tracks leave the picture: after every frame that is followed by a gap."""
    tracks: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.tracked:
            tracks[row.object].append(row)
    for track in tracks.values():
        track.sort(key=lambda row: row.frame)
        following: list[Any] = [row.frame for row in track[1:]] + [length]
        for row, then in zip(track, following, strict=True):
            if then > row.frame + 1:
                yield replace(row, frame=row.frame + 1, outside=True)
