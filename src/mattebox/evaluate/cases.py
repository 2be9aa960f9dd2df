"""The pictures of a comparison that are worth looking at, drawn small and, where most is wrong, at full size."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mattebox.compose import checkerboard, over
from mattebox.encode import encode
from mattebox.evaluate.benchmark import Run
from mattebox.evaluate.dataset import read_alpha
from mattebox.evaluate.figures import FIGURES
from mattebox.evaluate.pairs import Pair
from mattebox.evaluate.report import Row
from mattebox.evaluate.sheet import difference
from mattebox.geometry import resized
from mattebox.picture import open_picture
from mattebox.types import Alpha, Rgb

__all__ = ["Case", "Result", "Views", "deciding", "draw_case", "hardest", "most_telling", "worst_spot"]

SIDE = 320
"""Longest side of what is drawn."""
QUALITY = 85
"""Of the JPEG pictures of a page."""
OF_SOFT_TRUTH = ("mse", "mse_x1000", "sad")
"""What tells good hair from bad, the best first; IoU does not see it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one model found in a picture, drawn.

    Attributes:
        caption: name of the model and how good it is.
        cutout: over a checkerboard, as an address that holds the picture itself.
        error: red where it kept too much, blue where it lost something, black where it is right; the same.
    """

    caption: str
    cutout: str
    error: str


@dataclass(frozen=True, slots=True)
class Views:
    """One look at a picture.

    Attributes:
        picture: as an address that holds the picture itself.
        truth: over a checkerboard; the same.
        results: of the models, in their order.
    """

    picture: str
    truth: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A picture, drawn with its truth and all results.

    Attributes:
        name: of the picture.
        whole: all of it, shrunk.
        spot: the part in which most is wrong, at full size; None where nothing is, and where the whole is not shrunk.
    """

    name: str
    whole: Views
    spot: Views | None


def deciding(shared: Mapping[str, Sequence[Row]]) -> str:
    """Name of the figure that says how bad a case is: an error of opacity if all truth is soft, otherwise IoU.

    Args:
        shared: by the path of a picture, the rows of all models; see `Comparison`.
    """
    rows = [row for each in shared.values() for row in each]
    wanted = OF_SOFT_TRUTH if all(row.truth == "soft" for row in rows) else ()
    return next((name for name in wanted if name in rows[0].figures), rows[0].first)


def hardest(shared: Mapping[str, Sequence[Row]], number: int) -> list[str]:
    """Paths of the pictures on which even the best model is bad, the worst first.

    Args:
        shared: by the path of a picture, the rows of all models; see `Comparison`.
        number: of pictures.
    """
    worth = _worth(shared)
    return sorted(worth, key=lambda image: max(worth[image]))[:number]


def most_telling(shared: Mapping[str, Sequence[Row]], number: int, without: Sequence[str] = ()) -> list[str]:
    """Paths of the pictures on which the models differ most, the greatest difference first.

    Args:
        shared: by the path of a picture, the rows of all models; of one alone there are none.
        number: of pictures.
        without: pictures that are left out.
    """
    spreads = {image: max(values) - min(values) for image, values in _worth(shared).items() if image not in without}
    return sorted((image for image, spread in spreads.items() if spread), key=lambda image: -spreads[image])[:number]


def draw_case(pair: Pair, runs: Sequence[Run], rows: Sequence[Row], figure: str) -> Case:
    """Draw a picture, its truth and every model's result.

    Args:
        pair: the picture and its truth.
        runs: of the models, all of which did it.
        rows: how good each is, in the same order.
        figure: name of the one that captions tell.

    Raises:
        BadPicture: a file can no longer be read.
    """
    picture = open_picture(pair.image)
    height, width = picture.size
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    assert pair.mask is not None  # pictures without a subject are no cases
    truth = read_alpha(pair.mask)
    captions = [
        f"{run.contender.name}: {FIGURES[figure].heading} {row.figures[figure]:.3g}"
        for run, row in zip(runs, rows, strict=True)
    ]
    files = [run.found[str(pair.image)] for run in runs]
    wrong, small = np.zeros(picture.size, np.float32), []
    for path in files:
        alpha = read_alpha(path)
        wrong += np.abs(alpha - truth)
        small.append(resized(alpha, size))
    whole = _views(resized(picture.rgb, size), resized(truth, size), small, captions)
    if scale == 1 or not wrong.any():
        return Case(pair.image.name, whole, None)
    part = worst_spot(wrong, SIDE)
    # Every file is read again, so that memory never holds the opacities of all models at full size.
    cropped = [read_alpha(path)[part].copy() for path in files]
    return Case(pair.image.name, whole, _views(picture.rgb[part], truth[part], cropped, captions))


def worst_spot(wrong: Alpha, side: int) -> tuple[slice, slice]:
    """The square, or what fits of it, with the greatest sum of errors; of several the one in their middle.

    Args:
        wrong: (H, W), errors from 0 up.
        side: of the square in pixels.

    Example:
        >>> wrong = np.zeros((5, 9), np.float32)
        >>> wrong[3, 7] = 1
        >>> worst_spot(wrong, 2)
        (slice(2, 4, None), slice(6, 8, None))
    """
    height, width = (min(side, length) for length in wrong.shape)
    sums = cv2.boxFilter(wrong, -1, (width, height), anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
    inside = sums[: wrong.shape[0] - height + 1, : wrong.shape[1] - width + 1]
    rows, columns = np.nonzero(inside >= inside.max() * (1 - 1e-6))
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    top, left = int(rows[middle]), int(columns[middle])
    return slice(top, top + height), slice(left, left + width)


def as_address(view: Rgb) -> str:
    """A picture as an address that holds it."""
    return "data:image/jpeg;base64," + base64.b64encode(encode(view, "jpeg", quality=QUALITY)).decode()


def _views(rgb: Rgb, truth: Alpha, alphas: Sequence[Alpha], captions: Sequence[str]) -> Views:
    """Draw results of one size."""
    board = checkerboard(truth.shape, 8)
    results = (
        Result(caption, as_address(over(rgb, alpha, board)), as_address(difference(alpha, truth)))
        for caption, alpha in zip(captions, alphas, strict=True)
    )
    return Views(as_address(rgb), as_address(over(rgb, truth, board)), tuple(results))


def _worth(shared: Mapping[str, Sequence[Row]]) -> dict[str, list[float]]:
    """By the path of a picture, the figure that decides, of every model, turned so that more is better."""
    if not shared:
        return {}
    name = deciding(shared)
    return {image: [FIGURES[name].worth(row.figures[name]) for row in rows] for image, rows in shared.items()}
