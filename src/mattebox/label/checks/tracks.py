"""Checks of tracks: of the rows of one object on several frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mattebox.label.checks.scope import RowCheck, Scope
from mattebox.label.columns import Array
from mattebox.label.row import SHAPES
from mattebox.label.soundness import Finding

__all__ = ["TRACK_CHECKS"]

LONGEST_STEP = 3.0
"""How far an object moves from one frame to the next before that is told: in diagonals of its box."""
DENSE = 0.8
"""Share of a track's steps that go to the very next frame, from which on it is taken for one that has a row a frame."""
SHORTEST = 5
"""Rows that such a track has at least."""


def find_second_keys(scope: Scope) -> Finding:
    """Rows of a track on a frame where it has one already; the first counts, as in CVAT."""
    before, after = _steps(scope)
    table = scope.table
    same = table.frame[before] == table.frame[after]
    return Finding.of(after[same], lambda row: f"the track '{table.label[row]}' has another row on this frame")


def find_mixed_tracks(scope: Scope) -> Finding:
    """Rows where a track becomes something else: another label, or another shape."""
    before, after = _steps(scope)
    table = scope.table
    changed = (table.label.codes[before] != table.label.codes[after]) | (table.shape[before] != table.shape[after])
    previous = dict(zip(after.tolist(), before.tolist(), strict=True))

    def named(row: int) -> str:
        return f"{SHAPES[table.shape[row]]} '{table.label[row]}'"

    return Finding.of(after[changed], lambda row: f"its track turns from {named(previous[row])} to {named(row)}")


def find_unseen_tracks(scope: Scope) -> Finding:
    """Rows of tracks that are outside on all of their frames."""
    table = scope.table
    tracked = np.flatnonzero(table.tracked)
    objects, track = np.unique(table.object[tracked], return_inverse=True)
    seen = np.zeros(len(objects), bool)
    seen[track[~table.outside[tracked]]] = True
    return Finding.of(tracked[~seen[track] & (table.parent[tracked] < 0)], "its track is outside on all of its frames")


def find_gaps(scope: Scope) -> Finding:
    """Rows before which frames are missing in a track that has a row on nearly every frame; deleted ones are none."""
    before, after = _steps(scope)
    table = scope.table
    passed = np.searchsorted(scope.deleted, table.frame[after]) - np.searchsorted(scope.deleted, table.frame[before])
    steps = table.frame[after].astype(np.int64) - table.frame[before] - passed
    objects, track = np.unique(table.object[after], return_inverse=True)
    counts = np.bincount(track, minlength=len(objects))
    share = np.bincount(track, steps == 1, minlength=len(objects)) / np.maximum(counts, 1)
    dense = (share >= DENSE) & (counts + 1 >= SHORTEST)
    gap = dense[track] & (steps > 1) & ~table.outside[before]
    missing = dict(zip(after[gap].tolist(), (steps[gap] - 1).tolist(), strict=True))

    def message(row: int) -> str:
        frames = "1 frame" if missing[row] == 1 else f"{missing[row]} frames"
        return f"its track has a row on nearly every frame, and none on the {frames} before this one"

    return Finding.of(after[gap], message)


def find_jumps(scope: Scope) -> Finding:
    """Rows that are too far from where their track was before."""
    before, after = _steps(scope)
    table, found = scope.table, scope.boxes
    steps = np.maximum(table.frame[after] - table.frame[before], 1)
    moved = np.linalg.norm(_middles(found[after]) - _middles(found[before]), axis=1) / steps
    size = np.maximum(_diagonals(found[after]), _diagonals(found[before]))
    with np.errstate(divide="ignore", invalid="ignore"):
        times = moved / size
    far = (times > LONGEST_STEP) & (size > 0) & ~table.outside[before] & ~table.outside[after]
    length = dict(zip(after[far].tolist(), times[far].tolist(), strict=True))
    return Finding.of(after[far], lambda row: f"its track moves {length[row]:.1f} times its own size in a frame")


def _steps(scope: Scope) -> tuple[Array, Array]:
    """Every row of a track and the next one of the same track, by frame, and by position where a frame has two."""
    table = scope.table
    tracked = np.flatnonzero(table.tracked)
    order = tracked[np.lexsort((table.frame[tracked], table.object[tracked]))]
    same = table.object[order[1:]] == table.object[order[:-1]]
    return order[:-1][same], order[1:][same]


def _middles(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return (found[:, :2] + found[:, 2:]) / 2


def _diagonals(found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(found[:, 2:] - found[:, :2], axis=1)


TRACK_CHECKS = (
    RowCheck("two-keys", "tracks with two rows on one frame", "problem", "the later one dropped", find_second_keys),
    RowCheck("mixed-track", "tracks that change their label or shape", "problem", "", find_mixed_tracks),
    RowCheck("unseen-track", "tracks that are outside on all frames", "note", "", find_unseen_tracks),
    RowCheck("track-gap", "missing frames in tracks that have a row on every frame", "note", "", find_gaps),
    RowCheck("track-jump", "tracks that move too far in one frame", "note", "", find_jumps),
)
