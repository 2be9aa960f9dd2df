"""Which frame of the original media each frame of a task is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mattebox.errors import BadParameter

__all__ = ["FrameMap"]


@dataclass(frozen=True)
class FrameMap:
    """A task that takes every n-th frame of its media, from one frame on, without those that were deleted.

    Args:
        size: how many frames the task has, the deleted ones included.
        start: frame of the media that is frame 0 of the task.
        step: frames of the media from one frame of the task to the next.
        deleted: frames of the task that nobody is to use.

    Raises:
        BadParameter: the size or the start is negative, or the step is not positive.

    Example:
        >>> frames = FrameMap(4, start=10, step=5, deleted=frozenset({1}))
        >>> frames.true([0, 3]).tolist(), frames.thinned([10, 12]).tolist(), frames.kept().tolist()
        ([10, 25], [0, -1], [0, 2, 3])
    """

    size: int
    start: int = 0
    step: int = 1
    deleted: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.size < 0 or self.start < 0 or self.step < 1:
            raise BadParameter(f"{self}: a size and a start are at least 0, a step at least 1")

    def true(self, frames: ArrayLike) -> NDArray[np.int64]:
        """Frames of the media that frames of the task are."""
        return self.start + self.step * np.asarray(frames, np.int64)

    def thinned(self, true_frames: ArrayLike) -> NDArray[np.int64]:
        """Frames of the task that frames of the media are; -1 for those that it left out."""
        index, between = np.divmod(np.asarray(true_frames, np.int64) - self.start, self.step)
        return np.where((between == 0) & (index >= 0) & (index < self.size), index, -1)

    def kept(self) -> NDArray[np.int64]:
        """Frames of the task that were not deleted, in order."""
        return np.setdiff1d(np.arange(self.size), np.fromiter(self.deleted, np.int64, len(self.deleted)))
