"""BASNet (Qin et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence

from carvekit.ml.wrap.segmenter import Segmenter
from mattebox.compat.segmentation import finish_u2net, prepare_u2net

__all__ = ["BASNET"]


class BASNET(Segmenter):
    """BASNet, for things in front of their ground.

    Args:
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or [width, height].
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights; otherwise weights by chance.
        fp16: ignored; half precision does not suit this network.
    """

    model = "basnet"
    prepare = staticmethod(prepare_u2net)
    finish = staticmethod(finish_u2net)

    def __init__(
        self,
        device: str = "cpu",
        input_image_size: int | Sequence[int] = 320,
        batch_size: int = 10,
        load_pretrained: bool = True,
        fp16: bool = False,  # noqa: ARG002
    ) -> None:
        super().__init__(None, device, input_image_size, batch_size, load_pretrained=load_pretrained, fp16=False)
