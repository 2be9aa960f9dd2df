"""CascadePSP (Cheng et al. 2020): masks with finer outlines."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from carvekit.ml.wrap.network import Network
from carvekit.utils.image_utils import PictureSource, check_pairs, open_as, to_tensor
from carvekit.utils.pool_utils import batch_generator, thread_pool_processing
from mattebox.compat import cascade
from mattebox.engines.base import Tensor
from mattebox.errors import BadParameter
from mattebox.stages.cascade import Cascade
from mattebox.zoo.registry import find_card

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

__all__ = ["CascadePSP"]


class CascadePSP(Network):
    """Corrects the outlines of masks by what the pictures show.

    On a CPU the weights of its authors are taken, on a GPU those that CarveKit has trained further, so the two give
    different masks.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_tensor_size: longest side in pixels of what the network sees at once.
        batch_size: pictures that it sees at once; with more than one, each is stretched to a square, and which tiles
            are looked at depends on all of them.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
        mask_binary_threshold: mask values above it are made subject, others background; 0 for none.
        global_step_only: look at the whole picture only, not at tiles of it.
        processing_accelerate_image_size: longest side that is worked on; 0 for that of the picture.
    """

    def __init__(
        self,
        device: str = "cpu",
        input_tensor_size: int = 900,
        batch_size: int = 1,
        load_pretrained: bool = True,
        fp16: bool = False,
        mask_binary_threshold: int = 127,
        global_step_only: bool = False,
        processing_accelerate_image_size: int = 2048,
    ) -> None:
        card = find_card("cascadepsp_original" if str(device) == "cpu" else "cascadepsp")
        super().__init__(card, device, batch_size, load_pretrained=load_pretrained, fp16=fp16)
        if batch_size > 1:
            warnings.warn("CascadePSP stretches pictures to squares where batch_size is above 1", stacklevel=2)
        self.input_tensor_size = input_tensor_size
        self.mask_binary_threshold = mask_binary_threshold
        self.global_step_only = global_step_only
        self.processing_accelerate_image_size = processing_accelerate_image_size

    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB, (1, 3, h, w), or a mask of mode L, (1, 1, h, w).

        Raises:
            BadParameter: it is of another mode, or sizes and batch size do not go together.
        """
        if image.mode not in ("RGB", "L"):
            raise BadParameter(f"mode {image.mode}: must be RGB for a picture or L for a mask")
        limit = self.processing_accelerate_image_size
        seen = cascade.working_copy(
            image, self.input_tensor_size, limit, self.batch_size, global_only=self.global_step_only
        )
        if image.mode == "RGB":
            return cascade.prepare_picture(seen)
        if not 0 <= self.mask_binary_threshold <= 255:
            warnings.warn(
                f"mask_binary_threshold={self.mask_binary_threshold} is not from 0 to 255; the mask stays soft",
                stacklevel=2,
            )
        return cascade.prepare_mask(seen, self.mask_binary_threshold)

    def data_preprocessing(self, data: Image.Image) -> torch.Tensor:
        """Prepare a picture of mode RGB or a mask of mode L for the network; see `prepared`.

        Raises:
            BadParameter: it is of another mode.
            MissingExtra: torch is not installed.
        """
        return to_tensor(self.prepared(data))

    @staticmethod
    def data_postprocessing(data: Any, mask: Image.Image) -> Image.Image:
        """Make a mask of mode L of the answer for one picture.

        Args:
            data: a tensor or array (1, h, w).
            mask: as it was given; the new one gets its size.
        """
        return cascade.finish(np.asarray(data, np.float32)[0], mask.size)

    def __call__(self, images: Sequence[PictureSource], masks: Sequence[PictureSource]) -> list[Image.Image]:
        """Refine a list of masks.

        Args:
            images: pictures or paths.
            masks: one for each, of its size.

        Returns:
            Masks of mode L, of the sizes of those that were given.

        Raises:
            BadParameter: the lists differ in length, or the sizes make no sense.
            UnusablePicture: a picture or mask is none that can be used.
        """
        check_pairs(images, masks, "masks")
        refined: list[Image.Image] = []
        for batch in batch_generator(range(len(images)), self.batch_size):
            pictures = thread_pool_processing(open_as, [images[place] for place in batch])
            given = thread_pool_processing(partial(open_as, mode="L"), [masks[place] for place in batch])
            picture, mask = (np.concatenate(thread_pool_processing(self.prepared, each)) for each in (pictures, given))
            answers = cascade.refine(
                picture,
                mask,
                Cascade(self.engine("coarse"), self.engine("fine")),
                self.input_tensor_size,
                global_only=self.global_step_only,
            )
            refined += [self.data_postprocessing(*each) for each in zip(answers, given, strict=True)]
        return refined
