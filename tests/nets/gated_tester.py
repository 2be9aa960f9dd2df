"""What the networks have to show whose alpha jumps where two kinds of pixel are equally likely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nets.paddle_tester import PaddleNetworkTests
from nets.tester import Answers

MARGIN = 1e-3
"""How far apart the two best logits must be for a kind to be certain in any correct arithmetic."""


class GatedNetworkTests(PaddleNetworkTests):
    """Inherit from it, and the tests come along.

    Attributes:
        reach: how many pixels of alpha around an uncertain one depend on it.
    """

    reach: ClassVar[int] = 0

    def assert_recorded(self, answers: Answers, golden: Mapping[str, np.ndarray], case: Mapping[str, Any]) -> None:
        kinds, alpha = (torch.from_numpy(golden[f"{case['id']}/{name}"]) for name in ("semantic_logits", "alpha"))
        left_out = uncertain(kinds, alpha, self.reach)
        assert left_out.float().mean() < 0.1
        certain = torch.where(left_out, alpha, answers["alpha"])
        super().assert_recorded(answers | {"alpha": certain}, golden, case)


def uncertain(kinds: Tensor, alpha: Tensor, reach: int) -> Tensor:
    """Whether a pixel of alpha (N, 1, H, W) is near one whose logits (N, K, h, w) leave open which kind it is."""
    best, second = kinds.topk(2, 1).values.split(1, 1)
    tied = functional.interpolate((best - second < MARGIN).float(), size=alpha.shape[2:])
    return functional.max_pool2d(tied, 2 * reach + 1, 1, reach) > 0
