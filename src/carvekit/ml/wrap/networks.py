"""The segmentation networks, by the names of their models."""

from __future__ import annotations

from typing import Any

from carvekit.ml.wrap.basnet import BASNET
from carvekit.ml.wrap.deeplab_v3 import DeepLabV3
from carvekit.ml.wrap.isnet import ISNet
from carvekit.ml.wrap.tracer_b7 import TracerUniversalB7
from carvekit.ml.wrap.u2net import U2NET

__all__ = ["SEGMENTATION"]

SEGMENTATION: dict[str, Any] = {
    network.model: network for network in (U2NET, DeepLabV3, BASNET, TracerUniversalB7, ISNet)
}
"""Classes; what their constructors have in common is `device`, `input_image_size`, `batch_size` and `fp16`."""
