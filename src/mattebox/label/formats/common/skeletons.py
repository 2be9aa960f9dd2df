"""Skeletons as lists of keypoints, which is how COCO and YOLO have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mattebox.label.dataset import Label
from mattebox.label.formats.common.stills import Still

__all__ = ["hull_of", "keypoint_names", "put_skeleton", "skeleton_label"]

ABSENT, HIDDEN = 0, 1
"""Keypoints that nobody put there, and those that something hides; 2 are seen."""


def skeleton_label(name: str, keypoints: Iterable[object], edges: Iterable[Sequence[int]] = (), **extra: Any) -> Label:
    """A label of skeletons.

    Args:
        name: what it is called.
        keypoints: names of its elements.
        edges: pairs of elements that a line joins, counted from 1.
        extra: what a file said beyond this.
    """
    drawn = {"skeleton": [list(edge) for edge in edges]}
    points = tuple(Label(str(each), type="points") for each in keypoints)
    return Label(name, type="skeleton", sublabels=points, extra=extra | (drawn if drawn["skeleton"] else {}))


def keypoint_names(label: Label | None, count: int) -> list[str]:
    """Names for some keypoints: those of the label's elements, and beyond them their numbers from 1."""
    named = [each.name for each in label.sublabels] if label else []
    return [named[index] if index < len(named) else str(index + 1) for index in range(count)]


def put_skeleton(
    still: Still, place: str, label: str, names: Sequence[str], keypoints: NDArray[np.float64], **fields: Any
) -> bool:
    """Add a skeleton and its elements; one without a usable keypoint is dropped and told.

    Args:
        still: the picture that it is on.
        place: file and place in it, for messages.
        label: of the skeleton.
        names: of the elements.
        keypoints: (N, 3), x and y in pixels, and 0 for absent, 1 for hidden, 2 for seen.
        fields: the rest of the skeleton's `Row`; those that are true of its elements are theirs too.

    Returns:
        Whether it was added.
    """
    present = keypoints[:, 2] != ABSENT
    if not present.any() or not np.isfinite(keypoints[present]).all():
        cause = "no keypoint is there" if not present.any() else "a coordinate that is not a finite number"
        still.drop("empty-shape", f"{place}: a skeleton of which {cause}")
        return False
    if (number := fields.pop("object", None)) is None:
        number = still.object(("skeleton", place))
    still.put(place, label, "skeleton", object=number, **fields)
    shared = {name: fields[name] for name in ("keyframe", "source", "z_order") if name in fields}
    tracked = fields.get("tracked", False)
    for name, (x, y, seen) in zip(names, np.nan_to_num(keypoints).tolist(), strict=True):
        state = {"outside": seen == ABSENT, "occluded": seen == HIDDEN}
        element = still.object((number, name)) if tracked else -1
        still.put(place, name, "points", (x, y), object=element, parent=number, tracked=tracked, **state, **shared)
    return True


def hull_of(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Left, top, right and bottom of the box around the keypoints that are present; NaN where none is."""
    there = keypoints[keypoints[:, 2] != ABSENT, :2]
    if not len(there):
        return np.full(4, np.nan)
    return np.concatenate((there.min(axis=0), there.max(axis=0)))
