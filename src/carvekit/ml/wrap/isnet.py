"""ISNet (Qin et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence

from carvekit.ml.wrap.segmenter import Segmenter
from mattebox.compat.segmentation import finish_u2net, prepare_isnet

__all__ = ["ISNet", "ISNetDISPretrained"]


class ISNet(Segmenter):
    """ISNet with CarveKit's own weights, for hair and fur.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or [width, height].
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: compute in half precision on a GPU.
    """

    model = "isnet"
    prepare = staticmethod(prepare_isnet)
    finish = staticmethod(finish_u2net)

    def __init__(
        self,
        device: str = "cpu",
        input_image_size: int | Sequence[int] = 1024,
        batch_size: int = 1,
        load_pretrained: bool = True,
        fp16: bool = False,
    ) -> None:
        super().__init__(None, device, input_image_size, batch_size, load_pretrained=load_pretrained, fp16=fp16)


class ISNetDISPretrained(ISNet):
    """ISNet with the weights of its authors."""

    model = "isnet_dis"
