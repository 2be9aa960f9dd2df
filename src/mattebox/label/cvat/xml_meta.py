"""What CVAT's XML says before the annotations: tasks, their frames, labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.etree.ElementTree import Element

from mattebox.errors import BadAnnotations
from mattebox.label.cvat.labels import parse_labels
from mattebox.label.cvat.xml_stream import line_of
from mattebox.label.dataset import Label

__all__ = ["FRAMES", "NO_SUBSET", "Meta", "TaskMeta", "read_meta"]

FRAMES = 10_000_000
"""How far a task may reach into its media: four days of video; a greater number in a file is an error in it."""

NO_SUBSET = "default"
"""What CVAT calls the subset of a task that is in none."""


@dataclass(frozen=True)
class TaskMeta:
    """What is said of a task.

    Attributes:
        id: number on its server; empty if none is told.
        name: what it is called.
        size: how many frames it has, or how many up to the end of the job; None if nobody says.
        first: its first frame that the file is about; above 0 for a job.
        start: frame of the media that is frame 0 of the task.
        step: frames of the media from one frame of the task to the next.
        offset: added to all frame numbers, which run on through the tasks of a subset in a project's file.
        subset: the part of the data set that it is in; empty if none.
        source: name of its video; empty if it has none.
        frame_size: height and width of the video, if told.
        is_video: whether it is about a video, as far as is told.
    """

    id: str = ""
    name: str = ""
    size: int | None = None
    first: int = 0
    start: int = 0
    step: int = 1
    offset: int = 0
    subset: str = ""
    source: str = ""
    frame_size: tuple[int, int] | None = None
    is_video: bool = False


@dataclass(frozen=True)
class Meta:
    """What is said of all.

    Attributes:
        project: name of the project; empty if it is one task.
        tasks: at least one.
        labels: what the objects can be.
    """

    project: str
    tasks: tuple[TaskMeta, ...]
    labels: tuple[Label, ...]


def read_meta(meta: Element, source: object) -> Meta:
    """Read the element `meta`.

    Args:
        meta: the element.
        source: the file, for messages.

    Raises:
        BadAnnotations: a number is none, or a label has no name; the message has the line.
    """
    project, job, task = meta.find("project"), meta.find("job"), meta.find("task")
    if project is not None:
        tasks = _numbered_on([_task(each, None, source) for each in project.iterfind("tasks/task")])
        labels = _labels(project, source)
        return Meta(_text(project, "name"), tuple(tasks) or (TaskMeta(),), labels)
    told = task if task is not None else job
    if told is None:
        return Meta("", (TaskMeta(),), ())
    return Meta("", (_task(told, meta.find("original_size"), source),), _labels(told, source))


def _task(task: Element, frame_size: Element | None, source: object) -> TaskMeta:
    """What is said of a task, or of a job, which is a part of its task."""
    try:
        start, step, count, first = _frames(task)
        size_told = task.find("original_size") if frame_size is None else frame_size
        height_width = None if size_told is None else (int(_text(size_told, "height")), int(_text(size_told, "width")))
    except ValueError as error:
        raise BadAnnotations(f"{source}, line {line_of(task)}: what is said of the {task.tag}: {error}") from error
    subset = _text(task, "subset")
    return TaskMeta(
        _text(task, "id"),
        _text(task, "name"),
        count,
        first,
        start,
        step,
        subset="" if subset == NO_SUBSET else subset,
        source=_text(task, "source"),
        frame_size=height_width,
        is_video=_text(task, "mode") == "interpolation",
    )


def _frames(task: Element) -> tuple[int, int, int | None, int]:
    """Start, step, size and first frame, as `TaskMeta` has them.

    Raises:
        ValueError: they make no sense.
    """
    step, size = _step(_text(task, "frame_filter")), _text(task, "size")
    start, count, first = int(_text(task, "start_frame") or 0), int(size) if size else None, 0
    if task.tag == "job":
        first = int(_text(task, "segments/segment/start") or 0)
        start, count = start - first * step, first + count if count is not None else None
    if min(start, first, count or 0) < 0 or start + step * (count or 0) > FRAMES:
        raise ValueError(f"{count} frames from {start} on, by steps of {step}: no task has these")
    return start, step, count, first


def _numbered_on(tasks: Sequence[TaskMeta]) -> list[TaskMeta]:
    """Tasks of a project with the offsets that CVAT gives to their frames, anew in every subset."""
    numbered: list[TaskMeta] = []
    offset = 0
    for index, task in enumerate(tasks):
        if index and task.subset != tasks[index - 1].subset:
            offset = 0
        numbered.append(replace(task, offset=offset))
        offset += task.start + task.step * (task.size or 0)
    return numbered


def _labels(parent: Element, source: object) -> tuple[Label, ...]:
    """Labels; those that name a parent are elements of a skeleton."""
    records = [(_label(each), _text(each, "parent"), line_of(each)) for each in parent.iterfind("labels/label")]
    by_name = {record["name"]: record for record, above, _ in records if not above}
    for record, above, line in records:
        if above and above not in by_name:
            raise BadAnnotations(f"{source}, line {line}: label {record['name']!r} has the unknown parent {above!r}")
        if above:
            by_name[above]["sublabels"].append(record)
    return parse_labels([record for record, above, _ in records if not above], source)


def _label(label: Element) -> dict[str, Any]:
    """A label as CVAT's JSON has it."""
    svg = _text(label, "svg")
    return {
        "name": _text(label, "name"),
        "color": _text(label, "color") or None,
        "type": _text(label, "type") or "any",
        "attributes": [_attribute(attribute) for attribute in label.iterfind("attributes/attribute")],
        "sublabels": [],
        **({"svg": svg} if svg else {}),
    }


def _attribute(attribute: Element) -> dict[str, Any]:
    values = _text(attribute, "values")
    return {
        "name": _text(attribute, "name"),
        "mutable": _text(attribute, "mutable").lower() == "true",
        "input_type": _text(attribute, "input_type") or "text",
        "default_value": _text(attribute, "default_value"),
        "values": values.split("\n") if values else [],
    }


def _step(frame_filter: str) -> int:
    found = re.fullmatch(r"step\s*=\s*(\d+)", frame_filter)
    if frame_filter and not (found and int(found[1])):
        raise ValueError(f"frame_filter is {frame_filter!r}; step=N is expected")
    return int(found[1]) if found else 1


def _text(parent: Element, path: str) -> str:
    return (parent.findtext(path) or "").strip()
