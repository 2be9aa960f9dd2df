"""What CVAT's XML says before the annotations, written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.cvat.xml_meta import NO_SUBSET
from mattebox.label.cvat.xml_text import element, leaf
from mattebox.label.dataset import Attribute, Dataset, Label, Task
from mattebox.label.media import Video

__all__ = ["Numbered", "meta_text", "numbered"]


class Numbered(NamedTuple):
    """A task as it is numbered in a file.

    Attributes:
        id: its number.
        task: the task.
        offset: added to the numbers of its frames.
    """

    id: int
    task: Task
    offset: int

    def frame(self, frame: int) -> int:
        """The number that a frame of the task has in the file."""
        return int(self.task.frames.true(frame)) + self.offset


def numbered(tasks: Sequence[Task]) -> list[Numbered]:
    """Tasks by subset, their frames numbered on within each as CVAT does in a project's file."""
    found: list[Numbered] = []
    offset, subset = 0, None
    for number, task in enumerate(sorted(tasks, key=lambda task: task.subset), start=1):
        offset = offset if task.subset == subset else 0
        found.append(Numbered(number, task, offset))
        offset, subset = offset + int(task.frames.true(task.frames.size)), task.subset
    return found


def meta_text(dataset: Dataset, tasks: Sequence[Numbered], kinds: Sequence[str]) -> str:
    """The element `meta`: of a task if there is one, otherwise of a project.

    Args:
        dataset: that the tasks are of.
        tasks: as they are numbered.
        kinds: images or video, of each.
    """
    if len(tasks) == 1:
        only = tasks[0]
        labels = only.task.label_specs(dataset)
        return element("meta", {}, [element("task", {}, _task(only, kinds[0], 3, labels), 2)], 1)
    names = [label.name for label in dataset.labels]
    others = (label for each in tasks for label in each.task.labels if label.name not in names)
    labels = (*dataset.labels, *{label.name: label for label in others}.values())
    told = [element("task", {}, _task(each, kind, 5), 4) for each, kind in zip(tasks, kinds, strict=True)]
    subsets = "\n".join(dict.fromkeys(each.task.subset or NO_SUBSET for each in tasks))
    project = [
        leaf("name", dataset.name, 3),
        element("tasks", {}, told, 3),
        leaf("subsets", subsets, 3),
        element("labels", {}, _labels(labels, 4), 3),
    ]
    return element("meta", {}, [element("project", {}, project, 2)], 1)


def _task(told: Numbered, kind: str, level: int, labels: Sequence[Label] | None = None) -> Iterator[str]:
    """What is said of a task."""
    task, frames = told.task, told.task.frames
    last = max(frames.size - 1, 0)
    named = {
        "id": str(told.id),
        "name": task.name,
        "size": str(frames.size),
        "mode": "interpolation" if kind == "video" else "annotation",
        "overlap": "0",
        "subset": task.subset or NO_SUBSET,
        "start_frame": str(frames.start),
        "stop_frame": str(frames.true(last)),
        "frame_filter": f"step={frames.step}" if frames.step > 1 else "",
    }
    yield from (leaf(name, text, level) for name, text in named.items())
    segment = {"id": str(told.id), "start": "0", "stop": str(last), "url": ""}
    inner = [leaf(name, text, level + 2) for name, text in segment.items()]
    yield element("segments", {}, [element("segment", {}, inner, level + 1)], level)
    if labels is not None:
        yield element("labels", {}, _labels(labels, level + 1), level)
    if isinstance(task.media, Video):
        if size := _size_of(task.media):
            sides = [leaf(name, str(side), level + 1) for name, side in zip(("height", "width"), size, strict=True)]
            yield element("original_size", {}, reversed(sides), level)
        yield leaf("source", task.media.name, level)


def _size_of(video: Video) -> tuple[int, int] | None:
    """Height and width of a video; None where nobody knows them."""
    try:
        return video.size_of(0)
    except (BadAnnotations, BadPicture):
        return None


def _labels(labels: Sequence[Label], level: int) -> Iterator[str]:
    """Labels, each followed by the elements of a skeleton."""
    for label in labels:
        yield _label(label, "", level)
        yield from (_label(each, label.name, level) for each in label.sublabels)


def _label(label: Label, parent: str, level: int) -> str:
    color = "" if label.color is None else "#{:02x}{:02x}{:02x}".format(*label.color)
    named = {"name": label.name, "color": color, "type": label.type}
    attributes = [
        element("attribute", {}, [leaf(name, text, level + 3) for name, text in _attribute(each).items()], level + 2)
        for each in label.attributes
    ]
    inner = [leaf(name, text, level + 1) for name, text in named.items()]
    inner.append(element("attributes", {}, attributes, level + 1))
    inner += [leaf(name, text, level + 1) for name, text in (("parent", parent), ("svg", label.svg)) if text]
    return element("label", {}, inner, level)


def _attribute(attribute: Attribute) -> dict[str, str]:
    return {
        "name": attribute.name,
        "mutable": str(attribute.mutable),
        "input_type": attribute.input_type,
        "default_value": attribute.default,
        "values": "\n".join(attribute.values),
    }
