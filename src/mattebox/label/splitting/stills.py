"""Stills that have nothing to do with each other: tasks of their own while a data set is divided, then whole again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.frames import FrameMap
from mattebox.label.media import Images

__all__ = ["in_parts", "picture_by_picture"]


def picture_by_picture(dataset: Dataset) -> Dataset:
    """Make a task of every still, so that a split may put each where it likes.

    A list of stills otherwise is one task, and so one source, because in CVAT it mostly is one scene. Each task has
    its own picture only. Videos are left as they are, and so are lists with tracks, which would be torn apart. Frames
    that were deleted are left out.
    """
    tasks: list[Task] = []
    for task in dataset.tasks:
        tasks += _stills(task, task.media) if isinstance(task.media, Images) and _divisible(task) else [task]
    return dataset.replace(tasks=tuple(tasks))


def in_parts(dataset: Dataset, divided: Dataset) -> Dataset:
    """Give a data set the subsets that its pictures were given one by one.

    Stills of one task that are in one subset are a task again, whose frames keep their numbers and whose other frames
    are deleted; where there are several subsets, each task has that of its own in its name.

    Args:
        dataset: as it was before `picture_by_picture`.
        divided: what that made of it, once `split` has put every task somewhere.

    Example:
        >>> whole = Dataset("farm", (Task("hens", None, FrameMap(2), ()),))
        >>> in_parts(whole, whole.replace(tasks=(whole.tasks[0].replace(subset="val"),))).tasks[0].subset
        'val'
    """
    subsets = iter([task.subset for task in divided.tasks])
    tasks: list[Task] = []
    for task in dataset.tasks:
        if not _divisible(task):
            tasks.append(task.replace(subset=next(subsets)))
            continue
        frames = _frames(task)
        own = np.array([next(subsets) for _ in frames], object)
        several = len(set(own)) > 1
        tasks += [
            _only(task, frames[own == subset], name=f"{task.name}/{subset}" if several else task.name, subset=subset)
            for subset in dict.fromkeys(own)
        ]
    return dataset.replace(tasks=tuple(tasks))


def _divisible(task: Task) -> bool:
    return isinstance(task.media, Images) and not any(subtask.table.tracked.any() for subtask in task.subtasks)


def _frames(task: Task) -> NDArray[np.int64]:
    """Frames of a task that a subtask has and that were not deleted, in order."""
    own = [np.empty(0, np.int64), *(subtask.frames for subtask in task.subtasks)]
    return np.intersect1d(np.concatenate(own), task.frames.kept())


def _only(task: Task, frames: NDArray[np.int64], *, name: str, subset: str) -> Task:
    """A task with some of its frames only."""
    subtasks = (
        subtask.replace(
            frames=np.intersect1d(subtask.frames, frames),
            table=subtask.table.take(np.isin(subtask.table.frame, frames)),
        )
        for subtask in task.subtasks
    )
    deleted = frozenset(np.setdiff1d(np.arange(task.frames.size), frames).tolist())
    return task.replace(
        name=name,
        subset=subset,
        frames=FrameMap(task.frames.size, task.frames.start, task.frames.step, deleted),
        subtasks=tuple(subtask for subtask in subtasks if len(subtask.frames)),
    )


def _stills(task: Task, media: Images) -> Iterator[Task]:
    by_frame: dict[int, list[Subtask]] = {}
    for subtask in task.subtasks:
        for frame, own in _frame_by_frame(task, subtask):
            by_frame.setdefault(frame, []).append(own)
    # Notes of a reader, such as where the files of the whole task lay, do not hold for a single picture.
    whole = task.replace(extra={key: value for key, value in task.extra.items() if not key.startswith("@")})
    sizes = media.known_sizes
    for frame in sorted(by_frame):
        true = int(task.frames.true(frame))
        subtasks = tuple(by_frame[frame])
        if true >= len(media):  # it is missing from the list, which whoever asks for it is told
            yield whole.replace(name=f"{task.name}/{true}", frames=FrameMap(1, start=true), subtasks=subtasks)
            continue
        name, related = media.names[true], {0: media.related(true)}
        picture = Images([media.files[true]], [name], [sizes[true]], related, media.name)
        yield whole.replace(name=f"{task.name}/{name}", media=picture, frames=FrameMap(1), subtasks=subtasks)


def _frame_by_frame(task: Task, subtask: Subtask) -> Iterator[tuple[int, Subtask]]:
    """Each kept frame of a subtask, and the subtask that is left of it there."""
    order = np.argsort(subtask.table.frame, kind="stable")
    sorted_frames = subtask.table.frame[order]
    frames = np.intersect1d(subtask.frames, task.frames.kept())
    begins, ends = np.searchsorted(sorted_frames, frames, "left"), np.searchsorted(sorted_frames, frames, "right")
    for frame, begin, end in zip(frames.tolist(), begins, ends, strict=True):
        table = subtask.table.take(order[begin:end])
        table = table.replace(frame=np.zeros(len(table), np.int32))
        yield frame, subtask.replace(frames=np.zeros(1, np.int64), table=table)
