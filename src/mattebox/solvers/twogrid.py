"""Large sparse equations on pixels: conjugate gradients, preconditioned on a coarse grid of what costs hardly anything.

Equations of matting leave alone what is a smooth function times the colours: that is their point, and it is why plain
conjugate gradients, and grids that only know smooth functions, need hundreds of steps. So the coarse unknowns are the
factors of a bilinear interpolation between the middles of square cells, one for each *feature*: a constant, red, green
and blue. Galerkin's equations for them are solved directly, between two damped Jacobi steps (Briggs, Henson and
McCormick, A Multigrid Tutorial, 2000; coarse spaces of what costs little are from Vanek, Mandel and Brezina, Algebraic
Multigrid by Smoothed Aggregation, 1996). Some twenty steps do.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from mattebox.solvers.conjugate import conjugate_gradients
from mattebox.solvers.equations import direct_solver

__all__ = ["TwoGrid"]

DIRECT = 4000
"""Up to so many equations are solved directly."""
CELL = 8
"""Side of the smallest cells, in pixels."""
CELLS = 4000
"""About so many there are; more make fewer steps, but are slow to solve."""
DAMPING = 0.7
"""Of the Jacobi steps."""
TOLERANCE = 2e-5
"""Of the solution, as a root mean square."""
RIDGE = 1e-6
"""Keeps features apart that are the same in a cell."""


class TwoGrid:
    """Solves symmetric, positive definite equations whose variables lie on a grid.

    Args:
        matrix: (n, n).
        rows: (n,) where each variable lies.
        columns: (n,) likewise.
        features: (n, k), of the order of 1; what is smooth times one of them costs little.
        shape: height and width of the grid.

    Raises:
        EngineFailed: the matrix is singular.
    """

    def __init__(
        self,
        matrix: csr_array,
        rows: NDArray[np.intp],
        columns: NDArray[np.intp],
        features: NDArray[np.float32],
        shape: tuple[int, ...],
    ) -> None:
        self._matrix = matrix
        self._direct = rows.size <= DIRECT
        if self._direct:
            self._solve = direct_solver(matrix)
            return
        cell = max(CELL, math.ceil(math.sqrt(rows.size / CELLS)))
        cells = [-(-side // cell) for side in shape]
        self._spread = interpolation((rows + 0.5) / cell, (columns + 0.5) / cell, features, cells)
        coarse = csr_array(self._spread.T @ (matrix @ self._spread))
        # Features that are the same in a cell, or nothing, must not make it singular.
        self._solve = direct_solver(coarse + diags_array(1e-8 * coarse.diagonal() + 1e-10))
        # The preconditioner need not be exact: single precision halves the memory that it moves.
        self._rough = matrix.astype(np.float32)
        self._damping = np.float32(DAMPING) / matrix.diagonal().astype(np.float32)

    def solve(self, right: NDArray[np.float64], guess: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find x (n,) of `matrix @ x = right`, from a first guess.

        Raises:
            EngineFailed: it is not found by conjugate gradients.
        """
        if self._direct:
            return self._solve(right)
        return conjugate_gradients(self._matrix.dot, right, guess, self._improve, TOLERANCE)

    def _improve(self, rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """About the x that `rest` of the right side asks for."""
        rough_rest = rest.astype(np.float32)
        x = self._damping * rough_rest
        missing = self._spread.T @ (rough_rest - self._rough @ x)
        x += self._spread @ self._solve(missing.astype(np.float64)).astype(np.float32)
        x += self._damping * (rough_rest - self._rough @ x)
        return x.astype(np.float64)


def interpolation(
    rows: NDArray[np.float64], columns: NDArray[np.float64], features: NDArray[np.float32], cells: list[int]
) -> csr_array:
    """Interpolate variables bilinearly between the features of the cells around them.

    Args:
        rows: (n,) where the middles of the variables lie, in cells.
        columns: (n,) likewise.
        features: (n, k).
        cells: how many there are from top to bottom and from left to right.

    Returns:
        (n, k m) weights of the k features of the m cells that hold variables. Other cells count as 0, which is what
        known pixels are to a correction; beyond the picture the outermost cells go on.
    """
    count, height, width = features.shape[1], *cells
    own = rows.astype(np.intp) * width + columns.astype(np.intp)
    used = np.unique(own)
    numbers = np.full(height * width, used.size, np.int32)
    numbers[used] = np.arange(used.size, dtype=np.int32)
    near, shares = [], []
    for row, row_share in between(rows, height):
        for column, column_share in between(columns, width):
            cell = numbers[row * width + column]
            near.append(np.minimum(cell, used.size - 1))
            shares.append(np.where(cell < used.size, row_share * column_share, 0).astype(np.float32))
    changes = apart(near, shares, features, used.size)
    weights = np.empty((rows.size, len(near), count), np.float32)
    for place, (cell, share) in enumerate(zip(near, shares, strict=True)):
        weights[:, place] = np.einsum("nkl,nl,n->nk", changes[cell], features, share)
    places = count * np.stack(near, axis=1)[..., None] + np.arange(count, dtype=np.int32)
    starts = np.arange(0, weights.size + 1, weights[0].size, dtype=np.int32)
    return csr_array((weights.ravel(), places.ravel(), starts), shape=(rows.size, count * used.size))


def between(line: NDArray[np.float64], cells: int) -> list[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """The cells before and after each place on a line, and their shares; a cell's own place is its middle."""
    before = np.floor(line - 0.5).astype(np.intp)
    share = line - 0.5 - before
    return [(np.clip(before, 0, cells - 1), 1 - share), (np.clip(before + 1, 0, cells - 1), share)]


def apart(
    near: list[NDArray[np.int32]], shares: list[NDArray[np.float32]], features: NDArray[np.float32], cells: int
) -> NDArray[np.float32]:
    """Changes of features, (cells, k, k), that make them orthonormal in every cell, but for the ridge."""
    count = features.shape[1]
    products = np.zeros((cells, count, count))
    total = np.zeros(cells)
    for cell, share in zip(near, shares, strict=True):
        total += np.bincount(cell, share, cells)
        for one in range(count):
            for two in range(count):
                weights = share * features[:, one] * features[:, two]
                products[:, one, two] += np.bincount(cell, weights, cells)
    products /= total[:, None, None]
    return np.linalg.inv(np.linalg.cholesky(products + RIDGE * np.eye(count))).astype(np.float32)
