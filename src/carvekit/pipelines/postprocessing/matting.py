"""Trimap, then matting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PIL import Image

from carvekit.utils.image_utils import PictureSource, check_pairs, open_as
from carvekit.utils.mask_utils import apply_mask
from carvekit.utils.pool_utils import thread_pool_processing

__all__ = ["MattingMethod"]

Pictures = list[Image.Image]


class MattingMethod:
    """Makes a trimap of each mask, has the matting network find the opacity of what is unknown, and cuts out.

    Args:
        matting_module: called with `images` and `trimaps`, returns alphas of mode L; `FBAMatting`, or one of your own.
        trimap_generator: called with `original_image` and `mask`, returns a trimap of mode L.
        device: kept for programs that read it.
    """

    def __init__(
        self,
        matting_module: Callable[..., Pictures],
        trimap_generator: Callable[..., Image.Image],
        device: str = "cpu",
    ) -> None:
        self.matting_module = matting_module
        self.trimap_generator = trimap_generator
        self.device = device

    def __call__(self, images: Sequence[PictureSource], masks: Sequence[PictureSource]) -> Pictures:
        """Cut out pictures by their masks.

        Args:
            images: pictures or paths.
            masks: one for each, of its size.

        Returns:
            Mode RGBA, of the pictures' sizes.

        Raises:
            BadParameter: the two lists differ in length, or a mask in size from its picture.
            UnusablePicture: a picture or mask is none.
        """
        check_pairs(images, masks, "masks")
        pictures = thread_pool_processing(open_as, images)
        levels = self.refined(pictures, thread_pool_processing(partial(open_as, mode="L"), masks))
        trimaps = thread_pool_processing(
            lambda place: self.trimap_generator(original_image=pictures[place], mask=levels[place]),
            range(len(pictures)),
        )
        alphas = self.matting_module(images=pictures, trimaps=trimaps)
        return [apply_mask(picture, alpha) for picture, alpha in zip(pictures, alphas, strict=True)]

    def refined(self, images: Pictures, masks: Pictures) -> Pictures:  # noqa: ARG002
        """The masks that trimaps are made of: those that were given."""
        return masks
