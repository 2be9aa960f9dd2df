"""Reading matting sets: pictures and their alphas, in two folders side by side.

An alpha goes with its picture untouched, in `Media.related`. What it covers by more than half becomes a mask with the
label `subject`, so that a matting set can be looked at, checked, and turned into others.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from mattebox.errors import BadAnnotations, BadPicture
from mattebox.label.building.alphas import read_alpha
from mattebox.label.dataset import Dataset, Label
from mattebox.label.formats.common.origins import origins_of
from mattebox.label.formats.common.pairs import find_pairings
from mattebox.label.formats.common.steps import steps
from mattebox.label.formats.common.stills import Stills, piece_of
from mattebox.label.formats.common.tree import tree_of
from mattebox.label.progress import Progress
from mattebox.label.report import Report

__all__ = ["looks_like_matting", "read_matting"]

PICTURES = ("images", "image", "img", "merged", "input", "im", "original")
ALPHAS = ("alpha", "alphas")
SUBJECT = "subject"
"""The label of what alphas show, since nobody has said what it is."""

HALF = 127


def looks_like_matting(path: Path) -> bool:
    """Whether it is a folder or zip in which pictures and alphas lie side by side."""
    try:
        return bool(find_pairings(tree_of(path)[0], PICTURES, ALPHAS))
    except BadAnnotations:
        return False


def read_matting(path: Path, report: Report, *, progress: Progress | None = None) -> Dataset:
    """Read a matting set.

    Args:
        path: of a folder or zip with `images/` and `alpha/`, at its top or in a folder for every subset.
        report: told of pictures without an alpha, and of alphas without a picture.
        progress: told how many pictures of the folder at hand are taken up.

    Raises:
        BadAnnotations: there is no such folder, or no pictures and alphas in it.
    """
    tree, _ = tree_of(path)
    pairings = find_pairings(tree, PICTURES, ALPHAS)
    if not pairings:
        raise BadAnnotations(f"{path}: no matting set: there are no folders images and alpha side by side")
    stills = Stills(tree.path.stem, report)
    origins = origins_of(tree)
    for pairing in pairings:
        for pair in steps(pairing.pairs(tree, report, dataset=stills.name, what="alpha"), progress):
            task = origins.get((pair.subset, PurePosixPath(pair.name).stem), "")
            blob, alpha = tree.blob(pair.picture), tree.blob(pair.companion)
            still = stills.add(blob, pair.name, subset=pair.subset, task=task, related=[alpha])
            try:
                mask = read_alpha(alpha, still.measure()) > HALF
            except (BadAnnotations, BadPicture) as error:
                still.drop("bad-alpha", str(error))
                continue
            if mask.any():
                still.put_mask(pair.companion, SUBJECT, piece_of(mask), source="file")
    return stills.dataset([Label(SUBJECT)])
