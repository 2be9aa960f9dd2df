"""The edges of cuboids, of a box seen from its front right."""

import numpy as np
import pytest

from label_rows import one, row, table
from mattebox.errors import BadParameter
from mattebox.label.geometry import edges_of_cuboids

LEFT, RIGHT, TOP, BOTTOM = 10, 40, 20, 60
BACK = 7
"""Pixels by which the back lies to the right of the front, and above it."""
FRONT = ((LEFT, TOP), (LEFT, BOTTOM), (RIGHT, TOP), (RIGHT, BOTTOM))
BEHIND = tuple((x + BACK, y - BACK) for x, y in (FRONT[2], FRONT[3], FRONT[0], FRONT[1]))
CUBOID = tuple(number for corner in (*FRONT, *BEHIND) for number in corner)


def test_every_edge_runs_along_one_of_three_directions():
    steps = np.abs(np.diff(edges_of_cuboids(one("cuboid", CUBOID))[0], axis=1)[:, 0])
    kinds, counts = np.unique(steps, axis=0, return_counts=True)
    assert kinds.tolist() == [[0, BOTTOM - TOP], [BACK, BACK], [RIGHT - LEFT, 0]]
    assert counts.tolist() == [4, 4, 4]


def test_the_edges_are_twelve_and_meet_three_by_three():
    found = edges_of_cuboids(table(row("cuboid", CUBOID), row("cuboid", np.array(CUBOID) + 100)))
    assert found.shape == (2, 12, 2, 2)
    assert (found[1] == found[0] + 100).all()
    corners, counts = np.unique(found[0].reshape(-1, 2), axis=0, return_counts=True)
    assert sorted(map(tuple, corners.tolist())) == sorted((*FRONT, *BEHIND))
    assert (counts == 3).all()
    assert len({frozenset(map(tuple, edge)) for edge in found[0].tolist()}) == 12


def test_upright_edges_come_first_then_the_top_then_the_bottom():
    found = edges_of_cuboids(one("cuboid", CUBOID))[0].tolist()
    assert found[0] == [[LEFT, TOP], [LEFT, BOTTOM]]
    assert found[4] == [[LEFT, TOP], [RIGHT, TOP]]
    assert found[8] == [[LEFT, BOTTOM], [RIGHT, BOTTOM]]


def test_what_is_no_cuboid_is_refused():
    with pytest.raises(BadParameter, match="row 0 has 4 coordinates in place of 16"):
        edges_of_cuboids(one("rectangle", (1, 2, 3, 4)))
    assert edges_of_cuboids(table()).shape == (0, 12, 2, 2)
