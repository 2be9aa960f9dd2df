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

from mattebox.compose import levels
from mattebox.cutout import Cutout
from mattebox.errors import BadParameter, reason_of
from mattebox.evaluate.dataset import read_alpha
from mattebox.evaluate.figures import MASKS, MATTING, Protocol, chosen, measured
from mattebox.evaluate.metrics import within_trimap
from mattebox.evaluate.pairs import Pair
from mattebox.evaluate.report import HEADINGS, Evaluation, Failure, Row, Truth
from mattebox.geometry import subject_box
from mattebox.hints import read_trimap
from mattebox.picture import Picture, open_picture
from mattebox.stages.trimaps import evaluation_trimap
from mattebox.streaming import in_order
from mattebox.types import Alpha, Rgb, Trimap

__all__ = ["Compared", "Predict", "check_alpha", "evaluate", "itself", "saved_results", "trimap_of"]

Predict: TypeAlias = Callable[[Picture], Alpha | Cutout]
"""What is evaluated: takes a picture, whose `name` is its path, and gives an alpha of its size. A `Remover` is one."""

MADE = "made of the truth"
"""Where a trimap came from that no data set brought."""
RESULT_SUFFIXES = (".png", ".webp", ".tif", ".tiff")


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
    figures: Iterable[str] | None = None,
    protocol: Protocol = "whole",
) -> Evaluation:
    """Compare what is found in pictures with what is true.

    Unless figures are asked for, every picture gets IoU, MAE, largest F, boundary IoU and MSE, where its truth is soft
    also SAD, Grad and Conn. Pictures without a subject (no mask, or a black one) get none; they tell about false
    alarms. A picture that cannot be read or does not fit its mask is noted and does not stop the rest.

    What is found is rounded to the 256 levels of a picture file before it is measured, as for published figures.

    Args:
        pairs: any iterable; it is read as the work goes on, and the evaluation ends where it ends.
        predict: what is evaluated; called from `workers` threads at once.
        workers: pictures worked on at once. Memory holds no more than that and a few, however many there are.
        see: called with every picture in their order, as they are done.
        figures: names in `FIGURES`, measured on every picture whatever its truth.
        protocol: `whole`, or `unknown` to count only the unknown band of each picture's trimap, or of the one that
            `evaluation_trimap` makes of its truth; what is found is set right where the trimap knows.

    Raises:
        BadParameter: a figure or the protocol is unknown, or a figure is one of whole pictures only.

    Example:
        >>> import mattebox
        >>> pair = Pair(Path("tests/data/lemur_400.jpg"), Path("tests/data/lemur_400.alpha.png"), soft=True)
        >>> found = evaluate([pair], mattebox.Remover(foreground="none"))
        >>> found.rows[0].figures["iou"] > 0.9
        True
    """
    names = chosen(figures, protocol)
    evaluation = Evaluation(figures=names or tuple(HEADINGS))
    compare = partial(_compared_or_failed, predict=predict, figures=names, protocol=protocol)
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        for step in in_order(pool, compare, pairs, ahead=workers + 1):
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


def itself(picture: Picture) -> Alpha:
    """The alpha of a picture that is a saved result, for pairs whose pictures are; see `pair_results`."""
    return read_alpha(Path(picture.name))


def trimap_of(pair: Pair, truth: Alpha) -> Trimap:
    """The trimap of a picture, (H, W): its own, or the one that published evaluations make of the truth.

    Raises:
        BadPicture: it cannot be read.
        BadParameter: it has another size than the truth, or nothing in it is unknown.
    """
    trimap = evaluation_trimap(truth) if pair.trimap is None else read_trimap(pair.trimap, truth.shape)
    if not (trimap == 128).any():
        raise BadParameter(
            f"{pair.trimap or pair.mask}: nothing is unknown in "
            f"{'this trimap' if pair.trimap else 'the trimap of this truth'}, so there is no band to judge by; "
            "leave the picture out, or take the protocol 'whole'"
        )
    return trimap


def check_alpha(alpha: Alpha, picture: Picture) -> None:
    """Refuse what is no opacity of a picture.

    Raises:
        BadParameter: it has another size, or values that are no numbers or not from 0 to 1.
    """
    if alpha.shape != picture.size:
        raise BadParameter(f"{picture.name} has the size {picture.size}, but its result {alpha.shape}")
    if lost := np.count_nonzero(np.isnan(alpha)):
        raise BadParameter(f"{picture.name}: its result is NaN, no number, in {lost} of {alpha.size} pixels")
    if not (alpha.min() >= 0 and alpha.max() <= 1):
        raise BadParameter(f"{picture.name}: its result goes from {alpha.min()} to {alpha.max()}, not from 0 to 1")


def _compared_or_failed(
    pair: Pair, predict: Predict, figures: tuple[str, ...] | None, protocol: Protocol
) -> Compared | Failure:
    """Compare one pair. Never raises on behalf of a picture."""
    try:
        return _compared(pair, predict, figures, protocol)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other pictures go on)
        return Failure(str(pair.image), reason_of(error, pair.image))


def _compared(pair: Pair, predict: Predict, figures: tuple[str, ...] | None, protocol: Protocol) -> Compared:
    picture = open_picture(pair.image)
    truth = np.zeros(picture.size, np.float32) if pair.mask is None else read_alpha(pair.mask)
    if truth.shape != picture.size:
        raise BadParameter(f"{pair.mask} has the size {truth.shape}, but {pair.image} {picture.size}")
    started = time.perf_counter()
    answer = predict(picture)
    seconds = time.perf_counter() - started
    alpha = np.asarray(answer.alpha if isinstance(answer, Cutout) else answer, np.float32)
    check_alpha(alpha, picture)
    kind_of_truth: Truth = "none" if not truth.any() else "soft" if pair.soft else "binary"
    region, trimap = None, ""
    judged: Alpha = np.divide(levels(alpha), 255, dtype=np.float32)
    if protocol == "unknown" and kind_of_truth != "none":
        judged, region = within_trimap(judged, trimap_of(pair, truth))
        trimap = str(pair.trimap or MADE)
    found = measured(_suiting(figures, kind_of_truth), judged, truth, region)
    row = Row(
        image=str(pair.image),
        kind=pair.kind,
        source=pair.source,
        truth=kind_of_truth,
        figures={name: float(np.max(value)) for name, value in found.items()},
        curves={name: value for name, value in found.items() if isinstance(value, np.ndarray)},
        mean_alpha=float(alpha.mean(dtype=np.float64)),
        refused=subject_box(alpha) is None,
        subject_score=answer.score if isinstance(answer, Cutout) else None,
        seconds=seconds,
        trimap=trimap,
    )
    return Compared(row, picture.rgb, alpha, truth)


def _suiting(figures: tuple[str, ...] | None, kind_of_truth: Truth) -> tuple[str, ...]:
    """The figures that were asked for, or that make sense for this kind of truth."""
    if kind_of_truth == "none":
        return ()
    return figures or (MASKS + MATTING if kind_of_truth == "soft" else MASKS)
