"""The place of every source, so that places have their shares and little is moved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mattebox.label.extra import needed_for

__all__ = ["Units", "best_places"]

COST = 0.02
"""What moving everything costs, beside a misfit that is 2 at worst for the frames and for the labels: of two ways that
are about as good, the one that moves less is taken."""

EXACT = 240
"""Units times places up to which the exact solution is sought too; beyond, the first good one is good enough."""

NODES = 30
"""How far the exact search goes. It is no limit of time, so that the same data give the same plan."""

LEAST_GAIN = 1e-9


class Units(NamedTuple):
    """What can be moved.

    Attributes:
        amounts: float64 (U, 1 + L), frames of each source, then its rows of each label.
        home: int64 (U,), where each is.
        fixed: float64 (P, 1 + L), what each place has that cannot be moved.
    """

    amounts: NDArray[np.float64]
    home: NDArray[np.int64]
    fixed: NDArray[np.float64]


class _Problem:
    """Units as fractions of all there is, and what answers cost."""

    def __init__(self, units: Units, shares: NDArray[np.float64], max_moved: float) -> None:
        totals = units.amounts.sum(axis=0) + units.fixed.sum(axis=0)
        scale = np.divide(1, totals, out=np.zeros(len(totals)), where=totals > 0)
        self.amounts, self.fixed = units.amounts * scale, units.fixed * scale
        self.weights = (totals > 0) / max(1, np.count_nonzero(totals[1:]))
        self.weights[0] = 1
        self.home, self.shares, self.max_moved = units.home, shares, max_moved

    def moved(self, places: NDArray[np.int64]) -> float:
        """Share of the frames that change their place."""
        return float(self.amounts[places != self.home, 0].sum())

    def cost(self, places: NDArray[np.int64]) -> float:
        filled = self.fixed.copy()
        np.add.at(filled, places, self.amounts)
        return float((np.abs(filled - self.shares[:, None]) @ self.weights).sum()) + COST * self.moved(places)


def best_places(units: Units, shares: NDArray[np.float64], max_moved: float) -> NDArray[np.int64]:
    """Find where every unit should be.

    The move that gains most is made until none gains anything; where the task is small, an integer programme looks for
    something better.

    Args:
        units: what can be moved, and what is there beside.
        shares: (P,), what each place should have of everything; the sum is 1.
        max_moved: share of the frames that may be moved.

    Returns:
        (U,), the place of each.

    Raises:
        MissingExtra: scipy is not installed.
    """
    if not len(units.home):
        return units.home
    problem = _Problem(units, shares, max_moved)
    found = _step_by_step(problem)
    if units.home.size * shares.size <= EXACT:
        exact = _exact(problem)
        if exact is not None and problem.cost(exact) < problem.cost(found) - LEAST_GAIN:
            return exact
    return found


def _step_by_step(problem: _Problem) -> NDArray[np.int64]:
    places = problem.home.copy()
    filled = problem.fixed.copy()
    np.add.at(filled, places, problem.amounts)
    frames = problem.amounts[:, 0]
    wanted = problem.shares[:, None]
    for _ in range(4 * len(places)):
        now = np.abs(filled - wanted) @ problem.weights
        left = np.abs(filled[places] - problem.amounts - wanted[places]) @ problem.weights - now[places]
        joined = np.abs(filled[None] + problem.amounts[:, None] - wanted) @ problem.weights - now
        away = np.arange(len(problem.shares)) != problem.home[:, None]
        toll = COST * frames[:, None] * (away - (places != problem.home)[:, None].astype(float))
        change = joined + left[:, None] + toll
        extra = frames[:, None] * (away & (places == problem.home)[:, None])
        change[problem.moved(places) + extra > problem.max_moved + LEAST_GAIN] = np.inf
        change[np.arange(len(places)), places] = np.inf
        unit, place = np.unravel_index(int(np.argmin(change)), change.shape)
        if change[unit, place] >= -LEAST_GAIN:
            break
        filled[places[unit]] -= problem.amounts[unit]
        filled[place] += problem.amounts[unit]
        places[unit] = place
    return places


def _exact(problem: _Problem) -> NDArray[np.int64] | None:
    """The answer of an integer programme: one of the places for every unit, and the misfits from above.

    Variables are, unit by unit, whether it is in each place; then, place by place, how far it is off in each amount.
    """
    with needed_for("planning moves"):
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import block_array, coo_array, eye_array, kron

    count, places = len(problem.home), len(problem.shares)
    kinds = problem.amounts.shape[1]
    inside = count * places
    off = places * kinds
    total = kron(problem.amounts.T, eye_array(places))
    goal = (problem.shares[:, None] - problem.fixed).T.ravel()
    chosen = kron(eye_array(count), np.ones((1, places)))
    stay = np.ones((count, places))
    stay[np.arange(count), problem.home] = 0
    toll = (problem.amounts[:, :1] * stay).ravel()
    nothing = coo_array((1, off))
    constraints = [
        LinearConstraint(
            block_array([[total, -eye_array(off)], [-total, -eye_array(off)]]).tocsr(),
            -np.inf,
            np.concatenate((goal, -goal)),
        ),
        LinearConstraint(block_array([[chosen, coo_array((count, off))]]).tocsr(), 1, 1),
        LinearConstraint(block_array([[coo_array(toll[None]), nothing]]).tocsr(), -np.inf, problem.max_moved),
    ]
    answer = milp(
        np.concatenate((COST * toll, np.repeat(problem.weights, places))),
        integrality=np.concatenate((np.ones(inside), np.zeros(off))),
        bounds=Bounds(0, np.concatenate((np.ones(inside), np.full(off, np.inf)))),
        constraints=constraints,
        options={"node_limit": NODES, "mip_rel_gap": 1e-3},
    )
    return None if answer.x is None else answer.x[:inside].reshape(count, places).argmax(axis=1)
