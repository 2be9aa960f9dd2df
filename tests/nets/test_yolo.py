from __future__ import annotations

import copy

import torch
from torch import nn

from mattebox.nets.yolo import YoloV4, placed
from nets.tester import NetworkTests, Spec, make_inputs


class TestYoloV4(NetworkTests):
    fixture, build, outputs, multiple = "yolov4", staticmethod(YoloV4), ("boxes", "confs"), 32

    def test_half_precision_is_near(self, network: nn.Module, spec: Spec) -> None:
        # The weights of the record magnify rounding too much for bfloat16, so it is half precision that is tested, by
        # how far the answer to another picture lies.
        picture, another = (make_inputs(spec["cases"][0], seed=seed) for seed in range(2))
        half = self.ask(copy.deepcopy(network).half(), tuple(x.half() for x in picture))
        others = self.ask(network, another)
        for name, exact in self.ask(network, picture).items():
            assert half[name].dtype == torch.float32
            assert (half[name] - exact).abs().mean() < 0.2 * (others[name] - exact).abs().mean(), name


def test_a_box_lies_around_its_cell_in_the_shape_of_its_anchor() -> None:
    cells = torch.full((1, 2, 7, 2, 3), -20.0)
    cells[0, 1, :, 1, 2] = torch.tensor([0.0, 0.0, 0.0, 0.0, 20.0, 20.0, -20.0])
    boxes, confidences = placed(cells.flatten(1, 2), ((8, 8), (32, 16)), side=16)
    assert boxes.shape == (1, 12, 1, 4)
    assert confidences.shape == (1, 12, 2)
    # The picture is 32 x 48 pixels; the middle of the last cell lies at (24, 40), and the anchor is 16 high, 32 wide.
    torch.testing.assert_close(boxes[0, 11, 0], torch.tensor([24 / 48, 16 / 32, 56 / 48, 32 / 32]))
    torch.testing.assert_close(confidences[0, 11], torch.tensor([1.0, 0.0]), atol=1e-6, rtol=0)
    assert (confidences[0, :11] < 1e-6).all()


def test_boxes_of_a_network_in_half_precision_are_placed_in_single() -> None:
    cells = torch.zeros(1, 18, 1, 76, dtype=torch.bfloat16)
    boxes, _ = placed(cells, ((12, 16), (19, 36), (40, 28)), side=8)
    middles = (boxes[0, :76, 0, 0] + boxes[0, :76, 0, 2]) / 2 * 608
    torch.testing.assert_close(middles, 8 * torch.arange(76) + 4.0)


def test_the_number_of_kinds_can_be_chosen() -> None:
    with torch.inference_mode():
        assert YoloV4(classes=2).eval()(torch.zeros(1, 3, 32, 32)).confs.shape == (1, 63, 2)
