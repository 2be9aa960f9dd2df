"""What the wrappers of segmentation networks share: a list of pictures in, a list of masks out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from carvekit.ml.wrap.viewer import Viewer, pair
from carvekit.utils.image_utils import PictureSource
from mattebox.compat.segmentation import Plane, Size
from mattebox.engines.base import Tensor
from mattebox.zoo.card import Card
from mattebox.zoo.registry import find_card

__all__ = ["Segmenter"]


class Segmenter(Viewer):
    """A segmentation network: pictures in, masks of mode L and of the pictures' sizes out.

    Args:
        card: of the model; None for the published one.
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or both sides in the network's own order.
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.

    Attributes:
        model: name of the card with the published weights.
        prepare: makes what the network is shown, (1, 3, h, w), of a picture and `input_image_size`.
        finish: makes a mask of what the network says, (h, w), and the picture's (width, height).
    """

    model: ClassVar[str]
    prepare: ClassVar[staticmethod[[Image.Image, Size], Tensor]]
    finish: ClassVar[staticmethod[[Plane, Size], Image.Image]]

    def __init__(
        self,
        card: Card | None,
        device: str,
        input_image_size: int | Sequence[int],
        batch_size: int,
        *,
        load_pretrained: bool,
        fp16: bool,
    ) -> None:
        super().__init__(card or find_card(self.model), device, batch_size, load_pretrained=load_pretrained, fp16=fp16)
        self.input_image_size = pair(input_image_size)

    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB: (1, 3, h, w)."""
        return self.prepare(image, self.input_image_size)

    @classmethod
    def finished(cls, answer: Tensor, size: Size) -> Image.Image:
        """The mask, of (width, height) pixels and mode L, of what the network says of a picture: (1, h, w)."""
        return cls.finish(answer[0], size)

    @classmethod
    def data_postprocessing(cls, data: Any, original_image: Image.Image) -> Image.Image:
        """Make a mask of the network's answer for one picture.

        Args:
            data: a tensor or array, without the axis of the batch.
            original_image: the picture; the mask gets its size.
        """
        return cls.finished(np.asarray(data, np.float32), original_image.size)

    def __call__(self, images: Sequence[PictureSource]) -> list[Image.Image]:
        """Segment a list of pictures.

        Args:
            images: pictures or paths.

        Returns:
            The masks, in the order of the pictures.

        Raises:
            UnusablePicture: a picture is none that can be used.
        """
        return [self.finished(answer, picture.size) for picture, (answer, *_) in self.views(images)]
