"""Sort what a detector says: sure boxes only, and each object once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox._toml import read_toml


class Detection(NamedTuple):
    """One object that was found.

    Attributes:
        kind: which of the detector's classes it is, by number.
        confidence: how sure the detector is, in [0, 1].
        box: left, top, right and bottom, as shares of the picture's width and height; may reach outside of it.
    """

    kind: int
    confidence: float
    box: tuple[float, float, float, float]


def detections(
    boxes: NDArray[np.float32], confidences: NDArray[np.float32], *, threshold: float = 0.4, overlap: float = 0.6
) -> list[Detection]:
    """Keep what is sure, and of boxes of a kind that cover each other the surest (greedy non-maximum suppression).

    Args:
        boxes: (K, 4), left, top, right, bottom.
        confidences: (K, classes) in [0, 1]; a box is of the kind that it is surest of.
        threshold: confidence above which a box is kept.
        overlap: largest intersection over union of two kept boxes of a kind.

    Returns:
        Kind by kind, the surest first.
    """
    surest = confidences.max(1)
    kinds = np.where(surest > threshold, confidences.argmax(1), -1)
    found = []
    for kind in np.unique(kinds[kinds >= 0]):
        rest = np.flatnonzero(kinds == kind)
        rest = rest[np.argsort(-surest[rest], kind="stable")]
        while rest.size:
            best, rest = rest[0], rest[1:]
            left, top, right, bottom = boxes[best].tolist()
            found.append(Detection(int(kind), float(surest[best]), (left, top, right, bottom)))
            rest = rest[intersection_over_union(boxes[best], boxes[rest]) <= overlap]
    return found


def intersection_over_union(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of their common area a box (4,) and each of others (K, 4) share, 0 to 1; NaN when they have no area."""
    inside = np.clip(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0, None).prod(1)
    area, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return inside / (area + areas - inside)


@cache
def object_groups() -> dict[str, str]:
    """The 80 kinds of COCO, in the order of the detector's classes, each with its group.

    The groups are human, animals, cars, objects and other.

    Example:
        >>> object_groups()["zebra"]
        'animals'
    """
    return dict(read_toml(Path(__file__).with_name("objects.toml"))["objects"])
