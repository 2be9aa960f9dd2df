"""One annotation as a value: a shape of a label on a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["SHAPES", "Row", "Shape"]

Shape: TypeAlias = Literal["tag", "rectangle", "ellipse", "polygon", "polyline", "points", "cuboid", "mask", "skeleton"]
"""The kinds of rows: CVAT's kinds of shapes, and a tag, which is about a whole frame."""

SHAPES: tuple[Shape, ...] = (
    "tag",
    "rectangle",
    "ellipse",
    "polygon",
    "polyline",
    "points",
    "cuboid",
    "mask",
    "skeleton",
)
"""Every kind of row; a table keeps positions in here."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One shape of one object on one frame.

    x goes right and y down, in pixels of the upright picture; the first pixel covers 0 to 1.

    Attributes:
        label: name of what it is.
        frame: index in the thinned task; the task's `FrameMap` tells the frame of the original media.
        shape: what kind of shape it is.
        points: x, y, x, y, ... A rectangle is left, top, right, bottom before its rotation. An ellipse is its centre,
            its right end's x and its top end's y. A cuboid is 8 corners. A mask is left, top, right, bottom of the box
            around it, whole pixels, the last two included. A skeleton and a tag have none.
        rings: of a polygon with holes or several parts, how many points each ring has; what an odd number of rings
            encloses is inside. Empty for a single ring.
        runs: of a mask, lengths of runs over its box, row by row; the first is background, and may be 0.
        object: number of the object within its subtask; the rows of a track share it. -1 has the table number it.
        tracked: it is one of the rows of a track.
        parent: number of the skeleton that it is an element of, or -1.
        keyframe: somebody put it there; otherwise it was interpolated.
        occluded: something hides a part of it.
        outside: its track is not in the picture from this frame on, until the next keyframe.
        z_order: what is higher lies above what is lower.
        rotation: of a rectangle or an ellipse, degrees about its centre, clockwise as seen.
        group: number that the objects of a group share; 0 is none.
        source: who made it: manual, auto, semi-auto, file, consensus.
        score: how sure a model was, 0 to 1; None where nobody said.
        attributes: what holds for the object on all its frames, by name.
        frame_attributes: what holds on this frame, by name.
        extra: what a file said beyond this; it is written back.
    """

    label: str
    frame: int
    shape: Shape
    points: tuple[float, ...] = ()
    rings: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()
    object: int = -1
    tracked: bool = False
    parent: int = -1
    keyframe: bool = True
    occluded: bool = False
    outside: bool = False
    z_order: int = 0
    rotation: float = 0.0
    group: int = 0
    source: str = "manual"
    score: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    frame_attributes: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
