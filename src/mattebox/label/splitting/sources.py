"""Which tasks show the same scene, so that a split must keep them together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, BadParameter, BadPicture
from mattebox.label.counting import counted_frames
from mattebox.label.dataset import Task
from mattebox.label.extra import needed_for
from mattebox.label.media import Blob, Images, Video
from mattebox.label.merging import own_name
from mattebox.label.progress import Progress
from mattebox.label.report import Report
from mattebox.label.splitting.likeness import alike, difference_hash

__all__ = ["Source", "Ties", "compiled", "find_sources"]

WORDS = r"(?:part|pt|chunk|clip|seg|segment|scene|часть|ч|сцена)"
PART = re.compile(
    rf"(?:(?<=[^\W\d_])(?:[\s._-]*{WORDS}[\s._-]*|[\s._-]+)|(?<=\d)[\s._-]+{WORDS}[\s._-]*)\d{{1,4}}$", re.IGNORECASE
)
"""The end of the name of a part of a video; a mere number after a number is no part but a date or a time."""

COPIED = re.compile(r"(?: \(copy \d+\))+$")

COUNTER = re.compile(
    r"(?:im|img|image|dsc[nf]?|frame|pic|picture|photo|video|mov|clip|task|job|scene|train|val|test|задача|видео|сцена)?"
    r"[\s._-]*\d{0,6}",
    re.IGNORECASE,
)
"""Names that cameras, programs and people in a hurry give to everything: they do not say where a thing came from."""

HASHED = 16 << 20
"""Bytes of a file that are compared; files that begin with as many equal ones are taken for the same."""

LOOKS = 5
"""Frames of a video that are compared with other pictures."""


@dataclass(frozen=True)
class Ties:
    """What holds tasks together, beside the names of their sources, of themselves and of their files.

    Attributes:
        content: what is in their files is the same.
        parts: their names are those of parts of one video: `park-1`, `park_part2`. Leave it out where `street 1` and
            `street 2` have nothing in common.
        similar: their pictures look the same: bits of 64 in which difference hashes may differ; 0 to 10 make sense,
            None compares no looks. Of a video five frames are compared.
        pattern: regular expression that finds the same text in their names, or in those of their media. Its first group
            is that text, or all it finds.
    """

    content: bool = True
    parts: bool = True
    similar: int | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Source:
    """Tasks that show the same scene.

    Attributes:
        name: what to call it.
        tasks: their positions.
        reasons: why they are held together; empty for a single task.
    """

    name: str
    tasks: tuple[int, ...]
    reasons: tuple[str, ...] = ()


def find_sources(
    tasks: Sequence[Task], ties: Ties | None = None, *, report: Report, progress: Progress | None = None
) -> tuple[Source, ...]:
    """Find which tasks belong together, in the order of their first task.

    They do when they name the same source, when they have the same name or a file of the same name (unless it is a mere
    counter), and by the ties that are asked for. What one task shares with a second and that one with a third holds all
    three together.

    Args:
        tasks: to look at.
        ties: what else holds tasks together; content and parts of videos unless given.
        report: told of media that cannot be read.
        progress: told of every task.

    Raises:
        BadParameter: the pattern is not a regular expression.
        MissingExtra: scipy is not installed.
    """
    ties = ties or Ties()
    pattern = compiled(ties.pattern)
    found: list[tuple[int, str, str]] = []
    looks: list[tuple[int, np.ndarray]] = []
    for index, task in enumerate(tasks):
        check_cancelled()
        found += [(index, reason, value) for reason, value in _names(task, pattern, parts=ties.parts)]
        if ties.content and len(tasks) > 1:
            found += [(index, "same content", value) for value in _contents(task, report)]
        if ties.similar is not None:
            looks += [(index, value) for value in _looks(task, report)]
        if progress is not None:
            progress(index + 1, len(tasks))
    if ties.similar is not None and looks:
        owners, hashes = (np.array(column) for column in zip(*looks, strict=True))
        for number, pair in enumerate(alike(hashes, owners, ties.similar).tolist()):
            found += [(index, "looks the same", str(number)) for index in pair]
    return _joined(tasks, found)


def compiled(pattern: str | None) -> re.Pattern[str] | None:
    """A regular expression that a user gave.

    Raises:
        BadParameter: it is none.
    """
    try:
        return re.compile(pattern) if pattern is not None else None
    except re.error as error:
        raise BadParameter(f"{pattern!r} is not a regular expression: {error}") from error


def _names(task: Task, pattern: re.Pattern[str] | None, *, parts: bool) -> Iterator[tuple[str, str]]:
    """What the names of a task and of its files say about where it came from."""
    media = task.media
    if task.source:
        yield "same source", task.source
    called = own_name(task)
    if not _is_counter(name := COPIED.sub("", called)):
        yield "same name", name
    if isinstance(media, Images):
        names = (media.names[frame] for frame in _stills(task, media))
        yield from (("same file", name) for name in names if not _is_counter(name))
    elif media is not None and not _is_counter(media.name):
        yield "same file", media.name
    if parts and not isinstance(media, Images):
        for name in {called, *([PurePosixPath(media.name).stem] if media is not None else [])}:
            if not _is_counter(name):
                yield "parts of a video", _whole(name)
    if pattern is not None:
        for name in (called, media.name if media is not None else ""):
            if match := pattern.search(name):
                yield "same pattern", match[1] if pattern.groups and match[1] is not None else match[0]
                break


def _whole(name: str) -> str:
    """The name of the video that a video is a part of; its own, if it is none.

    Example:
        >>> _whole("park-2"), _whole("park_part03"), _whole("park_2024-05-01"), _whole("2024-05-01 part 1")
        ('park', 'park', 'park_2024-05-01', '2024-05-01')
    """
    return PART.sub("", name) or name


def _is_counter(name: str) -> bool:
    return COUNTER.fullmatch(PurePosixPath(name).stem) is not None


def _contents(task: Task, report: Report) -> Iterator[str]:
    """What is in the files of a task, in short."""
    for blob in _files(task):
        check_cancelled()
        try:
            yield _digest(blob)
        except (BadAnnotations, OSError) as error:
            report.problem("unreadable-media", f"{error}; its content is not compared", task=task.name)


def _files(task: Task) -> Sequence[Blob]:
    """The files that a task shows something of."""
    if isinstance(task.media, Images):
        return [task.media.files[frame] for frame in _stills(task, task.media)]
    return task.media.files if task.media is not None else ()


def _stills(task: Task, media: Images) -> list[int]:
    """Stills that a task shows, without those that are missing from its list."""
    frames = task.frames.true(counted_frames(task))
    return frames[frames < len(media)].tolist()


def _digest(blob: Blob) -> str:
    with blob.open() as file:
        return hashlib.blake2b(file.read(HASHED), digest_size=16).hexdigest()


def _looks(task: Task, report: Report) -> Iterator[np.ndarray]:
    """Difference hashes of the stills of a task, or of some frames of its video."""
    if task.media is None:
        return
    frames = task.frames.true(counted_frames(task)).tolist()
    if isinstance(task.media, Images):
        passes = [[frame] for frame in frames]
    else:
        passes = [[frames[round(place)] for place in np.linspace(0, len(frames) - 1, min(LOOKS, len(frames)))]]
    for some in passes:
        check_cancelled()
        try:
            hashes = [difference_hash(rgb) for _, rgb in task.media.stream(some)]
        except (BadAnnotations, BadPicture) as error:
            report.problem("unreadable-media", f"{error}; its looks are not compared", task=task.name)
        else:
            yield from (each for each in hashes if each is not None)


def _joined(tasks: Sequence[Task], ties: Sequence[tuple[int, str, str]]) -> tuple[Source, ...]:
    """Tasks that are tied to each other directly or by others."""
    with needed_for("finding tasks of one source"):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components
    keys = {key: number for number, key in enumerate(dict.fromkeys(tie[1:] for tie in ties))}
    left = np.array([index for index, *_ in ties], np.int64)
    right = np.array([keys[reason, value] for _, reason, value in ties], np.int64)
    size = len(tasks) + len(keys)
    graph = coo_array((np.ones(len(ties)), (left, right + len(tasks))), (size, size))
    _, groups = connected_components(graph, directed=False)
    holders: dict[tuple[str, str], set[int]] = {}
    for index, reason, value in ties:
        holders.setdefault((reason, value), set()).add(index)
    why: dict[int, list[str]] = {}
    for (reason, _), held in holders.items():
        if len(held) > 1:
            why.setdefault(int(groups[min(held)]), []).append(reason)
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups[: len(tasks)].tolist()):
        members.setdefault(group, []).append(index)
    return tuple(
        Source(_called(tasks[held[0]]), tuple(held), tuple(dict.fromkeys(why.get(group, ()))))
        for group, held in members.items()
    )


def _called(task: Task) -> str:
    return task.source or (task.media.name if isinstance(task.media, Video) else "") or task.name
