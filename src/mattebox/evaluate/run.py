"""Evaluating whatever turns a picture into an alpha: the product, a network, a matting method, saved results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from mattebox.cutout import Cutout
from mattebox.errors import BadParameter, reason_of
from mattebox.evaluate import metrics
from mattebox.evaluate.dataset import Pair, read_alpha
from mattebox.evaluate.report import Evaluation, Failure, Row, Truth
from mattebox.geometry import subject_box
from mattebox.picture import Picture, open_picture
from mattebox.streaming import in_order
from mattebox.types import Alpha, Rgb

__all__ = ["Compared", "Predict", "evaluate", "saved_results"]

Predict: TypeAlias = Callable[[Picture], Alpha | Cutout]
"""What is evaluated: takes a picture, whose `name` is its path, and gives an alpha of its size. A `Remover` is one."""

RESULT_SUFFIXES = (".png", ".webp", ".tif", ".tiff")

_FIGURES: dict[str, Callable[[Alpha, Alpha], float]] = {
    "iou": metrics.iou,
    "mae": metrics.mad,
    "max_f": metrics.f_measure_max,
    "boundary_iou": metrics.boundary_iou,
    "mse": metrics.mse,
}
_SOFT_FIGURES: dict[str, Callable[[Alpha, Alpha], float]] = {
    "sad": metrics.sad,
    "grad": metrics.gradient_error,
    "conn": metrics.connectivity_error,
}


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One picture that was evaluated, with everything that was compared.

    Attributes:
        row: its figures.
        rgb: the picture, (H, W, 3).
        alpha: what was found, (H, W).
        truth: what is true, (H, W).
    """

    row: Row
    rgb: Rgb
    alpha: Alpha
    truth: Alpha


def evaluate(
    pairs: Iterable[Pair],
    predict: Predict,
    *,
    workers: int = 1,
    see: Callable[[Compared | Failure], None] | None = None,
) -> Evaluation:
    """Compare what is found in pictures with what is true.

    Every picture gets IoU, MAE, largest F, boundary IoU and MSE, where its truth is soft also SAD, Grad and Conn.
    Pictures without a subject (no mask, or a black one) get none of them; they tell about false alarms. A picture that
    cannot be read or does not fit its mask is noted and does not stop the rest.

    Args:
        pairs: any iterable; it is read as the work goes on, and the evaluation ends where it ends.
        predict: what is evaluated; called from `workers` threads at once.
        workers: pictures worked on at once. Memory holds no more than that and a few, however many there are.
        see: called with every picture in their order, as they are done.

    Example:
        >>> import mattebox
        >>> pair = Pair(Path("tests/data/lemur_400.jpg"), Path("tests/data/lemur_400.alpha.png"), soft=True)
        >>> found = evaluate([pair], mattebox.Remover(foreground="none"))
        >>> found.rows[0].figures["iou"] > 0.9
        True
    """
    evaluation = Evaluation()
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        for step in in_order(pool, partial(_compared_or_failed, predict=predict), pairs, ahead=workers + 1):
            if isinstance(step, Failure):
                evaluation.failed.append(step)
            else:
                evaluation.rows.append(step.row)
            evaluation.seconds = time.perf_counter() - started
            if see is not None:
                see(step)
    return evaluation


def saved_results(folder: Path) -> Predict:
    """What was saved for every picture, to be evaluated without a model.

    The result of `photo.jpg` is `photo_cutout.png`, `photo.jpg_cutout.png`, `photo.png` or `photo.jpg.png` in the
    folder, or the same as WebP or TIFF: a cut-out with an alpha channel, or a grey picture of its opacity.

    Raises:
        BadParameter: there is no such folder.
    """
    if not folder.is_dir():
        raise BadParameter(f"{folder}: no such folder")

    def predict(picture: Picture) -> Alpha:
        photo = Path(picture.name)
        names = [f"{label}{tail}" for tail in ("_cutout", "") for label in (photo.name, photo.stem)]
        for path in (folder / f"{name}{suffix}" for name in names for suffix in RESULT_SUFFIXES):
            if path.is_file():
                return read_alpha(path)
        raise BadParameter(f"{photo}: has no result in {folder}, such as {names[1]}.png or {names[3]}.png")

    return predict


def _compared_or_failed(pair: Pair, predict: Predict) -> Compared | Failure:
    """Compare one pair. Never raises on behalf of a picture."""
    try:
        return _compared(pair, predict)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other pictures go on)
        return Failure(str(pair.image), reason_of(error, pair.image))


def _compared(pair: Pair, predict: Predict) -> Compared:
    picture = open_picture(pair.image)
    truth = np.zeros(picture.size, np.float32) if pair.mask is None else read_alpha(pair.mask)
    if truth.shape != picture.size:
        raise BadParameter(f"{pair.mask} has the size {truth.shape}, but {pair.image} {picture.size}")
    started = time.perf_counter()
    answer = predict(picture)
    seconds = time.perf_counter() - started
    alpha = np.asarray(answer.alpha if isinstance(answer, Cutout) else answer, np.float32)
    if alpha.shape != picture.size:
        raise BadParameter(f"{pair.image} has the size {picture.size}, but its result {alpha.shape}")
    if not (alpha.min() >= 0 and alpha.max() <= 1):
        raise BadParameter(f"{pair.image}: its result goes from {alpha.min()} to {alpha.max()}, not from 0 to 1")
    kind_of_truth: Truth = "none" if not truth.any() else "soft" if pair.soft else "binary"
    row = Row(
        image=str(pair.image),
        kind=pair.kind,
        source=pair.source,
        truth=kind_of_truth,
        figures=_figures(alpha, truth, kind_of_truth),
        mean_alpha=float(alpha.mean(dtype=np.float64)),
        refused=subject_box(alpha) is None,
        subject_score=answer.score if isinstance(answer, Cutout) else None,
        seconds=seconds,
    )
    return Compared(row, picture.rgb, alpha, truth)


def _figures(alpha: Alpha, truth: Alpha, kind_of_truth: Truth) -> dict[str, float]:
    """The figures that make sense for this kind of truth."""
    if kind_of_truth == "none":
        return {}
    functions = _FIGURES | _SOFT_FIGURES if kind_of_truth == "soft" else _FIGURES
    return {name: function(alpha, truth) for name, function in functions.items()}
