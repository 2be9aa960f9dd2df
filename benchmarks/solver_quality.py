"""`python -m benchmarks.solver_quality DATA [--sheet worst.jpg]`: every solver and the embedded models.

DATA is a folder as `mattebox evaluate` takes it; pictures with a soft truth count. The trimap is made from the truth by
the kernel of published evaluations, and figures are those of its unknown band. The embedded models see no trimap:
alone, and with a mask that is the truth at a sixteenth of its size, hard; what the trimap knows is put in afterwards.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import fmean

import numpy as np

import mattebox
from mattebox.compose import over, solid
from mattebox.encode import encode, format_of, write_file
from mattebox.errors import MatteboxError
from mattebox.evaluate import metrics
from mattebox.evaluate.dataset import read_alpha, read_pairs
from mattebox.evaluate.sheet import GREEN, in_cell
from mattebox.geometry import resized
from mattebox.picture import open_picture
from mattebox.solvers import SOLVERS, find_solver
from mattebox.stages.trimaps import evaluation_trimap
from mattebox.types import Alpha, Rgb, Trimap

CELL = 160
SHOWN = 8
FIGURES = {
    "SAD": metrics.sad,
    "MSE": metrics.mse,
    "Grad": metrics.gradient_error,
    "Conn": metrics.connectivity_error,
}


@dataclass(frozen=True)
class Case:
    """A picture with its truth, and the trimap made of it."""

    name: str
    rgb: Rgb
    truth: Alpha
    trimap: Trimap


def contenders() -> dict[str, Callable[[Case], Alpha]]:
    """What is compared, by name."""
    remover = mattebox.Remover(foreground="none")

    def solved(name: str, case: Case) -> Alpha:
        return find_solver(name)(case.rgb, case.trimap)

    def with_mask(case: Case) -> Alpha:
        small = resized(case.truth, tuple(max(1, side // 16) for side in case.truth.shape))
        return remover(case.rgb, mask=np.where(small > 0.5, 255, 0).astype(np.uint8)).alpha

    return {name: partial(solved, name) for name in SOLVERS} | {
        "embedded": lambda case: remover(case.rgb).alpha,
        "embedded + mask": with_mask,
    }


def cases(folder: Path) -> Iterator[Case]:
    """The pictures whose truth is soft, as long as their trimaps know something and not everything."""
    for pair in read_pairs(folder):
        if not pair.soft or not pair.mask:
            continue
        truth = read_alpha(pair.mask)
        trimap = evaluation_trimap(truth)
        if np.unique(trimap).size == 3:
            yield Case(pair.image.name, open_picture(pair.image).rgb, truth, trimap)
        else:
            print(f"left out, as its trimap knows too little or all: {pair.image.name}")


def judged(find: Callable[[Case], Alpha], case: Case) -> tuple[Alpha, dict[str, float]]:
    """An alpha with what the trimap knows put in, and its figures; all half, where none was found."""
    try:
        found = find(case)
    except MatteboxError as error:
        print(f"{case.name}: {error}")
        found = np.full(case.truth.shape, 0.5, np.float32)
    alpha, region = metrics.within_trimap(found, case.trimap)
    return alpha, {key: measure(alpha, case.truth, region) for key, measure in FIGURES.items()}


def cell(view: Rgb) -> Rgb:
    """A view shrunk into a square cell."""
    scale = CELL / max(view.shape[:2])
    return in_cell(resized(view, tuple(max(1, round(scale * side)) for side in view.shape[:2])))


def strip(case: Case, alphas: list[Alpha]) -> Rgb:
    """Picture, trimap, and the picture over green by the truth and by each alpha."""
    green = solid(case.rgb.shape[:2], GREEN)
    composed = [over(case.rgb, alpha, green) for alpha in (case.truth, *alphas)]
    return np.hstack([cell(view) for view in (case.rgb, np.dstack([case.trimap] * 3), *composed)])


def row(name: str, columns: dict[str, dict[str, float]]) -> str:
    """A line of the table: means, and the three worst pictures."""
    means = "".join(f"{fmean(figures[key] for figures in columns.values()):9.4f}" for key in FIGURES)
    worst = sorted(columns, key=lambda case: -columns[case]["SAD"])[:3]
    return f"{name:16}{means}  " + ", ".join(f"{case} {columns[case]['SAD']:.1f}" for case in worst)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sheet", type=Path, help="draw the pictures that are worst for the closed-form solver here")
    parser.add_argument("--most", type=int, help="only so many pictures")
    args = parser.parse_args()
    finders, strips = contenders(), {}
    table: dict[str, dict[str, dict[str, float]]] = {name: {} for name in finders}
    for case in islice(cases(args.data), args.most):
        alphas = []
        for name, find in finders.items():
            alpha, table[name][case.name] = judged(find, case)
            alphas.append(alpha)
        strips[case.name] = strip(case, alphas)
    print(f"{len(strips)} pictures\n{'':16}{''.join(f'{key:>9}' for key in FIGURES)}  worst by SAD")
    print("\n".join(row(name, columns) for name, columns in table.items()))
    if args.sheet:
        worst = sorted(strips, key=lambda name: -table["closed-form"][name]["SAD"])[:SHOWN]
        sheet = np.vstack([strips[name] for name in worst])
        write_file(args.sheet, encode(sheet, format_of(args.sheet)), overwrite=True)
        print(f"rows of the sheet: {', '.join(worst)}\ncolumns: picture, trimap, truth, {', '.join(finders)}")


if __name__ == "__main__":
    main()
