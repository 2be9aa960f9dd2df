"""The interface that is put together from parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from carvekit.utils.image_utils import PictureSource, load_image
from carvekit.utils.mask_utils import apply_mask
from carvekit.utils.pool_utils import thread_pool_processing
from mattebox.errors import BadParameter

__all__ = ["Interface"]

Cutouts = list[Image.Image]


class Interface:
    """Cuts the subjects out of pictures.

    The parts are attributes and can be called by hand or exchanged.

    Args:
        seg_pipe: the segmentation network: called with `images`, returns masks of mode L.
        pre_pipe: called with `interface` and `images` in its place; None for none.
        post_pipe: called with `images` and `masks`, returns cut-outs; without one, the mask becomes the opacity.
        device: kept for programs that read it.
    """

    def __init__(
        self,
        seg_pipe: Any,
        pre_pipe: Callable[..., Cutouts] | None = None,
        post_pipe: Callable[..., Cutouts] | None = None,
        device: str = "cpu",
    ) -> None:
        self.segmentation_pipeline = seg_pipe
        self.preprocessing_pipeline = pre_pipe
        self.postprocessing_pipeline = post_pipe
        self.device = device

    def __call__(self, images: Sequence[PictureSource]) -> Cutouts:
        """Cut out a list of pictures.

        Args:
            images: pictures or paths.

        Returns:
            Mode RGBA, in the order and of the sizes of the pictures.

        Raises:
            BadParameter: there is no segmentation network.
            UnusablePicture: a picture is none.
        """
        if self.segmentation_pipeline is None:
            raise BadParameter("seg_pipe is None: give the interface a segmentation network, or override its __call__")
        pictures = thread_pool_processing(load_image, images)
        if self.preprocessing_pipeline is None:
            masks = self.segmentation(pictures)
        else:
            masks = self.preprocessing_pipeline(interface=self, images=pictures)
        if self.postprocessing_pipeline is None:
            return [apply_mask(picture, mask) for picture, mask in zip(pictures, masks, strict=True)]
        return self.postprocessing_pipeline(images=pictures, masks=masks)

    def segmentation(self, images: Sequence[PictureSource]) -> list[Image.Image]:
        """The masks that the segmentation network finds."""
        masks: list[Image.Image] = self.segmentation_pipeline(images=images)
        return masks
