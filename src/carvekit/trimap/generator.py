"""The generator for soft masks."""

from __future__ import annotations

from carvekit.trimap.cv_gen import CV2TrimapGenerator
from mattebox.compat.trimap import ByteMask, probability_trimap

__all__ = ["TrimapGenerator"]


class TrimapGenerator(CV2TrimapGenerator):
    """Makes sure pixels of a soft mask known, and a band around them and every pixel in doubt unknown.

    Args:
        prob_threshold: a pixel above it is subject.
        kernel_size: reach of the unknown area outwards, in pixels.
        erosion_iters: reach of the unknown area inwards, in pixels.
        filter_threshold: a pixel that is not above it is background; -1 for none.
    """

    def __init__(
        self, prob_threshold: int = 231, kernel_size: int = 30, erosion_iters: int = 5, filter_threshold: int = -1
    ) -> None:
        super().__init__(kernel_size, erosion_iters)
        self.prob_threshold = prob_threshold
        self.filter_threshold = filter_threshold

    def trimap(self, mask: ByteMask) -> ByteMask:
        """The trimap of a mask, as arrays (H, W)."""
        return probability_trimap(
            mask, self.prob_threshold, self.kernel_size, self.erosion_iters, self.filter_threshold
        )
