"""What a network in training is pulled towards."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mattebox.nets.lite import LiteOutput

SIDE_WEIGHT = 0.3
SUBJECT_WEIGHT = 0.1
KIND_WEIGHT = 0.1
RIM = 12
"""Pixels around a tile whose answers are not judged: the network sees too little of what is beside them."""
NO_KIND = -100
"""Stands for a kind that nobody knows; such samples teach none."""


def boundary_weight(target: Tensor) -> Tensor:
    """Per-pixel weight, 1 in flat regions and up to 6 where the mask changes, of the shape of `target` (N, 1, H, W).

    Source: Wei, Wang and Huang 2020, "F3Net: Fusion, Feedback and Focus for Salient Object Detection".
    """
    quarter = functional.avg_pool2d(target, 4)
    reach = max(3, target.shape[-1] // 44 * 2 + 1)
    mean = functional.avg_pool2d(quarter, reach, 1, reach // 2, count_include_pad=False)
    mean = functional.interpolate(mean, size=target.shape[2:], mode="bilinear", align_corners=False)
    return 1 + 5 * (mean - target).abs()


def structure_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted binary cross-entropy plus weighted soft IoU, per picture, averaged (F3Net)."""
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (entropy * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))
    probability = torch.sigmoid(logits)
    overlap = (probability * target * weight).sum((1, 2, 3))
    union = ((probability + target - probability * target) * weight).sum((1, 2, 3))
    return (entropy + 1 - (overlap + 1) / (union + 1)).mean()


def lite_loss(output: LiteOutput, target: Tensor, kind: Tensor) -> Tensor:
    """Loss of LiteNet: of the mask, its coarser side answers, the subject score and the kind, in single precision.

    Args:
        output: what it said.
        target: alpha (N, 1, H, W).
        kind: (N,) places in `KINDS`, or `NO_KIND`.
    """
    weight = boundary_weight(target)
    loss = structure_loss(output.mask.float(), target, weight)
    for side in output.sides:
        size = side.shape[2:]
        small = functional.interpolate(target, size=size, mode="area")
        near = functional.interpolate(weight, size=size, mode="area")
        loss = loss + SIDE_WEIGHT * structure_loss(side.float(), small, near)
    present = (target.mean((1, 2, 3)) > 0.001).float()
    loss = loss + SUBJECT_WEIGHT * functional.binary_cross_entropy_with_logits(output.subject.float(), present)
    known = functional.cross_entropy(output.kind.float(), kind, ignore_index=NO_KIND, reduction="sum")
    return loss + KIND_WEIGHT * known / len(kind)


def alpha_loss(alpha: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute error of alpha (N, 1, H, W) and of its gradients, which keeps edges sharp; the rim is left out."""
    error = (alpha - truth)[..., RIM:-RIM, RIM:-RIM]
    across, down = error[..., :, 1:] - error[..., :, :-1], error[..., 1:, :] - error[..., :-1, :]
    return error.abs().mean() + across.abs().mean() + down.abs().mean()
