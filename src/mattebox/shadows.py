"""Shadows of a subject: on a wall behind it, where it touches the ground, or laid on the ground.

Coverages are `float32` from 0 to 1, sizes are (height, width). A shadow is soft, so it is made of a copy that is shrunk
as far as its softness allows.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, TypeAlias, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.compose import DEVIATION, blurred, shrunk
from mattebox.errors import BadParameter, unknown_name
from mattebox.geometry import resized, subject_box
from mattebox.types import Alpha

__all__ = ["SHADOWS", "Shadow", "make_shadow", "room_for_shadow", "suited_shadow"]

Shadow: TypeAlias = Literal["drop", "contact", "cast", "auto"]
"""`drop` falls on a wall close behind the subject, `contact` darkens the ground that it touches, `cast` is its outline
laid on the ground behind it, to the right; `auto` is what suits the subject."""
SHADOWS: tuple[Shadow, ...] = get_args(Shadow)
Columns: TypeAlias = NDArray[np.float32]
"""(W,), a number for every column of a picture."""


class Look(NamedTuple):
    """What a shadow is like unless the user says otherwise.

    Attributes:
        opacity: where it is full, 0 to 1.
        blur: standard deviation of its softness as a share of the subject's height.
        reach: how far it runs beyond the subject (above, right, below, left), as shares of the subject's height.
    """

    opacity: float
    blur: float
    reach: tuple[float, float, float, float]


LEAN = 0.6
"""How far to the right a cast shadow runs, as a share of the height of what casts it."""
LENGTH = 0.35
"""How far to the back it runs on the picture, as a share of the height of what casts it."""
FADED = 0.2
"""What is left of its darkness at its far end."""
LOOKS: dict[str, Look] = {
    "drop": Look(0.35, 0.03, (0.06, 0.1, 0.12, 0.08)),
    "contact": Look(0.65, 0.01, (0, 0.12, 0.12, 0.12)),
    "cast": Look(0.5, 0.006, (0.01, LEAN + 0.05, 0.1, 0.1)),
}
OFFSET = (0.01, 0.03)
"""How far a drop shadow is to the right of its subject and below it, as shares of the subject's height."""
PENUMBRA = 4.0
"""How much softer a shadow is at its far end, or in its outer part, than where the subject touches it."""

STEEPEST = 0.4
"""Rise of the ground, in pixels per pixel, up to which two low places of a subject are taken to stand on it: the wheels
of a car that is seen from its corner are, the foot of a lamp and the rim of its shade are not."""
CLEARANCE = 0.4
"""Height above the ground, as a share of the subject's, up to which what hangs over it still darkens it."""
TOUCHING = 0.08
"""The same for the darkest part."""
DEPTH = 0.14
"""How deep the ground is that a subject darkens, from front to back, as a share of how wide it stands."""
FRONT = 0.25
"""Share of that depth that lies before the subject."""

BY_KIND: dict[str, Shadow] = {"vehicle": "contact", "object": "contact", "person": "cast", "animal": "cast"}
"""What suits a subject that stands, by what it is; anything else has a drop shadow."""


class Ground(NamedTuple):
    """Where a subject stands.

    Attributes:
        left: first column in which it touches the ground.
        right: one past the last.
        level: row of the ground; beside where the subject stands it rises as steeply as ground may.
        lowest: row past the lowest of the subject, minus infinity where there is nothing of it.
    """

    left: int
    right: int
    level: Columns
    lowest: Columns


def make_shadow(
    kind: str,
    alpha: Alpha,
    *,
    opacity: float | None = None,
    blur: float | None = None,
    offset: tuple[float, float] | None = None,
) -> Alpha:
    """Make the coverage of a soft shadow.

    A subject that is cut by the picture's edge is taken to go on beyond it. One that is cut by the lower edge stands on
    nothing that can be seen, and has neither a contact nor a cast shadow.

    Args:
        kind: a `Shadow`, but not `auto`.
        alpha: opacity of the subject, (H, W), 0 to 1.
        opacity: coverage where the shadow is full, 0 to 1; None for what suits the kind, as the following.
        blur: standard deviation of its softness as a share of the subject's height.
        offset: (x, y) of a drop shadow as shares of the subject's height, to the right and downwards.

    Returns:
        Coverage (H, W), 0 to `opacity`; all zero when there is no subject. Make room first (`room_for_shadow`) when the
        shadow shall reach beyond the frame.

    Raises:
        BadParameter: there is no such kind, or the opacity, the blur or the offset makes no sense for it.
    """
    if kind not in LOOKS:
        raise BadParameter(unknown_name("shadow", kind, LOOKS))
    opacity = LOOKS[kind].opacity if opacity is None else opacity
    blur = LOOKS[kind].blur if blur is None else blur
    if not 0 <= opacity <= 1:
        raise BadParameter(f"shadow opacity {opacity} is not a share: give a number from 0 to 1")
    if not 0 <= blur < math.inf:
        raise BadParameter(f"shadow blur {blur} is not a share of the subject's height: give a number from 0 up")
    if offset is not None and kind != "drop":
        raise BadParameter(
            f"offset={offset}: a {kind} shadow lies where the subject stands; only a drop shadow has one"
        )
    box = subject_box(alpha)
    if box is None:
        return np.zeros_like(alpha)
    unit = box[2] - box[0]
    size = shrunk(alpha.shape, max(1.0, blur * unit / DEVIATION))
    small = resized(alpha, size)
    unit *= size[0] / alpha.shape[0]
    if kind == "drop":
        x, y = (share * unit for share in offset or OFFSET)
        shade = drop(small, x, y, blur * unit)
    else:
        ground = find_ground(small)
        if ground is None:
            return np.zeros_like(alpha)
        shade = (lay if kind == "cast" else contact)(small, ground, unit, blur * unit)
    shade = resized(shade, (alpha.shape[0], alpha.shape[1]))
    return np.clip(shade, 0, 1) * np.float32(opacity)


def suited_shadow(subject: str | None, alpha: Alpha) -> Shadow:
    """The shadow that suits a subject.

    Args:
        subject: what it is (`Cutout.kind`); None when nobody knows.
        alpha: its opacity, (H, W), 0 to 1; what is cut by the lower edge stands on nothing that can be seen.
    """
    return "drop" if cut_sides(alpha)[2] else BY_KIND.get(subject or "", "drop")


def room_for_shadow(kind: str, alpha: Alpha) -> tuple[int, int, int, int]:
    """How far a shadow of the usual look runs beyond the frame, on the sides where the subject is not cut by it.

    Args:
        kind: a `Shadow`, but not `auto`.
        alpha: opacity of the subject, (H, W), 0 to 1.

    Returns:
        (above, right, below, left) in pixels.
    """
    box = subject_box(alpha)
    if box is None or (kind != "drop" and cut_sides(alpha)[2]):
        return 0, 0, 0, 0
    top, left, bottom, right = box
    height, width = alpha.shape
    free = (top, width - right, height - bottom, left)
    whole = (not cut for cut in cut_sides(alpha))
    reach = (share * (bottom - top) for share in LOOKS[kind].reach)
    above, after, below, before = (
        max(0, math.ceil(far) - there) * fits for far, there, fits in zip(reach, free, whole, strict=True)
    )
    return above, after, below, before


def cut_sides(alpha: Alpha) -> tuple[bool, bool, bool, bool]:
    """Whether the frame cuts the subject (above, right, below, left): more than half of its extent lies on the edge."""
    solid = alpha > 0.5
    down, across = (max(1, int(solid.any(axis).sum())) for axis in (1, 0))
    edges = (solid[0], solid[:, -1], solid[-1], solid[:, 0])
    above, after, below, before = (
        bool(edge.sum() > extent / 2) for edge, extent in zip(edges, (across, down) * 2, strict=True)
    )
    return above, after, below, before


def find_ground(alpha: Alpha) -> Ground | None:
    """Find where a subject stands; None when it does not, being cut by the lower edge or nothing at all.

    Columns are supports whose lowest pixel no steep line from another can reach. The ground is the tightest string from
    support to support, below all of them.

    Args:
        alpha: opacity, (H, W), 0 to 1.
    """
    solid = alpha > 0.5
    filled = np.flatnonzero(solid.any(0))
    if not filled.size or cut_sides(alpha)[2]:
        return None
    height, width = alpha.shape
    lowest = np.full(width, -np.inf, np.float32)
    lowest[filled] = height - solid[::-1, filled].argmax(0)
    slope = STEEPEST * np.arange(width, dtype=np.float32)
    from_left = np.maximum.accumulate(lowest + slope) - slope
    from_right = (np.maximum.accumulate((lowest - slope)[::-1]))[::-1] + slope
    level = np.maximum(from_left, from_right)
    supports = np.flatnonzero(lowest >= level - 0.5)
    first, last = int(supports[0]), int(supports[-1])
    # Two points high above keep the hull's upper side apart from its lower one, which is the string.
    corners = np.array([[first, -1], [last, -1]])
    hull = cv2.convexHull(np.vstack((corners, np.column_stack((supports, lowest[supports])))).astype(np.float32))[:, 0]
    string = hull[hull[:, 1] > 0]
    string = string[string[:, 0].argsort()]
    level[first : last + 1] = np.interp(np.arange(first, last + 1), string[:, 0], string[:, 1])
    return Ground(first, last + 1, level, lowest)


def drop(alpha: Alpha, x: float, y: float, blur: float) -> Alpha:
    """The subject's own outline, blurred and moved."""
    return moved(softened(alpha, blur), np.array([[1, 0, x], [0, 1, y]]))


def contact(alpha: Alpha, ground: Ground, unit: float, blur: float) -> Alpha:
    """A dark patch where the subject touches the ground or hangs close over it, with a softer one around it."""
    depth = DEPTH * (ground.right - ground.left)
    above = ground.level + FRONT * depth - np.arange(alpha.shape[0], dtype=np.float32)[:, None]
    patch = ((above >= 0) & (above <= depth)).astype(np.float32)
    clear = (ground.level - ground.lowest) / unit
    under, around = (patch * np.clip(1 - clear / most, 0, 1) for most in (TOUCHING, CLEARANCE))
    near, far = softened(under, blur), softened(around, max(PENUMBRA * blur, depth / 3))
    return near + far * (1 - near)


def lay(alpha: Alpha, ground: Ground, unit: float, blur: float) -> Alpha:
    """The subject's outline laid on the ground: fainter and softer the higher what casts it, dark where it stands."""
    start, rise = straight(ground, unit)
    laid = np.array([[1 + LEAN * rise, -LEAN, LEAN * start], [rise * (1 - LENGTH), LENGTH, start * (1 - LENGTH)]])
    outline = moved(alpha, laid)
    (xx, xy, x0), (yx, yy, y0) = cv2.invertAffineTransform(laid)
    row, column = np.ogrid[: alpha.shape[0], : alpha.shape[1]]
    height = start + rise * (xx * column + xy * row + x0) - (yx * column + yy * row + y0)
    far = np.clip(height / unit, 0, 1).astype(np.float32)
    shade = (1 - far) * softened(outline, blur) + far * softened(outline, PENUMBRA * blur)
    shade *= 1 - (1 - FADED) * far
    return np.maximum(shade, contact(alpha, ground, unit, 2 * blur))


def straight(ground: Ground, unit: float) -> tuple[float, float]:
    """The straight line through the ground: its row at column 0 and its rise; level for what stands on a small foot."""
    columns = np.arange(ground.left, ground.right)
    levels = ground.level[columns]
    middle, level = columns.mean(), levels.mean()
    off = columns - middle
    rise = float((off * (levels - level)).mean() / ((off**2).mean() + (0.05 * unit) ** 2))
    # Rounded to pixels, the ground of a tiny subject may seem steeper.
    rise = min(STEEPEST, max(-STEEPEST, rise))
    return float(level - rise * middle), rise


def moved(alpha: Alpha, forward: NDArray[np.float64]) -> Alpha:
    """An array under an affine map (2, 3) of (x, y); beyond the edge it goes on as it ends."""
    return np.asarray(cv2.warpAffine(alpha, forward, alpha.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.float32)


def softened(alpha: Alpha, deviation: float) -> Alpha:
    """An array blurred, or as it is when the deviation is 0."""
    return blurred(alpha, deviation) if deviation else alpha
