"""What makes a shape of a file unusable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mattebox.label.row import Shape

__all__ = ["MOST_FRAMES", "Flaw", "flaw_of"]

MOST_FRAMES = 1_000_000
"""The longest sequence that a file may tell of, nine hours of video; a greater number is an error in it."""

LEAST: dict[Shape, int] = {"rectangle": 4, "ellipse": 4, "polygon": 6, "polyline": 4, "points": 2, "mask": 4}
"""The fewest numbers that the shapes need."""


class Flaw(NamedTuple):
    """Why a shape cannot be used.

    Attributes:
        code: for the report.
        cause: in words.
    """

    code: str
    cause: str


def flaw_of(
    shape: Shape, points: Sequence[float], size: tuple[int, int] | None = None, *, turned: bool = False
) -> Flaw | None:
    """What makes a shape unusable; None when nothing does.

    Args:
        shape: its kind.
        points: x, y, x, y, ... in pixels.
        size: (height, width) of its picture, where it is known.
        turned: it is rotated about its centre, so that its corners are elsewhere.

    Example:
        >>> flaw_of("polygon", (0, 0, 3, 3))
        Flaw(code='too-few-points', cause='a polygon of 2 points, where 3 are needed')
    """
    if not all(map(math.isfinite, points)):
        return Flaw("not-a-number", f"a {shape} with a coordinate that is not a finite number")
    least = LEAST.get(shape, 0)
    if len(points) < least or len(points) % 2:
        counted = "1 point" if len(points) == 2 else f"{len(points) / 2:g} points"
        return Flaw("too-few-points", f"a {shape} of {counted}, where {least // 2} are needed")
    if not least:
        return None
    across, down = points[::2], points[1::2]
    if shape == "ellipse":
        (cx, right), (cy, top) = across, down
        across, down = (2 * cx - right, right), (top, 2 * cy - top)
    if shape in {"rectangle", "ellipse"} and (across[0] >= across[1] or down[0] >= down[1]):
        return Flaw("empty-shape", f"a {shape} of {across[1] - across[0]:g} x {down[1] - down[0]:g} pixels")
    if turned:
        across, down = _circled(across, down)
    if size is not None and (max(across) < 0 or max(down) < 0 or min(across) > size[1] or min(down) > size[0]):
        return Flaw("outside-picture", f"a {shape} that lies outside its picture of {size[1]} x {size[0]} pixels")
    return None


def _circled(across: Sequence[float], down: Sequence[float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far a box reaches to the sides and up and down, however it is turned."""
    x, y = sum(across) / 2, sum(down) / 2
    radius = math.dist((across[0], down[0]), (across[1], down[1])) / 2
    return (x - radius, x + radius), (y - radius, y + radius)
