"""How often to show each frame, so that rare labels are seen often enough.

The repeat factors of Gupta, Dollar and Girshick, LVIS: A Dataset for Large Vocabulary Instance Segmentation (2019): a
label that is on the share f of all frames has the factor max(1, sqrt(t / f)), and a frame the greatest factor of its
labels. In videos one object is on hundreds of frames that are all but equal: there an object on n frames may count for
less than n, on each of them for its part, and its frames are then shown the less often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mattebox.errors import BadParameter
from mattebox.label.counting import counted_frames
from mattebox.label.dataset import Dataset
from mattebox.label.report import Report
from mattebox.label.statistics.instances import Instances, find_instances

__all__ = ["LIMIT", "Counting", "Weights", "repeat_factors"]

LIMIT = 10.0
"""The greatest factor unless told."""

Counting: TypeAlias = Literal["frames", "objects", "root"]
"""Whether an object on n frames counts n times, once, or sqrt(n) times."""


@dataclass(frozen=True, eq=False)
class Weights:
    """How often to show each frame of a data set.

    Attributes:
        labels: names.
        frequency: float64 (L,), share of the frames that each label is on, as objects were counted; 0 for none.
        label_factors: float64 (L,), how much more often frames with a label should be shown; 1 to the limit.
        threshold: frequency from which on a label is frequent enough.
        task: int64 (F,), position of the task of every frame.
        frame: int64 (F,), its index in the task.
        factors: float64 (F,), how often to show it; at least 1, but for frames whose objects are all on many frames.
    """

    labels: tuple[str, ...]
    frequency: NDArray[np.float64]
    label_factors: NDArray[np.float64]
    threshold: float
    task: NDArray[np.int64]
    frame: NDArray[np.int64]
    factors: NDArray[np.float64]

    def repeats(self, seed: int = 0) -> NDArray[np.int64]:
        """(F,), how often to list each frame: its factor, rounded up as often as its fraction says, at least once."""
        least = np.maximum(self.factors, 1)
        whole = np.floor(least)
        up = np.random.default_rng(seed).random(len(whole)) < least - whole
        return (whole + up).astype(np.int64)


def repeat_factors(
    dataset: Dataset,
    *,
    counting: Counting = "root",
    threshold: float | None = None,
    limit: float = LIMIT,
    report: Report,
) -> Weights:
    """Find how often to show each frame.

    Args:
        dataset: interpolated; give the training part only.
        counting: how often an object on many frames counts; `frames` gives exactly the factors of LVIS.
        threshold: frequency from which on a label is frequent enough, 0 to 1; the median of the labels' unless given,
            so that the rarer half is shown more often.
        limit: greatest factor.
        report: told of labels that are on no frame.

    Raises:
        BadParameter: the threshold or the limit makes no sense.
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise BadParameter(f"threshold={threshold!r}: must be above 0, and at most 1")
    if limit < 1:
        raise BadParameter(f"limit={limit!r}: must be at least 1")
    found = find_instances([dataset], sizes=False, report=report)
    frame, label, mass = _masses(found, counting)
    frequency = _frequencies(found, frame, label, mass)
    there = frequency > 0
    if unused := [name for name, used in zip(found.labels, there, strict=True) if not used]:
        report.note("unused-label", f"on no frame: {', '.join(unused)}", dataset=dataset.name, count=len(unused))
    level = threshold if threshold is not None else float(np.median(frequency[there])) if there.any() else 1.0
    label_factors = np.ones(len(frequency))
    label_factors[there] = np.clip(np.sqrt(level / frequency[there]), 1, limit)
    factors = np.zeros(len(found.frame_task))
    np.maximum.at(factors, frame, label_factors[label] * mass)
    factors[factors == 0] = 1
    frames = np.concatenate([np.empty(0, np.int64), *map(counted_frames, dataset.tasks)])
    return Weights(found.labels, frequency, label_factors, level, found.frame_task, frames, factors)


def _masses(found: Instances, counting: Counting) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """(M,) each: every label on every frame once, and how much of a frame with it that counts for.

    An object on n frames counts for 1, 1 / n or 1 / sqrt(n) on each, and a label on a frame as its foremost object.
    """
    _, inverse, frames = np.unique(found.object, return_inverse=True, return_counts=True)
    powers = {"frames": 0.0, "root": -0.5, "objects": -1.0}
    mass = np.power(frames[inverse].astype(np.float64), powers[counting])
    span = max(1, len(found.labels))
    keys, place = np.unique(found.frame * span + found.label, return_inverse=True)
    foremost = np.zeros(len(keys))
    np.maximum.at(foremost, place, mass)
    return keys // span, keys % span, foremost


def _frequencies(
    found: Instances, frame: NDArray[np.int64], label: NDArray[np.int64], mass: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(L,), what share of all frames has each label; frames count as their foremost label, empty ones as a whole."""
    whole = np.zeros(len(found.frame_task))
    np.maximum.at(whole, frame, mass)
    whole[whole == 0] = 1
    return np.bincount(label, mass, minlength=len(found.labels)) / max(1.0, float(whole.sum()))
