"""From what a user points at to a mask: points on the subject and beside it, or a box around it.

A network that finds whatever stands out need not find what was meant. Of what it found, the pieces that were pointed at
are kept; where that does not settle it, the colours do: GrabCut (Rother, Kolmogorov and Blake 2004, "GrabCut:
Interactive Foreground Extraction using Iterated Graph Cuts") starts from the network's mask and is bound by the points.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.geometry import resized
from mattebox.types import Mask, Rgb

__all__ = ["Point", "mask_at_points", "mask_in_box"]

SIDE = 480
"""Longest side of the copy on which GrabCut works; more takes longer and follows texture."""
TOUCH = 0.015
"""Radius of what a point says, as a share of the longer side."""
GUESS = 0.05
"""Radius around a point in which the subject is looked for when the network found nothing there."""
ROUNDS = 5

Labels = NDArray[np.uint8]


class Point(NamedTuple):
    """A pixel that a user pointed at.

    Attributes:
        row: from the top.
        column: from the left.
        subject: whether it is on the subject, or beside it.
    """

    row: int
    column: int
    subject: bool = True


def mask_at_points(rgb: Rgb, mask: Mask, points: tuple[Point, ...]) -> Mask:
    """Tell what was pointed at.

    Args:
        rgb: the picture, (H, W, 3).
        mask: (h, w) in [0, 1], what a network found in it.
        points: at least one on the subject or beside it, in pixels of the picture.

    Returns:
        The network's own mask, without the pieces that were not meant, where the points agree with it; a hard mask of
        at most 480 pixels otherwise.
    """
    places = [(row_of(point, rgb, mask), column_of(point, rgb, mask), point.subject) for point in points]
    _, pieces = cv2.connectedComponents((mask > 0.5).view(np.uint8), connectivity=8)
    hit = {int(pieces[row, column]) for row, column, subject in places if subject} - {0}
    spared = {int(pieces[row, column]) for row, column, subject in places if not subject} - {0}
    settled = not hit & spared and all(pieces[row, column] or not subject for row, column, subject in places)
    wanted = hit or set(range(1, int(pieces.max()) + 1))
    kept = np.isin(pieces, list(wanted - (spared - hit)))
    if settled:
        return mask * nearest(kept, pieces)
    small = shrunk(rgb)
    likely = (resized(kept.astype(np.float32), small.shape[:2]) > 0.5) & nearer(points, rgb, small)
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    for point, (row, column, subject) in zip(points, places, strict=True):
        if subject and not pieces[row, column]:
            mark(labels, point, rgb, GUESS, cv2.GC_PR_FGD)
    for point in points:
        mark(labels, point, rgb, TOUCH, cv2.GC_FGD if point.subject else cv2.GC_BGD)
    found = cut(small, labels)
    _, parts = cv2.connectedComponents(found.astype(np.uint8), connectivity=8)
    meant = {int(parts[row_of(point, rgb, found), column_of(point, rgb, found)]) for point in points if point.subject}
    return found * np.isin(parts, list(meant - {0})) if meant else found


def nearest(kept: NDArray[np.bool_], pieces: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which pixels are no further from a piece that is kept than from any other: what is soft goes with it."""
    if not kept.any():
        return kept
    apart = (pieces == 0).view(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(apart, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP)
    return np.isin(labels, np.unique(labels[kept]))


def nearer(points: tuple[Point, ...], rgb: Rgb, copy: Rgb) -> NDArray[np.bool_]:
    """Tell which pixels of a copy of the picture are nearer to a point on the subject than to one beside it."""
    rows, columns = np.ogrid[: copy.shape[0], : copy.shape[1]]
    away = {True: np.full(copy.shape[:2], np.inf), False: np.full(copy.shape[:2], np.inf)}
    for point in points:
        distance = np.hypot(rows - row_of(point, rgb, copy), columns - column_of(point, rgb, copy))
        away[point.subject] = np.minimum(away[point.subject], distance)
    return away[True] <= away[False] if np.isfinite(away[True]).any() else np.ones(copy.shape[:2], bool)


def mark(labels: Labels, point: Point, rgb: Rgb, radius: float, value: int) -> None:
    """Draw a disc around a point of a picture into the labels (h, w) of its copy, in place."""
    middle = column_of(point, rgb, labels), row_of(point, rgb, labels)
    cv2.circle(labels, middle, max(1, round(radius * max(labels.shape))), value, cv2.FILLED)


def mask_in_box(rgb: Rgb, box: tuple[int, int, int, int]) -> Mask:
    """Tell what fills a box, by colours alone: a hard mask of at most 480 pixels.

    Args:
        rgb: the picture, (H, W, 3).
        box: (top, left, bottom, right) in pixels; something of the picture must lie outside.
    """
    small = shrunk(rgb)
    labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    scale = small.shape[0] / rgb.shape[0], small.shape[1] / rgb.shape[1]
    top, left, bottom, right = (round(edge * scale[axis % 2]) for axis, edge in enumerate(box))
    labels[top : max(bottom, top + 1), left : max(right, left + 1)] = cv2.GC_PR_FGD
    return cut(small, labels)


def cut(rgb: Rgb, labels: Labels) -> Mask:
    """Run GrabCut from labels (h, w); with only one side to learn colours from, what the labels say stands."""
    known = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if known.any() and not known.all():
        cv2.setRNGSeed(0)  # the first guess at the colours is drawn; the same picture gives the same mask
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(np.ascontiguousarray(rgb[..., ::-1]), labels, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
        known = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    return known.astype(np.float32)


def shrunk(rgb: Rgb) -> Rgb:
    """A copy of at most `SIDE` pixels."""
    scale = min(1.0, SIDE / max(rgb.shape))
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    return resized(rgb, (height, width))


def row_of(point: Point, rgb: Rgb, copy: NDArray[np.generic]) -> int:
    """Row of a point in a copy of its picture."""
    return point.row * copy.shape[0] // rgb.shape[0]


def column_of(point: Point, rgb: Rgb, copy: NDArray[np.generic]) -> int:
    """Column of a point in a copy of its picture."""
    return point.column * copy.shape[1] // rgb.shape[1]
