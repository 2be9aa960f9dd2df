"""Classical matting: opacity in the unknown band of a trimap from the picture's colours alone, without a network.

Every solver is `solve(rgb, trimap) -> alpha`, with the constants of its publication as keyword options. All but
`large-kernel` stand on scipy, which comes with the extra `solvers`. Only the band is paid for; see
`mattebox.solvers.band`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

from mattebox.errors import BadParameter, MissingExtra, unknown_name
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["ALIASES", "SOLVERS", "Solver", "find_solver", "is_solver"]

Solver: TypeAlias = Callable[[Rgb, Trimap], Alpha]
"""What finds the opacity (H, W) of a picture (H, W, 3) by its trimap (H, W); exactly 0 and 1 where that knows."""

SOLVERS = ("closed-form", "knn", "learning-based", "large-kernel", "random-walk")
"""Names of the solvers; `closed-form` is the one to begin with."""

ALIASES = {
    "CloseFormMatting": "closed-form",
    "KNNMatting": "knn",
    "LearningBasedMatting": "learning-based",
    "FastMatting": "large-kernel",
    "RandomWalksMatting": "random-walk",
    "fast": "large-kernel",
}
"""Names under which PaddleSeg has them, and its word for the large kernel's."""


def is_solver(name: str) -> bool:
    """Whether a matting method is a solver, which needs no weights; hyphens and underscores are the same.

    Example:
        >>> is_solver("closed_form"), is_solver("fba")
        (True, False)
    """
    return name in ALIASES or name.replace("_", "-") in SOLVERS


def find_solver(name: str) -> Solver:
    """Find a solver by its name or by the name of its class in PaddleSeg.

    Raises:
        BadParameter: no solver has that name.
        MissingExtra: it needs scipy, which is not installed.

    Example:
        >>> find_solver("CloseFormMatting").__module__
        'mattebox.solvers.closed_form'
    """
    if not is_solver(name):
        raise BadParameter(unknown_name("solver", name, (*SOLVERS, *ALIASES)))
    name = ALIASES.get(name, name.replace("_", "-"))
    try:
        module = import_module(f"mattebox.solvers.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "scipy":
            raise
        raise MissingExtra("solvers", f"the solver '{name}'") from error
    return module.solve
