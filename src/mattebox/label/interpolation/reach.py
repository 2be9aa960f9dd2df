"""How far from a key of a track the next one may be: what reduces key frames asks this of every key that it keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from mattebox.label.columns import Ragged
from mattebox.label.interpolation.positions import CURVES, LINEAR, positions
from mattebox.label.interpolation.spread import spread
from mattebox.label.table import Table, shape_codes

__all__ = ["Reach", "reach_of"]

Numbers = NDArray[np.float64]

ROUNDING = 1e-9
"""Pixels that arithmetic may add to a tolerance."""

WINDOW = 16
"""Keys that are looked at first; four times as many, each time that the next one may lie beyond them."""


class Reach(ABC):
    """Tells of the keys of one track which of them bring back the others."""

    @abstractmethod
    def holds(self, key: int) -> bool:
        """Whether all later keys leave the shape where this one has it."""

    @abstractmethod
    def furthest(self, key: int, last: int) -> int:
        """The last key, up to one, with which this one brings back all between them; at least the next."""


def reach_of(keys: Table, tolerance: float) -> Reach:
    """What suits a track.

    Args:
        keys: of one track, by frame.
        tolerance: pixels that every coordinate may be off, and that a corner may be turned away.
    """
    single = (keys.shape == shape_codes("points")) & (keys.points.lengths == 2)
    linear = np.isin(keys.shape, LINEAR) | single
    return (EvenReach if linear.all() else OutlineReach)(keys, tolerance + ROUNDING)


class EvenReach(Reach):
    """For shapes that move evenly: a key with a later one brings back those between if, of every coordinate, the slope
    to the later one passes all of them within the tolerance. So much for each later key in one sweep.

    Turning is a coordinate too: the sum of all turns so far. Since CVAT takes the shorter way round, a span must turn
    by less than half a turn.
    """

    def __init__(self, keys: Table, tolerance: float) -> None:
        self.frame = keys.frame.astype(np.float64)
        points = keys.points.values.reshape(len(keys), -1)
        ways = (np.diff(keys.rotation) + 180) % 360 - 180
        turned = np.concatenate(([0.0], np.cumsum(ways)))
        slack = np.full((len(keys), points.shape[1] + 1), tolerance)
        slack[:, -1] = np.degrees(tolerance / _radius(points, tolerance)) if ways.any() else tolerance
        self.values, self.slack = np.column_stack((points, turned)), slack
        self.half_turns = np.flatnonzero(ways == -180)
        self.least = np.maximum.accumulate((self.values - slack)[::-1])[::-1]
        self.most = np.minimum.accumulate((self.values + slack)[::-1])[::-1]
        self.skips = self._skips()

    def _skips(self) -> NDArray[np.bool_]:
        """(N - 2,), whether a key and the one after the next bring back the next."""
        share = ((self.frame[1:-1] - self.frame[:-2]) / (self.frame[2:] - self.frame[:-2]))[:, None]
        between = self.values[:-2] + (self.values[2:] - self.values[:-2]) * share
        return np.asarray((np.abs(between - self.values[1:-1]) <= self.slack[1:-1]).all(axis=1))

    def holds(self, key: int) -> bool:
        """Whether all later keys leave the shape where this one has it."""
        value = self.values[key]
        return bool(((self.least[key] <= value) & (value <= self.most[key])).all())

    def furthest(self, key: int, last: int) -> int:
        """The last key, up to one, with which this one brings back all between them; at least the next."""
        for half in self.half_turns[np.searchsorted(self.half_turns, key) :][:1].tolist():
            last = min(last, half)
        if last < key + 2 or not self.skips[key]:
            return key + 1
        window = WINDOW
        while True:
            rows = slice(key + 1, min(key + window, last) + 1)
            distance = (self.frame[rows] - self.frame[key])[:, None]
            slope = (self.values[rows] - self.values[key]) / distance
            least = np.maximum.accumulate(slope - self.slack[rows] / distance)
            most = np.minimum.accumulate(slope + self.slack[rows] / distance)
            if rows.stop > last or (least[-1] > most[-1]).any():
                break
            window *= 4
        passes = ((least[:-1] <= slope[1:]) & (slope[1:] <= most[:-1])).all(axis=1)
        passes &= np.abs(slope[1:, -1] * distance[1:, 0]) < 180
        found = np.flatnonzero(passes)
        return key + 2 + int(found[-1]) if len(found) else key + 1


class OutlineReach(Reach):
    """For polygons and polylines, and for shapes that stay until the next key: spans are interpolated and compared.

    Spans are tried at lengths that double and are then halved. Where the rows of a track that was interpolated lie on
    the way to its next key, only such keys are tried.
    """

    def __init__(self, keys: Table, tolerance: float) -> None:
        self.keys, self.tolerance, self.last = keys, tolerance, len(keys) - 1
        self.hints = np.flatnonzero(keys.keyframe)
        self.rows = spread(keys, None)
        self.points, _ = positions(keys, self.rows.left, self.rows.right, self.rows.offset)
        self.begins = np.searchsorted(self.rows.left, np.arange(len(keys) + 1))
        self.skips = self._skips()

    def _skips(self) -> NDArray[np.bool_]:
        """(N - 2,), whether a key and the one after the next may bring back the next, by the boxes around them.

        What lies between two outlines lies between their boxes. This tells most keys that cannot go without matching.
        """
        if len(self.keys) < 3 or not np.isin(self.keys.shape, CURVES).all():
            return np.ones(max(len(self.keys) - 2, 0), np.bool_)
        begins, pairs = self.keys.points.offsets[:-1] // 2, self.keys.points.values.reshape(-1, 2)
        low, high = np.minimum.reduceat(pairs, begins), np.maximum.reduceat(pairs, begins)
        frame = self.keys.frame.astype(np.float64)
        share = ((frame[1:-1] - frame[:-2]) / (frame[2:] - frame[:-2]))[:, None]
        above = low[1:-1] - (low[:-2] + (low[2:] - low[:-2]) * share) >= -self.tolerance
        below = high[1:-1] - (high[:-2] + (high[2:] - high[:-2]) * share) <= self.tolerance
        return np.asarray((above & below).all(axis=1))

    def holds(self, key: int) -> bool:
        """Whether all later keys leave the shape where this one has it."""
        # Most are told by two keys; without that, tracks would be read anew from every key on.
        if not all(
            self._same(self.keys.points[key], self.keys.points[other]) for other in (min(key + 1, self.last), -1)
        ):
            return False
        still = np.full(self.begins[-1] - self.begins[key], key)
        return self._agrees(self.begins[key], self.keys.points.take(still))

    def furthest(self, key: int, last: int) -> int:
        """The last key, up to one, with which this one brings back all between them; at least the next."""
        hinted = self.hints[np.searchsorted(self.hints, key + 1) : np.searchsorted(self.hints, last, side="right")]
        is_hint = len(hinted) > 0 and hinted[0] > key + 1 and self._spans(key, int(hinted[0]))
        others = hinted if is_hint else np.arange(key + 1, last + 1)
        good, step = 0, 1
        while good + step < len(others) and self._spans(key, int(others[good + step])):
            good, step = good + step, 2 * step
        bad = min(good + step, len(others))
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._spans(key, int(others[middle])) else (good, middle)
        return int(others[good])

    def _spans(self, key: int, other: int) -> bool:
        """Whether two keys say what all between them say."""
        if other == key + 2 and not self.skips[key]:
            return False
        begin, end = self.begins[key] + 1, self.begins[other]
        first, last = self.keys.frame[key], self.keys.frame[other]
        offset = (self.rows.frame[begin:end] - first) / (last - first)
        points, _ = positions(self.keys, np.full(end - begin, key), np.full(end - begin, other), offset)
        return self._agrees(begin, points)

    def _agrees(self, begin: int, points: Ragged) -> bool:
        """Whether points are, within the tolerance, those of the rows from one on."""
        bounds = self.points.offsets[begin : begin + len(points) + 1]
        meant = self.points.values[bounds[0] : bounds[-1]]
        return np.array_equal(points.offsets, bounds - bounds[0]) and self._same(points.values, meant)

    def _same(self, one: Numbers, other: Numbers) -> bool:
        return len(one) == len(other) and bool(np.abs(one - other).max(initial=0) <= self.tolerance)


def _radius(points: Numbers, least: float) -> Numbers:
    """(N,), pixels that no corner of a rectangle or an ellipse is further from its centre than; only these turn."""
    if points.shape[1] != 4:
        return np.full(len(points), np.inf)
    return np.maximum(np.hypot(points[:, 2] - points[:, 0], points[:, 3] - points[:, 1]), least)
