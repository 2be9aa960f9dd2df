from __future__ import annotations

import pytest
import torch
from torch import nn

from mattebox.errors import BadParameter
from mattebox.nets.dim import Dim, start_from_vgg16
from nets.paddle_tester import PaddleNetworkTests
from nets.tester import Spec


class TestDim(PaddleNetworkTests):
    fixture, build, outputs, trimap = "paddle/dim-vgg16", staticmethod(Dim), ("alpha",), True

    def test_sides_that_are_no_multiples(self, network: nn.Module, spec: Spec) -> None:
        # Any size will do that leaves the encoder's last map a pixel.
        case = spec["cases"][0]
        assert self.ask(network, self.inputs(case, (32, 33)))["alpha"].isfinite().all()
        with pytest.raises(RuntimeError, match="too small"):
            self.ask(network, self.inputs(case, (31, 64)))

    def test_the_first_look_alone_is_never_above_both(self, network: nn.Module, spec: Spec) -> None:
        first = Dim(stage=1).eval()
        left_over = first.load_state_dict(network.state_dict(), strict=False)
        assert not left_over.missing_keys
        assert all(key.startswith("refine.") for key in left_over.unexpected_keys)
        picture = self.inputs(spec["cases"][0])
        raised = self.ask(network, picture)["alpha"] - self.ask(first, picture)["alpha"]
        assert raised.min() >= 0
        assert raised.mean() > 0.05

    def test_alpha_is_cut_to_its_range_only_outside_training(self, network: nn.Module, spec: Spec) -> None:
        training = Dim().train()
        training.load_state_dict(network.state_dict())
        picture = self.inputs(spec["cases"][0])
        assert self.ask(training, picture)["alpha"].max() > 1
        assert self.ask(network, picture)["alpha"].max() <= 1


@pytest.mark.parametrize(("stage", "trained"), [(1, {"backbone", "decoder"}), (2, {"refine"})])
def test_a_stage_trains_one_look(stage: int, trained: set[str]) -> None:
    with torch.device("meta"):
        parameters = Dim(stage).named_parameters()
    assert {name.partition(".")[0] for name, weight in parameters if weight.requires_grad} == trained


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BadParameter, match=r"no stage 4 .*1, 2, 3"):
        Dim(stage=4)


def test_the_encoder_starts_from_an_ordinary_vgg16() -> None:
    with torch.device("meta"):
        encoder = Dim().backbone
    make = torch.Generator().manual_seed(0)
    checkpoint = {
        name: torch.rand(weight.shape, generator=make)
        for name, weight in encoder.state_dict().items()
        if name != "_conv_6.weight"
    }
    stem = checkpoint["_conv_block_1._conv_1.weight"][:, :3]
    dense = torch.rand(512 * 7 * 7, 600, generator=make)
    checkpoint |= {"_conv_block_1._conv_1.weight": stem, "_fc1.weight": dense, "_fc1.bias": torch.rand(600)}
    encoder.load_state_dict(start_from_vgg16(checkpoint), assign=True)
    first = encoder.get_parameter("_conv_block_1._conv_1.weight")
    assert torch.equal(first[:, :3], stem)
    assert not first[:, 3].any()
    # Seen by the dense layer, pixel (3, 4) of channel 5 is input 5 * 49 + 3 * 7 + 4, and its middle begins at (2, 2).
    assert torch.equal(encoder._conv_6.weight[:, 5, 1, 2], dense[5 * 49 + 3 * 7 + 4, :512])
