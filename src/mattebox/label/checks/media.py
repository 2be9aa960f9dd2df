"""Checks of media: whether the frames that are annotated are there, and can be told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from mattebox.cancelling import check_cancelled
from mattebox.errors import MatteboxError
from mattebox.label.checks.scope import TaskCheck, Told
from mattebox.label.dataset import Task
from mattebox.label.media import Images, Video

__all__ = ["MEDIA_CHECKS"]


def find_without(task: Task) -> Iterator[Told]:
    """Tasks without media, as CVAT writes them when the media are in a cloud."""
    if task.media is None:
        yield Told("the task has no media: nothing can be checked against pictures, nor made of them")


def find_missing(task: Task) -> Iterator[Told]:
    """Files that are not there."""
    if isinstance(task.media, Images):
        true = task.frames.true(task.frames.kept()).tolist()
        files = task.media.files
        for frame, index in zip(task.frames.kept().tolist(), true, strict=True):
            if index < len(files) and not files[index].exists():
                yield Told(f"{files[index]}: there is no such file", frame)
    elif task.media is not None:
        yield from (Told(f"{file}: there is no such file") for file in task.media.files if not file.exists())


def find_too_short(task: Task) -> Iterator[Told]:
    """Tasks with more frames than their list of pictures."""
    if isinstance(task.media, Images):
        yield from _too_short(task, len(task.media))


def find_wrong_counts(task: Task) -> Iterator[Told]:
    """Tasks with more frames than can be decoded of their video, and videos that say another number than that."""
    if isinstance(task.media, Video) and task.media.blob.exists():
        try:
            count = task.media.count()
        except MatteboxError as error:
            yield Told(str(error))
            return
        yield from _too_short(task, count)
        if len(task.media) != count:
            yield Told(f"{task.media.name}: {count} frames can be decoded, and it is said to have {len(task.media)}")


def find_damaged(task: Task) -> Iterator[Told]:
    """Pictures that cannot be opened, or are of another size than is said of them."""
    if not isinstance(task.media, Images):
        return
    for frame in task.frames.kept().tolist():
        check_cancelled()
        true = int(task.frames.true(frame))
        if true >= len(task.media) or not task.media.files[true].exists():
            continue
        try:
            said, rgb = task.media.size_of(true), task.media.read(true)
        except MatteboxError as error:
            yield Told(str(error), frame)
            continue
        if rgb.shape[:2] != tuple(said):
            yield Told(
                f"{task.media.name_of(true)}: {rgb.shape[0]} x {rgb.shape[1]} pixels, and it is said to have"
                f" {said[0]} x {said[1]}",
                frame,
            )


def find_same_names(task: Task) -> Iterator[Told]:
    """Pictures of one name in different folders, which many formats cannot tell apart."""
    if not isinstance(task.media, Images):
        return
    used = [frame for frame in task.frames.true(task.frames.kept()).tolist() if frame < len(task.media)]
    places = defaultdict(list)
    for name in dict.fromkeys(task.media.names[frame] for frame in used):  # one picture may be two frames
        places[PurePosixPath(name).name].append(name)
    for name, names in places.items():
        if len(names) > 1:
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            yield Told(f"{len(names)} pictures are called {name}: {shown}")


def _too_short(task: Task, count: int) -> Iterator[Told]:
    kept = task.frames.kept()
    last = int(task.frames.true(kept[-1])) if kept.size else -1
    if last >= count:
        yield Told(f"its last frame is frame {last} of the media, which have {count} frames")


MEDIA_CHECKS = (
    TaskCheck("no-media", "tasks without media", "note", find=find_without),
    TaskCheck("missing-media", "files that are not there", "problem", find=find_missing),
    TaskCheck("too-few-frames", "tasks with more frames than pictures", "problem", find=find_too_short),
    TaskCheck("same-name", "pictures of one name in different folders", "note", find=find_same_names),
    TaskCheck(
        "frame-count",
        "videos with another number of frames than is said",
        "problem",
        find=find_wrong_counts,
        reads=True,
    ),
    TaskCheck("damaged-picture", "pictures that cannot be opened", "problem", find=find_damaged, reads=True),
)
