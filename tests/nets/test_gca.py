from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from mattebox.errors import BadParameter
from mattebox.nets.gca import Gca
from nets.paddle_tester import PaddleNetworkTests
from nets.tester import Spec, stack


class TestGca(PaddleNetworkTests):
    fixture, build, outputs, trimap = "paddle/gca", staticmethod(Gca), ("alpha",), True
    multiple, refuses = 32, True

    @pytest.fixture(scope="class")
    @classmethod
    def published(cls, network: nn.Module) -> nn.Module:
        published = Gca(published=True).eval()
        published.load_state_dict(network.state_dict())
        return published

    def test_answers_are_those_of_the_original(self, published: nn.Module, spec: Spec) -> None:
        super().test_answers_are_those_of_the_original(published, spec)

    @pytest.mark.parametrize("size", [(65, 95), (80, 64), (64, 72)])
    def test_sides_that_are_no_multiples(self, network: nn.Module, spec: Spec, size: tuple[int, int]) -> None:
        with pytest.raises(RuntimeError, match=r"(?i)sizes? (of tensor|for .* of .* tensor)"):
            self.ask(network, self.inputs(spec["cases"][0], size))

    def test_in_the_published_form_all_borrow_from_the_first(self, published: nn.Module, spec: Spec) -> None:
        one, other = (self.inputs(spec["cases"][0], seed=seed) for seed in range(2))
        together = self.ask(published, stack([one, other]))["alpha"]
        torch.testing.assert_close(together[:1], self.ask(published, one)["alpha"], atol=1e-5, rtol=0)
        assert (together[1:] - self.ask(published, other)["alpha"]).abs().mean() > 0.01

    def test_the_forms_differ_only_in_what_is_unknown(self, network: Gca, published: Gca, spec: Spec) -> None:
        picture, trimap = self.inputs(spec["cases"][0])
        assert attended(network, picture, trimap).equal(trimap[..., ::16, ::16] == 128)
        assert attended(published, picture, trimap).equal(trimap[..., ::16, ::16] == 255)
        nothing = torch.zeros_like(trimap)
        ours, theirs = (self.ask(form, (picture, nothing))["alpha"] for form in (network, published))
        assert ours.equal(theirs)
        # A known place that is background and one that is foreground are the same to the attention.
        turned = torch.where(trimap == 128, 128.0, 255 - trimap)
        assert attended(network, picture, turned).equal(attended(network, picture, trimap))


class TestBaseline(PaddleNetworkTests):
    fixture, build, outputs, trimap = "paddle/gca_baseline", partial(Gca, attention=False), ("alpha",), True
    multiple, refuses = 32, True


def attended(network: Gca, picture: Tensor, trimap: Tensor) -> Tensor:
    """Where the attention of encoder and decoder is told that something is unknown."""
    told: list[Tensor] = []
    hooks = [
        part.gca.register_forward_pre_hook(lambda _, inputs: told.append(inputs[2]))
        for part in (network.encoder, network.decoder)
    ]
    with torch.inference_mode():
        network(picture, trimap)
    for hook in hooks:
        hook.remove()
    assert told[0].equal(told[1])
    return told[0] > 0


def test_six_channels_are_the_picture_and_a_plane_for_each_value() -> None:
    torch.manual_seed(0)
    network = Gca(channels=6).eval()
    assert network.encoder.conv1.weight_orig.shape == (32, 6, 3, 3)
    assert network.encoder.shortcut[0][0].weight_orig.shape == (32, 6, 3, 3)
    trimap = torch.tensor([0.0, 128.0, 255.0]).repeat_interleave(32).expand(1, 1, 32, 96)
    planes = network.planes(trimap)
    assert planes.sum(1).eq(1).all()
    assert planes.argmax(1).equal((trimap[:, 0] / 127).long())
    assert attended(network, torch.rand(1, 3, 32, 96), trimap).equal(trimap[..., ::16, ::16] == 128)


def test_other_channels_are_refused() -> None:
    with pytest.raises(BadParameter, match=r"5 channels; valid: 4 .* 6"):
        Gca(channels=5)
