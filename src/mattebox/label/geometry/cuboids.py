"""Cuboids: the eight corners of a box in space, as they are seen on a picture."""

from __future__ import annotations

import numpy as np

from mattebox.label.geometry.coordinates import Floats, numbers_of
from mattebox.label.table import Table

__all__ = ["edges_of_cuboids"]

UPRIGHT = ((0, 1), (2, 3), (4, 5), (6, 7))
"""Pairs of corners, the upper and the lower one: front left, front right, back right, back left, as CVAT has them."""
AROUND = ((0, 2), (2, 4), (4, 6), (6, 0))
"""Pairs of upper corners, round the top; those of the lower ones follow each by one."""
EDGES = np.array((*UPRIGHT, *AROUND, *((one + 1, other + 1) for one, other in AROUND)))


def edges_of_cuboids(table: Table) -> Floats:
    """The edges of cuboids: the four upright ones, the four round the top, and the four round the bottom.

    The first of each four begins at the corner in front on the left. Corners are numbered as in CVAT: front left, front
    right, back right, back left, and of each pair the upper one first. (cvat-ai/cvat,
    cvat-canvas/src/typescript/cuboid.ts.)

    Args:
        table: cuboids only.

    Returns:
        (N, 12, 2, 2), x and y of both ends of every edge, in pixels.

    Raises:
        BadParameter: one has not eight corners.

    Example:
        >>> from mattebox.label.row import Row
        >>> corners = (0, 0, 0, 4, 3, 0, 3, 4, 5, 1, 5, 3, 2, 1, 2, 3)
        >>> cuboid = Table.from_rows([Row(label="car", frame=0, shape="cuboid", points=corners)])
        >>> edges_of_cuboids(cuboid)[0, 5].tolist()
        [[3.0, 0.0], [5.0, 1.0]]
    """
    return numbers_of(table, np.arange(len(table)), 16).reshape(-1, 8, 2)[:, EDGES]
