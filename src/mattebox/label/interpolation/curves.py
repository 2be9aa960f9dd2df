"""Polygons and polylines between two keys: points are matched by how far along the outline they lie.

The rules are those of CVAT's server (`TrackManager` in `cvat/apps/dataset_manager/annotation.py`):

- A point lies as far along an outline as the share of its length before it. A polygon is closed for this, so that its
  first point is also its last.
- Every point of the left outline is matched with the point of the right one that lies nearest; every right point that
  is then left over, with the nearest left one. Where two are equally near it is the earlier.
- Matched points move on straight lines.
- Where several points meet one, on either side, the moving points are thinned: those nearer than half a mean edge of
  their stretch of outline to the last one that was kept go, and a stretch of two that are nearer is their middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["morph"]

Points = NDArray[np.float64]


def morph(left: Points, right: Points, offsets: Points, *, closed: bool) -> tuple[Points, NDArray[np.int64]]:
    """The outlines on the way from one to another.

    Args:
        left: (N, 2), at least one point.
        right: (M, 2), at least one point.
        offsets: (F,), how far on the way each outline is, above 0 and below 1.
        closed: they are polygons.

    Returns:
        the points of all F outlines, x, y, x, y, ...; and (F,), how many numbers each outline has.

    Example:
        >>> line = np.array([[0.0, 0.0], [10.0, 0.0]])
        >>> points, lengths = morph(line, line + 4, np.array([0.25, 0.5]), closed=False)
        >>> points.tolist(), lengths.tolist()
        ([1.0, 1.0, 11.0, 1.0, 2.0, 2.0, 12.0, 2.0], [4, 4])
    """
    if closed:
        left, right = np.vstack((left, left[:1])), np.vstack((right, right[:1]))
    lefts, rights = _matched(_along(left), _along(right))
    begin, end = left[lefts], right[rights]
    moving: Points = begin + (end - begin) * offsets[:, None, None]
    kept = np.ones((len(offsets), len(lefts)), np.bool_)
    for first, last, curve in _stretches(lefts, rights, left, right):
        _thin(moving[:, first : last + 1], kept[:, first : last + 1], _length(curve) / (2 * len(curve)))
    if closed:
        final = kept.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1)
        kept[np.arange(len(kept)), final] = False
    return moving[kept].ravel(), 2 * np.count_nonzero(kept, axis=1)


def _edges(curve: Points) -> Points:
    """(N - 1,), lengths of edges."""
    steps = np.diff(curve, axis=0)
    return np.sqrt(steps[:, 0] ** 2 + steps[:, 1] ** 2)


def _length(curve: Points) -> float:
    """Length of a curve, added from its beginning on: CVAT's sum, to the last bit."""
    edges = _edges(curve)
    return float(np.cumsum(edges)[-1]) if len(edges) else 0.0


def _along(curve: Points) -> Points:
    """(N,), share of the curve before each point; NaN after the first where it has no length."""
    before = np.concatenate(([0.0], np.cumsum(_edges(curve))))
    with np.errstate(invalid="ignore"):
        before[1:] /= before[-1]
    return before


def _matched(left: Points, right: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(K,) and (K,), the pairs of points that move into each other, by left point and then by right one."""
    nearest = _nearest(left, right)
    spare = np.setdiff1d(np.arange(len(right)), nearest)
    lefts = np.concatenate((np.arange(len(left)), _nearest(right[spare], left)))
    rights = np.concatenate((nearest, spare))
    order = np.lexsort((rights, lefts))
    return lefts[order], rights[order]


def _nearest(values: Points, curve: Points) -> NDArray[np.int64]:
    """(N,), the first position on a curve that is nearest to each value; 0 where nothing can be compared."""
    distance = np.abs(values[:, None] - curve[None])
    return np.where(np.isnan(distance), np.inf, distance).argmin(axis=1)


def _stretches(
    lefts: NDArray[np.int64], rights: NDArray[np.int64], left: Points, right: Points
) -> list[tuple[int, int, Points]]:
    """Pairs in which several points meet one: first pair, last pair, and the curve of the several."""
    alone = np.bincount(lefts)[lefts] == 1
    same_left, same_right = lefts[1:] == lefts[:-1], rights[1:] == rights[:-1]
    begins = np.append(True, ~np.where(alone[1:], alone[:-1] & same_right, same_left))
    firsts = np.flatnonzero(begins)
    lasts = np.append(firsts[1:], len(begins)) - 1
    return [
        (
            first,
            last,
            left[lefts[first] : lefts[last] + 1] if alone[first] else right[rights[first] : rights[last] + 1],
        )
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        if last > first
    ]


def _thin(moving: Points, kept: NDArray[np.bool_], threshold: float) -> None:
    """Thin a stretch in place.

    Args:
        moving: (F, K, 2), the stretch in every outline.
        kept: (F, K), becomes False where a point goes.
        threshold: least distance in pixels between points that stay.
    """
    latest = moving[:, 0]
    for index in range(1, moving.shape[1] - 1):
        far = _distance(latest, moving[:, index]) >= threshold
        kept[:, index] = far
        latest = np.where(far[:, None], moving[:, index], latest)
    close = _distance(moving[:, 0], moving[:, -1]) < threshold
    close &= ~kept[:, 1:-1].any(axis=1)
    moving[close, 0] = (moving[close, 0] + moving[close, -1]) / 2
    kept[close, -1] = False


def _distance(one: Points, other: Points) -> Points:
    apart = one - other
    return np.sqrt(apart[:, 0] ** 2 + apart[:, 1] ** 2)
