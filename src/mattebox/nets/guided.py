"""Guided filters: a small answer brought to a picture's size along the edges that the picture shows.

Around every place the answer is taken for a linear function of the picture, factor * picture + offset. Both are found
at the small size, enlarged, and applied to the large picture. He and Sun 2015, "Fast Guided Filter", find the factor by
least squares; in Wu et al. 2018, "Fast End-to-End Trainable Guided Filter", 1x1 convolutions learn to say it. The
answer here is what recurrent matting has to enlarge: what each colour lacks, led by that colour of the frame, and
alpha, led by the mean of the three.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mattebox.nets.resize import resize_like

__all__ = ["DeepGuidedFilter", "FastGuidedFilter"]

PLANES = 4
"""Of an answer: three colours and alpha."""


class GuidedFilter(nn.Module):
    """What the filters have in common: all but the factor of the linear function.

    Takes the frame (N, 3, H, W) and, of its small copy (N, 3, h, w), the answer (N, 4, h, w) and the features that it
    was found from, (N, features, h, w); gives the answer at the size of the frame, (N, 4, H, W).

    Attributes:
        box_filter: means of 3x3 pixels in each plane.
    """

    box_filter: nn.Module

    def forward(self, frame: Tensor, small: Tensor, answer: Tensor, features: Tensor) -> Tensor:
        lead = guide(small)
        mean_lead, mean_answer = self.box_filter(lead), self.box_filter(answer)
        covariance = self.box_filter(lead * answer) - mean_lead * mean_answer
        variance = self.box_filter(lead * lead) - mean_lead * mean_lead
        factor = self.factor(covariance, variance, features)
        offset = mean_answer - factor * mean_lead
        return resize_like(factor, frame) * guide(frame) + resize_like(offset, frame)

    def factor(self, covariance: Tensor, variance: Tensor, features: Tensor) -> Tensor:
        """How the answer follows its guide, (N, 4, h, w), from their covariance and the guide's variance."""
        raise NotImplementedError


class DeepGuidedFilter(GuidedFilter):
    """The factor as a small network sees it in the statistics and in the decoder's features.

    Args:
        features: channels of the decoder's features.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.box_filter = nn.Conv2d(PLANES, PLANES, 3, padding=1, groups=PLANES, bias=False)
        nn.init.constant_(self.box_filter.weight, 1 / 9)
        self.conv = nn.Sequential(
            nn.Conv2d(2 * PLANES + features, features, 1, bias=False),
            nn.BatchNorm2d(features),
            nn.ReLU(inplace=True),
            nn.Conv2d(features, features, 1, bias=False),
            nn.BatchNorm2d(features),
            nn.ReLU(inplace=True),
            nn.Conv2d(features, PLANES, 1),
        )

    def factor(self, covariance: Tensor, variance: Tensor, features: Tensor) -> Tensor:
        return self.conv(torch.cat((covariance, variance, features), 1))


class FastGuidedFilter(GuidedFilter):
    """The factor of least squares; nothing is learnt, and the features do not matter.

    Args:
        epsilon: variance of colours in [0, 1] below which a place is held for flat.
    """

    def __init__(self, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.epsilon = epsilon
        # At the picture's edge the missing pixels count as zeros, as in the published filter.
        self.box_filter = nn.AvgPool2d(3, 1, padding=1)

    def factor(self, covariance: Tensor, variance: Tensor, features: Tensor) -> Tensor:  # noqa: ARG002
        return covariance / (variance + self.epsilon)


def guide(frame: Tensor) -> Tensor:
    """What leads each plane of an answer, (N, 4, H, W): the colours of a frame (N, 3, H, W) and their mean."""
    return torch.cat((frame, frame.mean(1, keepdim=True)), 1)
