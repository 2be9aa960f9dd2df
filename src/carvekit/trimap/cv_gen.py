"""The generator for binary masks."""

from __future__ import annotations

from PIL import Image

from carvekit.trimap.add_ops import grey_levels
from mattebox.compat.trimap import ByteMask, dilated_trimap
from mattebox.errors import BadParameter

__all__ = ["CV2TrimapGenerator"]


class CV2TrimapGenerator:
    """Grows an unknown area around a binary mask.

    Args:
        kernel_size: reach of the unknown area in pixels.
        erosion_iters: pixels that the mask loses before.
    """

    def __init__(self, kernel_size: int = 30, erosion_iters: int = 1) -> None:
        self.kernel_size = kernel_size
        self.erosion_iters = erosion_iters

    def __call__(self, original_image: Image.Image, mask: Image.Image) -> Image.Image:
        """Make the trimap of a picture and its mask, all three of one size; the two latter of mode L.

        Raises:
            BadParameter: the mask is of another mode or size.
        """
        levels = grey_levels(mask, "mask")
        if mask.size != original_image.size:
            raise BadParameter(f"the picture has {original_image.size} pixels and its mask {mask.size}")
        return Image.fromarray(self.trimap(levels))

    def trimap(self, mask: ByteMask) -> ByteMask:
        """The trimap of a mask, as arrays (H, W)."""
        return dilated_trimap(mask, self.kernel_size, self.erosion_iters)
