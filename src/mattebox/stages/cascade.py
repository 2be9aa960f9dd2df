"""Correct the outline of a mask with CascadePSP (Cheng et al. 2020): a look at the whole picture, then at its edges.

The network comes as two graphs. The coarse one sees the picture shrunk or enlarged to a longer side of 900 pixels,
whatever its size. The fine one sees tiles of the picture itself, wherever the coarse answer is not sure, and goes on
from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from mattebox.engines.base import Engine, Tensor
from mattebox.errors import BadParameter
from mattebox.geometry import resized
from mattebox.stages.tensors import continued, normalised, planes
from mattebox.tiles import Window, box_of, fade, grown, tiles
from mattebox.types import Mask, Rgb

SIDE = 900
"""Longest side that the network sees at once; a run takes about 2.5 GB at that size."""
SMALLEST = 64
"""The least that it may be; tiles would be no more than their overlaps."""
LARGEST = 2048
"""Longest side of the copy that larger pictures are worked on at."""
SURE = 0.1
"""An answer nearer to 0 or 1 than this is sure."""

Padding: TypeAlias = Callable[[Tensor], Tensor]
"""Makes the sides of (N, C, H, W) multiples of 8, by more pixels at the bottom and the right."""


class Cascade(NamedTuple):
    """The two graphs of CascadePSP.

    Attributes:
        coarse: normalised picture (N, 3, h, w) and mask from -1 to 1 to the answer and the one at a quarter of the
            resolution, all (N, 1, h, w), answers in [0, 1].
        fine: normalised picture, mask and quarter answer, both from -1 to 1, to the answer.
    """

    coarse: Engine
    fine: Engine


def run_padded(engine: Engine, *maps: Tensor, pad: Padding = continued) -> tuple[Tensor, ...]:
    """Run a graph on maps (N, C, h, w) of any size: padded, and the answers (N, 1, h, w) cut to size again."""
    height, width = maps[0].shape[2:]
    return tuple(answer[:, :, :height, :width] for answer in engine.run(*map(pad, maps)))


class Start(NamedTuple):
    """What the fine graph goes on from.

    Attributes:
        picture: (N, 3, H, W), normalised.
        hard: the coarse answer, (N, 1, H, W) of -1 and 1.
        quarter: its answer at a quarter of the resolution, (N, 1, H, W) from -1 to 1.
    """

    picture: Tensor
    hard: Tensor
    quarter: Tensor


def fine_answers(
    start: Start, engine: Engine, windows: Sequence[Window], *, batch: int = 1, pad: Padding = continued
) -> Iterator[tuple[Window, Tensor]]:
    """Run the fine graph on windows of one size, `batch` of them at a time.

    Args:
        start: of N pictures of one size.
        engine: the fine graph.
        windows: where to look.
        batch: windows in one run; more than one pays on a GPU only and takes as many times the memory.
        pad: how the sides of what is seen become multiples of 8.

    Yields:
        Each window and its answer, (N, 1, h, w) in [0, 1].
    """
    for first in range(0, len(windows), batch):
        group = windows[first : first + batch]
        seen = [np.concatenate([maps[..., rows, columns] for rows, columns in group]) for maps in start]
        (answers,) = run_padded(engine, *seen, pad=pad)
        yield from zip(group, np.split(answers, len(group)), strict=True)


def fit_longer(size: tuple[int, ...], longer: int) -> tuple[int, int]:
    """Scale (height, width) to a longer side, with its proportions.

    Example:
        >>> fit_longer((1000, 2000), 900)
        (450, 900)
    """
    height, width = (max(1, round(side * longer / max(size))) for side in size[:2])
    return height, width


def refine_mask(
    rgb: Rgb,
    mask: Mask,
    networks: Cascade,
    *,
    side: int = SIDE,
    largest: int = LARGEST,
    threshold: float = 0.5,
    batch: int = 1,
) -> Mask:
    """Correct the outline of a mask by what the picture shows.

    Args:
        rgb: the picture, (H, W, 3).
        mask: (h, w) in [0, 1], of any size; stretched over the picture. The network was trained on hard masks, so it is
            made hard first.
        networks: the two graphs.
        side: longest side that the network sees at once, at least 64.
        largest: longest side of the copy that a larger picture is worked on at.
        threshold: opacity from which the mask counts as subject.
        batch: tiles in one run; decides memory and time, not the answer.

    Returns:
        (H, W) in [0, 1]; exactly 0 or 1 where the look at the whole picture was sure and no tile was looked at.

    Raises:
        BadParameter: `side` or `batch` makes no sense.
    """
    if side < SMALLEST or batch < 1:
        raise BadParameter(f"side={side}, batch={batch}: must be at least {SMALLEST} and 1")
    size = fit_longer(rgb.shape, min(largest, max(rgb.shape[:2])))
    seen, drawn = resized(rgb, size), as_hard(resized(mask, size), threshold)
    small = fit_longer(size, side)
    overview = normalised(planes(resized(seen, small, growing=cv2.INTER_CUBIC)))
    answers = run_padded(networks.coarse, overview, resized(drawn, small)[None, None])
    answer, quarter = (resized(np.ascontiguousarray(each[0, 0]), size) for each in answers)
    unsure = (answer > SURE) & (answer < 1 - SURE)
    area, overlap = grown(box_of(unsure), side // 8, size), side // 4
    windows = tiles(unsure, area, side, overlap)
    start = Start(normalised(planes(seen)), as_hard(answer, 0.5)[None, None], (2 * quarter - 1)[None, None])
    refined = (answer > 0.5).astype(np.float32)
    for window, fine in fine_answers(start, networks.fine, windows, batch=batch):
        refined[window] += fade(window, area, overlap) * (fine[0, 0] - refined[window])
    return resized(refined, rgb.shape[:2])


def as_hard(mask: Mask, threshold: float) -> Mask:
    """Turn (H, W) into -1 and, above the threshold, 1."""
    return np.where(mask > threshold, np.float32(1), np.float32(-1))
