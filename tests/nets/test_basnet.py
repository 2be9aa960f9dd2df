from __future__ import annotations

from mattebox.nets.basnet import BasNet
from nets.tester import NetworkTests


class TestBasNet(NetworkTests):
    fixture, build = "basnet", staticmethod(BasNet)
    rounding = 0.08
    outputs = ("dout", "d1", "d2", "d3", "d4", "d5", "d6", "db")
