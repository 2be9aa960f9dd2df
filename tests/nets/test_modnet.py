from __future__ import annotations

from functools import partial
from typing import ClassVar

import pytest
import torch

from mattebox.errors import BadParameter
from mattebox.nets.modnet import ModNet
from nets.paddle_tester import PaddleNetworkTests


class TestMobileNetV2(PaddleNetworkTests):
    fixture, build, outputs = "paddle/modnet-mobilenetv2", staticmethod(ModNet), ("alpha",)
    multiple = 32
    # The weights of the record make the larger encoders sensitive: in single precision their errors are 4 and 10 times
    # those of this one, and in bfloat16, which has 16 bits less, likewise.
    rounding = 0.1


class TestHrNetW18(TestMobileNetV2):
    fixture, build = "paddle/modnet-hrnet_w18", staticmethod(partial(ModNet, "hrnet_w18"))
    tolerance: ClassVar = {"": 3e-4}
    rounding = 0.2


class TestResNet50Vd(TestMobileNetV2):
    fixture, build = "paddle/modnet-resnet50_vd", staticmethod(partial(ModNet, "resnet50_vd"))
    tolerance: ClassVar = {"": 3e-4}
    rounding = 0.3


def test_every_weight_but_the_blur_is_trained() -> None:
    network = ModNet().train()
    answer = network(torch.rand(2, 3, 64, 96))
    assert (answer.alpha.shape, answer.detail.shape, answer.semantic.shape) == (
        (2, 1, 64, 96),
        (2, 1, 64, 96),
        (2, 1, 4, 6),
    )
    sum(map(torch.mean, answer)).backward()
    assert {name for name, weight in network.named_parameters() if weight.grad is None} == {"blurer.op.1.weight"}


def test_the_blur_leaves_what_is_flat_and_spreads_a_point() -> None:
    blur = ModNet().blurer
    torch.testing.assert_close(blur(torch.full((1, 1, 5, 7), 0.3)), torch.full((1, 1, 5, 7), 0.3))
    point = torch.zeros(1, 1, 5, 7)
    point[..., 2, 3] = 1
    # scipy.ndimage.gaussian_filter of a 3x3 picture of one point, with a deviation of 0.8
    line = torch.tensor([0.2500, 0.5000, 0.2500])
    torch.testing.assert_close(blur(point)[0, 0, 1:4, 2:5], torch.outer(line, line), atol=1e-3, rtol=0)


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(BadParameter, match="resnet18"):
        ModNet("resnet18")
