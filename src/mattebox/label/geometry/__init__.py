"""Where the rows of a table lie, and what becomes of them when their picture is cut, turned, mirrored or resized.

One convention holds here and everywhere in the wing: x goes right, y goes down, and the pixel in row 0 and column 0
covers [0, 1) x [0, 1). A picture of (height, width) so covers [0, width) x [0, height), the centre of a pixel lies at
a half, and a mask whose last column is `right` reaches to `right + 1`. Angles are in degrees, clockwise as seen.

Everything is computed in float64 on whole columns. Nothing here knows of tracks: what crops or turns rows takes every
row as it stands on its frame, so tracks are interpolated before.
"""

from __future__ import annotations

from mattebox.label.geometry.contours import bridges_to_rings, contours_to_rings
from mattebox.label.geometry.cropping import clip_to_picture, crop
from mattebox.label.geometry.cuboids import edges_of_cuboids
from mattebox.label.geometry.measures import areas, boxes, centres, lengths
from mattebox.label.geometry.moves import flip, resize, rot90, rotate, scale, shift
from mattebox.label.geometry.outlines import to_polygons
from mattebox.label.geometry.rectangles import to_rectangles
from mattebox.label.geometry.regions import regions
from mattebox.label.geometry.simplifying import simplify
from mattebox.label.geometry.tiling import tile_boxes

__all__ = [
    "areas",
    "boxes",
    "bridges_to_rings",
    "centres",
    "clip_to_picture",
    "contours_to_rings",
    "crop",
    "edges_of_cuboids",
    "flip",
    "lengths",
    "regions",
    "resize",
    "rot90",
    "rotate",
    "scale",
    "shift",
    "simplify",
    "tile_boxes",
    "to_polygons",
    "to_rectangles",
]
