from __future__ import annotations

from mattebox.nets.isnet import IsNet
from nets.tester import NetworkTests


class TestIsNet(NetworkTests):
    fixture, build, outputs = "isnet", staticmethod(IsNet), ("d1",)
