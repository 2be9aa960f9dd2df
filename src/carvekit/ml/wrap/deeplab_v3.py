"""DeepLabV3 on ResNet-101 (Chen et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from carvekit.ml.wrap.segmenter import Segmenter
from mattebox.compat.segmentation import Size, finish_deeplab, prepare_deeplab
from mattebox.engines.base import Tensor

if TYPE_CHECKING:
    import torch

__all__ = ["DeepLabV3"]


class DeepLabV3(Segmenter):
    """DeepLabV3, for people, animals and vehicles.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        batch_size: pictures that are prepared at once; the network sees one at a time, as their sizes differ.
        input_image_size: longest side in pixels of what the network sees, or [width, height] to fit into.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
    """

    model = "deeplabv3"
    prepare = staticmethod(prepare_deeplab)
    finish = staticmethod(finish_deeplab)
    graph = "scores"

    def __init__(
        self,
        device: str = "cpu",
        batch_size: int = 10,
        input_image_size: int | Sequence[int] = 1024,
        load_pretrained: bool = True,
        fp16: bool = False,
    ) -> None:
        super().__init__(None, device, input_image_size, batch_size, load_pretrained=load_pretrained, fp16=fp16)

    @classmethod
    def finished(cls, answer: Tensor, size: Size) -> Image.Image:
        """The mask of a score for each class, (21, h, w)."""
        return cls.finish(answer, size)

    def data_preprocessing(self, data: Image.Image) -> torch.Tensor:
        """Prepare a picture of mode RGB for the network; without the axis of the batch.

        Raises:
            MissingExtra: torch is not installed.
        """
        return super().data_preprocessing(data)[0]

    @classmethod
    def data_postprocessing(cls, data: Any, original_image: Image.Image) -> Image.Image:
        """Make a mask of the likeliest classes in a picture.

        Args:
            data: their places, (h, w).
            original_image: the picture; the mask gets its size.
        """
        places = np.asarray(data).astype(np.uint8)
        scores = places == np.arange(places.max() + 1)[:, None, None]
        return cls.finished(scores.astype(np.float32), original_image.size)

    def answers(self, prepared: Sequence[Tensor]) -> Iterator[tuple[Tensor, ...]]:
        """What the network says of each of the pictures, whose sizes may differ."""
        for picture in prepared:
            yield from super().answers([picture])
