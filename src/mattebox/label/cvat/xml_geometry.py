"""The geometry of CVAT's shapes, from the attributes of XML elements and to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mattebox.label.row import Row, Shape

__all__ = ["ELEMENTS", "geometry_attributes", "points_of_element", "whole"]

ELEMENTS: dict[str, Shape] = {
    "box": "rectangle",
    "ellipse": "ellipse",
    "polygon": "polygon",
    "polyline": "polyline",
    "points": "points",
    "cuboid": "cuboid",
    "mask": "mask",
    "skeleton": "skeleton",
}
"""The shape that each kind of element is."""

BOX = ("xtl", "ytl", "xbr", "ybr")
ELLIPSE = ("cx", "cy", "rx", "ry")
CUBOID = tuple(f"{axis}{corner}{face}" for face in "12" for corner in ("tl", "bl", "tr", "br") for axis in "xy")
MASK = ("left", "top", "width", "height")
LARGEST = 2**31 - 1

TURNING = ("rectangle", "ellipse")


def points_of_element(tag: str, told: Mapping[str, str]) -> tuple[list[float], list[int]]:
    """The points of a shape, and the runs of a mask, as a `Row` has them.

    Args:
        tag: name of the element.
        told: its attributes.

    Raises:
        KeyError: an attribute is missing.
        ValueError: one is no number, or a point has not two.
    """
    match tag:
        case "box":
            return [float(told["xtl"]), float(told["ytl"]), float(told["xbr"]), float(told["ybr"])], []
        case "cuboid":
            return [float(told[name]) for name in CUBOID], []
        case "ellipse":
            x, y, across, down = (float(told[name]) for name in ELLIPSE)
            return [x, y, x + across, y - down], []
        case "mask":
            left, top, width, height = (whole(told[name]) for name in MASK)
            return [left, top, left + width - 1, top + height - 1], [whole(run) for run in told["rle"].split(",")]
        case "skeleton" | "tag":
            return [], []
        case _:
            text = told["points"]
            points = list(map(float, text.replace(";", ",").split(",")))
            if not len(points) // 2 == text.count(",") == text.count(";") + 1:
                raise ValueError(f"points are {text[:40]!r}; x,y;x,y;... is expected")
            return points, []


def whole(text: str) -> int:
    """A whole number that a column can hold.

    Raises:
        ValueError: it is none.
    """
    number = int(text)
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(f"{text[:40]} is beyond {LARGEST:,}")
    return number


def geometry_attributes(row: Row, text: Callable[[float], str]) -> dict[str, str]:
    """The attributes that tell where a shape is.

    Args:
        row: the shape; a polygon has one ring.
        text: how a coordinate is written.
    """
    points = row.points
    match row.shape:
        case "rectangle":
            told = dict(zip(BOX, map(text, points), strict=True))
        case "cuboid":
            told = dict(zip(CUBOID, map(text, points), strict=True))
        case "ellipse":
            x, y, right, top = points
            told = dict(zip(ELLIPSE, map(text, (x, y, right - x, y - top)), strict=True))
        case "mask":
            left, top, right, bottom = map(int, points)
            sides = (left, top, right - left + 1, bottom - top + 1)
            told = {"rle": ", ".join(map(str, row.runs)), **dict(zip(MASK, map(str, sides), strict=True))}
        case "skeleton":
            told = {}
        case _:
            numbers = [text(number) for number in points]
            pairs = zip(numbers[::2], numbers[1::2], strict=True)
            told = {"points": ";".join(f"{x},{y}" for x, y in pairs)}
    if row.shape in TURNING and row.rotation:
        told["rotation"] = text(row.rotation)
    return told
