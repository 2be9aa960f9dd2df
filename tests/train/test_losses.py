from __future__ import annotations

import torch

from mattebox.nets.lite import KINDS, LiteOutput
from mattebox.train.losses import NO_KIND, alpha_loss, boundary_weight, lite_loss, structure_loss


def test_losses_fall_to_the_truth() -> None:
    truth = torch.zeros(2, 1, 64, 64)
    truth[..., 16:48, 16:48] = 1
    right, wrong = (truth - 0.5) * 20, (0.5 - truth) * 20
    weight = boundary_weight(truth)
    assert weight.min() >= 1
    assert weight[0, 0, 16, 30] > weight[0, 0, 32, 32]
    assert structure_loss(right, truth, weight) < 0.01
    assert structure_loss(wrong, truth, weight) > 2
    sides = (right[..., ::4, ::4],)
    present, kinds = torch.full((2,), 9.0), torch.zeros(2, len(KINDS))
    nobody_knows = torch.full((2,), NO_KIND)
    good, bad = (lite_loss(LiteOutput(mask, sides, present, kinds), truth, nobody_knows) for mask in (right, wrong))
    assert good < 0.1 < bad
    assert alpha_loss(truth, truth) == 0 < alpha_loss(truth * 0.9, truth)


def test_the_kind_is_learned_only_where_it_is_known() -> None:
    truth = torch.zeros(2, 1, 64, 64)
    kinds = torch.tensor([[9.0, 0, 0, 0, 0], [9.0, 0, 0, 0, 0]])
    output = LiteOutput(truth - 9, (), torch.full((2,), -9.0), kinds)
    unknown, right, wrong = (float(lite_loss(output, truth, torch.tensor([NO_KIND, k]))) for k in (NO_KIND, 0, 1))
    assert abs(right - unknown) < 1e-3 < wrong - right
