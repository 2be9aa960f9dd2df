"""What a network in training is pulled towards."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mattebox.nets.lite import LiteOutput
from mattebox.stages.refine import MARGIN

SIDE_WEIGHT = 0.3
SUBJECT_WEIGHT = 0.1


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


def lite_loss(output: LiteOutput, target: Tensor) -> Tensor:
    """Loss of LiteNet against alpha (N, 1, H, W): of the mask, its coarser side answers, and the subject score."""
    weight = boundary_weight(target)
    loss = structure_loss(output.mask, target, weight)
    for side in output.sides:
        size = side.shape[2:]
        small = functional.interpolate(target, size=size, mode="area")
        loss = loss + SIDE_WEIGHT * structure_loss(side, small, functional.interpolate(weight, size=size, mode="area"))
    present = (target.mean((1, 2, 3)) > 0.001).float()
    return loss + SUBJECT_WEIGHT * functional.binary_cross_entropy_with_logits(output.subject, present)


def alpha_loss(alpha: Tensor, truth: Tensor) -> Tensor:
    """Mean absolute error of alpha (N, 1, H, W) and of its gradients, which keeps edges sharp; the rim is left out."""
    error = (alpha - truth)[..., MARGIN:-MARGIN, MARGIN:-MARGIN]
    across, down = error[..., :, 1:] - error[..., :, :-1], error[..., 1:, :] - error[..., :-1, :]
    return error.abs().mean() + across.abs().mean() + down.abs().mean()
