from __future__ import annotations

import torch

from mattebox.nets.ppmattingv2 import PPMattingV2
from nets.paddle_tester import PaddleNetworkTests
from nets.tester import Spec


class TestPPMattingV2(PaddleNetworkTests):
    fixture, build, outputs = "paddle/ppmattingv2-stdc1", staticmethod(PPMattingV2), ("alpha",)
    # Below 128 pixels the double pyramid sees the scene as a single row or column.
    example = (128, 192)

    def other_sizes(self, spec: Spec) -> tuple[tuple[int, int], tuple[int, int]]:
        # The original's exported graphs fail at 256, and it has no answer below 64.
        return (256, 256), (35, 161)


def test_every_weight_is_trained() -> None:
    network = PPMattingV2().train()
    answer = network(torch.rand(2, 3, 128, 128))
    assert (answer.alpha.shape, answer.alpha_8x.shape) == ((2, 1, 128, 128), (2, 1, 16, 16))
    (answer.alpha.mean() + answer.alpha_8x.mean()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
