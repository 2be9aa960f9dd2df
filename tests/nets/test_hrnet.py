from __future__ import annotations

import pytest
import torch

from mattebox.nets.hrnet import Halving, HrNet


@pytest.mark.parametrize(("size", "first"), [((6, 8), (1, 1)), ((7, 9), (0, 0)), ((6, 9), (1, 0)), ((1, 2), (0, 1))])
def test_halving_looks_past_the_end_of_even_sides_only(size: tuple[int, int], first: tuple[int, int]) -> None:
    halving = Halving(1, 1, relu=False).eval()
    centre = torch.zeros(1, 1, 3, 3)
    centre[..., 1, 1] = 1
    halving.load_state_dict(halving.state_dict() | {"_conv.weight": centre})
    x = torch.rand(1, 1, *size)
    with torch.inference_mode():
        torch.testing.assert_close(halving(x), x[:, :, first[0] :: 2, first[1] :: 2], rtol=1e-4, atol=0)


def test_sizes_are_rounded_up_and_channels_are_told() -> None:
    network = HrNet(18).eval()
    with torch.inference_mode():
        maps = network(torch.zeros(1, 3, 33, 50))
    assert tuple(x.shape[1] for x in maps) == network.channels == (64, 18, 36, 72, 144)
    assert [tuple(x.shape[2:]) for x in maps] == [(17, 25), (9, 13), (5, 7), (3, 4), (2, 2)]
