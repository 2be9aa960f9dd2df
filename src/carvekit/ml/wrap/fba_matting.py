"""FBA Matting (Forte and Pitie 2020): opacity where a trimap does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from carvekit.ml.wrap.network import Network
from carvekit.ml.wrap.viewer import pair
from carvekit.utils.image_utils import PictureSource, check_pairs, open_as, to_tensor
from carvekit.utils.pool_utils import batch_generator, thread_pool_processing
from mattebox.compat import fba
from mattebox.engines.base import Tensor
from mattebox.errors import BadParameter, unknown_name
from mattebox.zoo.registry import find_card

if TYPE_CHECKING:
    import torch

__all__ = ["FBAMatting"]

NORMS = {"resnet50_GN_WS": "group", "resnet50_BN": "batch"}
"""Encoders, and the normalisation in them."""


class FBAMatting(Network):
    """Finds the opacity in the unknown band of trimaps.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_tensor_size: longest side in pixels of what the network sees, or [width, height] to fit into.
        batch_size: pictures that it sees at once; with more than one, each is stretched to exactly
            `input_tensor_size`.
        encoder: `resnet50_GN_WS`, or `resnet50_BN`, for which there are no published weights.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
        disable_noise_filter: keep opacity below 0.3, which is made 0 otherwise.

    Raises:
        BadParameter: there is no such encoder.
    """

    def __init__(
        self,
        device: str = "cpu",
        input_tensor_size: int | Sequence[int] = 2048,
        batch_size: int = 2,
        encoder: str = "resnet50_GN_WS",
        load_pretrained: bool = True,
        fp16: bool = False,
        disable_noise_filter: bool = False,
    ) -> None:
        if encoder not in NORMS:
            raise BadParameter(unknown_name("encoder", encoder, NORMS))
        card = find_card("fba")
        if encoder != "resnet50_GN_WS":
            card = replace(card, options={"norm": NORMS[encoder]})
        super().__init__(card, device, batch_size, load_pretrained=load_pretrained, fp16=fp16)
        self.input_image_size = pair(input_tensor_size)
        self.disable_noise_filter = disable_noise_filter

    def prepared(self, image: Image.Image) -> tuple[Tensor, Tensor]:
        """What the network is shown of a picture of mode RGB or a trimap of mode L.

        Returns:
            The picture (1, 3, h, w), blue first, and the same normalised; or known pixels (1, 2, h, w) and how near
            they are (1, 6, h, w).

        Raises:
            BadParameter: it is of another mode.
        """
        if image.mode not in ("RGB", "L"):
            raise BadParameter(f"mode {image.mode}: must be RGB for a picture or L for a trimap")
        seen = fba.working_copy(image, self.input_image_size, self.batch_size)
        return fba.prepare_picture(seen) if image.mode == "RGB" else fba.prepare_trimap(seen)

    def data_preprocessing(self, data: Image.Image) -> tuple[torch.Tensor, torch.Tensor]:
        """Prepare a picture of mode RGB or a trimap of mode L for the network; see `prepared`.

        Raises:
            BadParameter: it is of another mode.
            MissingExtra: torch is not installed.
        """
        plain, derived = self.prepared(data)
        return to_tensor(plain), to_tensor(derived)

    def data_postprocessing(self, data: Any, trimap: Image.Image) -> Image.Image:
        """Make an alpha of mode L of the network's answer for one picture.

        Args:
            data: a tensor or array (7, h, w), opacity first.
            trimap: mode L; the alpha gets its size.

        Raises:
            BadParameter: the trimap is of another mode.
        """
        if trimap.mode != "L":
            raise BadParameter(f"the trimap is of mode {trimap.mode}; convert it to L")
        return fba.finish(np.asarray(data, np.float32), trimap, keep_faint=self.disable_noise_filter)

    def __call__(self, images: Sequence[PictureSource], trimaps: Sequence[PictureSource]) -> list[Image.Image]:
        """Find the opacity of a list of pictures.

        Args:
            images: pictures or paths.
            trimaps: one for each, of its size.

        Returns:
            Alphas of mode L, of the trimaps' sizes.

        Raises:
            BadParameter: the lists differ in length.
            UnusablePicture: a picture or trimap is none that can be used.
        """
        check_pairs(images, trimaps, "trimaps")
        alphas: list[Image.Image] = []
        for batch in batch_generator(range(len(images)), self.batch_size):
            pictures = thread_pool_processing(open_as, [images[place] for place in batch])
            known = thread_pool_processing(partial(open_as, mode="L"), [trimaps[place] for place in batch])
            colours, normalised = zip(*thread_pool_processing(self.prepared, pictures), strict=True)
            sure, near = zip(*thread_pool_processing(self.prepared, known), strict=True)
            (answers,) = self.engine().run(*map(np.concatenate, (colours, sure, normalised, near)))
            alphas += [self.data_postprocessing(*each) for each in zip(answers, known, strict=True)]
        return alphas
