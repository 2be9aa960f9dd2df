from __future__ import annotations

from mattebox.nets.deeplab import DeepLabV3
from nets.tester import NetworkTests


class TestDeepLabV3(NetworkTests):
    fixture, build, outputs = "deeplabv3_resnet101", staticmethod(DeepLabV3), ("out", "aux")
    # A hundred layers; 0.05 comes from the weights' rounding alone, 0.07 from all.
    rounding = 0.1
