"""Everything that is seen in data sets, one flat array for each thing that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.cancelling import check_cancelled
from mattebox.errors import BadAnnotations, BadParameter, BadPicture
from mattebox.label.counting import all_labels, counted_frames, counted_rows, counted_subtasks, label_codes
from mattebox.label.dataset import Dataset, Subtask, Task
from mattebox.label.geometry import areas, boxes
from mattebox.label.media import Media, Video
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["Instances", "Place", "find_instances"]


Piece: TypeAlias = dict[str, NDArray[Any]]
"""Some of the columns of `Instances`, by name."""


class Place(NamedTuple):
    """Where a task is.

    Attributes:
        project: name of its data set.
        subset: the part that it is in; empty if none.
        task: its name.
    """

    project: str
    subset: str
    task: str


@dataclass(frozen=True, eq=False)
class Instances:
    """Every object on every frame that it is seen on.

    Attributes:
        labels: names.
        places: of the tasks.
        frame_task: int64 (F,), position of the task of every frame of all tasks, those without objects included.
        task: int64 (N,), position of each instance's task.
        frame: int64 (N,), its frame, below F.
        label: int64 (N,), position of its label.
        shape: uint8 (N,), what kind of shape it is, a position in `SHAPES`.
        object: int64 (N,), its object; those of different subtasks are different.
        tracked: bool (N,), whether its object is a track.
        area: float64 (N,) in square pixels; 0 for what has none, NaN where the points make no sense.
        width: float64 (N,), of the upright box around it, in pixels; NaN for tags.
        height: the same.
        picture: float64 (N,), square pixels of the frame that it is on; NaN where they are not known.
    """

    labels: tuple[str, ...]
    places: tuple[Place, ...]
    frame_task: NDArray[np.int64]
    task: NDArray[np.int64]
    frame: NDArray[np.int64]
    label: NDArray[np.int64]
    shape: NDArray[np.uint8]
    object: NDArray[np.int64]
    tracked: NDArray[np.bool_]
    area: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    picture: NDArray[np.float64]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.task)


def find_instances(
    datasets: Sequence[Dataset], *, sizes: bool = True, report: Report, progress: Progress | None = None
) -> Instances:
    """Gather what is seen in data sets.

    Args:
        datasets: interpolated, if every frame of a track is to count and not its key frames only.
        sizes: find out how large pictures are; stills whose size nobody noted are opened for that.
        report: told of media and rows that cannot be measured.
        progress: told of every task.
    """
    labels = all_labels(datasets)
    position = {name: index for index, name in enumerate(labels)}
    tasks = [(dataset, task) for dataset in datasets for task in dataset.tasks]
    pieces: list[Piece] = [_none()]
    frame_task = [np.empty(0, np.int64)]
    first_frame = first_object = 0
    for index, (dataset, task) in enumerate(tasks):
        check_cancelled()
        kept = counted_frames(task)
        for piece in _pieces(dataset, task, kept, position, sizes=sizes, report=report):
            piece["task"] = np.full(len(piece["frame"]), index)
            piece["frame"] = piece["frame"] + first_frame
            piece["object"] = piece["object"] + first_object
            first_object = int(piece["object"].max(initial=first_object - 1)) + 1
            pieces.append(piece)
        frame_task.append(np.full(len(kept), index))
        first_frame += len(kept)
        if progress is not None:
            progress(index + 1, len(tasks))
    columns = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    places = tuple(Place(dataset.name, task.subset, task.name) for dataset, task in tasks)
    return Instances(labels, places, np.concatenate(frame_task), **columns)


def _none() -> Piece:
    """No instances; it says which columns there are, and of what type."""
    whole = {name: np.empty(0, np.int64) for name in ("task", "frame", "label", "object")}
    real = {name: np.empty(0, np.float64) for name in ("area", "width", "height", "picture")}
    return {**whole, **real, "shape": np.empty(0, np.uint8), "tracked": np.empty(0, np.bool_)}


def _pieces(
    dataset: Dataset,
    task: Task,
    kept: NDArray[np.int64],
    position: dict[str, int],
    *,
    sizes: bool,
    report: Report,
) -> list[Piece]:
    """The instances of each subtask of a task; frames are positions in the kept ones, objects begin with 0."""
    pieces = [_piece(dataset, task, subtask, kept, position, report) for subtask in counted_subtasks(task)]
    pictures = np.full(len(kept), np.nan)
    if sizes and task.media is not None and pieces:
        seen = np.unique(np.concatenate([piece["frame"] for piece in pieces]))
        pictures[seen] = _picture_sizes(dataset, task, task.media, kept[seen], report)
    for piece in pieces:
        piece["picture"] = pictures[piece["frame"]]
    return pieces


def _piece(
    dataset: Dataset, task: Task, subtask: Subtask, kept: NDArray[np.int64], position: dict[str, int], report: Report
) -> Piece:
    """The instances of a subtask, but for the sizes of their pictures."""
    rows = np.flatnonzero(counted_rows(task, subtask) & np.isin(subtask.table.frame, kept))
    table = subtask.table.take(rows)
    try:
        area, box = areas(table), boxes(subtask.table)[rows]
    except BadParameter as error:
        message = f"{error}; its areas are left out: check the data set"
        report.problem("not-measured", message, dataset=dataset.name, task=task.name, subtask=subtask.name)
        area, box = np.full(len(table), np.nan), np.full((len(table), 4), np.nan)
    return {
        "frame": np.searchsorted(kept, table.frame),
        "label": label_codes(table, position),
        "shape": table.shape,
        "object": table.object - table.object.min(initial=0),
        "tracked": table.tracked,
        "area": area,
        "width": box[:, 2] - box[:, 0],
        "height": box[:, 3] - box[:, 1],
    }


def _picture_sizes(
    dataset: Dataset, task: Task, media: Media, frames: NDArray[np.int64], report: Report
) -> NDArray[np.float64]:
    """Square pixels of frames of a task; NaN for those that cannot be opened."""
    asked = frames[:1] if isinstance(media, Video) else frames  # all frames of a video have one size
    found = np.full(len(asked), np.nan)
    for index, (frame, true) in enumerate(zip(asked.tolist(), task.frames.true(asked).tolist(), strict=True)):
        try:
            height, width = media.size_of(true)
        except (BadAnnotations, BadPicture) as error:  # noqa: PERF203 (opening takes far longer)
            report.problem("unreadable-media", str(error), dataset=dataset.name, task=task.name, frame=frame)
        else:
            found[index] = height * width
    return np.resize(found, len(frames))
