"""U2-Net (Qin et al. 2020)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from carvekit.ml.wrap.segmenter import Segmenter
from mattebox.compat.segmentation import finish_u2net, prepare_u2net
from mattebox.errors import BadParameter
from mattebox.zoo.registry import find_card

__all__ = ["U2NET"]


class U2NET(Segmenter):
    """U2-Net, for hair, people and things.

    Args:
        layers_cfg: `full`, or a dictionary that describes the stages; see `mattebox.nets.u2net.U2Net`.
        device: `cpu`, `cuda`, `cuda:1`.
        input_image_size: side in pixels of what the network sees, or [width, height].
        batch_size: pictures that it sees at once.
        load_pretrained: take the published weights, which fit the full network; otherwise weights by chance.
        fp16: gives a warning; half precision does not suit this network.

    Raises:
        BadParameter: `layers_cfg` is neither.
    """

    model = "u2net"
    prepare = staticmethod(prepare_u2net)
    finish = staticmethod(finish_u2net)

    def __init__(
        self,
        layers_cfg: str | Mapping[str, Any] = "full",
        device: str = "cpu",
        input_image_size: int | Sequence[int] = 320,
        batch_size: int = 10,
        load_pretrained: bool = True,
        fp16: bool = False,
    ) -> None:
        if layers_cfg != "full" and not isinstance(layers_cfg, Mapping):
            raise BadParameter(f"layers_cfg={layers_cfg!r}: must be 'full' or a dictionary of stages")
        if fp16:
            warnings.warn("U2NET does not run in half precision; computing in float32", stacklevel=2)
        card = find_card(self.model)
        if layers_cfg != "full":
            card = replace(card, options={"stages": layers_cfg})
        super().__init__(card, device, input_image_size, batch_size, load_pretrained=load_pretrained, fp16=False)
