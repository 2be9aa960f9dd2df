"""TRACER on EfficientNet-B7 (Lee et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from carvekit.ml.wrap.network import model_card
from carvekit.ml.wrap.segmenter import Segmenter
from mattebox.compat.segmentation import finish_tracer, prepare_tracer
from mattebox.engines.base import Tensor

__all__ = ["TracerUniversalB7", "TracerUniversalB7Pretrained"]


class TracerUniversalB7(Segmenter):
    """TRACER with CarveKit's own weights, for things of every kind.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or [height, width].
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights, or those of `model_path`; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
        model_path: a file with weights of one's own.
    """

    model = "tracer_b7"
    prepare = staticmethod(prepare_tracer)
    finish = staticmethod(finish_tracer)

    def __init__(
        self,
        device: str = "cpu",
        input_image_size: int | Sequence[int] = 960,
        batch_size: int = 1,
        load_pretrained: bool = True,
        fp16: bool = False,
        model_path: str | Path | None = None,
    ) -> None:
        card = model_card(self.model, model_path)
        super().__init__(card, device, input_image_size, batch_size, load_pretrained=load_pretrained, fp16=fp16)

    def prepared(self, image: Image.Image) -> Tensor:
        """What the network is shown of a picture of mode RGB: (1, 3, h, w)."""
        height, width = self.input_image_size
        return self.prepare(image, (width, height))


class TracerUniversalB7Pretrained(TracerUniversalB7):
    """TRACER with the weights of its authors.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or [height, width].
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
        model_path: ignored.
    """

    model = "tracer_b7_original"

    def __init__(
        self,
        device: str = "cpu",
        input_image_size: int | Sequence[int] = 640,
        batch_size: int = 4,
        load_pretrained: bool = True,
        fp16: bool = False,
        model_path: str | Path | None = None,  # noqa: ARG002
    ) -> None:
        super().__init__(device, input_image_size, batch_size, load_pretrained, fp16)
