"""Whether two programs wrote the same boxes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

ROUNDED = 2e-6
"""What six decimals may differ by when two programs round the same number."""
APART = 10
"""Boxes of different labels are at least so far from each other."""


def check_yolo(ours: Path, theirs: Path) -> None:
    """See that every box of theirs is one of ours, in shares of the picture."""
    check(yolo_boxes(ours), yolo_boxes(theirs))


def check_coco(ours: Path, theirs: Path) -> None:
    """See that every box of theirs is one of ours, in pixels."""
    check(coco_boxes(ours), coco_boxes(theirs))


def check(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    """See that every row of theirs is near one of ours.

    Raises:
        RuntimeError: one is not.
    """
    far = cKDTree(ours).query(theirs)[0] > ROUNDED * len(ours[0])
    if far.any() or not len(theirs):
        raise RuntimeError(f"{far.sum()} boxes of {len(theirs)} are not ours, as {theirs[far][:1].tolist()}")


def yolo_boxes(folder: Path) -> NDArray[np.float64]:
    """(N, 5), label and box of every line of every file of labels."""
    lines = (line for file in folder.rglob("*.txt") for line in file.read_text().splitlines())
    return np.array([line.split() for line in lines], np.float64) * (APART, 1, 1, 1, 1)


def coco_boxes(folder: Path) -> NDArray[np.float64]:
    """(N, 5), label and box of every annotation."""
    files = [json.loads(file.read_text()) for file in folder.rglob("*instances*.json")]
    boxes = [(each["category_id"], *each["bbox"]) for file in files for each in file["annotations"]]
    return np.array(boxes, np.float64) * (APART * 1000, 1, 1, 1, 1)
