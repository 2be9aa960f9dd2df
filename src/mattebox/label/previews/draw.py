"""Annotations drawn on their picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mattebox.label.colors import distinct
from mattebox.label.dataset import Color
from mattebox.label.geometry import boxes, centres, to_polygons
from mattebox.label.geometry.cuboids import edges_of_cuboids
from mattebox.label.previews.lettering import write
from mattebox.label.table import Table
from mattebox.types import Rgb

__all__ = ["Drawing", "draw"]

SHIFT = 4
"""Bits behind the point of the coordinates that OpenCV takes."""
SMOOTH = {"lineType": cv2.LINE_AA, "shift": SHIFT}
GREY: Color = (128, 128, 128)


@dataclass(frozen=True)
class Drawing:
    """How annotations are drawn.

    Attributes:
        colors: of labels, by name; others are grey.
        edges: the lines between elements of skeletons, as pairs of their names, by the skeleton's label.
        by: whether a colour stands for a label, or for an object, so that tracks can be followed.
        fill: opacity of areas, 0 to 1; what is occluded has its outline only.
        captions: write what each object is.
        scale: width of lines in shares of what suits the size of the picture.
    """

    colors: Mapping[str, Color] = field(default_factory=dict)
    edges: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    by: Literal["label", "object"] = "label"
    fill: float = 0.35
    captions: bool = True
    scale: float = 1.0


def draw(rgb: Rgb, table: Table, drawing: Drawing) -> Rgb:
    """Draw the annotations of one frame on a copy of it.

    Args:
        rgb: (H, W, 3), the frame.
        table: its annotations; those outside are left out, and those with a greater z-order are drawn later.
        drawing: how.

    Raises:
        MissingExtra: a package of the extra `label` is needed.
    """
    table = table.take(~table.outside).sorted()
    areas = to_polygons(table)
    canvas = np.ascontiguousarray(rgb)
    canvas = canvas.copy() if canvas is rgb else canvas
    width = max(1, round(drawing.scale * max(canvas.shape[:2]) / 500))
    colors = [_color(table, row, drawing) for row in range(len(table))]
    canvas = _filled(canvas, areas, colors, drawing.fill)
    for row, color in enumerate(colors):
        _outline(canvas, areas, row, color, width)
    for row, line in _lines(table, drawing):
        cv2.polylines(canvas, [_fixed(line)], isClosed=False, color=colors[row], thickness=width, **SMOOTH)
    return _captioned(canvas, table, colors, round(11 * max(1.0, width * 0.75))) if drawing.captions else canvas


def _color(table: Table, row: int, drawing: Drawing) -> Color:
    if drawing.by == "object":
        number = int(table.parent[row] if table.parent[row] >= 0 else table.object[row])
        return distinct(number)
    return drawing.colors.get(_label_of(table, row), GREY)


def _label_of(table: Table, row: int) -> str:
    """What a row is; an element of a skeleton is drawn as the skeleton that it belongs to."""
    owners = np.flatnonzero((table.object == table.parent[row]) & (table.parent[row] >= 0))
    return table.label[int(owners[0])] if len(owners) else table.label[row]


def _filled(canvas: Rgb, table: Table, colors: Sequence[Color], opacity: float) -> Rgb:
    areas = canvas.copy()
    for row in np.flatnonzero(table.is_shape("polygon") & ~table.occluded).tolist():
        cv2.fillPoly(areas, list(_rings(table, row)), colors[row], cv2.LINE_AA, SHIFT)
    return cv2.addWeighted(areas, opacity, canvas, 1 - opacity, 0)


def _outline(canvas: Rgb, table: Table, row: int, color: Color, width: int) -> None:
    rings = list(_rings(table, row))
    if table.is_shape("points")[row]:
        for x, y in (point for ring in rings for point in ring.tolist()):
            cv2.circle(canvas, (x, y), (3 * width) << SHIFT, color, cv2.FILLED, cv2.LINE_AA, SHIFT)
    elif rings:
        closed = bool(table.is_shape("polygon")[row])
        cv2.polylines(canvas, rings, closed, color, width, **SMOOTH)


def _lines(table: Table, drawing: Drawing) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The edges of cuboids, and the lines between the elements of skeletons: row, and both ends."""
    cuboids = np.flatnonzero(table.is_shape("cuboid"))
    for row, edges in zip(cuboids.tolist(), edges_of_cuboids(table.take(cuboids)), strict=True):
        yield from ((row, edge) for edge in edges)
    for row in np.flatnonzero(table.is_shape("skeleton")).tolist():
        parts = np.flatnonzero(table.parent == table.object[row])
        places = dict(zip(table.label.take(parts).lists(), centres(table.take(parts)), strict=True))
        for one, other in drawing.edges.get(table.label[row], ()):
            if one in places and other in places:
                yield row, np.stack((places[one], places[other]))


def _rings(table: Table, row: int) -> Iterator[NDArray[np.int32]]:
    """The rings of a row as OpenCV takes them."""
    points = _fixed(table.points[row].reshape(-1, 2))
    ends = np.cumsum(table.rings[row])[:-1]
    return (ring for ring in np.split(points, ends) if len(ring))


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Points as OpenCV takes them: its whole numbers are the centres of pixels, and not their corners."""
    return np.rint((np.clip(points, -1e5, 1e5) - 0.5) * (1 << SHIFT)).astype(np.int32)


def _captioned(canvas: Rgb, table: Table, colors: Sequence[Color], size: int) -> Rgb:
    image = Image.fromarray(canvas)
    around = boxes(table)
    tags = 0
    for row, color in enumerate(colors):
        if table.parent[row] >= 0:
            continue
        text = f"{table.label[row]} #{table.object[row]}" if table.tracked[row] else table.label[row]
        if np.isfinite(around[row]).all():
            write(image, text, (around[row, 0], around[row, 1]), size, color)
        else:  # a tag, which is about the whole frame: at its foot, where captions of shapes seldom are
            write(image, text, (0, image.height - tags * size * 1.5), size, color)
            tags += 1
    return np.asarray(image)
