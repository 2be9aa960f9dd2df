from __future__ import annotations

import pytest
import torch

from mattebox.nets.resnet import RESNET50, STANDARDISED, ResNet, StandardisedConv2d


@pytest.fixture
def convolution() -> StandardisedConv2d:
    torch.manual_seed(0)
    convolution = StandardisedConv2d(5, 7, 3).double()
    torch.nn.init.uniform_(convolution.weight, 2, 3)
    return convolution


def test_filters_are_used_with_mean_0_and_deviation_1(convolution: StandardisedConv2d) -> None:
    filters = convolution.standardised().flatten(1)
    torch.testing.assert_close(filters.mean(1), torch.zeros(7).double(), atol=1e-12, rtol=0)
    torch.testing.assert_close(filters.std(1), torch.ones(7).double(), atol=1e-4, rtol=0)


def test_a_constant_filter_answers_nothing(convolution: StandardisedConv2d) -> None:
    torch.nn.init.constant_(convolution.weight, 0.5)
    assert convolution.standardised().count_nonzero() == 0


def test_the_memory_layout_does_not_matter(convolution: StandardisedConv2d) -> None:
    maps = torch.randn(2, 5, 9, 8, dtype=torch.float64)
    expected = convolution(maps)
    answer = convolution.to(memory_format=torch.channels_last)(maps.to(memory_format=torch.channels_last))
    torch.testing.assert_close(answer, expected, atol=1e-12, rtol=0)


def test_the_backbone_keeps_an_eighth_of_the_resolution() -> None:
    backbone = ResNet(RESNET50, channels=4, stem=(32, 32, 64), layers=STANDARDISED).eval()
    with torch.inference_mode():
        features = backbone(torch.randn(1, 4, 64, 48))
    assert [tuple(maps.shape[1:]) for maps in features] == [
        (64, 32, 24),
        (64, 32, 24),
        (256, 16, 12),
        (512, 8, 6),
        (1024, 8, 6),
        (2048, 8, 6),
    ]
