"""How well a mask finds the subject, by the measures of salient object detection.

`alpha` and `truth` are (H, W) float32 in [0, 1]. As the tools of that field do, whose figures these are, alpha is taken
in the 256 levels of a picture file and stretched so that its least value is 0 and its largest 1, and the truth is cut
at one half. All measures run from 0 to 1, and more is better.

A *curve* is a measure at each of 256 thresholds, from the highest to the lowest. A table of a data set has the mean of
the curves' means, or the best value of the mean curve.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.types import Alpha

__all__ = [
    "Curve",
    "e_measure_adaptive",
    "e_measure_curve",
    "e_measure_max",
    "e_measure_mean",
    "f_measure_adaptive",
    "f_measure_curve",
    "f_measure_max",
    "f_measure_mean",
    "s_measure",
    "weighted_f_measure",
]

Curve: TypeAlias = NDArray[np.float64]
"""(256,) in [0, 1]: a measure at the thresholds 255, 254, ... 0."""

Counts: TypeAlias = NDArray[np.float64]

BETA = 0.3
"""Beta squared of the F-measure: precision counts for more than recall."""
EPSILON = float(np.spacing(1))
WINDOW, DEVIATION = 7, 5.0
"""Of the bell that the weighted F-measure spreads errors with, in pixels."""
HALVED = 5
"""Pixels away from the subject at which the extra weight of a false alarm has grown by half of what it can."""


class Levels(NamedTuple):
    """How often every level of alpha occurs.

    Attributes:
        values: (256,) what each level stands for once alpha is stretched, 0 to 1.
        subject: (256,) pixels of the true subject that have it.
        background: (256,) pixels of the true background that have it.
    """

    values: NDArray[np.float64]
    subject: Counts
    background: Counts


def f_measure_curve(alpha: Alpha, truth: Alpha) -> Curve:
    """F-measure (beta squared 0.3) at every threshold.

    (Achanta et al., Frequency-tuned Salient Region Detection, CVPR 2009.)

    Raises:
        BadParameter: the shapes differ.
    """
    return _f_measure(*_above_thresholds(_counted(*_in_levels(alpha, truth))))


def f_measure_max(alpha: Alpha, truth: Alpha) -> float:
    """F-measure at the threshold that is best for this picture; see `f_measure_curve`."""
    return float(f_measure_curve(alpha, truth).max())


def f_measure_mean(alpha: Alpha, truth: Alpha) -> float:
    """Mean of `f_measure_curve`."""
    return float(f_measure_curve(alpha, truth).mean())


def f_measure_adaptive(alpha: Alpha, truth: Alpha) -> float:
    """F-measure at twice the mean of alpha; see `f_measure_curve`."""
    return _f_measure(*_above_twice_the_mean(_counted(*_in_levels(alpha, truth)))).item()


def e_measure_curve(alpha: Alpha, truth: Alpha) -> Curve:
    """E-measure at every threshold: how well both agree pixel by pixel, given how much of the picture each takes.

    (Fan et al., Enhanced-alignment Measure for Binary Foreground Map Evaluation, IJCAI 2018.)

    Raises:
        BadParameter: the shapes differ.
    """
    return _e_measure(*_above_thresholds(_counted(*_in_levels(alpha, truth))))


def e_measure_max(alpha: Alpha, truth: Alpha) -> float:
    """E-measure at the threshold that is best for this picture; see `e_measure_curve`."""
    return float(e_measure_curve(alpha, truth).max())


def e_measure_mean(alpha: Alpha, truth: Alpha) -> float:
    """Mean of `e_measure_curve`."""
    return float(e_measure_curve(alpha, truth).mean())


def e_measure_adaptive(alpha: Alpha, truth: Alpha) -> float:
    """E-measure at twice the mean of alpha; see `e_measure_curve`."""
    return _e_measure(*_above_twice_the_mean(_counted(*_in_levels(alpha, truth)))).item()


def s_measure(alpha: Alpha, truth: Alpha) -> float:
    """S-measure: the mean of how alike subject and background are as wholes, and of how alike four parts are.

    The parts are the quarters around the middle of the true subject. (Fan et al., Structure-measure: A New Way to
    Evaluate Foreground Maps, ICCV 2017.)

    Raises:
        BadParameter: the shapes differ.
    """
    levels, true = _in_levels(alpha, truth)
    whole = _counted(levels, true)
    share = np.count_nonzero(true) / true.size
    if share in {0, 1}:
        mean = _mean(whole.values, whole.subject + whole.background)
        return mean if share else 1 - mean
    wholes = share * _evenness(whole.values, whole.subject)
    wholes += (1 - share) * _evenness(1 - whole.values, whole.background)
    row, column = (_middle(np.count_nonzero(true, axis=axis)) for axis in (1, 0))
    parts = 0.0
    for part in ((y, x) for y in (slice(row), slice(row, None)) for x in (slice(column), slice(column, None))):
        if true[part].size:
            parts += true[part].size / true.size * _likeness(_counted(levels[part], true[part], whole.values))
    return max(0.0, (wholes + parts) / 2)


def weighted_f_measure(alpha: Alpha, truth: Alpha) -> float:
    """F-measure (beta 1) that forgives errors beside ones that make up for them, and far false alarms least.

    A pixel of the subject may have the mean error of the 7 x 7 pixels around it in place of its own; a false alarm
    counts up to double with its distance from the subject. (Margolin, Zelnik-Manor and Tal, How to Evaluate Foreground
    Maps?, CVPR 2014.)

    Raises:
        BadParameter: the shapes differ.
    """
    levels, true = _in_levels(alpha, truth)
    subject = np.count_nonzero(true)
    if not subject:
        return 0.0
    values = _stretched(levels).astype(np.float32)
    error = np.abs(cv2.LUT(levels, values) - true)
    away = cv2.distanceTransform((~true).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    x = np.arange(WINDOW) - WINDOW // 2
    bell = np.exp(-(x**2) / (2 * DEVIATION**2))
    bell /= bell.sum()
    spread = cv2.sepFilter2D(_carried_out(error, true, away), cv2.CV_32F, bell, bell, borderType=cv2.BORDER_CONSTANT)
    missed = float(np.minimum(error, spread)[true].sum(dtype=np.float64))
    wrong = ~true & (error > 0)
    weight = 2 - np.exp(np.log(0.5) / HALVED * away[wrong], dtype=np.float64)
    alarms = float(error[wrong] @ weight)
    recall = 1 - missed / subject
    precision = (subject - missed) / (subject - missed + alarms + EPSILON)
    return 2 * recall * precision / (recall + precision + EPSILON)


def _in_levels(alpha: Alpha, truth: Alpha) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Alpha in 256 levels, and where the truth is subject."""
    if alpha.shape != truth.shape or alpha.ndim != 2:
        raise BadParameter(f"alpha {alpha.shape} and truth {truth.shape} must have the same shape (height, width)")
    return cv2.convertScaleAbs(alpha, alpha=255), truth > 0.5


def _stretched(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What each level stands for once the least is 0 and the greatest 1."""
    values = np.arange(256) / 255
    low, high = values[levels.min()], values[levels.max()]
    return np.clip((values - low) / (high - low), 0, 1) if high > low else values


def _counted(levels: NDArray[np.uint8], true: NDArray[np.bool_], values: NDArray[np.float64] | None = None) -> Levels:
    """How often every level occurs, in subject and background; the values are those of these levels unless given."""
    mask = np.ascontiguousarray(true).view(np.uint8)
    whole, subject = (
        cv2.calcHist([np.ascontiguousarray(levels)], [0], where, [256], [0, 256]).ravel().astype(np.float64)
        for where in (None, mask)
    )
    return Levels(_stretched(levels) if values is None else values, subject, whole - subject)


def _above_thresholds(levels: Levels) -> tuple[Counts, Counts, float, float]:
    """Pixels of subject and of background that reach each threshold, and how many there are of both."""
    thresholds = (levels.values * 255).astype(np.intp)
    subject, background = (np.bincount(thresholds, counts, 256)[::-1].cumsum() for counts in levels[1:])
    return subject, background, float(subject[-1]), float(background[-1])


def _above_twice_the_mean(levels: Levels) -> tuple[Counts, Counts, float, float]:
    """Pixels of subject and of background that reach twice the mean of alpha, and how many there are of both."""
    kept = levels.values >= min(2 * _mean(levels.values, levels.subject + levels.background), 1)
    subject, background = (counts[kept].sum(keepdims=True) for counts in levels[1:])
    return subject, background, float(levels.subject.sum()), float(levels.background.sum())


def _f_measure(hit: Counts, alarm: Counts, subject: float, _background: float) -> Counts:
    precision, recall = hit / np.maximum(hit + alarm, 1), hit / max(subject, 1)
    return (1 + BETA) * precision * recall / np.where(hit > 0, BETA * precision + recall, 1)


def _e_measure(hit: Counts, alarm: Counts, subject: float, background: float) -> Counts:
    pixels = subject + background
    found = hit + alarm
    if not subject:
        agreement = pixels - found
    elif not background:
        agreement = found
    else:
        agreement = np.zeros_like(found)
        mean, true_mean = found / pixels, subject / pixels
        for count, is_found, is_true in (
            (hit, 1, 1),
            (alarm, 1, 0),
            (subject - hit, 0, 1),
            (background - alarm, 0, 0),
        ):
            one, other = is_found - mean, is_true - true_mean
            aligned = 2 * one * other / (one**2 + other**2 + EPSILON)
            agreement += count * (aligned + 1) ** 2 / 4
    return agreement / (pixels - 1 + EPSILON)


def _mean(values: NDArray[np.float64], counts: Counts) -> float:
    return float(values @ counts / counts.sum())


def _evenness(values: NDArray[np.float64], counts: Counts) -> float:
    """How near the values of a region are to 1, and how even."""
    mean = _mean(values, counts)
    deviation = np.sqrt(counts @ (values - mean) ** 2 / max(1.0, counts.sum() - 1))
    return float(2 * mean / (mean**2 + 1 + deviation + EPSILON))


def _middle(counts: NDArray[np.intp]) -> int:
    """The line after the middle of the subject, from how much of it lies in each line."""
    return round(float(np.arange(counts.size) @ counts / counts.sum())) + 1


def _likeness(part: Levels) -> float:
    """How alike alpha and truth are in a part of the picture: brightness, contrast and structure in one."""
    counts = part.subject + part.background
    pixels = counts.sum()
    mean, true_mean = _mean(part.values, counts), float(part.subject.sum() / pixels)
    apart = part.values - mean
    free = pixels - 1 + EPSILON
    spread = counts @ apart**2 / free
    true_spread = pixels * true_mean * (1 - true_mean) / free
    shared = (part.subject @ apart * (1 - true_mean) - part.background @ apart * true_mean) / free
    same = 4 * mean * true_mean * shared
    most = (mean**2 + true_mean**2) * (spread + true_spread)
    if same:
        return float(same / (most + EPSILON))
    return 0.0 if most else 1.0


def _carried_out(error: Alpha, true: NDArray[np.bool_], away: NDArray[np.float32]) -> Alpha:
    """The errors of the subject, carried out to the pixels around it: each has that of the nearest one.

    Only those are needed that the window of a pixel of the subject reaches. Of several that are equally near, the
    leftmost counts, and of these the topmost.
    """
    reach = WINDOW // 2
    furthest = 2 * reach**2
    rows, columns = np.nonzero((away > 0) & (away < np.sqrt(furthest + 0.5)))
    squares = np.rint(away[rows, columns] ** 2).astype(np.int32)
    margin = int(np.sqrt(furthest))
    subject, errors = np.pad(true, margin), np.pad(error, margin)
    carried = np.where(true, error, np.float32(0))
    steps = sorted((x, y) for x in range(-margin, margin + 1) for y in range(-margin, margin + 1))
    for square in np.unique(squares):
        left = np.nonzero(squares == square)[0]
        for x, y in (step for step in steps if step[0] ** 2 + step[1] ** 2 == square):
            there = rows[left] + y + margin, columns[left] + x + margin
            found = subject[there]
            at = left[found]
            carried[rows[at], columns[at]] = errors[there[0][found], there[1][found]]
            left = left[~found]
    return carried
