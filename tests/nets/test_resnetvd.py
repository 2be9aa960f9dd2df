from __future__ import annotations

import pytest
import torch

from mattebox.errors import BadParameter
from mattebox.nets.resnetvd import ResNetVd


@pytest.mark.parametrize(("depth", "channels"), [(34, (64, 64, 128, 256, 512)), (50, (64, 256, 512, 1024, 2048))])
def test_sizes_are_rounded_up_and_channels_are_told(depth: int, channels: tuple[int, ...]) -> None:
    network = ResNetVd(depth).eval()
    with torch.inference_mode():
        maps = network(torch.zeros(1, 3, 33, 50))
    assert tuple(x.shape[1] for x in maps) == network.channels == channels
    assert [tuple(x.shape[2:]) for x in maps] == [(17, 25), (9, 13), (5, 7), (3, 4), (2, 2)]


def test_a_depth_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadParameter, match="no depth '18'"):
        ResNetVd(18)
