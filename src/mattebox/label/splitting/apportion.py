"""Giving whole groups to parts, so that every part gets its share of the size and of every label.

Rare labels come first, as in Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data (2011); what
that leaves uneven is mended by moving and swapping groups while it helps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["apportion", "misfit"]

EMPTY = 2.0
"""What a part costs that should have something and has nothing: as much as all labels being wholly wrong."""

STARTS, SEARCHED = 16, 2000
"""How many times the search begins at most, each time from a more shaken first answer; and groups in all of them."""

PARTNERS = 200
"""With how many other groups a group may be swapped in one pass."""

PASSES = 20
LEAST_GAIN = 1e-12


def misfit(amounts: NDArray[np.float64], parts: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    """How far parts are from their shares: 0 where each has exactly its own of everything.

    Args:
        amounts: (G, 1 + L), of every group its size, then how much of each label it has; at least 0.
        parts: (G,), which part each group is in.
        shares: (P,), what each part should have of everything; their sum is 1.

    Returns:
        The sum over the parts of |share it has - share it should have|, of the size plus the mean over the labels, and
        a penalty for every part that should have something and is empty.
    """
    return _Search(amounts, shares).at(parts).cost()


def apportion(amounts: NDArray[np.float64], shares: NDArray[np.float64], seed: int = 0) -> NDArray[np.int64]:
    """Find a part for every group, so that `misfit` is small.

    Args:
        amounts: (G, 1 + L), of every group its size, then how much of each label it has; at least 0.
        shares: (P,), what each part should have of everything; their sum is 1.
        seed: the same seed and the same amounts give the same answer.

    Returns:
        (G,), the part of each group; parts whose share is 0 get none.

    Example:
        >>> apportion(np.array([[1.0, 0], [1, 1], [1, 0], [1, 1]]), np.array([0.5, 0.5])).tolist()
        [0, 0, 1, 1]
    """
    search = _Search(amounts, shares)
    if not len(amounts):
        return np.empty(0, np.int64)
    random = np.random.default_rng(seed)
    first = search.greedy()
    best, least = first, np.inf
    for start in range(min(STARTS, max(1, SEARCHED // len(first)))):
        parts = first.copy()
        shaken = random.random(len(parts)) < start / STARTS
        parts[shaken] = random.choice(search.wanted, np.count_nonzero(shaken))
        cost = search.at(parts).mend(random)
        if cost < least - LEAST_GAIN:
            best, least = search.parts.copy(), cost
    return best


class _Search:
    """Where every group is at the moment, and what that costs."""

    def __init__(self, amounts: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        totals = amounts.sum(axis=0)
        self.fractions = np.divide(amounts, totals, out=np.zeros(amounts.shape), where=totals > 0)
        there = totals > 0
        self.weights = there / max(1, np.count_nonzero(there[1:]))
        self.weights[0] = there[0]
        self.shares = shares
        self.wanted = np.flatnonzero(shares > 0)
        self.penalty = EMPTY * (shares > 0) * (1 + shares)
        self.at(np.full(len(amounts), self.wanted[0]))

    def at(self, parts: NDArray[np.int64]) -> _Search:
        """Begin with these parts."""
        self.parts = parts.copy()
        self.filled = np.zeros((len(self.shares), self.fractions.shape[1]))
        np.add.at(self.filled, parts, self.fractions)
        self.counts = np.bincount(parts, minlength=len(self.shares))
        return self

    def cost(self) -> float:
        """The misfit."""
        return float(self._costs(self.filled, self.counts, np.arange(len(self.shares))).sum())

    def _costs(
        self, filled: NDArray[np.float64], counts: NDArray[np.int64], parts: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(..., ), what parts cost that have these fractions (..., 1 + L) and so many groups."""
        away = np.abs(filled - self.shares[parts, None]) @ self.weights
        return away + self.penalty[parts] * (counts == 0)

    def greedy(self) -> NDArray[np.int64]:
        """The first answer: the rarest label that is left goes where it is missing most, largest group first."""
        open_groups = np.ones(len(self.parts), bool)
        missing = np.repeat(self.shares[:, None], self.fractions.shape[1], axis=1)
        missing[self.shares <= 0] = -np.inf
        has = self.fractions > 0
        parts = np.full(len(self.parts), self.wanted[0])
        while open_groups.any():
            left = has[open_groups].sum(axis=0)
            label = int(np.argmin(np.where(left[1:] > 0, left[1:], len(parts) + 1))) + 1 if left[1:].any() else 0
            groups = np.flatnonzero(open_groups & has[:, label]) if left[label] else np.flatnonzero(open_groups)
            for group in groups[np.argsort(-self.fractions[groups, label], kind="stable")]:
                parts[group] = np.lexsort((-missing[:, 0], -missing[:, label]))[0]
                missing[parts[group]] -= self.fractions[group]
            open_groups[groups] = False
        return parts

    def mend(self, random: np.random.Generator) -> float:
        """Move and swap groups until nothing helps any more; the cost that is left."""
        for _ in range(PASSES):
            order = random.permutation(len(self.parts))
            moved = sum(self._move(group) for group in order)
            swapped = sum(self._swap(group, random) for group in order)
            if not moved and not swapped:
                break
        return self.cost()

    def _move(self, group: int) -> bool:
        own, fraction = self.parts[group], self.fractions[group]
        everywhere = np.arange(len(self.shares))
        before = self._costs(self.filled, self.counts, everywhere)
        joined = self._costs(self.filled + fraction, self.counts + 1, everywhere) - before
        joined[self.shares <= 0] = np.inf
        leaving = self._costs(self.filled[own] - fraction, self.counts[own] - 1, own) - before[own]
        joined[own] = -leaving
        target = int(np.argmin(joined))
        if joined[target] + leaving >= -LEAST_GAIN:
            return False
        self._put(group, target)
        return True

    def _swap(self, group: int, random: np.random.Generator) -> bool:
        own = self.parts[group]
        others = np.flatnonzero(self.parts != own)
        if len(others) > PARTNERS:
            others = np.sort(random.choice(others, PARTNERS, replace=False))
        if not len(others):
            return False
        theirs = self.parts[others]
        given = self.fractions[group] - self.fractions[others]
        before = self._costs(self.filled[[own]], self.counts[[own]], np.array([own]))
        before = before + self._costs(self.filled[theirs], self.counts[theirs], theirs)
        after = self._costs(self.filled[own] - given, self.counts[own], np.full(len(others), own))
        after = after + self._costs(self.filled[theirs] + given, self.counts[theirs], theirs)
        best = int(np.argmin(after - before))
        if after[best] - before[best] >= -LEAST_GAIN:
            return False
        self._put(group, int(theirs[best]))
        self._put(int(others[best]), int(own))
        return True

    def _put(self, group: int, part: int) -> None:
        own = self.parts[group]
        self.filled[own] -= self.fractions[group]
        self.filled[part] += self.fractions[group]
        self.counts[own] -= 1
        self.counts[part] += 1
        self.parts[group] = part
